"""Letters beyond the rules: a word to speakers who have not confirmed, and to those who left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from orchestrator.core.facts import CANCELLED, Almanac, digest
from orchestrator.core.letters import FRESH_LINK, Owed
from orchestrator.core.model import Event, Speaker, identity
from orchestrator.core.recipients import Recipient, speaker_reference

SPEAKER = "s-"
UNREAD = "unread"
"""The rule of the letter to a speaker who has not said that they have read their page."""
DAYS_BEFORE, AT = 2, time(9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Whom a reference's letters went to."""

    email: str
    address: str
    language: str


def unconfirmed(
    book: Almanac, recipients: Iterable[Recipient], read: Mapping[str, tuple[str, datetime]]
) -> Iterator[Owed]:
    """List the letters to speakers who have not `read` what is true now: what each has confirmed, by reference."""
    for who in recipients:
        if who.first_sent_at is None or not who.sessions or who.speaker is None:
            continue
        if not has_confirmed(book.event, who.ref, who.speaker, read):
            yield from _not_confirmed(book, who, who.first_sent_at)


def departed(
    book: Almanac,
    told: Mapping[str, Mapping[str, tuple[str, datetime]]],
    written_to: Mapping[str, Written],
    now: datetime,
) -> Iterator[Owed]:
    """List the letters to speakers of the event's earlier config, who were told hours that are still ahead."""
    present = {speaker_reference(book.event, speaker) for speaker in book.event.speakers}
    emails = {identity(speaker.email) for speaker in book.event.speakers}
    for ref, facts in told.items():
        ahead = _told_ahead(book, facts, now)
        if not ref.startswith(SPEAKER) or ref in present or not ahead or ref not in written_to:
            continue
        if written_to[ref].email not in emails:  # else somebody of the same address still speaks
            yield Owed(
                kind="released",
                person=ref,
                email=written_to[ref].email,
                to=written_to[ref].address,
                language=written_to[ref].language,
                revision=digest(repr(sorted(ahead.items()))),
                void_at=max(book.sessions[key].ends_at for key in ahead),
            )


def _told_ahead(
    book: Almanac, facts: Mapping[str, tuple[str, datetime]], now: datetime
) -> dict[str, tuple[str, datetime]]:
    """The hours somebody was told, of sessions that are not over, and never that they are off."""
    hours = {fact.removeprefix("time:"): told for fact, told in facts.items() if fact.startswith("time:")}
    return {
        key: told
        for key, told in hours.items()
        if told[0] != CANCELLED and key in book.sessions and book.sessions[key].ends_at > now
    }


def facts_of_departure(facts: Iterable[str]) -> dict[str, str | None]:
    """What somebody has been told who speaks no more: should they come back, they hear that they are expected."""
    return {fact: CANCELLED if fact.startswith("time:") else None for fact in facts}


def what_is_read(event: Event, speaker: Speaker) -> str:
    """Name what a speaker confirms: it changes with their hours, their role, the running order or the rooms."""
    sessions = [s for s in event.sessions if s.key in speaker.sessions]
    steps = [item for item in event.programme if item.session in speaker.sessions]
    rooms = [w for w in event.workshops if w.session in speaker.sessions]
    return digest(repr((speaker.role, speaker.workshops, sessions, steps, rooms, event.status)))


def has_confirmed(event: Event, ref: str, speaker: Speaker, read: Mapping[str, tuple[str, datetime]]) -> bool:
    """Tell whether a speaker has confirmed what is true now."""
    return ref in read and read[ref][0] == what_is_read(event, speaker)


def _not_confirmed(book: Almanac, who: Recipient, left: datetime) -> Iterator[Owed]:
    ahead = [book.sessions[key] for key in who.sessions if key not in book.off]
    if not ahead:
        return
    first = min(ahead, key=lambda session: session.starts_at)
    day = first.day - timedelta(days=DAYS_BEFORE)
    at = datetime.combine(day, AT, tzinfo=book.event.zone).astimezone(first.starts_at.tzinfo)
    if left > at - FRESH_LINK:
        return
    yield Owed(
        kind="host",
        person=who.ref,
        email=who.email,
        to=who.address,
        language=book.event.language,
        rule=UNREAD,
        revision=day.isoformat(),
        due_at=at,
        leave_from=at,
        wanted_by=at + timedelta(hours=1),
        void_at=first.starts_at,
    )
