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


class Group(NamedTuple):
    """Some who wish the same. `costs` by place index; any other place costs them `elsewhere`."""

    size: int
    costs: Mapping[int, int]


class Place(NamedTuple):
    """Seats, and how many of them are taken for good; more than there are leave no room."""

    seats: int
    taken: int = 0


def assign(groups: Sequence[Group], places: Sequence[Place], elsewhere: int) -> list[dict[int, int]]:
    """Count how many of each group get which place.

    As many as there is room for are placed, at the least total cost. The places are then filled as evenly as can
    be (the least sum of taken² / seats) without changing what anybody's place costs. `elsewhere` must exceed
    every cost. Between equals, the group that comes first gives way.
    """
    flow = _Flow(groups, places, elsewhere)
    while flow.measure():
        flow.push_out()
    flow.level()
    return flow.counts()


class _Flow:
    """Who sits where for now and, for each step from place to place, the queue of those who would take it."""

    def __init__(self, groups: Sequence[Group], places: Sequence[Place], elsewhere: int) -> None:
        self.costs = [group.costs for group in groups]
        self.elsewhere = elsewhere
        self.places = places
        room = [max(0, place.seats - place.taken) for place in places]
        missing = max(0, sum(group.size for group in groups) - sum(room))
        self.nowhere = len(places)  # one place more, for those who do not fit
        self.hub = self.nowhere + 1  # not a place: the way to all places that are not wished
        self.free = [*room, missing, 0]
        self.sitting: list[dict[int, int]] = [{} for _ in self.free]
        self.far = [0] * len(self.free)  # potentials: the distance from the overfull places
        self.base = len(groups) or 1  # a queue's entry is cost difference * base + group: ints sort fast
        self.queues: list[list[list[int]]] = [[] for _ in self.free]
        self.queues[self.hub] = [*([0] for _ in range(self.hub)), []]
        self.levelling = False
        for group, (size, costs) in enumerate(groups):
            place = self._cheapest(costs)
            self.sitting[place][group] = size
            self.free[place] -= size

    def _cheapest(self, costs: Mapping[int, int]) -> int:
        least = min(costs.values(), default=0)
        best = [place for place, cost in costs.items() if cost == least] or [self.nowhere]
        return best[0] if len(best) == 1 else max(best, key=self.free.__getitem__)

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
        sitting = self.sitting[u]
        sitting[group] -= count
        if not sitting[group]:
            del sitting[group]
            for v in (*self.costs[group], self.hub):
                queue = self.queues[u][v]
                while queue and queue[0] % self.base not in sitting:
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
            self.queues[u] = [[] for _ in self.free]
            for group in self.sitting[u]:
                for v, entry in self._entries(u, group):
                    self.queues[u][v].append(entry)
            for queue in self.queues[u]:
                heapify(queue)
        return self.queues[u]

    def _entries(self, u: int, group: int) -> list[tuple[int, int]]:
        """List the queues a group stands in at a place, with its entry; when levelling, those of equal cost."""
        costs, here = self.costs[group], self.costs[group].get(u, self.elsewhere)
        if self.levelling:
            steps = [(v, group) for v, cost in costs.items() if cost == here and v != u]
            return [*steps, (self.hub, group)] if here == self.elsewhere else steps
        steps = [(v, (cost - here) * self.base + group) for v, cost in costs.items() if v != u]
        return [*steps, (self.hub, (self.elsewhere - here) * self.base + group)]

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
