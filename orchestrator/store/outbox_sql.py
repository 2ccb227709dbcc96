"""The outbox's statements, built once, and the conditions they share."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from orchestrator.core.model import Quota
from orchestrator.store.deliveries import FIELDS, FIRST, OPEN
from orchestrator.store.holds import not_held
from orchestrator.store.ready import Ready, ReadyForMany, Row, among
from orchestrator.store.schema import Instant, letter, mould, told, written
from orchestrator.store.schema import event as event_table


def waiting() -> sa.ColumnElement[bool]:
    return sa.and_(
        letter.c.relay == sa.bindparam("relay"),
        letter.c.state == "due",
        letter.c.event.in_(sa.bindparam("events", expanding=True)),
        letter.c.void_at > sa.bindparam("now"),
        not_held(),
    )


def ready() -> sa.ColumnElement[bool]:
    return sa.and_(
        waiting(),
        letter.c.leave_from <= sa.bindparam("now"),
        sa.or_(letter.c.not_before.is_(None), letter.c.not_before <= sa.bindparam("now")),
    )


def flying() -> sa.ColumnElement[bool]:
    return sa.and_(letter.c.relay == sa.bindparam("relay"), letter.c.state.in_(("claimed", "dotted")))


def given(relay: str, events: Collection[str], now: datetime) -> dict[str, Any]:
    return {"relay": relay, "events": sorted(events), "now": now}


def not_ahead_of_link() -> sa.ColumnElement[bool]:
    """Nobody's other letters leave while their first is on its way: that one may make a reminder needless."""
    first = letter.alias("first")
    waiting = (
        sa.select(first.c.id)
        .where(
            first.c.event == letter.c.event,
            first.c.person == letter.c.person,
            first.c.kind.in_(FIRST),
            first.c.rule == "",
            first.c.state.in_(OPEN),
            first.c.id != letter.c.id,
        )
        .exists()
    )
    return ~waiting


def windows(quota: Quota) -> Iterable[tuple[int, timedelta]]:
    limits = (
        (quota.per_minute, timedelta(minutes=1)),
        (quota.per_hour, timedelta(hours=1)),
        (quota.per_day, timedelta(days=1)),
    )
    return [(limit, window) for limit, window in limits if limit]


def _dot(row: Row, _insert: Any) -> Any:
    return (
        letter.update()
        .where(letter.c.id == row["k_id"])
        .values(
            state="dotted",
            lease_until=sa.bindparam("v_until"),
            dotted_at=sa.bindparam("v_now"),
            data=None,
            message_id=row["v_message_id"],
            facts=row["v_facts"],
        )
    )


def _settle(row: Row, _insert: Any) -> Any:
    return (
        letter.update()
        .where(letter.c.id == row["k_id"])
        .values(
            state="sent",
            sent_at=sa.bindparam("v_now"),
            code=row["v_code"],
            reply=row["v_reply"],
            owner="",
            lease_until=None,
            not_before=None,
        )
    )


def _tell(row: Row, insert: Any) -> Any:
    """Note what somebody was told; `at` stays that of the first letter which told the same."""
    same = {"event": sa.bindparam("event", type_=sa.Text), "at": sa.bindparam("at", type_=Instant)}
    said = row.into(insert(told), **same)
    new = {"value": said.excluded.value, "at": said.excluded.at}
    return said.on_conflict_do_update(
        index_elements=["event", "person", "fact"], set_=new, where=told.c.value != said.excluded.value
    )


def _untell(row: Row, _insert: Any) -> Any:
    theirs = (told.c.person == row["person"], told.c.fact == row["fact"])
    return told.delete().where(told.c.event == sa.bindparam("event"), *theirs)


def _keep_mould(row: Row, insert: Any) -> Any:
    return row.into(insert(mould)).on_conflict_do_nothing()


def _keep_bytes(row: Row, insert: Any) -> Any:
    """Keep a letter's bytes in the place of those of an earlier attempt, if there was one."""
    new = row.into(insert(written))
    return new.on_conflict_do_update(
        index_elements=["event", "letter"], set_={"mould": new.excluded.mould, "octets": new.excluded.octets}
    )


# Statements of every letter's way, built once: building one costs as much as running it.
CLAIM = (
    letter.update()
    .where(among(letter.c.id, "ids"), letter.c.state == "due")
    .values(
        state="claimed",
        owner=sa.bindparam("v_owner"),
        lease_until=sa.bindparam("v_until"),
        attempts=letter.c.attempts + 1,
    )
    .returning(*FIELDS)
)
DOT = ReadyForMany(_dot, k_id=sa.Integer, v_message_id=sa.Text, v_facts=sa.JSON)
SETTLE = ReadyForMany(_settle, k_id=sa.Integer, v_code=sa.Integer, v_reply=sa.Text)
KEEP_MOULD = ReadyForMany(_keep_mould, event=sa.Text, digest=sa.Text, octets=sa.LargeBinary)
KEEP_BYTES = ReadyForMany(
    _keep_bytes, event=sa.Text, letter=sa.Integer, email=sa.Text, mould=sa.Text, octets=sa.LargeBinary
)
TELL = ReadyForMany(_tell, person=sa.Text, fact=sa.Text, value=sa.Text)
UNTELL = ReadyForMany(_untell, person=sa.Text, fact=sa.Text)
RELEASE = (
    letter.update()
    .where(letter.c.id == sa.bindparam("k_id"))
    .values(
        state=sa.bindparam("v_state"),
        not_before=sa.bindparam("v_not_before"),
        code=sa.bindparam("v_code"),
        reply=sa.bindparam("v_reply"),
        in_doubt=letter.c.in_doubt + sa.bindparam("v_in_doubt", type_=sa.Integer),
        attempts=letter.c.attempts - sa.bindparam("v_uncounted", type_=sa.Integer),
        refused_at=sa.bindparam("v_refused_at"),
        owner="",
        lease_until=None,
    )
)
THOSE = Ready(
    sa.select(letter.c.id, letter.c.owner, letter.c.state)
    .where(among(letter.c.id, "ids"))
    .order_by(letter.c.id)
    .with_for_update()
)
"""Letters as they are, locked from here on; in one order for everybody, so that nobody waits in a ring."""
LAST_SENT = sa.select(sa.func.max(letter.c.sent_at)).where(letter.c.relay == sa.bindparam("relay"))
REFUSED_SINCE = (
    sa.select(letter.c.id, letter.c.address, letter.c.code, letter.c.reply)
    .where(
        letter.c.relay == sa.bindparam("relay"),
        letter.c.state == "refused",
        letter.c.code >= 500,
        letter.c.refused_at > sa.bindparam("since"),
        sa.or_(letter.c.reopened_at.is_(None), letter.c.reopened_at > sa.bindparam("since")),
    )
    .with_for_update(skip_locked=True)
)
REOPEN = (
    letter.update()
    .where(letter.c.id.in_(sa.bindparam("ids", expanding=True)), letter.c.state == "refused")
    .values(state="due", not_before=sa.bindparam("v_not_before"), reopened_at=sa.bindparam("v_now"))
)
_SPARED = (
    sa.select(letter.c.id)
    .where(
        letter.c.event == sa.bindparam("k_event"),
        among(letter.c.person, "people"),
        letter.c.rule != "",
        letter.c.state == "due",
        letter.c.due_at < sa.bindparam("k_before"),
    )
    .order_by(letter.c.id)
    .with_for_update()
)
SPARE = Ready(letter.update().where(letter.c.id.in_(_SPARED), letter.c.state == "due").values(state="withdrawn"))
VERSION = Ready(sa.select(event_table.c.version).where(event_table.c.key == sa.bindparam("event")))
TOLD_TO_ALL = Ready(
    sa.select(told.c.fact)
    .where(told.c.event == sa.bindparam("event"), among(told.c.person, "people"))
    .order_by(told.c.person, told.c.fact)
    .with_for_update()
)
TOLD_TO = sa.select(told.c.fact, told.c.value, told.c.at).where(
    told.c.event == sa.bindparam("event"), told.c.person == sa.bindparam("person")
)
IN_HAND = sa.select(sa.func.count()).where(letter.c.relay == sa.bindparam("relay"), letter.c.state == "claimed")
_SINCE = sa.select(sa.func.count()).where(
    letter.c.relay == sa.bindparam("relay"), letter.c.dotted_at > sa.bindparam("since")
)
GONE = sa.select(_SINCE.scalar_subquery() + IN_HAND.scalar_subquery())
"""How much of a quota is used; in one statement, for a letter may get its dot meanwhile and must be counted once."""
RECENT = (
    sa.select(letter.c.dotted_at)
    .where(letter.c.relay == sa.bindparam("relay"), letter.c.dotted_at > sa.bindparam("since"))
    .order_by(letter.c.dotted_at.desc())
    .limit(1)
    .offset(sa.bindparam("nth", type_=sa.Integer))
)
_MAY_LEAVE = sa.and_(ready(), not_ahead_of_link())
_LATER = sa.case((letter.c.not_before > letter.c.leave_from, letter.c.not_before), else_=letter.c.leave_from)
DUE = sa.select(sa.func.count()).where(_MAY_LEAVE)
_RIPE = letter.alias("ripe")
_LAST_RIPE = (
    sa.select(sa.func.max(_RIPE.c.wanted_by))
    .where(
        _RIPE.c.relay == sa.bindparam("relay"),
        _RIPE.c.state == "due",
        _RIPE.c.leave_from <= sa.bindparam("now"),
    )
    .scalar_subquery()
)
"""Where the search for the next letters may end: behind it are only those that leave later."""
NEXT = (
    sa.select(letter.c.id)
    .where(letter.c.wanted_by <= _LAST_RIPE, _MAY_LEAVE)
    .order_by(letter.c.wanted_by, letter.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
LEAVES = (
    sa.select(letter.c.leave_from)
    .where(waiting(), letter.c.not_before.is_(None), not_ahead_of_link())
    .order_by(letter.c.leave_from)
    .limit(1)
)
LEAVES_AGAIN = sa.select(sa.func.min(_LATER)).where(waiting(), letter.c.not_before.is_not(None), not_ahead_of_link())
RUNS_OUT = sa.select(sa.func.min(letter.c.lease_until)).where(flying())
IN_FLIGHT = sa.select(letter.c.owner, letter.c.lease_until, letter.c.id).where(flying())
