"""Solve wishes alone, without people: ranked ballots on the one side, numbered places on the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Literal, NamedTuple

from orchestrator.core.flow import Group, Place, assign

Aim = Literal["nobody-badly", "most-satisfied"]
Ballot = tuple[tuple[int, ...], ...]
"""Indices of places, best rank first; those of one rank are wished equally."""


class Prices:
    """What each rank costs, from 1; made as far as it is asked for.

    With the aim "nobody-badly" one person at a rank costs more than any chain of moves can win at better ranks:
    a chain meets each place once at most, so it changes no rank's number of people by more than places + 1.
    """

    def __init__(self, aim: Aim, places: int) -> None:
        self._ladder = [0]
        self._base = 0 if aim == "most-satisfied" else places + 2
        self.rank_of = {0: 1}

    def upto(self, last: int) -> list[int]:
        """Give the prices of the ranks from 1 to at least `last`, cheapest first."""
        while (done := len(self._ladder)) < last:
            self._ladder.append(self._base ** (done - 1) if self._base else done)
            self.rank_of[self._ladder[-1]] = done + 1
        return self._ladder


def costs_of(ballot: Ballot, prices: Prices) -> tuple[dict[int, int], int]:
    """Price the places of a ballot, each at its best rank, and any other place: the rank after the last one.

    So naming fewer wishes wins nobody anything.
    """
    ladder = prices.upto(len(ballot) + 1)
    costs: dict[int, int] = {}
    for places, price in zip(ballot, ladder, strict=False):
        for place in places:
            if place not in costs:
                costs[place] = price
    return costs, ladder[len(ballot)]


class Solution(NamedTuple):
    """By ballot: the place, -1 = none; its rank from 1, the one after the ballot's last = not wished, 0 = no place."""

    places: list[int]
    ranks: list[int]


def solve(ballots: Sequence[Ballot], seats: Sequence[int], aim: Aim) -> Solution:
    """Give every ballot a place as long as there are any, at the least total price; among equals the first wins."""
    prices = Prices(aim, len(seats))
    same: dict[Ballot, list[int]] = {}
    for number, ballot in enumerate(ballots):
        if (alike := same.get(ballot)) is not None:
            alike.append(number)
        else:
            same[ballot] = [number]
    groups = [Group(len(alike), *costs_of(ballot, prices)) for ballot, alike in reversed(same.items())]
    counts = assign(groups, [Place(n) for n in seats], even=False)  # of two groups the first gives way
    places, ranks = [-1] * len(ballots), [0] * len(ballots)
    for alike, group, got in zip(reversed(same.values()), groups, counts, strict=True):
        names = iter(alike)
        for price, place in sorted((group.costs.get(place, group.elsewhere or 0), place) for place in got):
            for name in islice(names, got[place]):
                places[name], ranks[name] = place, prices.rank_of[price]
    return Solution(places, ranks)
