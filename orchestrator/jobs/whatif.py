"""The seats as they are and as they would be: other numbers of places, a move by hand. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.core import intake
from orchestrator.core.errors import OrchestratorError
from orchestrator.core.model import Event, Person, Seat, Workshop, identity
from orchestrator.core.outcome import Outcome, Worth, outcome, rank_of, ranks_of, with_seats, worth
from orchestrator.core.seating import barred
from orchestrator.jobs.seats import (
    Merged,
    Places,
    after_merging,
    attending,
    kept_of,
    of_session,
    places,
    sessions_to_seat,
    wishing,
)
from orchestrator.ports import Registrations
from orchestrator.store import Store


class NoSuchSeat(OrchestratorError):
    """What was asked for names nobody, no workshop, or something that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """An event's people and seats at one moment. `found` is what is written down, `places` what should be."""

    event: Event
    now: datetime
    people: Mapping[str, Person]
    found: Places
    merged: Merged
    places: Places

    @property
    def held(self) -> Event:
        """The event without the workshops that have joined another."""
        return after_merging(self.event, self.merged)

    def after(self, **changes: object) -> Look:
        """The same with something changed, and the seats decided anew."""
        other: Look = replace(self, **changes)  # type: ignore[arg-type]  # fields of this very class
        return replace(other, places=places(other.event, other.now, other.people, other.found, other.merged))

    def here(self, session: str) -> list[Person]:
        """Everyone who attends a session, with what they wish of what is held."""
        return attending(session, wishing(self.people, self.merged))

    def outcomes(self) -> list[Outcome]:
        return [
            outcome(self.held, key, self.here(key), of_session(key, self.places)) for key in sessions_to_seat(self.held)
        ]

    def worth(self, session: str) -> dict[str, Worth]:
        """What more places would be worth, told seats staying."""
        here = self.here(session)
        kept = kept_of(self.held, self.now, session, here, self.found)
        others = {place: s for place, s in self.places.items() if place[0] != session}
        return worth(self.held, session, here, kept, barred=barred(self.held, session, others))


def look(event: Event, store: Store, source: Registrations, now: datetime) -> Look:
    """Look at an event as the next beat would; the source is read only where nothing was read yet."""
    people = store.people.registered(event.key)
    if store.people.reading(event.key) is None:
        found = intake.decide_for(event, source.read(), people, now)
        people = people | {p.email: p for p in (*found.new, *found.edited)}
    seen = Look(
        event=event,
        now=now,
        people=people,
        found=store.seats.all(event.key),
        merged=store.seats.merged(event.key),
        places={},
    )
    return seen.after()


def workshop_named(event: Event, name: str, session: str = "") -> Workshop:
    """Find a workshop by its key or its code. Raises NoSuchSeat."""
    wanted = name.strip().casefold()
    here = [w for w in event.workshops if session in ("", w.session)]
    found = [w for w in here if w.key.casefold() == wanted] or [w for w in here if w.code.casefold() == wanted]
    if len(found) == 1:
        return found[0]
    keys = ", ".join(f"{w.code} ({w.key})" for w in found or here)
    what = f"« {name} » désigne plusieurs ateliers" if found else f"aucun atelier ne s'appelle « {name} »"
    raise NoSuchSeat(what, remedy=f"nommez-en un par sa clé : {keys}")


def with_other_seats(seen: Look, seats: Mapping[str, int]) -> Look:
    """Ask what would be with other numbers of places; `seats` by key or code."""
    return seen.after(event=with_seats(seen.event, {workshop_named(seen.held, k).key: n for k, n in seats.items()}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What changes between two looks: people by rank, who sits elsewhere and how many of them had been told."""

    by_rank: Mapping[int, int]
    moved: tuple[str, ...]
    told: int


def difference(before: Look, after: Look) -> Difference:
    """Compare two looks at the same people."""
    ranks = Counter[int]()
    for seen, sign in ((before, -1), (after, 1)):
        for key in sessions_to_seat(seen.held):
            found = ranks_of(seen.held, key, seen.here(key), of_session(key, seen.places))
            for rank in found.values():
                ranks[rank] += sign
    moved = {
        place
        for place in {*before.places, *after.places}
        if _room(before.places.get(place)) != _room(after.places.get(place))
    }
    told = sum(1 for place in moved if (s := before.places.get(place)) is not None and s.told_at is not None)
    return Difference(
        by_rank={rank: n for rank, n in sorted(ranks.items()) if n},
        moved=tuple(sorted({email for _, email in moved})),
        told=told,
    )


def _room(seat: Seat | None) -> str:
    return "" if seat is None else seat.workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One person's move by hand: the seat to write down, their ranks, and what it does to the others."""

    seat: Seat
    workshop: Workshop
    rank_before: int
    rank_after: int
    taken: int
    """People in the workshop afterwards."""
    others: Difference


def move(seen: Look, address: str, name: str) -> Move:
    """Work out what moving somebody by hand would do. Raises NoSuchSeat."""
    person = seen.people.get(identity(address))
    if person is None:
        raise NoSuchSeat("personne n'est inscrit avec cette adresse", remedy="vérifiez-la dans la liste des réponses")
    workshop = workshop_named(seen.held, name, next(iter(person.sessions)) if len(person.sessions) == 1 else "")
    session = workshop.session
    if session not in person.sessions:
        raise NoSuchSeat(
            f"cette personne ne vient pas à la session « {session} »", remedy="corrigez sa réponse d'abord"
        )
    if seen.now >= seen.event.session(session).ends_at:
        raise NoSuchSeat(f"la session « {session} » est terminée")
    old = seen.places.get((session, person.email))
    known = frozenset(w.key for w in seen.held.workshops_of(session))
    seat = Seat(person=person.email, session=session, workshop=workshop.key) if old is None else old
    rank = rank_of(person, session, replace(seat, workshop=workshop.key), known)
    seat = replace(seat, workshop=workshop.key, rank=max(rank, 0), reason="organiser")
    after = seen.after(found={**seen.found, (session, person.email): seat})
    return Move(
        seat=seat,
        workshop=workshop,
        rank_before=rank_of(person, session, old, known),
        rank_after=rank,
        taken=sum(s.workshop == workshop.key and s.reason != "facilitator" for s in after.places.values()),
        others=difference(seen, after),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Two workshops brought together: who changes rooms and how full the other one gets."""

    closed: Workshop
    kept: Workshop
    people: int
    taken: int
    others: Difference


def merge(seen: Look, closed: str, kept: str) -> Merge:
    """Work out what it does to bring the people of one workshop into another. Raises NoSuchSeat."""
    one, other = workshop_named(seen.held, closed), workshop_named(seen.held, kept)
    if one.key == other.key:
        raise NoSuchSeat("ces deux noms désignent le même atelier", remedy="nommez-en deux")
    if one.session != other.session:
        raise NoSuchSeat(
            f"ces ateliers ne sont pas de la même session (« {one.session} », « {other.session} »)",
            remedy="réunissez deux ateliers d'une même session",
        )
    if seen.now >= seen.event.session(one.session).ends_at:
        raise NoSuchSeat(f"la session « {one.session} » est terminée")
    earlier = {key: other.key if target == one.key else target for key, target in seen.merged.items()}
    after = seen.after(merged={**earlier, one.key: other.key})
    return Merge(
        closed=one,
        kept=other,
        people=sum(s.workshop == one.key for s in seen.places.values()),
        taken=sum(s.workshop == other.key for s in after.places.values()),
        others=difference(seen, after),
    )
