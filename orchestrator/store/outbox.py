"""The outbox: one row a letter, ever; due → claimed → dotted → sent, or refused, void, withdrawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from orchestrator.core.letters import AT_ONCE, FRESH_LINK, Owed
from orchestrator.core.model import Quota
from orchestrator.store.database import Database
from orchestrator.store.people import bring_news, bump
from orchestrator.store.schema import event as event_table
from orchestrator.store.schema import letter, told

OPEN = ("due", "claimed", "dotted")
IDLE = ("due", "withdrawn", "void")
"""States in which a plan may still change a letter: it has not left, and nobody is sending it."""
FIRST = ("link", "host")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A letter's row."""

    id: int
    key: str
    event: str
    kind: str
    session: str
    rule: str
    person: str
    email: str
    address: str
    language: str
    revision: str
    state: str
    leave_from: datetime
    due_at: datetime
    wanted_by: datetime
    void_at: datetime
    not_before: datetime | None
    lease_until: datetime | None
    attempts: int
    in_doubt: int
    message_id: str
    data: bytes | None
    facts: Mapping[str, Any] | None
    code: int
    reply: str
    dotted_at: datetime | None
    sent_at: datetime | None


_FIELDS = [letter.c[name] for name in Delivery.__slots__]
_LIGHT = [column for column in _FIELDS if column.name not in ("data", "facts")]


# Statements of every letter's way, built once: building one costs as much as running it.
_CLAIM = (
    letter.update()
    .where(letter.c.id == sa.bindparam("k_id"), letter.c.state == "due")
    .values(
        state="claimed",
        owner=sa.bindparam("v_owner"),
        lease_until=sa.bindparam("v_until"),
        attempts=letter.c.attempts + 1,
    )
    .returning(*_FIELDS)
)
_DOT = (
    letter.update()
    .where(letter.c.id == sa.bindparam("k_id"), letter.c.owner == sa.bindparam("k_owner"), letter.c.state == "claimed")
    .values(
        state="dotted",
        dotted_at=sa.bindparam("v_now"),
        data=sa.bindparam("v_data"),
        message_id=sa.bindparam("v_message_id"),
        facts=sa.bindparam("v_facts"),
    )
)
_SETTLE = (
    letter.update()
    .where(letter.c.id == sa.bindparam("k_id"), letter.c.state != "sent")
    .values(
        state="sent",
        sent_at=sa.bindparam("v_now"),
        code=sa.bindparam("v_code"),
        reply=sa.bindparam("v_reply"),
        owner="",
        lease_until=None,
        not_before=None,
    )
)
_SPARE = (
    letter.update()
    .where(
        letter.c.event == sa.bindparam("k_event"),
        letter.c.person == sa.bindparam("k_person"),
        letter.c.rule != "",
        letter.c.state == "due",
        letter.c.due_at < sa.bindparam("k_before"),
    )
    .values(state="withdrawn")
)
_VERSION = sa.select(event_table.c.version).where(event_table.c.key == sa.bindparam("event"))
_TOLD_TO = sa.select(told.c.fact, told.c.value, told.c.at).where(
    told.c.event == sa.bindparam("event"), told.c.person == sa.bindparam("person")
)
_IN_HAND = sa.select(sa.func.count()).where(letter.c.relay == sa.bindparam("relay"), letter.c.state == "claimed")
_RECENT = (
    sa.select(letter.c.dotted_at)
    .where(letter.c.relay == sa.bindparam("relay"), letter.c.dotted_at > sa.bindparam("since"))
    .order_by(letter.c.dotted_at.desc())
    .limit(1)
    .offset(sa.bindparam("nth", type_=sa.Integer))
)


def _delivery(row: Any) -> Delivery:
    return Delivery(**{"data": None, "facts": None, **row._mapping})


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a beat changed in the outbox."""

    added: int = 0
    moved: int = 0
    withdrawn: int = 0
    void: int = 0

    def plus(self, other: Planned) -> Planned:
        return Planned(
            added=self.added + other.added,
            moved=self.moved + other.moved,
            withdrawn=self.withdrawn + other.withdrawn,
            void=self.void + other.void,
        )

    def __bool__(self) -> bool:
        return bool(self.added or self.moved or self.withdrawn or self.void)


class Outbox:
    def __init__(self, db: Database) -> None:
        self._db = db
        ready = sa.and_(_ready(), _not_ahead_of_link())
        self._due = sa.select(sa.func.count()).where(ready)
        self._next = (
            sa.select(letter.c.id)
            .where(ready)
            .order_by(letter.c.wanted_by, letter.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        later = sa.case((letter.c.not_before > letter.c.leave_from, letter.c.not_before), else_=letter.c.leave_from)
        self._leaves = sa.select(sa.func.min(later)).where(_waiting(), _not_ahead_of_link())
        self._runs_out = sa.select(sa.func.min(letter.c.lease_until)).where(_flying())
        self._in_flight = sa.select(letter.c.owner, letter.c.lease_until, letter.c.id).where(_flying())

    # what is owed

    def plan(self, event: str, relay: str, letters: Sequence[Owed], now: datetime) -> Planned:
        """Make the open rows be exactly the letters owed; what has left stays as it is."""
        wanted = {owed.key(event): owed for owed in letters}
        columns = [letter.c[n] for n in ("id", "key", "state", "leave_from", "due_at", "void_at", "address", "relay")]
        with self._db.read() as c:
            found = {r.key: r for r in c.execute(sa.select(*columns).where(letter.c.event == event))}
        add = [owed for key, owed in wanted.items() if key not in found and owed.void_at > now]
        move = [
            (found[key], owed)
            for key, owed in wanted.items()
            if key in found and owed.void_at > now and _differs(found[key], owed, relay)
        ]
        drop = [r.id for key, r in found.items() if r.state == "due" and key not in wanted and r.void_at > now]
        void = [r.id for r in found.values() if r.state == "due" and r.void_at <= now]
        if add or move or drop or void:
            with self._db.write() as c:
                self._write(c, event, relay, add, move, drop, void, now)
        return Planned(added=len(add), moved=len(move), withdrawn=len(drop), void=len(void))

    def _write(
        self,
        c: sa.Connection,
        event: str,
        relay: str,
        add: Sequence[Owed],
        move: Sequence[tuple[Any, Owed]],
        drop: Sequence[int],
        void: Sequence[int],
        now: datetime,
    ) -> None:
        if add:
            c.execute(letter.insert(), [_new_row(event, relay, owed, now) for owed in add])
        if move:
            names = ("state", "address", "language", "relay", "leave_from", "due_at", "wanted_by", "void_at")
            update = (
                letter.update()
                .where(letter.c.id == sa.bindparam("k_id"), sa.or_(*(letter.c.state == state for state in IDLE)))
                .values({name: sa.bindparam(f"v_{name}") for name in names})
            )
            c.execute(update, [_moved_row(row, relay, owed, now) for row, owed in move])
        for state, ids in (("withdrawn", drop), ("void", void)):
            for i in range(0, len(ids), 500):
                chosen = letter.c.id.in_(ids[i : i + 500])
                c.execute(letter.update().where(chosen, letter.c.state == "due").values(state=state))
        bump(c, event)

    # sending

    def claim(
        self, relay: str, events: Collection[str], owner: str, now: datetime, lasting: timedelta, quota: Quota
    ) -> Delivery | None:
        """Take the letter that is wanted soonest, if the quota lets one through; nobody else has it then."""
        with self._db.write() as c:
            if self._quota_frees_at(c, relay, quota, now) is not None:
                return None
            row_id = c.execute(self._next, _given(relay, events, now)).scalar()
            if row_id is None:
                return None
            mine = {"k_id": row_id, "v_owner": owner, "v_until": now + lasting}
            row = c.execute(_CLAIM, mine).one_or_none()
            return None if row is None else _delivery(row)

    def due(self, relay: str, events: Collection[str], now: datetime) -> int:
        """How many letters may be claimed now, the quota apart."""
        with self._db.read() as c:
            return c.execute(self._due, _given(relay, events, now)).scalar() or 0

    def _quota_frees_at(self, c: sa.Connection, relay: str, quota: Quota, now: datetime) -> datetime | None:
        """When the relay's quota lets the next letter through; None = now. Letters in flight count."""
        frees: list[datetime] = []
        for limit, window in _windows(quota):
            room = limit - (c.execute(_IN_HAND, {"relay": relay}).scalar() or 0)
            nth = {"relay": relay, "since": now - window, "nth": max(room, 1) - 1}
            if room <= 0:
                frees.append(now + timedelta(seconds=1))
            elif (oldest := c.execute(_RECENT, nth).scalar()) is not None:
                frees.append(oldest + window)
        return max(frees, default=None)

    def dot(
        self,
        delivery: Delivery,
        owner: str,
        data: bytes,
        message_id: str,
        facts: Mapping[str, str | None],
        now: datetime,
    ) -> bool:
        """Note, just before the final dot, that the letter may be accepted from here on, with its exact bytes."""
        with self._db.write() as c:
            told = {"v_data": data, "v_message_id": message_id, "v_facts": dict(facts)}
            return c.execute(_DOT, {"k_id": delivery.id, "k_owner": owner, "v_now": now, **told}).rowcount == 1

    def settle(
        self,
        delivery: Delivery,
        facts: Mapping[str, str | None],
        code: int,
        reply: str,
        now: datetime,
        as_of: int | None = None,
    ) -> None:
        """Note the relay's acceptance, whoever holds the letter by now, and what the person was told by it.

        `as_of` is the event's version when the letter was written: if a beat has changed something since, the next
        one looks whether what was told is still true.
        """
        with self._db.write() as c:
            said = {"k_id": delivery.id, "v_now": now, "v_code": code, "v_reply": reply}
            if c.execute(_SETTLE, said).rowcount != 1:
                return
            _tell(c, delivery, facts, now)
            if delivery.kind in FIRST and not delivery.rule:
                _spare_fresh_reminders(c, delivery, now)
            if c.execute(_VERSION, {"event": delivery.event}).scalar() != as_of:
                bring_news(c, delivery.event)

    def refuse(self, delivery: Delivery, owner: str, code: int, reply: str) -> None:
        """Note that the relay refuses this letter for good, in its own words."""
        self._release(delivery, owner, state="refused", code=code, reply=reply)

    def defer(
        self,
        delivery: Delivery,
        owner: str,
        not_before: datetime,
        *,
        code: int = 0,
        reply: str = "",
        in_doubt: bool = False,
        counted: bool = True,
    ) -> None:
        """Give a letter back to be tried again later; `in_doubt`: it may have been accepted all the same."""
        self._release(
            delivery,
            owner,
            state="due",
            not_before=not_before,
            code=code,
            reply=reply,
            in_doubt=letter.c.in_doubt + int(in_doubt),
            attempts=letter.c.attempts - int(not counted),
        )

    def void(self, delivery: Delivery, owner: str) -> None:
        self._release(delivery, owner, state="void")

    def withdraw(self, delivery: Delivery, owner: str) -> None:
        """Note that a letter is not owed any more; a plan that owes it again brings it back."""
        self._release(delivery, owner, state="withdrawn")

    def _release(self, delivery: Delivery, owner: str, **values: Any) -> None:
        with self._db.write() as c:
            freed = c.execute(
                letter.update().where(_mine(delivery, owner)).values(owner="", lease_until=None, **values)
            )
            if freed.rowcount and values["state"] != "due":
                bring_news(c, delivery.event)

    def quota_frees_at(self, relay: str, quota: Quota, now: datetime) -> datetime | None:
        """When the relay's quota lets the next letter through; None = now."""
        with self._db.read() as c:
            return self._quota_frees_at(c, relay, quota, now)

    def recover(self, relay: str, now: datetime, alive: Callable[[str], bool]) -> int:
        """Give back the letters of owners that died or fell silent; those at their dot are in doubt from now on."""
        with self._db.read() as c:
            owners = c.execute(self._in_flight, {"relay": relay}).all()
        dead = {owner for owner in {row.owner for row in owners} if not alive(owner)}
        if not any(row.owner in dead or row.lease_until <= now for row in owners):
            return 0
        lost = sa.or_(letter.c.owner.in_(dead), letter.c.lease_until <= now)  # not by id: it may have changed hands
        with self._db.write() as c:
            freed = c.execute(
                letter.update()
                .where(letter.c.relay == relay, letter.c.state.in_(("claimed", "dotted")), lost)
                .values(
                    state="due",
                    owner="",
                    lease_until=None,
                    in_doubt=letter.c.in_doubt + sa.case((letter.c.state == "dotted", 1), else_=0),
                )
            )
            return freed.rowcount

    def next_at(self, relay: str, events: Collection[str], quota: Quota, now: datetime) -> datetime | None:
        """When the post next has something to do: a letter leaves, is tried again, or a lease runs out."""
        given = _given(relay, events, now)
        with self._db.read() as c:
            leaves, runs_out = c.execute(self._leaves, given).scalar(), c.execute(self._runs_out, given).scalar()
            if leaves is not None:
                leaves = max(_aware(leaves), self._quota_frees_at(c, relay, quota, now) or now)
        return min((at for at in (leaves, _aware(runs_out)) if at is not None), default=None)

    # reading

    def first_sent(self, event: str) -> dict[str, datetime]:
        """When each person's first letter was accepted, by reference."""
        query = sa.select(letter.c.person, letter.c.sent_at).where(
            letter.c.event == event, letter.c.kind.in_(FIRST), letter.c.rule == "", letter.c.state == "sent"
        )
        with self._db.read() as c:
            return {r.person: r.sent_at for r in c.execute(query)}

    def told(self, event: str) -> dict[str, dict[str, tuple[str, datetime]]]:
        """What everyone was last told, by reference and fact."""
        result: dict[str, dict[str, tuple[str, datetime]]] = {}
        with self._db.read() as c:
            for r in c.execute(sa.select(told).where(told.c.event == event)):
                result.setdefault(r.person, {})[r.fact] = (r.value, r.at)
        return result

    def told_to(self, event: str, person: str) -> dict[str, tuple[str, datetime]]:
        """What one person was last told, by fact."""
        with self._db.read() as c:
            return {r.fact: (r.value, r.at) for r in c.execute(_TOLD_TO, {"event": event, "person": person})}

    def all(self, event: str) -> list[Delivery]:
        """Every letter of an event, without its bytes, in the order of its hour."""
        with self._db.read() as c:
            rows = c.execute(sa.select(*_LIGHT).where(letter.c.event == event)).all()
        return sorted((_delivery(row) for row in rows), key=lambda d: (d.leave_from, d.key))

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


def _waiting() -> sa.ColumnElement[bool]:
    return sa.and_(
        letter.c.relay == sa.bindparam("relay"),
        letter.c.state == "due",
        letter.c.event.in_(sa.bindparam("events", expanding=True)),
        letter.c.void_at > sa.bindparam("now"),
    )


def _ready() -> sa.ColumnElement[bool]:
    return sa.and_(
        _waiting(),
        letter.c.leave_from <= sa.bindparam("now"),
        sa.or_(letter.c.not_before.is_(None), letter.c.not_before <= sa.bindparam("now")),
    )


def _flying() -> sa.ColumnElement[bool]:
    return sa.and_(letter.c.relay == sa.bindparam("relay"), letter.c.state.in_(("claimed", "dotted")))


def _given(relay: str, events: Collection[str], now: datetime) -> dict[str, Any]:
    return {"relay": relay, "events": sorted(events), "now": now}


def _not_ahead_of_link() -> sa.ColumnElement[bool]:
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


def _aware(value: Any) -> Any:
    """min() over a CASE loses the column's type on SQLite: bring the text back to an instant."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


def _windows(quota: Quota) -> Iterable[tuple[int, timedelta]]:
    limits = (
        (quota.per_minute, timedelta(minutes=1)),
        (quota.per_hour, timedelta(hours=1)),
        (quota.per_day, timedelta(days=1)),
    )
    return [(limit, window) for limit, window in limits if limit]


def _mine(delivery: Delivery, owner: str) -> sa.ColumnElement[bool]:
    return sa.and_(letter.c.id == delivery.id, letter.c.owner == owner, letter.c.state.in_(("claimed", "dotted")))


def _tell(c: sa.Connection, delivery: Delivery, facts: Mapping[str, str | None], now: datetime) -> None:
    """Remember what was told; `at` stays that of the first letter which told the same."""
    mine = (told.c.event == delivery.event, told.c.person == delivery.person)
    before = {r.fact: r.value for r in c.execute(_TOLD_TO, {"event": delivery.event, "person": delivery.person})}
    news = {fact: value for fact, value in facts.items() if before.get(fact) != value}
    if stale := sorted(before.keys() & news.keys()):
        c.execute(told.delete().where(*mine, told.c.fact.in_(stale)))
    rows = [
        {"event": delivery.event, "person": delivery.person, "fact": fact, "value": value, "at": now}
        for fact, value in news.items()
        if value is not None
    ]
    if rows:
        c.execute(told.insert(), rows)


def _spare_fresh_reminders(c: sa.Connection, delivery: Delivery, now: datetime) -> None:
    """A link that left within the hour before a reminder serves as that reminder (see core.letters)."""
    fresh = {"k_event": delivery.event, "k_person": delivery.person, "k_before": now + FRESH_LINK}
    c.execute(_SPARE, fresh)


def _differs(row: Any, owed: Owed, relay: str) -> bool:
    if row.state in ("withdrawn", "void"):
        return True
    if row.state != "due":
        return False
    return bool(
        (owed.due_at is not None and row.due_at != owed.due_at)
        or (owed.leave_from is not None and row.leave_from != owed.leave_from)
        or row.void_at != owed.void_at
        or row.address != owed.to
        or row.relay != relay
    )


def _instants(owed: Owed, first_known: datetime) -> dict[str, datetime]:
    due_at = owed.due_at or first_known
    return {
        "due_at": due_at,
        "leave_from": owed.leave_from or due_at,
        "wanted_by": owed.wanted_by or due_at + AT_ONCE,
        "void_at": owed.void_at,
    }


def _new_row(event: str, relay: str, owed: Owed, now: datetime) -> dict[str, Any]:
    return {
        "key": owed.key(event),
        "event": event,
        "kind": owed.kind,
        "session": owed.session,
        "rule": owed.rule,
        "person": owed.person,
        "email": owed.email,
        "address": owed.to,
        "language": owed.language,
        "revision": owed.revision,
        "relay": relay,
        **_instants(owed, now),
    }


def _moved_row(row: Any, relay: str, owed: Owed, now: datetime) -> dict[str, Any]:
    values = {
        "state": "due",
        "address": owed.to,
        "language": owed.language,
        "relay": relay,
        **_instants(owed, row.due_at if row.state == "due" else now),
    }
    return {"k_id": row.id, **{f"v_{name}": value for name, value in values.items()}}
