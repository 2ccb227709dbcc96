"""What an outbox holds, to be read: what was sent, what was told, how many of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from orchestrator.core.message import Message, Mould
from orchestrator.store.database import Database
from orchestrator.store.deliveries import FIRST, LIGHT, Delivery, delivery_from
from orchestrator.store.outbox_sql import TOLD_TO
from orchestrator.store.schema import letter, mould, told, written

_ITS_MOULD = sa.and_(mould.c.event == written.c.event, mould.c.digest == written.c.mould)
_WRITTEN = (
    sa.select(written.c.octets, mould.c.octets.label("mould"))
    .join_from(written, mould, _ITS_MOULD, isouter=True)
    .where(written.c.event == sa.bindparam("event"), written.c.letter == sa.bindparam("letter"))
    .where(sa.or_(written.c.mould == "", mould.c.octets.is_not(None)))  # what has lost its mould is no letter
)


def message_in(c: sa.Connection, event: str, number: int) -> Message | None:
    """The bytes kept of one letter, whole."""
    row = c.execute(_WRITTEN, {"event": event, "letter": number}).one_or_none()
    if row is None:
        return None
    if row.mould is None:
        return Message(row.octets)
    return Message(row.octets, Mould(row.mould))


class OutboxReading:
    """The part of an outbox that changes nothing."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def first_sent(self, event: str) -> dict[str, datetime]:
        """When each person's first letter was accepted, by reference; the last such of who left and came back."""
        query = (
            sa.select(letter.c.person, letter.c.sent_at)
            .where(letter.c.event == event, letter.c.kind.in_(FIRST), letter.c.rule == "", letter.c.state == "sent")
            .order_by(letter.c.sent_at)
        )
        with self._db.read() as c:
            return {r.person: r.sent_at for r in c.execute(query)}

    def told(self, event: str, facts: Collection[str] = ()) -> dict[str, dict[str, tuple[str, datetime]]]:
        """What everyone was last told, by reference and fact; of some `facts` alone where they are named."""
        result: dict[str, dict[str, tuple[str, datetime]]] = {}
        query = sa.select(told).where(told.c.event == event)
        with self._db.read() as c:
            for r in c.execute(query.where(told.c.fact.in_(sorted(facts))) if facts else query):
                result.setdefault(r.person, {})[r.fact] = (r.value, r.at)
        return result

    def told_to(self, event: str, person: str) -> dict[str, tuple[str, datetime]]:
        """What one person was last told, by fact."""
        with self._db.read() as c:
            return {r.fact: (r.value, r.at) for r in c.execute(TOLD_TO, {"event": event, "person": person})}

    def all(self, event: str) -> list[Delivery]:
        """Every letter of an event, without its bytes, in the order of its hour."""
        with self._db.read() as c:
            rows = c.execute(sa.select(*LIGHT).where(letter.c.event == event)).all()
        return sorted((delivery_from(row) for row in rows), key=lambda d: (d.leave_from, d.key))

    def message_of(self, delivery: Delivery) -> Message | None:
        """A letter's bytes as they were dotted; None where there are none, or they have been forgotten."""
        with self._db.read() as c:
            found = message_in(c, delivery.event, delivery.id)
        return Message(delivery.data) if found is None and delivery.data is not None else found

    def counts(self, event: str) -> dict[str, Counter[str]]:
        """How many letters, by kind and state."""
        query = (
            sa.select(letter.c.kind, letter.c.state, sa.func.count().label("n"))
            .where(letter.c.event == event)
            .group_by(letter.c.kind, letter.c.state)
        )
        result: dict[str, Counter[str]] = {}
        with self._db.read() as c:
            for r in c.execute(query):
                result.setdefault(r.kind, Counter())[r.state] = r.n
        return result
