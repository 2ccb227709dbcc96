"""The people of an event as a table: what they chose, the place they have; never a personal link."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.core.model import Event, Person, Seat
from orchestrator.store import Store


def table(event: Event, store: Store) -> tuple[list[str], list[list[str]]]:
    """Return titles and rows, in the order of names."""
    people = store.people.registered(event.key)
    seats = store.seats.all(event.key)
    extra = sorted({title for person in people.values() for title in person.extra})
    asked = [s for s in event.sessions if event.workshops_of(s.key)]
    header = ["Adresse e-mail", "Prénom", "Nom", "Nom dans Zoom", "Langue"]
    header += [f"Vient : {s.title}" for s in event.sessions]
    header += [title for s in asked for title in (f"Vœux : {s.title}", f"Atelier : {s.title}")]
    header += ["Structure", "Besoins particuliers", *extra, "Inscription"]
    ordered = sorted(people.values(), key=lambda p: (p.last_name.casefold(), p.first_name.casefold(), p.email))
    return header, [list(_row(event, person, seats, extra)) for person in ordered]


def _row(event: Event, person: Person, seats: dict[tuple[str, str], Seat], extra: list[str]) -> Iterator[str]:
    yield from (person.address, person.first_name, person.last_name, person.shown_as)
    yield person.language or event.language
    yield from ("oui" if s.key in person.sessions else "non" for s in event.sessions)
    for session in event.sessions:
        if workshops := {w.key: w for w in event.workshops_of(session.key)}:
            ranks = person.wishes.get(session.key, ())
            yield " > ".join(" = ".join(workshops[k].code for k in rank if k in workshops) for rank in ranks)
            seat = seats.get((session.key, person.email))
            yield workshops[seat.workshop].room if seat and seat.workshop in workshops else ""
    yield from (person.organisation, person.needs, *(person.extra.get(title, "") for title in extra))
    at = person.submitted_at or person.registered_at
    yield f"{at.astimezone(event.zone):%d/%m/%Y %H:%M}" if at else ""
