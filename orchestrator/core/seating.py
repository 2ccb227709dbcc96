"""Who sits where in the workshops of a session: by their wishes, as well as can be for all; and why.

What comes first counts absolutely: told seats stay; all who wish something get a place if there are enough; the
event's aim; evenly filled places, as far as nobody's rank depends on it. Those without wishes then share the
places left, evenly too.
Equals draw lots: a person's lot is the 8-byte BLAKE2b hash of the event's seed, the session's key and their
e-mail, each on a line; the lowest wins. Anybody can draw again: `printf 'seed\\nsession\\ne-mail' | b2sum -l 64`.
Where people of different wishes are in each other's way, those who wish like the holder of the highest lot give way.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import inf
from typing import NamedTuple

from orchestrator.core.flow import Group, Place, assign
from orchestrator.core.model import Event, Person, Seat, Wishes

Draw = Callable[[str], str]
LOT = 16
"""Hexadecimal digits of a lot; the e-mail follows them, so that lots sort and tell whose they are."""


class _Alike(NamedTuple):
    """Those who wish the same: the rank of each wished workshop by its index, and their lots, lucky ones first."""

    ranks: Mapping[int, int]
    lots: list[str]


def seat(event: Event, session: str, people: Sequence[Person], told: Mapping[str, Seat]) -> dict[str, Seat]:
    """Give everyone a seat as long as there are any; told seats stay, even beyond the capacity.

    `people` are all who attend the session: the told seat of anybody else is free again. Wishes for unknown
    workshops are left out and the next ones move up. Whoever is missing in the answer found no place.
    """
    draw = _draw(event.seed, session)
    workshops = sorted(event.workshops_of(session), key=lambda workshop: draw(workshop.key))
    index = {workshop.key: i for i, workshop in enumerate(workshops)}
    seats = {person.email: told[person.email] for person in people if person.email in told}
    taken = Counter(kept.workshop for kept in seats.values())
    groups = _groups((person for person in people if person.email not in seats), session, index, draw)
    for some in filter(None, ([g for g in groups if g.ranks], [g for g in groups if not g.ranks])):
        places = [Place(workshop.seats, taken[workshop.key]) for workshop in workshops]
        for i, rank, reason, emails in _placed(some, places, event.seating.aim):
            key = workshops[i].key
            taken[key] += len(emails)
            for email in emails:
                seats[email] = Seat(person=email, session=session, workshop=key, rank=rank, reason=reason)
    return seats


def _draw(seed: str, session: str) -> Draw:
    start = hashlib.blake2b(f"{seed}\n{session}\n".encode(), digest_size=8)

    def draw(name: str) -> str:
        lot = start.copy()
        lot.update(name.encode())
        return lot.hexdigest() + name

    return draw


def _groups(people: Iterable[Person], session: str, index: Mapping[str, int], draw: Draw) -> list[_Alike]:
    """Gather those who wish the same; the group with the highest lot first, for it gives way first."""
    same: dict[Wishes, list[str]] = {}
    for person in people:
        same.setdefault(person.wishes.get(session, ()), []).append(draw(person.email))
    groups: dict[tuple[tuple[int, ...], ...], _Alike] = {}
    for wishes, lots in same.items():
        ranks = _ranks(wishes, index)
        alike = groups.setdefault((tuple(ranks), tuple(ranks.values())), _Alike(ranks, lots))
        if alike.lots is not lots:
            alike.lots.extend(lots)
    for alike in groups.values():
        alike.lots.sort()
    return sorted(groups.values(), key=lambda alike: alike.lots[-1], reverse=True)


def _ranks(wishes: Wishes, index: Mapping[str, int]) -> dict[int, int]:
    """Rank the known workshops from 1, each at its best rank, without gaps."""
    ranks: dict[int, int] = {}
    rank = 1
    for keys in wishes:
        before = len(ranks)
        for key in sorted(keys) if len(keys) > 1 else keys:
            if key in index:
                ranks.setdefault(index[key], rank)
        rank += len(ranks) > before
    return ranks


def _placed(groups: Sequence[_Alike], places: Sequence[Place], aim: str) -> Iterator[tuple[int, int, str, list[str]]]:
    """Yield workshop, rank, reason and e-mails of those who get a place; in a group the lucky ones choose."""
    last = max((rank for group in groups for rank in group.ranks.values()), default=0)
    costs = _costs(aim, last, len(places))
    demand = [Group(len(lots), {i: costs[rank] for i, rank in ranks.items()}) for ranks, lots in groups]
    for (ranks, lots), counts in zip(groups, assign(demand, places, costs[last + 1]), strict=True):
        names = iter(lots)
        for i in sorted(counts, key=lambda i: (ranks.get(i, inf), i)) if len(counts) > 1 else counts:
            rank = ranks.get(i, 0)
            reason = f"wish-{rank}" if rank else "wishes-full" if ranks else "no-wishes"
            yield i, rank, reason, [lot[LOT:] for lot in islice(names, counts[i])]


def _costs(aim: str, last: int, places: int) -> list[int]:
    """Price each rank; the one after the last is that of a workshop not wished.

    With the aim "nobody-badly" one person at a rank costs more than any chain of moves can win at better ranks:
    a chain meets each place once at most, so it changes no rank's number of people by more than places + 1.
    """
    if aim == "most-satisfied":
        return list(range(last + 2))
    return [0, 0, *((places + 2) ** power for power in range(last))]


def demand(event: Event, session: str, people: Iterable[Person]) -> dict[str, int]:
    """Count, for each workshop of a session, the people whose first wish it is, alone or among equals."""
    counts = {workshop.key: 0 for workshop in event.workshops_of(session)}
    for person in people:
        first = next((known for rank in person.wishes.get(session, ()) if (known := counts.keys() & rank)), set())
        for key in first:
            counts[key] += 1
    return counts


def explain(seat: Seat, event: Event, demand: Mapping[str, int], language: str = "fr", wishes: Wishes = ()) -> str:
    """Say in one sentence, French or English, why somebody got this seat.

    `wishes` are theirs for the session; with them the sentence names the first wish and how many asked for it.
    """
    words = _ENGLISH if language.startswith("en") else _FRENCH
    if seat.rank == 1 or seat.reason == "no-wishes":
        return words[seat.reason]
    start = words["wish"].format(rank=_nth(seat.rank, words)) if seat.rank else words["wishes-full"]
    known = {workshop.key: workshop for workshop in event.workshops_of(seat.session)}
    first = next((found for rank in wishes if (found := [known[key] for key in rank if key in known])), [])
    if not first or seat.workshop in (workshop.key for workshop in first):
        return start + "."
    wanted = max(first, key=lambda workshop: demand.get(workshop.key, 0) - workshop.seats)
    asked = demand.get(wanted.key, 0)
    why = words["asked" if asked > wanted.seats else "full"]
    return start + why.format(first=_nth(1, words), room=wanted.room, asked=asked, seats=wanted.seats)


def _nth(rank: int, words: Mapping[str, str]) -> str:
    return words.get(f"nth-{rank}", words["nth"]).format(rank)


_FRENCH = {
    "wish-1": "Votre 1er choix.",
    "no-wishes": "Vous n’aviez pas indiqué de choix : les places libres ont été réparties entre les ateliers.",
    "wish": "Votre {rank} choix",
    "wishes-full": "Vos choix étaient complets",
    "asked": " : le {first}, « {room} », était demandé en premier par {asked} personnes pour {seats} places.",
    "full": " : le {first}, « {room} », était complet ({seats} places).",
    "nth-1": "1er",
    "nth": "{}e",
}
_ENGLISH = {
    "wish-1": "Your 1st choice.",
    "no-wishes": "You had not named a choice: the free places were shared out among the workshops.",
    "wish": "Your {rank} choice",
    "wishes-full": "Your choices were full",
    "asked": ": the {first}, “{room}”, was the first choice of {asked} people for {seats} places.",
    "full": ": the {first}, “{room}”, was full ({seats} places).",
    "nth-1": "1st",
    "nth-2": "2nd",
    "nth-3": "3rd",
    "nth": "{}th",
}
