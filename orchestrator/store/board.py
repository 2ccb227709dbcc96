"""What the board shows of letters and of Zoom, asked of the database in counts and pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from orchestrator.store.database import Database
from orchestrator.store.deliveries import LIGHT, OPEN, Delivery, delivery_from
from orchestrator.store.listing import PAGE, Page, count, escaped, page_number
from orchestrator.store.people import bring_news
from orchestrator.store.schema import Instant, letter, way


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Letters of one kind, session and rule."""

    kind: str
    session: str
    rule: str
    states: Mapping[str, int]
    first_at: datetime
    """When the first of them leaves or left, as planned."""
    last_at: datetime
    last_sent_at: datetime | None
    leaves_at: datetime | None = None
    void_at: datetime | None = None
    """The earliest of those that have not left; None where all have."""

    @property
    def letters(self) -> int:
        return sum(n for state, n in self.states.items() if state != "withdrawn")

    @property
    def open(self) -> int:
        return sum(self.states.get(state, 0) for state in OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which letters."""

    text: str = ""
    kind: str = ""
    session: str = ""
    state: str = ""
    """A state, `open`, `doubt` or `late`; empty = all but those not owed any more."""
    newest_first: bool = False


class Board:
    def __init__(self, db: Database) -> None:
        self._db = db

    # Zoom

    def ways(self, event: str) -> dict[str, dict[str, int]]:
        """Meeting → state of the registration → how many."""
        query = sa.select(way.c.meeting, way.c.state, sa.func.count().label("n")).where(way.c.event == event)
        result: dict[str, dict[str, int]] = {}
        with self._db.read() as c:
            for row in c.execute(query.group_by(way.c.meeting, way.c.state)):
                result.setdefault(row.meeting, {})[row.state] = row.n
        return result

    def refused_ways(self, event: str, most: int = 100) -> dict[str, list[tuple[str, str]]]:
        """Meeting → whom Zoom refused and its words."""
        query = sa.select(way.c.meeting, way.c.email, way.c.problem)
        query = query.where(way.c.event == event, way.c.state == "refused").order_by(way.c.email).limit(most)
        result: dict[str, list[tuple[str, str]]] = {}
        with self._db.read() as c:
            for row in c.execute(query):
                result.setdefault(row.meeting, []).append((row.email, row.problem))
        return result

    # letters

    def waves(self, event: str) -> list[Wave]:
        """Every kind of letter with its states, in the order they leave."""
        key = (letter.c.kind, letter.c.session, letter.c.rule)
        query = (
            sa.select(
                *key,
                letter.c.state,
                sa.func.count().label("n"),
                sa.func.min(letter.c.leave_from).label("first"),
                sa.func.max(letter.c.leave_from).label("last"),
                sa.func.max(letter.c.sent_at).label("sent"),
                sa.func.min(letter.c.void_at).label("void"),
            )
            .where(letter.c.event == event)
            .group_by(*key, letter.c.state)
        )
        groups: dict[tuple[str, str, str], list[Any]] = {}
        with self._db.read() as c:
            for row in c.execute(query):
                groups.setdefault((row.kind, row.session, row.rule), []).append(row)
        return sorted((_wave(*key, rows) for key, rows in groups.items()), key=lambda w: (w.first_at, w.kind))

    def moments(self, event: str, begins: datetime, ends: datetime) -> list[tuple[str, bool, datetime, int]]:
        """Kind, whether it has left, minute and number of the letters between two instants."""
        found: list[tuple[str, bool, datetime, int]] = []
        with self._db.read() as c:
            for left, at, states in (
                (True, letter.c.sent_at, ("sent",)),
                (False, letter.c.leave_from, OPEN),
            ):
                minute = self._minute(at)
                query = (
                    sa.select(letter.c.kind, minute.label("minute"), sa.func.count().label("n"))
                    .where(letter.c.event == event, letter.c.state.in_(states), at >= begins, at < ends)
                    .group_by(letter.c.kind, minute)
                )
                found += [(r.kind, left, r.minute, r.n) for r in c.execute(query)]
        return sorted(found, key=lambda m: (m[2], m[0]))

    def late(self, event: str, now: datetime) -> int:
        """How many letters should be through by now and are not."""
        return count(self._db, letter, sa.and_(letter.c.event == event, _late(now)))

    def letters(self, event: str, sought: Sought, now: datetime, number: int = 1) -> Page[Delivery]:
        """One page of letters, without their bytes."""
        where = sa.and_(letter.c.event == event, *self._sought(sought, now))
        total = count(self._db, letter, where)
        number = page_number(number, total)
        order = letter.c.leave_from.desc() if sought.newest_first else letter.c.leave_from
        chosen = sa.select(letter.c.id).where(where).order_by(order, letter.c.id)
        with self._db.read() as c:
            ids = c.execute(chosen.limit(PAGE).offset((number - 1) * PAGE)).scalars().all()
            found = {row.id: row for row in c.execute(sa.select(*LIGHT).where(letter.c.id.in_(ids)))}
        return Page(items=tuple(delivery_from(found[n]) for n in ids if n in found), total=total, number=number)

    def letter(self, event: str, number: int) -> Delivery | None:
        """One letter, with its bytes once it was dotted."""
        query = sa.select(*LIGHT, letter.c.data).where(letter.c.event == event, letter.c.id == number)
        with self._db.read() as c:
            row = c.execute(query).one_or_none()
        return None if row is None else delivery_from(row)

    def letters_to(self, event: str, refs: Sequence[str]) -> list[Delivery]:
        """Every letter to somebody, by its hour, without those not owed any more; `refs` as in Recipient."""
        where = (letter.c.event == event, letter.c.person.in_(refs), letter.c.state != "withdrawn")
        with self._db.read() as c:
            found = [delivery_from(row) for row in c.execute(sa.select(*LIGHT).where(*where))]
        return sorted(
            found, key=lambda d: (d.leave_from, d.id)
        )  # not in SQL: the order would decide which index is used

    def try_again(self, event: str, number: int, now: datetime) -> bool:
        """Give a refused letter another try; False if it was not refused, or is of no use any more."""
        refused = (letter.c.id == number, letter.c.event == event, letter.c.state == "refused", letter.c.void_at > now)
        again = letter.update().where(*refused).values(state="due", not_before=None, owner="", lease_until=None)
        with self._db.write(event) as c:
            done = c.execute(again).rowcount == 1
            if done:
                bring_news(c, event)
        return done

    def _sought(self, sought: Sought, now: datetime) -> Iterable[sa.ColumnElement[bool]]:
        if sought.state == "open":
            yield letter.c.state.in_(OPEN)
        elif sought.state == "doubt":
            yield letter.c.in_doubt > 0
        elif sought.state == "late":
            yield _late(now)
        else:
            yield letter.c.state == sought.state if sought.state else letter.c.state != "withdrawn"
        if sought.kind:
            yield letter.c.kind == sought.kind
        if sought.session:
            yield letter.c.session == sought.session
        if sought.text:
            yield letter.c.email.like(f"%{escaped(sought.text.strip().casefold())}%", escape="\\")

    def _minute(self, at: sa.Column[Any]) -> Any:
        if self._db.is_sqlite:
            return sa.type_coerce(sa.func.substr(sa.type_coerce(at, sa.Text), 1, 16) + ":00.000000", Instant)
        return sa.type_coerce(sa.func.date_trunc("minute", at), Instant)


def _late(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(letter.c.state.in_(OPEN), letter.c.wanted_by < now, letter.c.void_at > now)


def _wave(kind: str, session: str, rule: str, rows: Sequence[Any]) -> Wave:
    sent = [r.sent for r in rows if r.sent is not None]
    told = [r for r in rows if r.state != "withdrawn"] or rows
    ahead = [r for r in rows if r.state in OPEN]
    return Wave(
        kind=kind,
        session=session,
        rule=rule,
        states={r.state: r.n for r in rows},
        first_at=min(r.first for r in told),
        last_at=max(r.last for r in told),
        last_sent_at=max(sent, default=None),
        leaves_at=min((r.first for r in ahead), default=None),
        void_at=min((r.void for r in ahead), default=None),
    )
