"""What came of a session's seats: shares by rank, who is badly served, rules not held, what more places are worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from orchestrator.core.hall import Barred
from orchestrator.core.mixing import public_of
from orchestrator.core.model import Event, Person, Seat, Workshop
from orchestrator.core.rules import joined
from orchestrator.core.seating import NOBODY, demand, seat

MORE = 3
"""How many more places a workshop is tried with, to say what they would be worth."""
UNWISHED, WISHLESS, WAITING = -1, 0, -2
"""Ranks that are none: a place not wished, no wishes at all, no place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """One workshop: how many asked for it first, and the ranks it is to those inside."""

    workshop: Workshop
    taken: int
    asked: int
    ranks: Counter[int]
    publics: Counter[str]
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What some more places in a workshop would change: people by rank, more (+) or fewer (-)."""

    places: int
    by_rank: Mapping[int, int]

    @property
    def first_choices(self) -> int:
        return self.by_rank.get(1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One session."""

    session: str
    ranks: Counter[int]
    workshops: tuple[Filled, ...]
    badly: tuple[tuple[str, int], ...]
    """E-mail and rank (UNWISHED, WAITING) of those served worst, the worst first."""
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something the organiser should know; `key` tells one from another, in French for the organiser."""

    key: str
    what: str
    remedy: str


Seats = Mapping[str, Seat]
"""Of one session, by e-mail."""


def rank_of(person: Person, session: str, got: Seat | None, known: frozenset[str]) -> int:
    """Rank a seat to somebody: from 1, or UNWISHED, WISHLESS, WAITING."""
    if got is None:
        return WAITING
    wished = [rank for keys in person.wishes.get(session, ()) if (rank := known & set(keys))]
    if not wished:
        return WISHLESS
    return next((n for n, keys in enumerate(wished, 1) if got.workshop in keys), UNWISHED)


def ranks_of(event: Event, session: str, people: Sequence[Person], seats: Seats) -> dict[str, int]:
    """Rank everybody's seat, facilitators aside."""
    known = frozenset(w.key for w in event.workshops_of(session))
    found = {}
    for person in people:
        got = seats.get(person.email)
        if got is None or got.reason != "facilitator":
            found[person.email] = rank_of(person, session, got, known)
    return found


def outcome(event: Event, session: str, people: Sequence[Person], seats: Seats) -> Outcome:
    """Say what came of a session's seats."""
    ranks = ranks_of(event, session, people, seats)
    asked = demand(event, session, people)
    by_email = {person.email: person for person in people}
    inside: dict[str, list[str]] = {}
    for email in ranks:
        if email in seats:
            inside.setdefault(seats[email].workshop, []).append(email)
    filled = tuple(
        Filled(
            workshop=w,
            taken=len(emails := inside.get(w.key, [])),
            asked=asked[w.key],
            ranks=Counter(ranks[email] for email in emails),
            publics=Counter(public_of(event.seating, by_email[email]) for email in emails),
            closed=bool(w.minimum and not emails and ranks),
        )
        for w in event.workshops_of(session)
    )
    return Outcome(
        session=session,
        ranks=Counter(ranks.values()),
        workshops=filled,
        badly=tuple(_badly(ranks)),
        troubles=tuple(_troubles(event, session, people, seats, filled)),
    )


def _badly(ranks: Mapping[str, int]) -> list[tuple[str, int]]:
    """List those without a place, in one not wished, or at their third wish or a later one."""
    worst = {WAITING: -2, UNWISHED: -1}
    found = [(email, rank) for email, rank in ranks.items() if rank in worst or rank >= 3]
    return sorted(found, key=lambda one: (worst.get(one[1], 0), -one[1], one[0]))


def worth(
    event: Event, session: str, people: Sequence[Person], kept: Seats, *, barred: Barred = NOBODY
) -> dict[str, Worth]:
    """Say, for each workshop, what MORE places in it would change (its shadow price), wishes alone counted."""
    event = replace(event, seating=replace(event.seating, mix=()))
    before = Counter(ranks_of(event, session, people, seat(event, session, people, kept, barred=barred)).values())
    found = {}
    for key in (w.key for w in event.workshops_of(session)):
        roomier = with_seats(event, {key: event.workshop(key).seats + MORE})
        after = Counter(ranks_of(event, session, people, seat(roomier, session, people, kept, barred=barred)).values())
        changed = {rank: after[rank] - before[rank] for rank in {*before, *after} if after[rank] != before[rank]}
        found[key] = Worth(places=MORE, by_rank=changed)
    return found


def with_seats(event: Event, seats: Mapping[str, int]) -> Event:
    """The same event with other numbers of places in some workshops."""
    return replace(event, workshops=tuple(replace(w, seats=seats.get(w.key, w.seats)) for w in event.workshops))


def _troubles(
    event: Event, session: str, people: Sequence[Person], seats: Seats, filled: Sequence[Filled]
) -> Iterator[Trouble]:
    for one in filled:
        yield from _of_workshop(one)
    waiting = sum(person.email not in seats for person in people)
    if waiting:
        yield Trouble(
            key=f"seats:waiting:{session}",
            what=f"{waiting} personne{'s' * (waiting > 1)} sans atelier (« {session} ») : tout est plein",
            remedy="augmentez workshops.seats ; sinon la prochaine place qui se libère leur revient",
        )
    yield from _of_rules(event, session, people, seats)


def _of_workshop(one: Filled) -> Iterator[Trouble]:
    w = one.workshop
    if one.closed:
        yield Trouble(
            key=f"seats:closed:{w.key}",
            what=f"l'atelier {w.code} (« {w.short} ») n'atteint pas son minimum de {w.minimum} : il n'est pas ouvert, "
            f"ses {one.asked} premiers choix sont placés ailleurs",
            remedy="prévenez qui l'anime, puis retirez-le du fichier ; ou baissez workshops.minimum",
        )
    elif one.taken < w.minimum:
        yield Trouble(
            key=f"seats:small:{w.key}",
            what=f"l'atelier {w.code} (« {w.short} ») a {one.taken} personnes pour un minimum de {w.minimum}",
            remedy="laissez-le ainsi, ou réunissez-le avec un autre : orchestrator seats merge",
        )
    if one.taken > w.seats:
        yield Trouble(
            key=f"seats:full:{w.key}",
            what=f"l'atelier {w.code} (« {w.short} ») a {one.taken} personnes pour {w.seats} places",
            remedy="augmentez workshops.seats, ou déplacez quelqu'un : orchestrator seats move",
        )


def _of_rules(event: Event, session: str, people: Sequence[Person], seats: Seats) -> Iterator[Trouble]:
    rooms = {email: got.workshop for email, got in seats.items()}
    for n, emails in enumerate(sorted(joined(event.seating, people), key=sorted), 1):
        found = {rooms[email] for email in emails if email in rooms}
        if len(found) > 1:
            yield Trouble(
                key=f"seats:together:{session}:{n}",
                what=f"{len(emails)} personnes à garder ensemble sont dans {len(found)} ateliers de « {session} »",
                remedy="déplacez-les : orchestrator seats move",
            )
    here = {person.email for person in people}
    for n, emails in enumerate(event.seating.keep_apart, 1):
        met = [a for a, b in combinations(sorted(emails & here), 2) if rooms.get(a, a) == rooms.get(b, b)]
        if met:
            yield Trouble(
                key=f"seats:apart:{session}:{n}",
                what=f"des personnes à séparer sont dans le même atelier de « {session} »",
                remedy="déplacez l'une d'elles : orchestrator seats move",
            )
