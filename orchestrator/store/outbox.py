"""The outbox: one row a letter, ever; due → claimed → dotted → sent, or refused, void, withdrawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from orchestrator.core.letters import Owed
from orchestrator.core.model import Quota
from orchestrator.store.deliveries import IDLE, Delivery, Planned, Step
from orchestrator.store.outbox_reading import OutboxReading
from orchestrator.store.outbox_rows import differs, moved_row, new_row
from orchestrator.store.outbox_sql import (
    CLAIM,
    DUE,
    IN_FLIGHT,
    LAST_SENT,
    REFUSED_SINCE,
    REOPEN,
    RUNS_OUT,
    given,
    windows,
)
from orchestrator.store.outbox_steps import as_they_are, dot, release, settle
from orchestrator.store.outbox_waits import aware, leaves_at, next_ids, quota_frees_at, room
from orchestrator.store.people import bring_news, bump
from orchestrator.store.quota import elsewhere, full, room_by_domain
from orchestrator.store.ready import listed
from orchestrator.store.schema import letter

NO_QUOTA = Quota()
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
ALIKE, ALIKE_DOMAINS = 5, 3
"""So many equal refusals in a row, at so many domains, are the relay's fault and not the addresses'."""
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


MANY = 500
"""So many new letters at once change what a database must know of its table to find the next one quickly."""


class Outbox(OutboxReading):
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
            if key in found and owed.void_at > now and differs(found[key], owed, relay)
        ]
        drop = [r.id for key, r in found.items() if r.state == "due" and key not in wanted and r.void_at > now]
        void = [r.id for r in found.values() if r.state == "due" and r.void_at <= now]
        if add or move or drop or void:
            with self._db.write(event) as c:
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
            c.execute(self._db.insert_unless_there(letter), [new_row(event, relay, owed, now) for owed in add])
            if len(add) >= MANY:
                self._db.count_anew(c, letter)
        if move:
            names = ("state", "address", "language", "relay", "leave_from", "due_at", "wanted_by", "void_at")
            update = (
                letter.update()
                .where(letter.c.id == sa.bindparam("k_id"), sa.or_(*(letter.c.state == state for state in IDLE)))
                .values({name: sa.bindparam(f"v_{name}") for name in names})
            )
            c.execute(update, [moved_row(row, relay, owed, now) for row, owed in move])
        for state, ids in (("withdrawn", drop), ("void", void)):
            for i in range(0, len(ids), 500):
                chosen = letter.c.id.in_(ids[i : i + 500])
                c.execute(letter.update().where(chosen, letter.c.state == "due").values(state=state))
        bump(c, event)

    # sending

    def claim(
        self,
        relay: str,
        events: Collection[str],
        owner: str,
        now: datetime,
        lasting: timedelta,
        quota: Quota,
        most: int = 1,
    ) -> list[Delivery]:
        """Take the letters that are wanted soonest, as many as the quota lets through; nobody else has them then."""
        with self._db.write(f"relay:{relay}" if windows(quota) or quota.per_hour_to else "") as c:
            most = min(most, room(c, relay, quota, now))
            if most <= 0:
                return []
            ids = next_ids(c, given(relay, events, now) | {"most": most}, quota)
            if not ids:
                return []
            mine = {"ids": listed(c, ids), "v_owner": owner, "v_until": now + lasting}
            rows = [Delivery(*row) for row in c.execute(CLAIM, mine)]
            return sorted(rows, key=lambda delivery: (delivery.wanted_by, delivery.id))

    def advance(self, owner: str, now: datetime, lasting: timedelta, step: Step) -> frozenset[int]:
        """Settle, give back and dot letters in one transaction; return the ids that were still ours to dot."""
        with self._db.write(shared=step.events) as c:
            found = as_they_are(c, step)
            news = settle(c, step.settled, found, now) | release(c, owner, step.released, found, now)
            ours = dot(c, owner, now, lasting, step.dotted, found)
            for event in sorted(news):
                bring_news(c, event)  # last: whoever waits for an event's row holds nothing its holder still wants
        return ours

    def due(self, relay: str, events: Collection[str], now: datetime, quota: Quota = NO_QUOTA) -> int:
        """How many letters may be claimed now, the relay's own limits apart; `quota`: without what a domain refuses."""
        with self._db.read() as c:
            query = elsewhere(DUE, full(room_by_domain(c, relay, quota, now)))
            return c.execute(query, given(relay, events, now)).scalar() or 0

    def reopen(self, relay: str, now: datetime, not_before: datetime) -> str:
        """Take refusals back that are the relay's fault: the same words to several people at several places, and
        nobody accepted since. Says what the relay said, or "" where nothing had to be taken back."""
        with self._db.write() as c:
            since = aware(c.execute(LAST_SENT, {"relay": relay}).scalar()) or _EVER
            refused = c.execute(REFUSED_SINCE, {"relay": relay, "since": since}).all()
            for words, rows in _by_words(refused).items():
                domains = {row.address.rpartition("@")[2].lower() for row in rows}
                if len(rows) >= ALIKE and len(domains) >= ALIKE_DOMAINS:
                    ids = [row.id for row in refused]
                    c.execute(REOPEN, {"ids": ids, "v_now": now, "v_not_before": not_before})
                    return words
        return ""

    def quota_frees_at(self, relay: str, quota: Quota, now: datetime) -> datetime | None:
        """When the relay's quota lets the next letter through; None = now."""
        with self._db.read() as c:
            return quota_frees_at(c, relay, quota, now)

    def recover(self, relay: str, now: datetime, alive: Callable[[str], bool]) -> int:
        """Give back the letters of owners that died or fell silent; those at their dot are in doubt from now on."""
        with self._db.read() as c:
            owners = c.execute(IN_FLIGHT, {"relay": relay}).all()
        dead = {owner for owner in {row.owner for row in owners} if not alive(owner)}
        if not any(row.owner in dead or row.lease_until <= now for row in owners):
            return 0
        lost = sa.or_(letter.c.owner.in_(dead), letter.c.lease_until <= now)  # not by id: it may have changed hands
        theirs = sa.select(letter.c.id).where(letter.c.relay == relay, letter.c.state.in_(("claimed", "dotted")), lost)
        with self._db.write() as c:
            # What is locked is being settled, or taken back by another process, at this moment.
            ids = c.execute(theirs.order_by(letter.c.id).with_for_update(skip_locked=True)).scalars().all()
            freed = c.execute(
                letter.update()
                .where(letter.c.id.in_(ids))
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
        those = given(relay, events, now)
        with self._db.read() as c:
            leaves, runs_out = leaves_at(c, those, quota), c.execute(RUNS_OUT, those).scalar()
            if leaves is not None:
                leaves = max(leaves, quota_frees_at(c, relay, quota, now) or now)
        return min((at for at in (leaves, aware(runs_out)) if at is not None), default=None)


def _by_words(refused: Sequence[Any]) -> dict[str, list[Any]]:
    """Group refusals by code and enhanced status code (RFC 3463), which are the same for the same fault."""
    result: dict[str, list[Any]] = {}
    for row in refused:
        status = _STATUS.match(row.reply)
        result.setdefault(f"{row.code} {status[0] if status else ''}".strip(), []).append(row)
    return result
