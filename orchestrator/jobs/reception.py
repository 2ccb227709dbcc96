"""Receives people on their pages: what somebody sees now, as plain values, from one look at the store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from orchestrator.core.contents import Name, Outlook, compose
from orchestrator.core.explaining import explain
from orchestrator.core.meetings import Found
from orchestrator.core.model import Event, Session
from orchestrator.core.recipients import Recipient, people_as_recipients
from orchestrator.core.seating import demand
from orchestrator.jobs.world import World
from orchestrator.store.pages import Look, Stamp

GLANCE = timedelta(minutes=10)
"""How old the figures of the whole event may be that explain a seat."""
RECENTLY = timedelta(seconds=20)
"""How old the figures may be that speakers see."""
Plain = dict[str, Any]


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
    _found: tuple[Stamp, Mapping[str, Found]] = ((), {})
    _figures: Figures | None = None
    _crowd: Crowd | None = None
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
        """Who comes, counted anew when it was long ago."""
        with self._lock:
            if self._crowd is None or now - self._crowd.at >= RECENTLY:
                self._crowd = count()
            return self._crowd

    def person(self, ref: str, look: Look, now: datetime, language: str = "") -> Plain:
        """What a registered person sees; `look.person` must be there."""
        event, person = self.world.event, look.person
        assert person is not None
        passes, seats = {person.email: look.passes}, {person.email: look.seats}
        who = next(iter(people_as_recipients(event, [person], passes, seats, {}, {})))
        outlook = Outlook(now=None, meetings=self.meetings(look.stamp), why=self._why(look, now, language))
        name = Name(first=person.first_name, last=person.last_name)
        contents = compose(event, who, name, outlook, kind="page", session="")
        sessions = [{**s, **_phase(event.session(s["key"]), now)} for s in contents["sessions"]]
        by_session = {key: way for way in contents["ways"] for key in way["sessions"]}
        moment = _moment(sessions, by_session)
        return contents | {
            "ref": ref,
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
    """Where a session is: before | doors | on | after, and how long until it starts."""
    if now >= session.ends_at:
        return {"phase": "after", "left": timedelta(0)}
    if now >= session.starts_at:
        return {"phase": "on", "left": timedelta(0)}
    return {"phase": "doors" if now >= session.doors_at else "before", "left": session.starts_at - now}


def _moment(sessions: list[Plain], ways: Mapping[str, Plain]) -> Plain | None:
    """The session that counts now: the one that is on or whose doors are open, else the next one; None after all."""
    ahead = [s for s in sessions if s["phase"] != "after" and not s["cancelled"]]
    if not ahead:
        return None
    session = min(ahead, key=lambda s: (s["starts_at"], s["key"]))
    return {"session": session, "way": ways.get(session["key"]), "is_open": session["phase"] in ("doors", "on")}
