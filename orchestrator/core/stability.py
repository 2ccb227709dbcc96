"""Keeps the seats that were told: where a workshop lost places or is gone, the fewest people move, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice

from orchestrator.core.draw import LOT
from orchestrator.core.flow import Group, Place, assign
from orchestrator.core.hall import NOTHING, Barred, Hall
from orchestrator.core.model import Seat


def settle(hall: Hall, told: Mapping[str, Seat], pinned: Mapping[str, str], barred: Barred) -> None:
    """Take the told seats in; move whom their workshop cannot hold any more to the best free place for all of them.

    Those the organiser placed by hand stay and push nobody out. Whoever finds no free place stays where they are,
    beyond the capacity; if their workshop is gone, they have no seat.
    """
    for email, workshop in pinned.items():
        hall.seats[email] = _pinned(hall, email, workshop, told.get(email))
    for email, seat in told.items():
        if email in hall.people and email not in hall.seats:
            hall.take(replace(seat, reason="organiser") if seat.reason == "facilitator" else seat)
    crowded = _crowded(hall)
    moving = {
        email: seat
        for email, seat in hall.seats.items()
        if seat.workshop not in hall.index or (seat.workshop in crowded and not seat.is_by_hand)
    }
    if moving:
        _move(hall, moving, crowded, barred)


def _pinned(hall: Hall, email: str, workshop: str, told: Seat | None) -> Seat:
    seat = told or Seat(person=email, session=hall.session, workshop=workshop)
    return replace(seat, workshop=workshop, rank=0, reason="facilitator")


def _crowded(hall: Hall) -> set[str]:
    """Name the workshops with more people than places, those placed by hand aside."""
    load = Counter(seat.workshop for seat in hall.seats.values() if not seat.is_by_hand)
    return {w.key for w in hall.workshops if load[w.key] > w.seats}


def _move(hall: Hall, moving: Mapping[str, Seat], crowded: set[str], barred: Barred) -> None:
    """One more person who moves costs more than anything ranks can: the fewest move, then the aim decides."""
    for email, seat in moving.items():
        del hall.seats[email]
        hall.taken[seat.workshop] -= 1
    places = [
        Place(w.seats) if w.key in crowded else Place(w.seats, hall.taken[w.key]) for w in hall.workshops
    ]  # in a crowded one those placed by hand push nobody out
    alike = _alike(hall, moving, barred)
    counts = assign([group for group, _ in alike], places, even=False)
    for (group, lots), got in zip(alike, counts, strict=True):
        names = iter(lots)
        for _, place in sorted((group.costs[place], place) for place in got):
            for lot in islice(names, got[place]):
                _settle_one(hall, moving[lot[LOT:]], place)
        for lot in names:
            if moving[lot[LOT:]].workshop in hall.index:
                hall.take(moving[lot[LOT:]])


def _settle_one(hall: Hall, seat: Seat, place: int) -> None:
    key = hall.workshops[place].key
    if key != seat.workshop:
        ballot = hall.ballot(hall.people[seat.person].wishes.get(hall.session, ()))
        rank = next((rank for rank, places in enumerate(ballot, 1) if place in places), 0)
        seat = replace(seat, workshop=key, rank=rank, reason="moved-away")
    hall.take(seat)


def _alike(hall: Hall, moving: Mapping[str, Seat], barred: Barred) -> list[tuple[Group, list[str]]]:
    """Gather those who wish the same and come from the same workshop, the highest lot first."""
    same: dict[tuple[object, ...], tuple[list[str], dict[int, int]]] = {}
    for email, seat in moving.items():
        wishes, bar = hall.people[email].wishes.get(hall.session, ()), barred.get(email, NOTHING)
        key = (seat.workshop, wishes, bar)
        if key not in same:
            same[key] = ([], _costs(hall, email, seat, bar))
        same[key][0].append(hall.draw(email))
    groups = [(Group(len(lots), costs, None), sorted(lots)) for lots, costs in same.values()]
    return sorted(groups, key=lambda group: group[1][-1], reverse=True)


def _costs(hall: Hall, email: str, seat: Seat, bar: frozenset[str]) -> dict[int, int]:
    ballot = hall.ballot(hall.people[email].wishes.get(hall.session, ()))
    ladder = hall.prices.upto(len(hall.workshops) + 2)
    rank_of = {place: rank for rank, places in enumerate(ballot, 1) for place in places}
    to_move = (ladder[-1] + 1) * (len(hall.workshops) + 2)
    costs = {
        place: ladder[rank_of.get(place, len(ballot) + 1) - 1] + (to_move if w.key != seat.workshop else 0)
        for place, w in enumerate(hall.workshops)
        if w.key == seat.workshop or w.key not in bar
    }
    return dict(sorted(costs.items(), key=lambda item: item[1]))
