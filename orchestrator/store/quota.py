"""What single domains take in an hour: letters beyond that wait, and hold up no others."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from orchestrator.core.model import Quota
from orchestrator.core.sending import HOUR
from orchestrator.store.schema import letter

A_MOMENT = timedelta(seconds=1)


def goes_to(domains: Iterable[str]) -> sa.ColumnElement[str]:
    """Which of some domains a letter goes to, or ""."""
    ends = [(letter.c.email.endswith(f"@{domain}", autoescape=True), domain) for domain in sorted(domains)]
    return sa.case(*ends, else_="") if ends else sa.literal("")


def room_by_domain(c: sa.Connection, relay: str, quota: Quota, now: datetime) -> dict[str, int]:
    """How many letters each limited domain takes now. Letters in flight count."""
    domain = goes_to(quota.per_hour_to).label("domain")
    gone = sa.or_(letter.c.dotted_at > now - HOUR, letter.c.state == "claimed")
    query = sa.select(domain, sa.func.count()).where(letter.c.relay == relay, gone).group_by(domain)
    taken: dict[str, int] = {row[0]: row[1] for row in c.execute(query)} if quota.per_hour_to else {}
    return {domain: limit - taken.get(domain, 0) for domain, limit in quota.per_hour_to.items()}


def full(rooms: dict[str, int]) -> list[str]:
    """The domains that take nothing more now."""
    return sorted(domain for domain, room in rooms.items() if room <= 0)


def elsewhere(query: sa.Select[Any], domains: Collection[str]) -> sa.Select[Any]:
    """The same query without letters to some domains."""
    return query.where(goes_to(domains) == "") if domains else query


def within(rows: Iterable[Any], rooms: dict[str, int]) -> list[int]:
    """Of letters in their order (id, domain), those their domains have room for."""
    left, chosen = dict(rooms), []
    for ident, domain in rows:
        if left.get(domain, 1) > 0:
            chosen.append(ident)
            if domain in left:
                left[domain] -= 1
    return chosen


def frees_at(c: sa.Connection, relay: str, domain: str, limit: int, now: datetime) -> datetime:
    """When a full domain takes the next letter; one in flight is settled within a moment."""
    query = (
        sa.select(letter.c.dotted_at)
        .where(letter.c.relay == relay, letter.c.dotted_at > now - HOUR, goes_to([domain]) == domain)
        .order_by(letter.c.dotted_at.desc())
        .offset(limit - 1)
        .limit(1)
    )
    nth = c.execute(query).scalar()
    return now + A_MOMENT if nth is None else nth + HOUR
