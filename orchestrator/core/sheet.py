"""The host's sheet: which room holds whom, under the names people show in Zoom. The truth once rooms are frozen."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from orchestrator.core.meetings import Registrant, meeting_of, registrants, signing_in
from orchestrator.core.model import Event, Person, Seat, Speaker, Workshop, identity

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
"""A cell beginning so could be run by a spreadsheet. Zoom's import is read by a machine: nothing is put before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody under the name they show in Zoom."""

    shown: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRoom:
    code: str
    name: str
    title: str
    seats: int
    opens_at: datetime
    facilitators: tuple[str, ...]
    guests: tuple[Guest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One session's rooms; `elsewhere`: who comes to the session and sits in none."""

    session: str
    title: str
    starts_at: datetime
    rooms: tuple[SheetRoom, ...]
    elsewhere: tuple[Guest, ...]


def sheet(event: Event, session: str, people: Iterable[Person], seats: Iterable[Seat]) -> Sheet:
    """Put everybody who comes to a session into their room."""
    people, seats = list(people), [s for s in seats if s.session == session]
    shown = names_shown(event, session, people, seats)
    seated = {s.person: s.workshop for s in seats}
    coming = sorted(
        (Guest(shown=shown[p.email], email=p.email) for p in people if session in p.sessions and p.email in shown),
        key=_order,
    )
    held = event.session(session)
    return Sheet(
        session=session,
        title=held.title,
        starts_at=held.starts_at,
        rooms=tuple(
            _room(event, workshop, [g for g in coming if seated.get(g.email) == workshop.key])
            for workshop in sorted(event.workshops_of(session), key=lambda w: w.code)
        ),
        elsewhere=tuple(g for g in coming if g.email not in seated),
    )


def names_shown(event: Event, session: str, people: Iterable[Person], seats: Iterable[Seat]) -> dict[str, str]:
    """Say under which name each person stands in Zoom; the code is in the name of those only who came after
    `tell_at`: Zoom cannot rename a registrant."""
    late = [s for s in seats if s.told_by == "link"]
    people = list(people)
    named = {r.email: _shown(r) for r in registrants(event, meeting_of(event, session), people, late)}
    signs_in = signing_in(event)
    return named | {p.email: f"{p.first_name} {p.last_name}".strip() for p in people if p.email in signs_in}


def _shown(one: Registrant) -> str:
    return f"{one.first_name} {one.last_name}".strip()


def _order(guest: Guest) -> tuple[str, str]:
    """By name as people look for it: no accents, no case."""
    plain = unicodedata.normalize("NFKD", guest.shown)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold(), guest.email


def _room(event: Event, workshop: Workshop, guests: list[Guest]) -> SheetRoom:
    return SheetRoom(
        code=workshop.code,
        name=workshop.room,
        title=workshop.title,
        seats=workshop.seats,
        opens_at=workshop.opens_at,
        facilitators=tuple(s.name for s in event.speakers if workshop.key in s.workshops),
        guests=tuple(guests),
    )


def import_rows(event: Event, found: Sheet) -> Iterator[tuple[str, str]]:
    """List (room, e-mail) as Zoom's import of breakout rooms takes them, facilitators first."""
    for room in found.rooms:
        leads: list[Speaker] = [s for s in event.speakers if room.name in _rooms_of(event, s)]
        for email in dict.fromkeys([*(identity(s.email) for s in leads), *(g.email for g in room.guests)]):
            yield room.name, email


def _rooms_of(event: Event, speaker: Speaker) -> set[str]:
    return {event.workshop(key).room for key in speaker.workshops}


def is_formula(cell: str) -> bool:
    """Tell whether a spreadsheet could run a cell."""
    return cell.startswith(FORMULA)
