"""The steps of letters on their way, each for many letters in the caller's transaction, which has locked their rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa

from orchestrator.core.letters import FRESH_LINK
from orchestrator.store.deliveries import FIRST, Delivery, Dotted, Released, Settled, Step
from orchestrator.store.outbox_sql import (
    DOT,
    KEEP_BYTES,
    KEEP_MOULD,
    RELEASE,
    SETTLE,
    SPARE,
    TELL,
    THOSE,
    TOLD_TO_ALL,
    UNTELL,
    VERSION,
)


class Hand(NamedTuple):
    """In whose hands a letter is."""

    id: int
    owner: str
    state: str


Found = Mapping[int, Hand]


def as_they_are(c: sa.Connection, step: Step) -> Found:
    """Lock the letters of a step; return the owner and state of each by id."""
    ids = [delivery.id for delivery in step.deliveries]
    return {row[0]: Hand(*row) for row in THOSE.run(c, ids=ids)} if ids else {}


def dot(
    c: sa.Connection, owner: str, now: datetime, lasting: timedelta, letters: Sequence[Dotted], found: Found
) -> frozenset[int]:
    """Note that these may be accepted from here on, with their exact bytes; return those that are still ours.

    The lease begins anew: it must outlast the wait for the relay's answer to the dot.
    """
    ours = _mine(owner, [one.delivery for one in letters], ("claimed",), found)
    mine = [one for one in letters if one.delivery.id in ours]
    if mine:
        _keep_bytes(c, mine)
        DOT.run(c, [_dotted(one) for one in mine], v_now=now, v_until=now + lasting)
    return ours


def _keep_bytes(c: sa.Connection, letters: Iterable[Dotted]) -> None:
    moulds = {(one.delivery.event, one.message.mould) for one in letters if one.message.mould is not None}
    if rows := [{"event": event, "digest": mould.digest, "octets": mould.octets} for event, mould in moulds]:
        KEEP_MOULD.run(c, sorted(rows, key=itemgetter("event", "digest")))
    KEEP_BYTES.run(c, [_bytes(one) for one in letters])


def _bytes(one: Dotted) -> dict[str, Any]:
    mould = one.message.mould
    return {
        "event": one.delivery.event,
        "letter": one.delivery.id,
        "email": one.delivery.email,
        "mould": "" if mould is None else mould.digest,
        "octets": one.message.own,
    }


def _dotted(one: Dotted) -> dict[str, Any]:
    facts = json.dumps(dict(one.facts))
    return {"k_id": one.delivery.id, "v_message_id": one.message_id, "v_facts": facts}


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
    SETTLE.run(c, [{"k_id": one.delivery.id, "v_code": one.code, "v_reply": one.reply} for one in news], v_now=now)
    stale: set[str] = set()
    for event, group in groupby(sorted(news, key=_event), key=_event):
        of_event = list(group)
        _tell(c, event, of_event, now)
        _spare_fresh_reminders(c, event, [one.delivery for one in of_event], now)
        version = VERSION.run(c, event=event)
        if any(version != [(one.as_of,)] for one in of_event):
            stale.add(event)
    return frozenset(stale)


def _event(one: Settled) -> str:
    return one.delivery.event


def _tell(c: sa.Connection, event: str, letters: Iterable[Settled], now: datetime) -> None:
    """Remember what was told; `at` stays that of the first letter which told the same."""
    facts: dict[str, dict[str, str | None]] = {}
    for one in letters:
        facts.setdefault(one.delivery.person, {}).update(one.facts)
    said = sorted(
        (person, fact, value) for person, told in facts.items() for fact, value in told.items() if value is not None
    )
    rows = [{"person": person, "fact": fact, "value": value} for person, fact, value in said]
    gone = [
        {"person": person, "fact": fact}
        for person, told in facts.items()
        for fact, value in told.items()
        if value is None
    ]
    if gone:
        TOLD_TO_ALL.run(c, event=event, people=list(facts))  # in the order in which all others come to them
        UNTELL.run(c, gone, event=event)
    if rows:
        TELL.run(c, rows, event=event, at=now)


def _spare_fresh_reminders(c: sa.Connection, event: str, letters: Iterable[Delivery], now: datetime) -> None:
    """A link that left within the hour before a reminder serves as that reminder (see core.letters)."""
    people = [one.person for one in letters if one.kind in FIRST and not one.rule]
    if people:
        SPARE.run(c, k_event=event, people=people, k_before=now + FRESH_LINK)
