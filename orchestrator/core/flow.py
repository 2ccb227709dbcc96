"""Give groups their places at the least total cost: a min-cost flow over the places, not over the people.

Everyone starts at their cheapest place; what is too much there is pushed out along the shortest chains of moves
("one from A to B, one from B to C") that end at a place with room: successive shortest paths with potentials, on
a graph whose only nodes are the places. Exact, in integers; it knows nothing of events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush, heapreplace
from itertools import pairwise
from typing import NamedTuple

Costs = Mapping[int, int]
"""Of places by their index, the cheapest first."""


class Group(NamedTuple):
    """Some who wish the same. Places without a cost of their own cost them `elsewhere`; None = they go to no other."""

    size: int
    costs: Costs
    elsewhere: int | None


class Place(NamedTuple):
    """Seats, and how many of them are taken for good; more than there are leave no room."""

    seats: int
    taken: int = 0


def assign(groups: Sequence[Group], places: Sequence[Place], *, even: bool = True) -> list[dict[int, int]]:
    """Count how many of each group get which place.

    As many as there is room for are placed, at the least total cost. If `even`, the places are then filled as evenly
    as can be (the least sum of taken² / seats) without changing what anybody's place costs. `elsewhere` must exceed
    every other cost of a group. Between equals, the group that comes first gives way.
    """
    flow = _Flow(groups, places)
    while flow.measure():
        flow.push_out()
    if even:
        flow.level()
    return flow.counts()


class _Flow:
    """Who sits where for now and, for each step from place to place, the queue of those who would take it."""

    def __init__(self, groups: Sequence[Group], places: Sequence[Place]) -> None:
        self.costs = [group.costs for group in groups]
        self.elsewhere = [group.elsewhere for group in groups]
        self.places = places
        self.nowhere = len(places)  # one place more, for those who find none
        self.hub = self.nowhere + 1  # not a place: the way to all places that are not wished
        room = [max(0, place.seats - place.taken) for place in places]
        self.free = [*room, self._may_miss_out(groups, sum(room)), 0]
        self.no_place = self._price_of_no_place()
        self.sitting: list[dict[int, int]] = [{} for _ in self.free]
        self.far = [0] * len(self.free)  # potentials: the distance from the overfull places
        self.base = len(groups) or 1  # a queue's entry is cost difference * base + group: ints sort fast
        self.queues: list[list[list[int]]] = [[] for _ in self.free]
        self.queues[self.hub] = [*([0] for _ in places), [], []]
        self.levelling = False
        self._sit_down(groups)

    def _may_miss_out(self, groups: Sequence[Group], room: int) -> int:
        """Count how many may find no place: only as many as must where all may go anywhere."""
        people = sum(group.size for group in groups)
        return people if None in self.elsewhere or not self.places else max(0, people - room)

    def _price_of_no_place(self) -> int:
        """Exceed what any chain of moves can save: it meets each place once."""
        if not self.free[self.nowhere]:
            return 0
        dearest = max((max(costs.values(), default=0) for costs in self.costs), default=0)
        return (max(dearest, *(e or 0 for e in self.elsewhere)) + 1) * (self.hub + 1)

    def _sit_down(self, groups: Sequence[Group]) -> None:
        """Let everyone start at their cheapest place."""
        free, sitting = self.free, self.sitting
        for group, (size, costs, elsewhere) in enumerate(groups):
            least = iter(costs)
            place = next(least, -1)
            if place < 0:
                place = self._anywhere(elsewhere)
            elif (other := next(least, -1)) >= 0 and costs[other] == costs[place]:
                place = max((p for p, cost in costs.items() if cost == costs[place]), key=free.__getitem__)
            sitting[place][group] = size
            free[place] -= size

    def _anywhere(self, elsewhere: int | None) -> int:
        if elsewhere is None or not self.places:
            return self.nowhere
        return max(range(self.nowhere), key=self.free.__getitem__)

    def measure(self) -> bool:
        """Set the potentials so that the shortest chains to room are tight; False if no place is overfull."""
        near = {u: 0 for u, free in enumerate(self.free) if free < 0}
        done: dict[int, int] = {}
        far, base = self.far, self.base
        while near:
            u = min(near, key=near.__getitem__)
            done[u] = end = near.pop(u)
            if self.free[u] > 0:
                self.far = [before + done.get(v, end) for v, before in enumerate(far)]
                return True
            here = end + far[u]
            for v, queue in enumerate(self._steps(u)):
                if queue and v not in done:
                    way = here + queue[0] // base - far[v]
                    if v not in near or way < near[v]:
                        near[v] = way
        return False

    def push_out(self) -> None:
        """Empty the overfull places along tight chains, as far as these go."""
        ahead: dict[int, list[tuple[int, int]]] = {}
        for u in range(self.hub):
            while self.free[u] < 0 and self._extend(chain := [u], ahead):
                self._push(chain, min(-self.free[u], self.free[chain[-1]]))

    def _extend(self, chain: list[int], ahead: dict[int, list[tuple[int, int]]]) -> bool:
        """Lengthen a chain by tight steps to a place with room; `ahead` keeps the steps worth trying."""
        u = chain[-1]
        if self.free[u] > 0:
            return True
        steps = ahead[u] if u in ahead else ahead.setdefault(u, self._tight(u))
        while steps:
            group, v = steps[0]
            first = self._first(u, v)
            if group != first >= 0:
                heapreplace(steps, (first, v))
                continue
            if first >= 0 and v not in chain:
                chain.append(v)
                if self._extend(chain, ahead):
                    return True
                chain.pop()
            heappop(steps)
        return False

    def _tight(self, u: int) -> list[tuple[int, int]]:
        """List the steps from a place that lie on shortest chains, each after the group to take it, sorted."""
        far, base, here = self.far, self.base, self.far[u]
        steps = enumerate(self._steps(u))
        return sorted((q[0] % base, v) for v, q in steps if q and q[0] // base + here == far[v])

    def _first(self, u: int, v: int) -> int:
        """Name the group to take a tight step; -1 if there is none, or it is not tight."""
        if queue := self.queues[u][v]:
            loss, group = divmod(queue[0], self.base)
            if self.far[u] + loss == self.far[v]:
                return group
        return -1

    def _push(self, chain: list[int], most: int) -> None:
        """Let one group take each step of a tight chain, as many at once as all of them allow."""
        steps: list[tuple[int, int, int]] = []
        for u, v in pairwise(chain):
            if u == self.hub:
                before, _, group = steps.pop()
                steps.append((before, v, group))
            else:
                steps.append((u, v, self.queues[u][v][0] % self.base))
        count = min(most, *(self.sitting[u][group] for u, _, group in steps))
        for u, v, group in steps:
            self._leave(u, group, count)
            self._enter(v, group, count)
        self.free[chain[0]] += count
        self.free[chain[-1]] -= count

    def _leave(self, u: int, group: int, count: int) -> None:
        sitting, base = self.sitting[u], self.base
        sitting[group] -= count
        if sitting[group]:
            return
        del sitting[group]
        queues = self.queues[u]
        for v in (*self.costs[group], self.nowhere, self.hub):
            queue = queues[v]
            while queue and queue[0] % base not in sitting:
                heappop(queue)

    def _enter(self, u: int, group: int, count: int) -> None:
        sitting = self.sitting[u]
        sitting[group] = sitting.get(group, 0) + count
        if sitting[group] == count and self.queues[u]:
            for v, entry in self._entries(u, group):
                heappush(self.queues[u][v], entry)

    def _steps(self, u: int) -> list[list[int]]:
        """Give the queues out of a place; the first in a queue sits there and loses least by the step."""
        if not self.queues[u]:
            queues: list[list[int]] = [[] for _ in self.free]
            self.queues[u] = queues
            for group in self.sitting[u]:
                for v, entry in self._entries(u, group):
                    queues[v].append(entry)
            for queue in queues:
                heapify(queue)
        return self.queues[u]

    def _entries(self, u: int, group: int) -> list[tuple[int, int]]:
        """List the queues a group stands in at a place, with its entry; when levelling, those of equal cost."""
        costs, elsewhere, base = self.costs[group], self.elsewhere[group], self.base
        here = costs.get(u, elsewhere if u != self.nowhere else self.no_place)
        assert here is not None  # who goes nowhere else sits where they have a cost, or nowhere
        if self.levelling:
            steps = [(v, group) for v, cost in costs.items() if cost == here and v != u]
            return [*steps, (self.hub, group)] if here == elsewhere else steps
        steps = [(v, (cost - here) * base + group) for v, cost in costs.items() if v != u]
        if elsewhere is not None:
            steps.append((self.hub, (elsewhere - here) * base + group))
        if self.no_place and u != self.nowhere:
            steps.append((self.nowhere, (self.no_place - here) * base + group))
        return steps

    def level(self) -> None:
        """Even out the places by moves between places of equal cost, until none helps any more."""
        self.levelling = True
        self.far = [0] * len(self.free)
        self.queues[: self.hub] = [[] for _ in range(self.hub)]
        while sum(self._relieve(u) for u in range(self.nowhere)):
            pass

    def _relieve(self, u: int) -> bool:
        """Move as many as helps from a place to the one where that helps most; False if nothing helps."""
        if not any(self._worth(u, v) for v in range(self.nowhere)):
            return False
        came = self._reach(u)
        v = max((v for v in came if v < self.nowhere), key=lambda v: self._worth(u, v))
        chain = [v]
        while chain[0] != u:
            chain.insert(0, came[chain[0]])
        moved = False
        while (worth := self._worth(u, v)) and all(self._first(*step) >= 0 for step in pairwise(chain)):
            self._push(chain, worth)
            moved = True
        return moved

    def _reach(self, u: int) -> dict[int, int]:
        """Find the places within reach by tight steps, each with the place before it."""
        came = {u: u}
        ahead = [u]
        for w in ahead:
            new = [v for _, v in self._tight(w) if v not in came]
            came.update(dict.fromkeys(new, w))
            ahead += new
        return came

    def _worth(self, u: int, v: int) -> int:
        """Count how many moves from u to v, one after the other, lower the sum of taken² / seats."""
        if self.free[v] <= 0:
            return 0
        seats_u, seats_v = self.places[u].seats, self.places[v].seats
        taken_u, taken_v = seats_u - self.free[u], seats_v - self.free[v]
        most = (seats_v * (2 * taken_u + 1) - seats_u * (2 * taken_v - 1) - 1) // (2 * (seats_u + seats_v))
        return max(0, most)

    def counts(self) -> list[dict[int, int]]:
        """Return, for each group, how many sit where."""
        counts: list[dict[int, int]] = [{} for _ in self.costs]
        for place, sitting in enumerate(self.sitting[: self.nowhere]):
            for group, count in sitting.items():
                counts[group][place] = count
        return counts
