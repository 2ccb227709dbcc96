"""Mixes publics in every workshop by exchanging people two by two: where it costs no wish, then at a stated price.

How unmixed a session is: over workshops and publics, the sum of the squares of how far a public's number is from its
share. An exchange leaves every workshop as full as it was.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import NamedTuple

from orchestrator.core.hall import NOTHING, Barred, Hall
from orchestrator.core.model import Person, Seating
from orchestrator.core.rules import has_word


def public_of(seating: Seating, person: Person) -> str:
    """Name somebody's public by their organisation; "" = none of those named."""
    return next((name for name, words in seating.mix if any(has_word(person.organisation, w) for w in words)), "")


class _Way(NamedTuple):
    """How people of a public would go from a workshop to another: the ranks of these to them."""

    source: int
    target: int
    public: str
    before: int
    after: int


class _Swap(NamedTuple):
    gain: int
    one: _Way
    other: _Way

    @property
    def losers(self) -> int:
        return (self.one.after > self.one.before) + (self.other.after > self.other.before)

    @property
    def loss(self) -> int:
        return self.one.after - self.one.before + self.other.after - self.other.before

    @property
    def is_mild(self) -> bool:
        """Nobody loses more than one rank."""
        return self.one.after - self.one.before <= 1 >= self.other.after - self.other.before

    @property
    def is_free(self) -> bool:
        """As many people at every rank as before."""
        return sorted((self.one.before, self.other.before)) == sorted((self.one.after, self.other.after))


def mix(hall: Hall, people: Sequence[Person], barred: Barred) -> None:
    """Exchange some of `people`, who have just been seated, as long as that mixes better within the price allowed."""
    floor = _Floor.of(hall, people, barred)
    budget = hall.event.seating.mix_at_most
    while (swap := floor.best(budget)) is not None:
        budget -= 0 if swap.is_free else swap.losers
        floor.exchange(swap)


@dataclass(slots=True)
class _Floor:
    """Who could go where, and how far each public is from its share of each workshop, times the number of people."""

    hall: Hall
    number: int
    public: dict[str, str]
    ranks: dict[str, dict[int, int]]
    """The rank of each place somebody may have, by e-mail."""
    far: dict[tuple[int, str], int] = field(default_factory=dict)
    ways: dict[_Way, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, hall: Hall, people: Sequence[Person], barred: Barred) -> _Floor:
        inside = {p.email: public_of(hall.event.seating, p) for p in hall.seated}
        floor = cls(hall=hall, number=len(inside), public=inside, ranks={})
        size, share = Counter[int](), Counter(inside.values())
        load = Counter((hall.index[hall.seats[email].workshop], public) for email, public in inside.items())
        for (place, _), count in load.items():
            size[place] += count
        for place in range(len(hall.workshops)):
            for public in filter(None, share):
                floor.far[place, public] = load[place, public] * floor.number - size[place] * share[public]
        for person in people:
            if person.email in hall.seats and hall.seats[person.email].reason.startswith(("wish", "no-wishes")):
                floor.ranks[person.email] = _ranks(hall, person, barred.get(person.email, NOTHING))
                floor._enter(person.email)
        return floor

    def _ways(self, email: str) -> Iterator[_Way]:
        here, ranks = self.hall.index[self.hall.seats[email].workshop], self.ranks[email]
        for place, rank in ranks.items():
            if place != here:
                yield _Way(here, place, self.public[email], ranks[here], rank)

    def _enter(self, email: str) -> None:
        for way in self._ways(email):
            self.ways[way].add(email)

    def _leave(self, email: str) -> None:
        for way in self._ways(email):
            self.ways[way].discard(email)
            if not self.ways[way]:
                del self.ways[way]

    def best(self, budget: int) -> _Swap | None:
        """Find the exchange that mixes most among those that cost no wish; else the most for each rank lost."""
        swaps = list(self._swaps())
        free = [swap for swap in swaps if swap.is_free]
        if free:
            return max(free)
        paid = [swap for swap in swaps if swap.is_mild and swap.loss > 0 and swap.losers <= budget]
        return max(paid, key=lambda swap: (swap.gain / swap.loss, swap), default=None)

    def _swaps(self) -> Iterator[_Swap]:
        by_pair: dict[tuple[int, int], list[_Way]] = defaultdict(list)
        for way in self.ways:
            by_pair[way.source, way.target].append(way)
        for u, v in combinations(range(len(self.hall.workshops)), 2):
            for one in by_pair.get((u, v), ()):
                for other in by_pair.get((v, u), ()):
                    if one.public != other.public and (gain := self._gain(one, other)) > 0:
                        yield _Swap(gain, one, other)

    def _gain(self, one: _Way, other: _Way) -> int:
        far, u, v = self.far, one.source, one.target
        gain = 0
        for public, sign in ((one.public, 1), (other.public, -1)):
            if public:
                gain += sign * (far[u, public] - far[v, public]) - self.number
        return gain

    def exchange(self, swap: _Swap) -> None:
        for way in (swap.one, swap.other):
            emails = sorted(self.ways[way], key=self.hall.draw)
            email = emails[0] if way.after < way.before else emails[-1]  # the unlucky one loses
            self._leave(email)
            self._sit(email, way)
            self._enter(email)
            if way.public:
                self.far[way.source, way.public] -= self.number
                self.far[way.target, way.public] += self.number

    def _sit(self, email: str, way: _Way) -> None:
        seat = self.hall.seats[email]
        if way.after != way.before:
            reason = "mixed" if way.after > way.before else f"wish-{way.after}"
            seat = replace(seat, rank=way.after, reason=reason)
        self.hall.seats[email] = replace(seat, workshop=self.hall.workshops[way.target].key)


def _ranks(hall: Hall, person: Person, barred: frozenset[str]) -> dict[int, int]:
    """Rank the places somebody may be sent to: those they wish, or any as good as where they are if they wish none."""
    ballot = hall.ballot(person.wishes.get(hall.session, ()), barred)
    ranks = {place: rank for rank, places in enumerate(ballot, 1) for place in places}
    seat = hall.seats[person.email]
    here = hall.index[seat.workshop]
    if here not in ranks:
        others = (i for i, w in enumerate(hall.workshops) if w.key not in barred | hall.closed and i not in ranks)
        ranks |= dict.fromkeys(others, len(ballot) + 1)
    return {place: rank for place, rank in ranks.items() if hall.workshops[place].key not in hall.closed}
