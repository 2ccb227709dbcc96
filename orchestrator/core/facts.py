"""What is true now for somebody, as facts that can be told, and what of it they were told otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from orchestrator.core.meetings import SIGNING_IN, meetings_of, signing_in
from orchestrator.core.model import Before, Event, Reminder, Session
from orchestrator.core.presence import NOTHING_KNOWN, Live
from orchestrator.core.recipients import FALLBACK, Recipient

CANCELLED = "cancelled"

Facts = Mapping[str, str]
"""What somebody is told: `time:<session>`, `link:<session>`, `room:<session>` → a value that changes with it."""


@lru_cache(maxsize=256)
def digest(text: str) -> str:
    """A short stand-in for a secret or long value: equal when it is equal, and tells nothing."""
    return hashlib.blake2s(text.encode(), digest_size=6).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Almanac:
    """What an event's dates and places come to, worked out once for everybody."""

    event: Event
    sessions: Mapping[str, Session]
    meeting: Mapping[str, str]
    """By session."""
    off: frozenset[str]
    """Sessions that are cancelled."""
    signing_in: frozenset[str]
    """Who enters by signing in to Zoom, by e-mail: no personal link is theirs."""
    times: Mapping[str, str]
    """The fact told about a session's hours."""
    hours: tuple[tuple[Reminder, str, datetime], ...]
    """Each reminder of an open session with its rule's name and instant."""
    fallback: str = ""
    """The fact told while everybody meets at plan B."""
    live: Live = NOTHING_KNOWN


def almanac(event: Event, *, fallback: bool = False, live: Live = NOTHING_KNOWN) -> Almanac:
    """Work out an event's dates and places. `fallback`: plan B is on."""
    off = frozenset(s.key for s in event.sessions if event.is_cancelled(s.key))
    return Almanac(
        event=event,
        sessions={s.key: s for s in event.sessions},
        meeting={s.key: meeting for meeting, sessions in meetings_of(event).items() for s in sessions},
        off=off,
        signing_in=signing_in(event),
        times={s.key: _time_fact(event, s) for s in event.sessions},
        hours=tuple((r, r.rule.name, due_at(event, r)) for r in event.reminders if r.session not in off),
        fallback=digest(event.fallback_url) if fallback and event.fallback_url else "",
        live=live,
    )


def facts_for(book: Almanac, who: Recipient, sessions: Iterable[str] | None = None) -> dict[str, str]:
    """Say what is true now for somebody, of their sessions or of some of them."""
    facts = {FALLBACK: book.fallback} if book.fallback else {}
    for key in who.sessions if sessions is None else sessions:
        facts[f"time:{key}"] = book.times[key]
        if key in book.off:
            continue
        if (way := who.passes.get(book.meeting[key])) is not None:
            facts[f"link:{key}"] = digest(way.join_url)
        if (seat := who.seats.get(key)) is not None and seat.told_at is not None:
            facts[f"room:{key}"] = seat.workshop
    return facts


def _time_fact(event: Event, session: Session) -> str:
    if event.is_cancelled(session.key):
        return CANCELLED
    return f"{session.starts_at.isoformat()}/{session.ends_at.isoformat()}"


def has_way_in(book: Almanac, who: Recipient, meetings: Collection[str]) -> bool:
    """Tell whether every open session of theirs can be entered: a personal link, or a meeting to sign in to."""
    return book.off.union(enterable(book, who, meetings)).issuperset(who.sessions)


def enterable(book: Almanac, who: Recipient, meetings: Collection[str]) -> frozenset[str]:
    open_to = meetings if signs_in(who, book.signing_in) else who.passes
    return frozenset(key for key in who.sessions if key not in book.off and book.meeting[key] in open_to)


def signs_in(who: Recipient, hosts: Collection[str]) -> bool:
    """Tell whether somebody enters by signing in to Zoom: by their role, or because Zoom knows the address as such."""
    return who.email in hosts or (who.speaker is not None and who.speaker.role in SIGNING_IN)


def due_at(event: Event, reminder: Reminder) -> datetime:
    """Resolve a reminder's rule to its instant: wall clock in the event's zone, or elapsed time before."""
    session = event.session(reminder.session)
    if isinstance(reminder.rule, Before):
        return session.starts_at - reminder.rule.lead
    day = session.day - timedelta(days=reminder.rule.days_before)
    return datetime.combine(day, reminder.rule.at, tzinfo=event.zone).astimezone(session.starts_at.tzinfo)


def changed_facts(book: Almanac, who: Recipient) -> dict[str, str]:
    """Say which facts differ from what somebody was last told; "" = no longer theirs.

    A room of the wave at tell_at is told by its own letter; links and rooms of a session that is off, or no longer
    theirs, are no news; nor is it that a session they heard is cancelled is no longer theirs.
    """
    if not who.told:
        return {}
    true = facts_for(book, who)
    changed = {}
    for fact in sorted(set(true) | set(who.told)):
        kind, _, session = fact.partition(":")
        now, before = true.get(fact, ""), who.told.get(fact, ("", None))[0]
        if now == before or (not now and not _is_loss(book, who, kind, session, before)):
            continue
        if not before and kind == "room" and who.seats[session].told_by == "room":
            continue
        if not before and now == CANCELLED:
            continue
        changed[fact] = now
    return changed


def _is_loss(book: Almanac, who: Recipient, kind: str, session: str, before: str) -> bool:
    """Tell whether it is news that something told is not true any more, and nothing has taken its place."""
    if kind == "fallback":
        return True
    if kind == "room":
        return session in who.sessions and session not in book.off
    return kind == "time" and before != CANCELLED
