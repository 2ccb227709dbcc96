"""How many letters the relay's quota and the domains' shares let through now, which, and when the next may leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from orchestrator.core.model import Quota
from orchestrator.store.outbox_sql import GONE, IN_HAND, LEAVES, LEAVES_AGAIN, NEXT, RECENT, windows
from orchestrator.store.quota import elsewhere, frees_at, full, goes_to, room_by_domain, within

_PLENTY = 1_000_000


def room(c: sa.Connection, relay: str, quota: Quota, now: datetime) -> int:
    """How many letters the quota lets through now. Letters in flight count."""
    left = _PLENTY
    for limit, window in windows(quota):
        gone = c.execute(GONE, {"relay": relay, "since": now - window}).scalar() or 0
        left = min(left, limit - gone)
    return left


def next_ids(c: sa.Connection, those: dict[str, Any], quota: Quota) -> list[int]:
    """The letters wanted soonest, but for those whose domain has had its hour's share."""
    if not quota.per_hour_to:
        return list(c.execute(NEXT, those).scalars())
    rooms = room_by_domain(c, those["relay"], quota, those["now"])
    query = elsewhere(NEXT.add_columns(goes_to(rooms)), full(rooms))
    return within(c.execute(query, those), rooms)


def quota_frees_at(c: sa.Connection, relay: str, quota: Quota, now: datetime) -> datetime | None:
    """When the relay's quota lets the next letter through; None = now. Letters in flight count."""
    frees: list[datetime] = []
    for limit, window in windows(quota):
        room = limit - (c.execute(IN_HAND, {"relay": relay}).scalar() or 0)
        nth = {"relay": relay, "since": now - window, "nth": max(room, 1) - 1}
        if room <= 0:
            frees.append(now + timedelta(seconds=1))
        elif (oldest := c.execute(RECENT, nth).scalar()) is not None:
            frees.append(oldest + window)
    return max(frees, default=None)


def leaves_at(c: sa.Connection, those: dict[str, Any], quota: Quota) -> datetime | None:
    """When the next letter may leave, the relay's own quota apart."""
    closed = full(room_by_domain(c, those["relay"], quota, those["now"]))
    ats = [aware(c.execute(elsewhere(which, closed), those).scalar()) for which in (LEAVES, LEAVES_AGAIN)]
    for domain in closed:
        free = frees_at(c, those["relay"], domain, quota.per_hour_to[domain], those["now"])
        there = goes_to([domain]) == domain
        waits = [aware(c.execute(which.where(there), those).scalar()) for which in (LEAVES, LEAVES_AGAIN)]
        ats += [max(at, free) for at in waits if at is not None]
    return min((at for at in ats if at is not None), default=None)


def aware(value: Any) -> Any:
    """min() over a CASE loses the column's type on SQLite: bring the text back to an instant."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)
