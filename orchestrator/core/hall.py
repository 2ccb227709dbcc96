"""One session's workshops while they are being filled: what each holds, who is in, what is free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orchestrator.core.ballots import Ballot, Prices, costs_of
from orchestrator.core.draw import Draw, lots
from orchestrator.core.flow import Group, Place
from orchestrator.core.model import Event, Person, Seat, Wishes, Workshop

Barred = Mapping[str, frozenset[str]]
"""Workshops by e-mail where somebody must not be: they are in the same one in another session."""
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Alike:
    """Those who wish the same and are barred from the same: their group, what is wished, their lots, lowest first."""

    group: Group
    wished: frozenset[int]
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

    def give(self, email: str, place: int, rank: int, reason: str) -> None:
        """Seat somebody who had no seat."""
        key = self.workshops[place].key
        self.taken[key] += 1
        self.seats[email] = Seat(person=email, session=self.session, workshop=key, rank=rank, reason=reason)

    def places(self, held_back: int = 0) -> list[Place]:
        """What every workshop has to give; nothing if it is closed."""
        return [
            Place(0 if w.key in self.closed else max(0, w.seats - held_back), self.taken[w.key]) for w in self.workshops
        ]

    def ballot(self, wishes: Wishes, barred: frozenset[str] = NOTHING) -> Ballot:
        """Say wishes by index, without those for unknown or barred workshops; the next ones move up."""
        index = self.index
        if not barred:
            try:
                ballot = tuple([(index[key],) for (key,) in wishes])
            except (KeyError, ValueError):
                pass
            else:
                if len(set(ballot)) == len(ballot):
                    return ballot
        seen: set[int] = {index[key] for key in barred if key in index}
        ranks = []
        for keys in wishes:
            rank = sorted({index[key] for key in keys if key in index} - seen)
            seen.update(rank)
            ranks.append(tuple(rank))
        return tuple(rank for rank in ranks if rank)

    def group(self, size: int, ballot: Ballot, barred: frozenset[str] = NOTHING) -> Group:
        """Price what some alike wish."""
        costs, elsewhere = costs_of(ballot, self.prices)
        if not barred:
            return Group(size, costs, elsewhere)
        allowed = (i for i, w in enumerate(self.workshops) if w.key not in barred and i not in costs)
        return Group(size, {**costs, **dict.fromkeys(allowed, elsewhere)}, None)

    def alike(self, people: Iterable[Person], barred: Barred) -> list[Alike]:
        """Gather those who wish the same; the group with the highest lot first, for it gives way first."""
        same: dict[tuple[Wishes, frozenset[str]], list[str]] = {}
        session, draw = self.session, self.draw
        for person in people:
            key = (person.wishes.get(session, ()), barred.get(person.email, NOTHING))
            if (drawn := same.get(key)) is not None:
                drawn.append(draw(person.email))
            else:
                same[key] = [draw(person.email)]
        merged: dict[tuple[Ballot, frozenset[str]], list[str]] = {}
        for (wishes, bar), drawn in same.items():
            known = merged.setdefault((self.ballot(wishes, bar), bar), drawn)
            if known is not drawn:
                known.extend(drawn)
        groups = []
        for (ballot, bar), drawn in merged.items():
            drawn.sort()
            group = self.group(len(drawn), ballot, bar)
            groups.append(Alike(group, frozenset([place for rank in ballot for place in rank]), drawn))
        groups.sort(key=lambda alike: alike.lots[-1], reverse=True)
        return groups


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
    )
