"""The rules about a few people: together, apart, one room for an accessibility measure. Few are tried everywhere.

Whom a rule joins is a unit that sits as one. Each way to place the units is judged by what it leaves to everybody
else, solved exactly; all ways if they are few, else one unit after the other until none can be placed better.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from orchestrator.core.flow import Place, assign
from orchestrator.core.hall import NOTHING, Alike, Barred, Hall
from orchestrator.core.model import Person, Seating

EVERY_WAY = 200
"""Up to so many ways to place the units all are tried."""
SWEEPS = 4

Choice = tuple[int | None, ...]
"""The place of each unit; None = it cannot sit as one."""
Score = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Unit:
    """People who sit as one, by their lots, and the rank that each place they may have is to each of them."""

    people: tuple[Person, ...]
    ranks: Mapping[int, tuple[int, ...]]
    reason: str


def joined(seating: Seating, people: Iterable[Person]) -> list[frozenset[str]]:
    """Bring together the e-mails of all whom rules join; rules with somebody in common join all of theirs."""
    here = list(people)
    known = {person.email for person in here}
    sets = [emails & known for emails in seating.keep_together]
    sets += [frozenset(p.email for p in here if needs(p, word)) for word in seating.same_room]
    groups: list[frozenset[str]] = []
    for emails in filter(None, sets):
        apart = [group for group in groups if not group & emails]
        groups = [*apart, emails.union(*(group for group in groups if group & emails))]
    return groups


def needs(person: Person, word: str) -> bool:
    """Tell whether somebody's needs have the word, whatever its accents and capital letters."""
    return bool(person.needs) and has_word(person.needs, word)


def has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(_plain(word))}(?!\w)", _plain(text)) is not None


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def units(hall: Hall, people: Sequence[Person], barred: Barred) -> list[Unit]:
    """Make the units of those who have no seat yet, the largest first; whoever must be apart is one alone."""
    seating = hall.event.seating
    waiting = {person.email: person for person in people}
    most = max((w.seats for w in hall.workshops), default=0)
    found: list[Unit] = []
    alone = {email for emails in seating.keep_apart for email in emails & waiting.keys()}
    for emails in joined(seating, _all(hall, people)):
        here = sorted(emails & waiting.keys(), key=hall.draw)
        alone -= emails
        for part in (here[i : i + most] for i in range(0, len(here), most or 1)):
            if len(emails) > 1:
                found.append(_unit(hall, [waiting[email] for email in part], emails, barred))
    found += [_unit(hall, [waiting[email]], frozenset([email]), barred) for email in alone]
    return sorted(found, key=lambda unit: (-len(unit.people), hall.draw(unit.people[0].email)))


def _all(hall: Hall, people: Sequence[Person]) -> Iterator[Person]:
    yield from people
    yield from hall.seated


def _unit(hall: Hall, people: list[Person], emails: frozenset[str], barred: Barred) -> Unit:
    reason = "together" if len(emails) > 1 else "apart"
    places = set(range(len(hall.workshops)))
    for person in people:
        places -= {hall.index[key] for key in barred.get(person.email, NOTHING) if key in hall.index}
    places -= _without(hall, people)
    kept = Counter(hall.index[hall.seats[email].workshop] for email in emails if email in hall.seats)
    free = hall.places()
    for place in sorted(kept, key=lambda place: (-kept[place], place))[:1]:
        if free[place].seats - free[place].taken >= len(people):
            places &= {place}
    ranks = [_ranks(hall, person) for person in people]
    return Unit(
        people=tuple(people),
        ranks={place: tuple(by_place.get(place, last) for by_place, last in ranks) for place in sorted(places)},
        reason=reason,
    )


def _without(hall: Hall, people: list[Person]) -> set[int]:
    """Find where somebody already sits whom one of these people must not meet."""
    emails = {person.email for person in people}
    rivals = {other for apart in hall.event.seating.keep_apart if apart & emails for other in apart - emails}
    return {hall.index[hall.seats[email].workshop] for email in rivals if email in hall.seats}


def _ranks(hall: Hall, person: Person) -> tuple[dict[int, int], int]:
    ballot = hall.ballot(person.wishes.get(hall.session, ()))
    return {place: rank for rank, places in enumerate(ballot, 1) for place in places}, len(ballot) + 1 if ballot else 1


def place_units(hall: Hall, units: Sequence[Unit], rest: Sequence[Alike], places: Sequence[Place]) -> Choice:
    """Choose each unit's place: as few as can be broken, then as many people placed, then by the event's aim."""
    judge = _Judge(hall, units, rest, places)
    options: list[list[int | None]] = [
        [p for p in unit.ranks if _room(places[p]) >= len(unit.people)] or [None] for unit in units
    ]
    if prod(map(len, options)) <= EVERY_WAY:
        return min(product(*options), key=judge.score)
    return _one_by_one(judge, options)


def _room(place: Place) -> int:
    return place.seats - place.taken


def _one_by_one(judge: _Judge, options: Sequence[Sequence[int | None]]) -> Choice:
    choice: list[int | None] = [None] * len(options)
    for _ in range(SWEEPS):
        before = list(choice)
        for i, places in enumerate(options):
            tries = ([*choice[:i], place, *choice[i + 1 :]] for place in places)
            choice = min(tries, key=lambda some: judge.score(tuple(some)))
        if choice == before:
            break
    return tuple(choice)


class _Judge:
    """Scores ways to place the units; less is better."""

    def __init__(self, hall: Hall, units: Sequence[Unit], rest: Sequence[Alike], places: Sequence[Place]) -> None:
        self.units, self.rest, self.places = units, rest, places
        self.groups = [alike.group for alike in rest]
        self.rank_of = hall.prices.rank_of
        number = sum(g.size for g in self.groups) + sum(len(unit.people) for unit in units)
        self.base = 0 if hall.event.seating.aim == "most-satisfied" else number + 1
        self.rivals = [
            [i for i, unit in enumerate(units) if any(person.email in apart for person in unit.people)]
            for apart in hall.event.seating.keep_apart
        ]
        self.seen: dict[Choice, Score] = {}

    def score(self, choice: Choice) -> Score:
        if choice not in self.seen:
            self.seen[choice] = self._score(choice)
        return self.seen[choice]

    def _score(self, choice: Choice) -> Score:
        load = Counter(dict.fromkeys(range(len(self.places)), 0))
        for unit, place in zip(self.units, choice, strict=True):
            if place is not None:
                load[place] += len(unit.people)
        broken = self._broken(choice, load)
        places = [Place(p.seats, p.taken + load[i]) for i, p in enumerate(self.places)]
        unplaced, price = 0, 0
        for group, counts in zip(self.groups, assign(self.groups, places, even=False), strict=True):
            unplaced += group.size - sum(counts.values())
            for place, count in counts.items():
                price += count * self._price(self.rank_of[group.costs.get(place, group.elsewhere or 0)])
        for unit, place in zip(self.units, choice, strict=True):
            price += sum(map(self._price, unit.ranks[place])) if place is not None else 0
        return broken, unplaced, price

    def _broken(self, choice: Choice, load: Counter[int]) -> int:
        """Count whom a rule fails: without a place as one, beside somebody to be apart from, or too many."""
        broken = sum(len(u.people) for u, place in zip(self.units, choice, strict=True) if place is None)
        for rivals in self.rivals:
            met = Counter(choice[i] for i in rivals if choice[i] is not None)
            broken += sum(count - 1 for count in met.values())
        too_many = sum(max(0, load[i] - max(0, _room(p))) for i, p in enumerate(self.places))
        return broken + too_many * len(self.units) * 100

    def _price(self, rank: int) -> int:
        """Price a rank so that one person at it outweighs everybody at better ones, if the aim is so."""
        if not self.base:
            return rank
        return self.base ** (rank - 2) if rank > 1 else 0
