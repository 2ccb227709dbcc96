"""One session's workshops while they are being filled: what each holds, who is in, what is free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestrator.core.ballots import Ballot, Prices, costs_of
from orchestrator.core.draw import Draw, lots
from orchestrator.core.flow import Group, Place
from orchestrator.core.model import Event, Person, Seat, Wishes, Workshop

Barred = Mapping[str, frozenset[str]]
"""Workshops by e-mail where somebody must not be: they are in the same one in another session."""
NOTHING: frozenset[str] = frozenset()


class Alike(NamedTuple):
    """Those who wish the same and are barred from the same: their group, how many ranks, their lots, lowest first."""

    group: Group
    ranks: int
    lots: list[str]


@dataclass(slots=True)
class Hall:
    """The workshops in the order of their lots, and everyone who has a seat so far."""

    event: Event
    session: str
    workshops: list[Workshop]
    draw: Draw
    prices: Prices
    index: dict[str, int]
    alone: dict[str, tuple[int]]
    """Each workshop's index as a rank of its own."""
    people: dict[str, Person] = field(default_factory=dict)
    """All who attend, by e-mail."""
    seats: dict[str, Seat] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)
    closed: frozenset[str] = NOTHING

    @property
    def seated(self) -> list[Person]:
        return [person for person in self.people.values() if person.email in self.seats]

    def take(self, seat: Seat) -> None:
        self.seats[seat.person] = seat
        self.taken[seat.workshop] += 1

    def give(self, emails: Iterable[str], place: int, rank: int, reason: str) -> None:
        """Seat people who had no seat, all in one place."""
        key, session, seats = self.workshops[place].key, self.session, self.seats
        before = len(seats)
        for email in emails:
            seats[email] = Seat(person=email, session=session, workshop=key, rank=rank, reason=reason)
        self.taken[key] += len(seats) - before

    def places(self, held_back: int = 0) -> list[Place]:
        """What every workshop has to give; nothing if it is closed."""
        return [
            Place(0 if w.key in self.closed else max(0, w.seats - held_back), self.taken[w.key]) for w in self.workshops
        ]

    def ballot(self, wishes: Wishes, barred: frozenset[str] = NOTHING) -> Ballot:
        """Say wishes by index, without those for unknown or barred workshops; the next ones move up."""
        index = self.index
        if not barred and (simple := self._simple(wishes)) is not None:
            return simple
        seen: set[int] = {index[key] for key in barred if key in index}
        ranks = []
        for keys in wishes:
            rank = sorted({index[key] for key in keys if key in index} - seen)
            seen.update(rank)
            ranks.append(tuple(rank))
        return tuple(rank for rank in ranks if rank)

    def _simple(self, wishes: Wishes) -> Ballot | None:
        """The same where every rank is one known workshop, each once: the usual case, in a third of the time."""
        alone = self.alone
        try:
            ballot = tuple([alone[key] for (key,) in wishes])
        except (KeyError, ValueError):
            return None
        return ballot if len(set(ballot)) == len(ballot) else None

    def group(self, size: int, ballot: Ballot, barred: frozenset[str] = NOTHING) -> Group:
        """Price what some alike wish."""
        costs, elsewhere = costs_of(ballot, self.prices)
        if not barred:
            return Group(size, costs, elsewhere)
        allowed = (i for i, w in enumerate(self.workshops) if w.key not in barred and i not in costs)
        return Group(size, {**costs, **dict.fromkeys(allowed, elsewhere)}, None)

    def alike(self, people: Iterable[Person], barred: Barred) -> list[Alike]:
        """Gather those who wish the same; the group with the highest lot first, for it gives way first."""
        same: dict[Wishes, list[str]] = {}
        session, draw = self.session, self.draw
        twice: dict[tuple[Ballot, frozenset[str]], list[str]] = {}
        for person in people:
            wishes = person.wishes.get(session, ())
            if person.email in barred:
                bar = barred[person.email]
                twice.setdefault((self.ballot(wishes, bar), bar), []).append(draw(person.email))
            elif (drawn := same.get(wishes)) is not None:
                drawn.append(draw(person.email))
            else:
                same[wishes] = [draw(person.email)]
        groups = [self._alike(ballot, bar, drawn) for (ballot, bar), drawn in twice.items()]
        groups += [self._alike(ballot, NOTHING, drawn) for ballot, drawn in self._known(same)]
        groups.sort(key=_highest, reverse=True)
        return groups

    def _alike(self, ballot: Ballot, bar: frozenset[str], drawn: list[str]) -> Alike:
        drawn.sort()
        return Alike(self.group(len(drawn), ballot, bar), len(ballot), drawn)

    def _known(self, same: Mapping[Wishes, list[str]]) -> Iterable[tuple[Ballot, list[str]]]:
        """Bring together wishes that come to the same once unknown and repeated workshops are left out."""
        simple = [(self._simple(wishes), drawn) for wishes, drawn in same.items()]
        if all(ballot is not None for ballot, _ in simple):
            return [(ballot, drawn) for ballot, drawn in simple if ballot is not None]
        known: dict[Ballot, list[str]] = {}
        for wishes, drawn in same.items():
            known.setdefault(self.ballot(wishes), []).extend(drawn)
        return known.items()


def _highest(alike: Alike) -> str:
    return alike.lots[-1]


def hall(event: Event, session: str) -> Hall:
    """Open a session's workshops, empty."""
    draw = lots(event.seed, session)
    workshops = sorted(event.workshops_of(session), key=lambda workshop: draw(workshop.key))
    return Hall(
        event=event,
        session=session,
        workshops=workshops,
        draw=draw,
        prices=Prices(event.seating.aim, len(workshops)),
        index={workshop.key: i for i, workshop in enumerate(workshops)},
        alone={workshop.key: (i,) for i, workshop in enumerate(workshops)},
    )
