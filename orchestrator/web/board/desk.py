"""What every page of the board stands on: who looks, at which event, and how a page is shown or left."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from orchestrator.core.holds import PAUSE, Waiting, WaveKey
from orchestrator.core.meetings import meetings_of, signing_in
from orchestrator.core.model import Event
from orchestrator.core.seating import demand
from orchestrator.gateways.mail.words import language
from orchestrator.jobs.hand import still_to_leave
from orchestrator.jobs.holds import asks
from orchestrator.jobs.world import World
from orchestrator.settings import Settings
from orchestrator.store import Hold, Kept, Reading, Store
from orchestrator.store.board import Board, Wave
from orchestrator.store.roll import Roll
from orchestrator.web.board.names import LETTERS
from orchestrator.web.house import House, Served
from orchestrator.web.pages import CODES, house_of, language_of, page
from orchestrator.web.security import Organising, Refused, Viewing, Visitor

JUST = timedelta(minutes=2)
"""How long Zoom may take for a list that has just been read."""


class NobodyServed(Exception):
    """There is no event yet: the first one must be made."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One request to the board, about one event."""

    request: Request
    house: House
    visitor: Visitor
    served: Served

    @cached_property
    def now(self) -> datetime:
        return self.house.clock.now()

    @property
    def event(self) -> Event:
        return self.served.world.event

    @property
    def key(self) -> str:
        return self.event.key

    @property
    def world(self) -> World:
        return self.served.world

    @property
    def settings(self) -> Settings:
        return self.served.settings

    @property
    def store(self) -> Store:
        return self.house.store

    @property
    def board(self) -> Board:
        return self.house.store.board

    @property
    def roll(self) -> Roll:
        return self.house.store.roll

    @property
    def language(self) -> str:
        return language_of(self.request)

    def say(self, french: str, english: str) -> str:
        return french if self.language == "fr" else english

    def many(self, n: int, french: tuple[str, str], english: tuple[str, str]) -> str:
        """Count one or several as the language does: French says nought in the singular."""
        one = n == 1 or (n == 0 and self.language == "fr")
        return f"{n} {self.say(french[not one], english[not one])}"

    def letters(self, n: int) -> str:
        return self.many(n, ("lettre", "lettres"), ("letter", "letters"))

    def people(self, n: int) -> str:
        return self.many(n, ("personne", "personnes"), ("person", "people"))

    def wave(self, wave: WaveKey) -> str:
        """Name a wave: its kind, and the session it is about."""
        name = self.say(*LETTERS.get(wave.kind, (wave.kind, wave.kind)))
        about = next((s.title for s in self.event.sessions if s.key == wave.session), "")
        return f"{name} – {about}" if about else name

    def moment(self, at: datetime) -> str:
        """An instant in words, by the event's clock."""
        return language(self.language).moment(self.local(at))

    @cached_property
    def needed(self) -> Mapping[str, tuple[str, ...]]:
        """Which meetings are still ahead, with their sessions."""
        return needed(self.event, self.now)

    @cached_property
    def waves(self) -> list[Wave]:
        """Every kind of letter with its states."""
        return self.board.waves(self.key)

    @cached_property
    def registered(self) -> int:
        return self.roll.registered(self.key)

    @cached_property
    def reading(self) -> Reading | None:
        """What is remembered of the last reading of the source."""
        return self.store.people.reading(self.key)

    @property
    def awaits_list(self) -> bool:
        """Whether no list of registrations was ever given, which is no fault."""
        source = self.settings.registrations
        return source.source == "file" and self.reading is None and not source.path.exists()

    @property
    def has_just_read(self) -> bool:
        """Whether the list changed so lately that Zoom is still at work on it, with time left and nothing amiss."""
        amiss = any(key.startswith("zoom:") for key in self.alarms)
        early = self.now < self.event.first_start - timedelta(hours=1)
        return self.reading is not None and self.now - self.reading.read_at < JUST and early and not amiss

    @cached_property
    def kept(self) -> Mapping[str, Kept]:
        """The meetings as they were last sent and read."""
        return self.store.meetings.all(self.key)

    @cached_property
    def alarms(self) -> dict[str, tuple[str, str, datetime]]:
        return self.store.alarms.all(self.key)

    @cached_property
    def holds(self) -> Mapping[WaveKey, Hold]:
        return self.store.holds.all(self.key)

    @property
    def paused_since(self) -> datetime | None:
        return self.holds[PAUSE].since if PAUSE in self.holds else None

    @cached_property
    def pending(self) -> list[Waiting]:
        """Waves that wait for the organiser's approval; asked for only where there are any holds."""
        if not asks(self.event) and not self.holds:
            return []
        return [one for one, waits in still_to_leave(self.event, self.store, self.world.relay, self.now) if waits]

    def demand(self, session: str) -> dict[str, int]:
        """How many people wish each workshop of a session first (`core.seating.demand`, counted by the database)."""
        counts = {w.key: 0 for w in self.event.workshops_of(session)}
        for wished, n in self.roll.first_wishes(self.key, session).items():
            if not counts.keys() & set(wished):  # a workshop that is no more: whoever wished it has another first wish
                return demand(self.event, session, list(self.store.people.registered(self.key).values()))
            for key in counts.keys() & set(wished):
                counts[key] += n
        return counts

    @property
    def exempt(self) -> Collection[str]:
        """Who needs no link of their own: they sign in to Zoom."""
        return signing_in(self.event)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.event.zone)

    def at(self, path: str, **query: Any) -> str:
        """An address of the board that stays with this event and this language."""
        kept = {"e": self.key} if len(self.house.served) > 1 else {}
        asked = self.request.query_params.get("lang", "")
        kept |= {"lang": asked} if asked in CODES else {}
        said = {name: value for name, value in {**query, **kept}.items() if value not in ("", None)}
        return f"{path}?{urlencode(said)}" if said else path

    def show(self, template: str, **values: Any) -> HTMLResponse:
        """Write one of the board's pages."""
        given: dict[str, Any] = {
            "desk": self,
            "event": self.event,
            "events": [one.world.event for one in self.house.served.values()],
            "at": self.at,
            "local": self.local,
            "kinds": LETTERS,
            "done": self.request.query_params.get("done", ""),
        }
        return page(self.request, f"board/{template}", **(given | values))

    def go(self, path: str, **query: Any) -> RedirectResponse:
        """Leave for another page after something was done."""
        return RedirectResponse(self.at(path, **query), status_code=303)

    def note(self, what: str, about: str = "", note: str = "") -> None:
        """Write down what the visitor did."""
        self.store.journal.note(self.key, self.now, who=self.visitor.email, what=what, about=about, note=note)


def needed(event: Event, now: datetime) -> dict[str, tuple[str, ...]]:
    """Which meetings are still ahead, with their sessions that are neither over nor cancelled."""
    return {
        meeting: tuple(s.key for s in sessions if s.ends_at > now and not event.is_cancelled(s.key))
        for meeting, sessions in meetings_of(event).items()
    }


def _desk(request: Request, visitor: Visitor) -> Desk:
    house = house_of(request)
    served = dict(house.served)
    if not served:
        raise NobodyServed
    asked = request.query_params.get("e", "") or next(iter(served))
    if asked not in served:
        raise Refused(404, "Cet événement n'est pas servi ici.", "This event is not served here.")
    return Desk(request=request, house=house, visitor=visitor, served=served[asked])


def looking(request: Request, visitor: Viewing) -> Desk:
    return _desk(request, visitor)


def working(request: Request, visitor: Organising) -> Desk:
    return _desk(request, visitor)


Looking = Annotated[Desk, Depends(looking)]
Working = Annotated[Desk, Depends(working)]
