"""Who sits where in the workshops of a session: by their wishes, as well as can be for all.

What comes first counts absolutely: seats that were told stay, as long as their workshop has them; all who wish
something get a place if there are enough; the event's aim; evenly filled places, as far as nobody's rank depends
on it. Those without wishes then share the places left, evenly too. Whoever registers after the seats were told gets
the best place that is free.
Equals draw lots (see draw). Where people of different wishes are in each other's way, those who wish like the holder
of the highest lot give way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from itertools import groupby, islice

from orchestrator.core.draw import LOT
from orchestrator.core.flow import assign
from orchestrator.core.hall import NOTHING, Alike, Barred, Hall, hall
from orchestrator.core.mixing import mix
from orchestrator.core.model import Event, Person, Seat, Wishes, identity
from orchestrator.core.rules import place_units, units
from orchestrator.core.stability import settle

NOBODY: Barred = {}


def seat(
    event: Event, session: str, people: Sequence[Person], told: Mapping[str, Seat], *, barred: Barred = NOBODY
) -> dict[str, Seat]:
    """Give everyone a seat as long as there are any; told seats stay unless their workshop lost places or is gone.

    `people` are all who attend the session: the told seat of anybody else is free again. Wishes for unknown
    workshops are left out and the next ones move up. Whoever is missing in the answer found no place.
    """
    filled = hall(event, session)
    filled.people = {person.email: person for person in people}
    settle(filled, told, _facilitators(event, session, people), barred)
    is_decided = any(not s.is_by_hand for s in filled.seats.values())
    if is_decided:
        filled.closed = frozenset(w.key for w in filled.workshops if w.minimum and not filled.taken[w.key])
    for late, batch in _batches(event, [p for p in people if p.email not in filled.seats]):
        if is_decided:
            _fill(filled, batch, barred, 0 if late else event.seating.held_back)
        else:
            filled = _opened(filled, batch, barred, 0 if late else event.seating.held_back)
            is_decided = True
    return filled.seats


def _facilitators(event: Event, session: str, people: Sequence[Person]) -> dict[str, str]:
    """Say which workshop holds those registered who facilitate one: beside its places, which are the participants'."""
    leads = {
        identity(speaker.email): workshop.key
        for speaker in event.speakers
        for workshop in reversed(event.workshops_of(session))
        if workshop.key in speaker.workshops
    }
    return {person.email: leads[person.email] for person in people if person.email in leads} if leads else {}


def _batches(event: Event, people: Sequence[Person]) -> Iterator[tuple[bool, list[Person]]]:
    """Those who registered before the seats were told, together; then the others as they came."""
    late = {p.email: p.registered_at for p in people if p.registered_at and p.registered_at >= event.seating.tell_at}
    if early := [p for p in people if p.email not in late] if late else list(people):
        yield False, early
    by_time = sorted((p for p in people if p.email in late), key=_when)
    for _, batch in groupby(by_time, key=_when):
        yield True, list(batch)


def _when(person: Person) -> datetime:
    assert person.registered_at is not None  # they are late
    return person.registered_at


def _opened(filled: Hall, people: list[Person], barred: Barred, held_back: int) -> Hall:
    """Fill the workshops; one that does not reach its minimum is closed and everything filled anew, one at a time."""
    if not any(w.minimum for w in filled.workshops):
        _fill(filled, people, barred, held_back)
        return filled
    while True:
        trial = replace(filled, seats=dict(filled.seats), taken=Counter(filled.taken))
        _fill(trial, people, barred, held_back)
        closing = _to_close(trial)
        if closing is None:
            return trial
        filled.closed |= {closing}


def _to_close(filled: Hall) -> str | None:
    """Name the workshop that is farthest from its minimum, if the others can hold everybody."""
    short = [w for w in filled.workshops if w.key not in filled.closed and filled.taken[w.key] < w.minimum]
    open_ = [w for w in filled.workshops if w.key not in filled.closed]
    room = {w.key: max(0, w.seats - filled.taken[w.key]) for w in open_}
    by_hand = {s.workshop for s in filled.seats.values() if s.is_by_hand}
    for w in sorted(short, key=lambda w: (filled.taken[w.key] / w.minimum, filled.draw(w.key))):
        fits = filled.taken[w.key] <= sum(room.values()) - room[w.key]
        if fits and len(open_) > 1 and w.key not in by_hand:
            return w.key
    return None


def _fill(filled: Hall, people: Sequence[Person], barred: Barred, held_back: int) -> None:
    """Seat people who have no seat; places held back are given out as far as somebody would find none."""
    while held_back and sum(max(0, p.seats - p.taken) for p in filled.places(held_back)) < len(people):
        held_back -= 1
    seating = filled.event.seating
    if seating.keep_together or seating.keep_apart or seating.same_room:
        people = _fill_units(filled, people, barred, held_back)
    groups = filled.alike(people, barred)
    for some in filter(None, ([g for g in groups if g.ranks], [g for g in groups if not g.ranks])):
        counts = assign([alike.group for alike in some], filled.places(held_back))
        for alike, got in zip(some, counts, strict=True):
            _hand_out(filled, alike, got)
    if seating.mix:
        mix(filled, people, barred)


def _hand_out(filled: Hall, alike: Alike, counts: Mapping[int, int]) -> None:
    """Seat those who wish the same; the lucky ones choose."""
    group, names = alike.group, iter(alike.lots)
    by_price = [(group.costs.get(i, group.elsewhere or 0), i) for i in counts]
    for price, i in sorted(by_price) if len(by_price) > 1 else by_price:
        rank = filled.prices.rank_of[price]
        if rank > alike.ranks:
            rank = 0
        reason = f"wish-{rank}" if rank else "wishes-full" if alike.ranks else "no-wishes"
        filled.give([lot[LOT:] for lot in islice(names, counts[i])], i, rank, reason)


def _fill_units(filled: Hall, people: Sequence[Person], barred: Barred, held_back: int) -> list[Person]:
    """Seat those about whom there is a rule; returns the others."""
    found = units(filled, people, barred)
    if not found:
        return list(people)
    placed: set[str] = set()
    ours = {person.email for unit in found for person in unit.people}
    rest = [alike for alike in filled.alike([p for p in people if p.email not in ours], barred) if alike.ranks]
    for unit, place in zip(found, place_units(filled, found, rest, filled.places(held_back)), strict=True):
        if place is None:
            continue
        for person in unit.people:
            placed.add(person.email)
            _give_with(filled, person, place, unit.reason)
    return [person for person in people if person.email not in placed]


def _give_with(filled: Hall, person: Person, place: int, reason: str) -> None:
    ballot = filled.ballot(person.wishes.get(filled.session, ()))
    rank = next((rank for rank, places in enumerate(ballot, 1) if place in places), 0)
    filled.give([person.email], place, rank, "wish-1" if rank == 1 else reason)


def barred(event: Event, session: str, seats: Mapping[tuple[str, str], Seat]) -> Barred:
    """Say which workshops of a session are closed to whom: the same ones as they have in another session."""
    same = _same(event)
    found: dict[str, frozenset[str]] = {}
    for (elsewhere, email), other in seats.items():
        if elsewhere != session and (twins := same.get(other.workshop, NOTHING)):
            here = frozenset(w.key for w in event.workshops_of(session) if w.key in twins)
            found[email] = found.get(email, NOTHING) | here
    return found


def _same(event: Event) -> dict[str, frozenset[str]]:
    """Group the workshops that are the same one in several sessions, by each of their keys."""
    groups: dict[str, frozenset[str]] = {}
    for w in event.workshops:
        if w.same_as:
            group = groups.get(w.key, frozenset([w.key])) | groups.get(w.same_as, frozenset([w.same_as]))
            groups |= dict.fromkeys(group, group)
    return groups


def demand(event: Event, session: str, people: Sequence[Person]) -> dict[str, int]:
    """Count, for each workshop of a session, the people whose first wish it is, alone or among equals."""
    return demand_of(event, session, [(person.wishes, 1) for person in people])


def demand_of(event: Event, session: str, choices: Iterable[tuple[Mapping[str, Wishes], int]]) -> dict[str, int]:
    """The same of what so many people each wish for."""
    wanted = {workshop.key: 0 for workshop in event.workshops_of(session)}
    for wishes, number in choices:
        for key in _first(wishes.get(session, ()), wanted.keys()):
            wanted[key] += number
    return wanted


def first_wishes(event: Event, session: str, people: Sequence[Person]) -> dict[str, list[str]]:
    """List, for each workshop of a session, the people whose first wish it is, alone or among equals."""
    wanted: dict[str, list[str]] = {workshop.key: [] for workshop in event.workshops_of(session)}
    for person in people:
        for key in _first(person.wishes.get(session, ()), wanted.keys()):
            wanted[key].append(person.email)
    return wanted


def _first(wishes: Wishes, known: Set[str]) -> Set[str]:
    return next((found for rank in wishes if (found := known & set(rank))), frozenset())
