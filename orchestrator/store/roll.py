"""The roll of an event: who is registered, listed, searched and counted, at the same cost for ten and ten thousand."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from orchestrator.core.model import Person, Seat, reference
from orchestrator.store.database import Database
from orchestrator.store.listing import PAGE, Item, Page, chunks, count, escaped, page_number
from orchestrator.store.people import person_from, seat_from
from orchestrator.store.schema import event as served
from orchestrator.store.schema import letter, person, seat, way

Needed = Mapping[str, Sequence[str]]
"""Meeting → its sessions that are still ahead: who comes to one of them needs a way into the meeting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which people: those whose name, address or organisation holds `text`, and of `only` one state."""

    text: str = ""
    session: str = ""
    workshop: str = ""
    only: str = ""
    """"" | no-link | refused | no-seat | needs | withdrawn"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One person in a list."""

    person: Person
    withdrawn_at: datetime | None
    seats: Mapping[str, Seat] = field(default_factory=dict)
    """By session."""
    ways: Mapping[str, str] = field(default_factory=dict)
    """Meeting → state of the registration at Zoom."""
    letters: Mapping[str, int] = field(default_factory=dict)
    """State → how many."""


class Roll:
    """Everybody of an event, as the board shows them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: dict[str, tuple[tuple[int, ...], dict[Hashable, Any]]] = {}

    def people(
        self, event: str, search: Search, needed: Needed, exempt: Collection[str], number: int = 1
    ) -> Page[Line]:
        """One page of people in the order of their names."""
        only = self._only(event, search, needed, exempt)
        words = [folded(word) for word in search.text.split()[:8]]
        gone = search.only == "withdrawn"
        found = [
            one.email
            for one in self._names(event)
            if one.gone == gone and all(w in one.text for w in words) and (only is None or one.email in only)
        ]
        number = page_number(number, len(found))
        shown = self._some(event, found[(number - 1) * PAGE : number * PAGE])
        return Page(items=shown, total=len(found), number=number)

    def _names(self, event: str) -> Sequence[_Name]:
        """Everybody in the order of their names."""

        def read() -> Sequence[_Name]:
            with self._db.read() as c:
                return sorted(map(_name, c.execute(_NAMES, {"event": event})), key=lambda one: (one.order, one.email))

        return self._once(event, "names", read)

    def _once(self, event: str, what: Hashable, read: Callable[[], Item]) -> Item:
        """Read only when people, seats or ways have changed: whoever writes them counts the event's version up."""
        with self._db.read() as c:
            versions = tuple(c.execute(_VERSIONS, {"event": event}).one_or_none() or ())
        kept = self._kept.get(event)
        if kept is None or kept[0] != versions:
            kept = self._kept[event] = (versions, {})
        if what not in kept[1]:
            kept[1][what] = read()
        found: Item = kept[1][what]
        return found

    def _only(self, event: str, search: Search, needed: Needed, exempt: Collection[str]) -> frozenset[str] | None:
        """Who passes the filters, None where there are none."""
        where = tuple(self._wanted(event, search, needed, exempt))
        if not where:
            return None
        with self._db.read() as c:
            return frozenset(c.execute(sa.select(person.c.email).where(person.c.event == event, *where)).scalars())

    def _some(self, event: str, emails: Sequence[str]) -> tuple[Line, ...]:
        query = sa.select(person).where(person.c.event == event, person.c.email.in_(emails))
        with self._db.read() as c:
            rows = {row.email: row for row in c.execute(query)}
            return tuple(self._lines(c, event, [rows[email] for email in emails if email in rows]))

    def everyone(self, event: str) -> list[Line]:
        """Everybody registered, for an export."""
        query = sa.select(person).where(person.c.event == event, person.c.withdrawn_at.is_(None))
        with self._db.read() as c:
            return self._lines(c, event, c.execute(query.order_by(person.c.last_name, person.c.email)).all())

    def one(self, event: str, email: str) -> Line | None:
        """Somebody who ever registered."""
        query = sa.select(person).where(person.c.event == event, person.c.email == email)
        with self._db.read() as c:
            return next(iter(self._lines(c, event, c.execute(query).all())), None)

    def registered(self, event: str) -> int:
        where = sa.and_(person.c.event == event, person.c.withdrawn_at.is_(None))
        return self._once(event, "registered", lambda: count(self._db, person, where))

    def withdrawn(self, event: str) -> int:
        return count(self._db, person, sa.and_(person.c.event == event, person.c.withdrawn_at.is_not(None)))

    def expected(self, event: str) -> dict[str, int]:
        """How many people come to each session."""
        return self._once(event, "expected", lambda: self._expected(event))

    def _expected(self, event: str) -> dict[str, int]:
        sessions = sa.cast(person.c.sessions, sa.Text)
        query = sa.select(sessions.label("sessions"), sa.func.count().label("n"))
        query = query.where(person.c.event == event, person.c.withdrawn_at.is_(None)).group_by(sessions)
        result: dict[str, int] = {}
        with self._db.read() as c:
            for row in c.execute(query):
                for key in json.loads(row.sessions):
                    result[key] = result.get(key, 0) + row.n
        return result

    def without_link(self, event: str, needed: Needed, exempt: Collection[str]) -> int:
        """How many registered people lack a way into a meeting they need."""
        asked = ("links", tuple((m, tuple(s)) for m, s in needed.items()), frozenset(exempt))
        where = sa.and_(person.c.event == event, *self._linkless(event, needed, exempt))
        return self._once(event, asked, lambda: count(self._db, person, where))

    def without_seat(self, event: str, sessions: Collection[str]) -> int:
        """How many people come to a session with workshops and have no seat there."""
        where = sa.and_(person.c.event == event, *self._seatless(event, sessions))
        return self._once(event, ("seats", tuple(sessions)), lambda: count(self._db, person, where))

    def needs(self, event: str) -> list[Person]:
        """Who named an accessibility need."""
        where = (person.c.event == event, person.c.withdrawn_at.is_(None), person.c.needs != "")
        with self._db.read() as c:
            return [person_from(r) for r in c.execute(sa.select(person).where(*where).order_by(person.c.last_name))]

    def seats(self, event: str) -> dict[str, dict[int, int]]:
        """Workshop → rank of the wish → how many seats."""
        query = sa.select(seat.c.workshop, seat.c.rank, sa.func.count().label("n")).where(seat.c.event == event)
        result: dict[str, dict[int, int]] = {}
        with self._db.read() as c:
            for row in c.execute(query.group_by(seat.c.workshop, seat.c.rank)):
                result.setdefault(row.workshop, {})[row.rank] = row.n
        return result

    def first_wishes(self, event: str, session: str) -> dict[tuple[str, ...], int]:
        """The workshops of the first rank → how many people wish them first."""
        first = sa.cast(person.c.wishes[(session, 0)], sa.Text)
        query = sa.select(first.label("first"), sa.func.count().label("n")).group_by(first)
        with self._db.read() as c:
            rows = c.execute(query.where(person.c.event == event, person.c.withdrawn_at.is_(None))).all()
        return {tuple(json.loads(row.first)): row.n for row in rows if row.first not in (None, "null")}

    def in_workshop(self, event: str, workshop: str) -> list[tuple[Person, Seat]]:
        """Who sits in a workshop, by name."""
        join = sa.and_(person.c.event == seat.c.event, person.c.email == seat.c.person)
        query = sa.select(person, seat).join(seat, join).where(seat.c.event == event, seat.c.workshop == workshop)
        with self._db.read() as c:
            rows = c.execute(query.order_by(person.c.last_name, person.c.first_name)).all()
        return [(person_from(r), seat_from(r)) for r in rows]

    def _wanted(
        self, event: str, search: Search, needed: Needed, exempt: Collection[str]
    ) -> Iterable[sa.ColumnElement[bool]]:
        if search.session:
            yield _comes_to(search.session)
        if search.workshop:
            yield sa.exists().where(
                seat.c.event == event, seat.c.person == person.c.email, seat.c.workshop == search.workshop
            )
        if search.only == "no-link":
            yield from self._linkless(event, needed, exempt)
        if search.only == "no-seat":
            yield from self._seatless(event, [s for sessions in needed.values() for s in sessions])
        if search.only == "refused":
            refused = sa.select(letter.c.email).where(letter.c.event == event, letter.c.state == "refused")
            yield person.c.email.in_(refused)
        if search.only == "needs":
            yield person.c.needs != ""

    def _linkless(self, event: str, needed: Needed, exempt: Collection[str]) -> Iterable[sa.ColumnElement[bool]]:
        lacks = [
            sa.and_(sa.or_(*map(_comes_to, sessions)), ~_open_way(event, meeting))
            for meeting, sessions in needed.items()
            if sessions
        ]
        yield person.c.withdrawn_at.is_(None)
        yield sa.or_(sa.false(), *lacks)
        yield person.c.email.not_in(sorted(exempt))

    def _seatless(self, event: str, sessions: Collection[str]) -> Iterable[sa.ColumnElement[bool]]:
        def seated(key: str) -> sa.ColumnElement[bool]:
            mine = (seat.c.event == event, seat.c.session == key, seat.c.person == person.c.email)
            return sa.exists().where(*mine)

        yield person.c.withdrawn_at.is_(None)
        yield sa.or_(sa.false(), *(sa.and_(_comes_to(key), ~seated(key)) for key in sessions))

    def _lines(self, c: sa.Connection, event: str, rows: Sequence[Any]) -> list[Line]:
        seats: dict[str, dict[str, Seat]] = {}
        ways: dict[str, dict[str, str]] = {}
        letters: dict[str, Counter[str]] = {}
        sessions = {key for row in rows for key in row.sessions}  # said, so that the key of `seat` is used
        for emails in chunks([row.email for row in rows]):
            for r in c.execute(
                sa.select(seat).where(seat.c.event == event, seat.c.session.in_(sessions), seat.c.person.in_(emails))
            ):
                seats.setdefault(r.person, {})[r.session] = seat_from(r)
            found = sa.select(way.c.email, way.c.meeting, way.c.state)
            for r in c.execute(found.where(way.c.event == event, way.c.email.in_(emails))):
                ways.setdefault(r.email, {})[r.meeting] = r.state
            named = {reference(event, email): email for email in emails}
            mine = sa.select(letter.c.person, letter.c.state).where(letter.c.event == event, letter.c.person.in_(named))
            for r in c.execute(mine):
                letters.setdefault(named[r.person], Counter())[r.state] += 1
        return [
            Line(
                person=person_from(row),
                withdrawn_at=row.withdrawn_at,
                seats=seats.get(row.email, {}),
                ways=ways.get(row.email, {}),
                letters=letters.get(row.email, {}),
            )
            for row in rows
        ]


_VERSIONS = sa.select(served.c.version, served.c.news).where(served.c.key == sa.bindparam("event"))
_NAMES = sa.select(
    person.c.email,
    person.c.first_name,
    person.c.last_name,
    person.c.organisation,
    person.c.withdrawn_at.is_not(None).label("gone"),
).where(person.c.event == sa.bindparam("event"))
_MARKS = dict.fromkeys(range(0x300, 0x370))


@dataclass(frozen=True, slots=True)
class _Name:
    """Somebody as they are searched and ordered."""

    email: str
    text: str
    order: str
    gone: bool


def _name(row: Any) -> _Name:
    order = folded(f"{row.last_name} {row.first_name}".strip() or row.email)
    text = f"{folded(row.first_name)} {order} {row.email} {folded(row.organisation)}"
    return _Name(row.email, text, order, bool(row.gone))


def folded(text: str) -> str:
    """Without capitals and accents."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKD", text.casefold()).translate(_MARKS)


def _comes_to(session: str) -> sa.ColumnElement[bool]:
    """Whether a person's list of sessions names one; keys are plain (`settings.fields.Key`)."""
    return sa.cast(person.c.sessions, sa.Text).like(f'%"{escaped(session)}"%', escape="\\")


def _open_way(event: str, meeting: str) -> sa.ColumnElement[bool]:
    mine = (way.c.event == event, way.c.meeting == meeting, way.c.email == person.c.email, way.c.state == "open")
    return sa.exists().where(*mine)
