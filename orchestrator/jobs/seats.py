"""Seats people: freely until wishes_until; from then on whoever has a seat keeps it, and at tell_at it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from orchestrator.core.explaining import with_reasons
from orchestrator.core.model import Event, Person, Seat
from orchestrator.core.outcome import outcome
from orchestrator.core.seating import barred, seat
from orchestrator.jobs.world import Problem, Report, World

Places = Mapping[tuple[str, str], Seat]
"""Seats by (session, person)."""
Merged = Mapping[str, str]
"""Workshops that have joined another one, by key."""
NONE: Merged = {}


def assign(world: World, now: datetime, people: Mapping[str, Person], report: Report) -> Places:
    """Bring the seats to what they should be and write the difference down."""
    found, merged = world.store.seats.all(world.event.key), world.store.seats.merged(world.event.key)
    wanted = places(world.event, now, people, found, merged)
    report.seated = world.store.seats.record(world.event.key, wanted, found)
    if now >= world.event.seating.wishes_until:
        report.problems += _problems(after_merging(world.event, merged), now, wishing(people, merged), wanted)
    return wanted


def _problems(event: Event, now: datetime, people: Mapping[str, Person], wanted: Places) -> Iterator[Problem]:
    for key in sessions_to_seat(event):
        if now < event.session(key).ends_at:
            here = attending(key, people)
            for trouble in outcome(event, key, here, of_session(key, wanted)).troubles:
                yield Problem(key=trouble.key, what=trouble.what, remedy=trouble.remedy)


def sessions_to_seat(event: Event) -> list[str]:
    """Name the sessions with workshops that are held, in their order."""
    ordered = sorted(event.sessions, key=lambda s: (s.starts_at, s.key))
    return [s.key for s in ordered if event.workshops_of(s.key) and not event.is_cancelled(s.key)]


def attending(session: str, people: Mapping[str, Person]) -> list[Person]:
    return [person for person in people.values() if session in person.sessions]


def of_session(session: str, places: Places) -> dict[str, Seat]:
    return {email: s for (key, email), s in places.items() if key == session}


def after_merging(event: Event, merged: Merged) -> Event:
    """The same event without the workshops that have joined another."""
    return replace(event, workshops=tuple(w for w in event.workshops if w.key not in merged)) if merged else event


def places(event: Event, now: datetime, people: Mapping[str, Person], found: Places, merged: Merged = NONE) -> Places:
    """Decide who sits where: seats that were told are kept, everybody else gets the best there is."""
    if merged:
        people = wishing(people, merged)
        found = {place: _joining(s, merged) for place, s in found.items()}
        event = after_merging(event, merged)
    wanted: dict[tuple[str, str], Seat] = {}
    for key in sessions_to_seat(event):
        here = attending(key, people)
        kept = kept_of(event, now, key, here, found)
        if now < event.session(key).ends_at:
            elsewhere = {**{p: s for p, s in found.items() if s.told_at and p[1] in people}, **wanted}
            kept = seat(event, key, here, kept, barred=barred(event, key, elsewhere))
        wanted |= {(key, s.person): s for s in _told(event, now, key, here, kept)}
    return wanted


def wishing(people: Mapping[str, Person], merged: Merged) -> Mapping[str, Person]:
    """The same people, who wish the workshop that another has joined in its place."""
    return {email: _wishing(person, merged) for email, person in people.items()} if merged else people


def _wishing(person: Person, merged: Merged) -> Person:
    wishes = {
        session: tuple(tuple(dict.fromkeys(merged.get(key, key) for key in rank)) for rank in ranks)
        for session, ranks in person.wishes.items()
    }
    return replace(person, wishes=wishes)


def _joining(s: Seat, merged: Merged) -> Seat:
    return replace(s, workshop=merged[s.workshop], rank=0, reason="merged") if s.workshop in merged else s


def kept_of(event: Event, now: datetime, session: str, here: Sequence[Person], found: Places) -> dict[str, Seat]:
    """Pick the seats that stay: told, put there by hand, or decided once wishes no longer change."""
    is_decided = now >= event.seating.wishes_until
    known = {w.key for w in event.workshops_of(session)}
    return {
        p.email: s
        for p in here
        if (s := found.get((session, p.email))) is not None
        and (s.told_at is not None or (s.workshop in known and (is_decided or s.reason in ("organiser", "merged"))))
    }


def _told(
    event: Event, now: datetime, session: str, here: Sequence[Person], seats: Mapping[str, Seat]
) -> Iterator[Seat]:
    """From tell_at on a seat is told: by its own letter to those of the wave, by their link letter to latecomers."""
    is_over = now >= event.session(session).ends_at
    untold = [] if is_over or now < event.seating.tell_at else [s for s in seats.values() if s.told_at is None]
    if untold:
        early = {p.email for p in here if p.registered_at is not None and p.registered_at < event.seating.tell_at}
        for s in with_reasons(event, session, here, untold):
            yield replace(s, told_at=now, told_by="room" if s.person in early else "link")
    new = {s.person for s in untold}
    yield from (s for email, s in seats.items() if email not in new)
