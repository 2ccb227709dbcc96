"""Receives people on their pages: what somebody sees now, as plain values, from one look at the store."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from orchestrator.core.contents import Name, Outlook, compose, greeting
from orchestrator.core.explaining import explain
from orchestrator.core.meetings import Found, Pass
from orchestrator.core.model import Event, Session
from orchestrator.core.recipients import Recipient, people_as_recipients
from orchestrator.core.seating import demand
from orchestrator.jobs.world import World
from orchestrator.store.pages import Look, Stamp

GLANCE = timedelta(minutes=10)
"""How old the figures of the whole event may be that explain a seat."""
RECENTLY = timedelta(seconds=20)
"""How old the figures may be that speakers see, where something has changed."""
Plain = dict[str, Any]
_BLANK = secrets.token_hex(12)
"""What blanks begin with. Drawn anew by each process: nobody can type it."""
MINUTE = timedelta(minutes=1)


def blank(number: int) -> str:
    """What stands in a page for a word that is its reader's own."""
    return f"{_BLANK}{number:03}"


HELLO, TOKEN = blank(0), blank(1)
"""The blanks of how somebody is greeted and of what their page is called; those of their links follow."""
BLANKS = f"({_BLANK}[0-9]{{3}})"
"""The pattern of all of them."""


@dataclass(slots=True)
class Figures:
    """What concerns everybody and is looked up now and then."""

    at: datetime
    demand: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who comes, as speakers see it."""

    at: datetime
    expected: Mapping[str, int]
    """By session."""
    taken: Mapping[str, int]
    """By workshop."""
    needs: Mapping[str, Mapping[str, int]]
    """Measures by session."""
    names: Mapping[str, Sequence[str]]
    """By workshop."""


@dataclass(slots=True)
class Reception:
    """The pages of one event."""

    world: World
    words: dict[bytes, list[str]] = field(default_factory=dict)
    """Pages of the event as put in words, for whoever shows them."""
    _found: tuple[Stamp, Mapping[str, Found]] = ((), {})
    _figures: Figures | None = None
    _crowd: Crowd | None = None
    _state: tuple[int, int, bool] = (0, 0, False)
    """The event's counters when the crowd was counted, and whether the seats had been told."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def meetings(self, stamp: Stamp) -> Mapping[str, Found]:
        """The meetings as Zoom holds them; read again only when one of them has changed."""
        known, found = self._found
        if known == stamp and known:
            return found
        kept = self.world.store.meetings.all(self.world.event.key)
        found = {key: k.found for key, k in kept.items() if k.found is not None and k.zoom_id}
        self._found = (stamp, found)
        return found

    def crowd(self, now: datetime, count: Callable[[], Crowd]) -> Crowd:
        """Who comes, counted anew when that was long ago: sooner where something has changed since."""
        with self._lock:
            crowd = self._crowd
            if crowd is None or now - crowd.at >= RECENTLY:
                event = self.world.event
                state = (*self.world.store.events.versions(event.key), now >= event.seating.tell_at)
                if crowd is None or state != self._state or now - crowd.at >= GLANCE:
                    self._crowd, self._state = count(), state
            assert self._crowd is not None
            return self._crowd

    def person(self, look: Look, now: datetime, language: str = "") -> tuple[Plain, dict[str, str]]:
        """What a registered person sees, `look.person`, who must be there; with blanks, and what stands in them."""
        event, person = self.world.event, look.person
        assert person is not None
        passes, own = _blanked(look.passes)
        seats = {person.email: look.seats}
        who = next(iter(people_as_recipients(event, [person], {person.email: passes}, seats, {}, {})))
        meetings, why = self.meetings(look.stamp), self._why(look, now, language)
        outlook = Outlook(now=None, meetings=meetings, why=why, fallback=look.fallback)
        contents = compose(event, who, Name(), outlook, kind="page", session="")
        hello = greeting(Name(first=person.first_name, last=person.last_name))
        sessions = [{**s, **_phase(event.session(s["key"]), now)} for s in contents["sessions"]]
        by_session = {key: way for way in contents["ways"] for key in way["sessions"]}
        moment = _moment(sessions, by_session)
        shown = contents | {
            "person": {"greeting": HELLO if hello else ""},
            "sessions": sessions,
            "way_of": by_session,
            "moment": moment,
            "may_choose": may_choose(event, who, now),
            "may_leave": any(s["phase"] in ("before", "doors", "on") and not s["cancelled"] for s in sessions),
            "is_over": all(s["phase"] == "after" or s["cancelled"] for s in sessions),
            "wishes_until": event.seating.wishes_until.astimezone(event.zone),
            "rooms_told_at": None if now >= event.seating.tell_at else event.seating.tell_at.astimezone(event.zone),
            "programme": any(s["programme"] for s in sessions),
        }
        return shown, own | {HELLO: hello}

    def _why(self, look: Look, now: datetime, language: str) -> dict[str, str]:
        person = look.person
        told = {session: seat for session, seat in look.seats.items() if seat.told_at is not None}
        if not told or person is None:
            return {}
        spoken = language or person.language or self.world.event.language
        asked = self._demand(now)
        return {
            key: explain(seat, self.world.event, asked.get(key, {}), spoken, person.wishes.get(key, ()))
            for key, seat in told.items()
        }

    def _demand(self, now: datetime) -> Mapping[str, Mapping[str, int]]:
        with self._lock:
            if self._figures is None or now - self._figures.at > GLANCE:
                event = self.world.event
                people = list(self.world.store.people.registered(event.key).values())
                asked = {s.key: demand(event, s.key, people) for s in event.sessions if event.workshops_of(s.key)}
                self._figures = Figures(now, asked)
            return self._figures.demand


def _blanked(passes: Mapping[str, Pass]) -> tuple[dict[str, Pass], dict[str, str]]:
    """Put blanks in the place of somebody's own links."""
    own = {blank(n): passes[meeting].join_url for n, meeting in enumerate(sorted(passes), 2)}
    blanks = dict(zip(sorted(passes), own, strict=True))
    given = {m: replace(one, join_url=one.join_url and blanks[m]) for m, one in passes.items()}
    return given, own


def may_choose(event: Event, who: Recipient, now: datetime) -> list[str]:
    """The sessions whose workshop somebody may still choose."""
    if now >= event.seating.wishes_until:
        return []
    return [
        key
        for key in who.sessions
        if len(event.workshops_of(key)) > 1 and not event.is_cancelled(key) and event.session(key).starts_at > now
    ]


def _phase(session: Session, now: datetime) -> Plain:
    """Where a session is: before | doors | on | after, and how long until it starts, minutes begun counted whole."""
    if now >= session.ends_at:
        return {"phase": "after", "left": timedelta(0)}
    if now >= session.starts_at:
        return {"phase": "on", "left": timedelta(0)}
    return {
        "phase": "doors" if now >= session.doors_at else "before",
        "left": -((now - session.starts_at) // MINUTE) * MINUTE,
    }


def _moment(sessions: list[Plain], ways: Mapping[str, Plain]) -> Plain | None:
    """The session that counts now: the one that is on or whose doors are open, else the next one; None after all."""
    ahead = [s for s in sessions if s["phase"] != "after" and not s["cancelled"]]
    if not ahead:
        return None
    session = min(ahead, key=lambda s: (s["starts_at"], s["key"]))
    return {"session": session, "way": ways.get(session["key"]), "is_open": session["phase"] in ("doors", "on")}
