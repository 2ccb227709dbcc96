"""What a letter tells its reader, and the letter that ends what somebody was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from orchestrator.core.facts import CANCELLED, Almanac, facts_for
from orchestrator.core.letters import GRACE, Owed
from orchestrator.core.recipients import BYE, FALLBACK, Recipient


def farewell(book: Almanac, who: Recipient, now: datetime) -> Iterator[Owed]:
    """List what somebody is owed who withdrew: one letter that ends what they were told, if they were told it."""
    ahead = [key for key in book.sessions if book.sessions[key].ends_at > now]
    still = [key for key in ahead if who.told.get(f"time:{key}", ("",))[0] not in ("", CANCELLED)]
    if who.gone_at is None or not still:
        return
    at = who.gone_at + GRACE
    yield Owed(
        kind="bye",
        person=who.ref,
        email=who.email,
        to=who.address,
        language=who.language or book.event.language,
        revision=f"{who.gone_at.timestamp():.0f}",
        due_at=at,
        leave_from=at,
        void_at=max(book.sessions[key].ends_at for key in still),
    )


def facts_told(
    book: Almanac, who: Recipient, kind: str, session: str, changed: Mapping[str, str]
) -> dict[str, str | None]:
    """Say what a letter tells its reader; "" = that it is no longer so, remembered so that it can be told anew."""
    if kind in ("announce", "late", "shared"):
        return {}
    if kind == "fallback":
        return {FALLBACK: book.fallback}
    if kind == "bye":
        return {**dict.fromkeys(who.told, ""), BYE: f"{who.gone_at}"}
    if kind == "cancelled":
        gone = {fact: value for fact, value in changed.items() if value == CANCELLED}
        return {f: v for f, v in gone.items() if not session or f == f"time:{session}"}
    facts: dict[str, str | None] = dict(facts_for(book, who, [session] if session else None))
    if kind in ("room", "started"):  # they name an hour, not the session's hours
        facts.pop(f"time:{session}", None)
    if kind == "moved":
        facts |= {fact: value for fact, value in changed.items() if not fact.startswith(FALLBACK)}
        facts |= {fact: "" for fact in who.told if fact not in (FALLBACK, BYE) and _is_removed(who, fact)}
    return {fact: value for fact, value in facts.items() if value != CANCELLED}


def _is_removed(who: Recipient, fact: str) -> bool:
    return fact.partition(":")[2] not in who.sessions
