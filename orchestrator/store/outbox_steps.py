"""The steps of letters on their way, each for many letters in the caller's transaction, which has locked their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from orchestrator.core.letters import FRESH_LINK
from orchestrator.store.deliveries import FIRST, Delivery, Dotted, Released, Settled, Step
from orchestrator.store.outbox_sql import DOT, RELEASE, SETTLE, SPARE, TELL, THOSE, TOLD_TO_ALL, UNTELL, VERSION

Found = Mapping[int, Any]


def as_they_are(c: sa.Connection, step: Step) -> Found:
    """Lock the letters of a step; return the owner and state of each by id."""
    ids = [delivery.id for delivery in step.deliveries]
    return {row.id: row for row in c.execute(THOSE, {"ids": ids})} if ids else {}


def dot(
    c: sa.Connection, owner: str, now: datetime, lasting: timedelta, letters: Sequence[Dotted], found: Found
) -> frozenset[int]:
    """Note that these may be accepted from here on, with their exact bytes; return those that are still ours.

    The lease begins anew: it must outlast the wait for the relay's answer to the dot.
    """
    ours = _mine(owner, [one.delivery for one in letters], ("claimed",), found)
    if rows := [_dotted(one, now, now + lasting) for one in letters if one.delivery.id in ours]:
        c.execute(DOT, rows)
    return ours


def _dotted(one: Dotted, now: datetime, until: datetime) -> dict[str, Any]:
    written = {"v_data": one.data, "v_message_id": one.message_id, "v_facts": dict(one.facts)}
    return {"k_id": one.delivery.id, "v_now": now, "v_until": until, **written}


def release(c: sa.Connection, owner: str, letters: Sequence[Released], found: Found, now: datetime) -> frozenset[str]:
    """Give back those that are still ours; return the events for which that is news."""
    ours = _mine(owner, [one.delivery for one in letters], ("claimed", "dotted"), found)
    kept = [one for one in letters if one.delivery.id in ours]
    if kept:
        c.execute(RELEASE, [_released(one, now) for one in kept])
    return frozenset(one.delivery.event for one in kept if one.state != "due")


def _released(one: Released, now: datetime) -> dict[str, Any]:
    spoken = bool(one.code or one.reply)
    return {
        "k_id": one.delivery.id,
        "v_state": one.state,
        "v_not_before": one.not_before,
        "v_code": one.code if spoken else one.delivery.code,
        "v_reply": one.reply if spoken else one.delivery.reply,
        "v_in_doubt": int(one.in_doubt),
        "v_uncounted": int(not one.counted),
        "v_refused_at": now if one.state == "refused" else None,
    }


def _mine(owner: str, letters: Sequence[Delivery], states: Sequence[str], found: Found) -> frozenset[int]:
    rows = (found.get(one.id) for one in letters)
    return frozenset(row.id for row in rows if row is not None and row.owner == owner and row.state in states)


def settle(c: sa.Connection, letters: Sequence[Settled], found: Found, now: datetime) -> frozenset[str]:
    """Note the relay's acceptance, whoever holds the letters by now, and what the people were told by them; return
    the events for which that is news."""
    unsent = {id_ for id_, row in found.items() if row.state != "sent"}
    news = [one for one in letters if one.delivery.id in unsent]
    if not news:
        return frozenset()
    said = [{"k_id": one.delivery.id, "v_now": now, "v_code": one.code, "v_reply": one.reply} for one in news]
    c.execute(SETTLE, said)
    stale: set[str] = set()
    for event, group in groupby(sorted(news, key=_event), key=_event):
        of_event = list(group)
        _tell(c, event, of_event, now)
        _spare_fresh_reminders(c, event, [one.delivery for one in of_event], now)
        version = c.execute(VERSION, {"event": event}).scalar()
        if any(one.as_of != version for one in of_event):
            stale.add(event)
    return frozenset(stale)


def _event(one: Settled) -> str:
    return one.delivery.event


def _tell(c: sa.Connection, event: str, letters: Iterable[Settled], now: datetime) -> None:
    """Remember what was told; `at` stays that of the first letter which told the same."""
    facts: dict[str, dict[str, str | None]] = {}
    for one in letters:
        facts.setdefault(one.delivery.person, {}).update(one.facts)
    before: dict[tuple[str, str], str] = {
        (row.person, row.fact): row.value for row in c.execute(TOLD_TO_ALL, {"event": event, "people": list(facts)})
    }
    news = sorted(
        (
            (person, fact, value)
            for person, told_now in facts.items()
            for fact, value in told_now.items()
            if before.get((person, fact)) != value
        ),
        key=lambda one: one[:2],
    )
    if untold := [one for one in news if one[2] is None and one[:2] in before]:
        c.execute(UNTELL, [{"k_event": event, "k_person": person, "k_fact": fact} for person, fact, _ in untold])
    if rows := [
        {"event": event, "person": person, "fact": fact, "value": value, "at": now}
        for person, fact, value in news
        if value is not None
    ]:
        c.execute(TELL[c.dialect.name], rows)


def _spare_fresh_reminders(c: sa.Connection, event: str, letters: Iterable[Delivery], now: datetime) -> None:
    """A link that left within the hour before a reminder serves as that reminder (see core.letters)."""
    people = [one.person for one in letters if one.kind in FIRST and not one.rule]
    if people:
        c.execute(SPARE, {"k_event": event, "people": people, "k_before": now + FRESH_LINK})
