"""Seats people: freely until tell_at, then only whoever has no seat yet; whoever was told stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from orchestrator.core.model import Event, Person, Seat
from orchestrator.core.seating import seat
from orchestrator.jobs.world import Report, World

Places = Mapping[tuple[str, str], Seat]
"""Seats by (session, person)."""


def assign(world: World, now: datetime, people: Mapping[str, Person], report: Report) -> Places:
    """Bring the seats to what they should be and write the difference down."""
    found = world.store.seats.all(world.event.key)
    wanted = places(world.event, now, people, found)
    report.seated = world.store.seats.record(world.event.key, wanted, found)
    return wanted


def places(event: Event, now: datetime, people: Mapping[str, Person], found: Places) -> Places:
    """Decide who sits where: seats that were told are kept, everybody else gets the best there is."""
    wanted: dict[tuple[str, str], Seat] = {}
    for session in event.sessions:
        if not event.workshops_of(session.key) or event.is_cancelled(session.key):
            continue
        here = [p for p in people.values() if session.key in p.sessions]
        kept = _kept(event, session.key, here, found)
        if now >= session.ends_at:
            wanted |= {(session.key, email): s for email, s in kept.items()}
            continue
        for email, place in seat(event, session.key, here, kept).items():
            wanted[session.key, email] = _told(event, now, people[email], place)
    return wanted


def _kept(event: Event, session: str, here: list[Person], found: Places) -> dict[str, Seat]:
    workshops = {w.key for w in event.workshops_of(session)}
    mine = ((p.email, found.get((session, p.email))) for p in here)
    return {email: s for email, s in mine if s is not None and s.told_at is not None and s.workshop in workshops}


def _told(event: Event, now: datetime, person: Person, place: Seat) -> Seat:
    """From tell_at on a seat is told: by its own letter to those of the wave, by their link letter to latecomers."""
    if now < event.seating.tell_at or place.told_at is not None:
        return place
    early = person.registered_at is not None and person.registered_at < event.seating.tell_at
    return replace(place, told_at=now, told_by="room" if early else "link")
