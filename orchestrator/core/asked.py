"""Letters that somebody's page leads to: the link once more, and a word to speakers who have not confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta

from orchestrator.core.letters import FRESH_LINK, Almanac, Owed, Recipient, digest
from orchestrator.core.model import Event, Speaker

SOON = timedelta(minutes=1)
UNREAD = "unread"
"""The rule of the letter to a speaker who has not said that they have read their page."""
DAYS_BEFORE, AT = 2, time(9)


def requested(
    book: Almanac,
    recipients: Iterable[Recipient],
    again: Mapping[str, datetime],
    read: Mapping[str, tuple[str, datetime]] | None,
) -> Iterator[Owed]:
    """List the letters asked for again, and those to speakers who have not `read` what is true now.

    `read` is what each has confirmed, by reference; None where nobody has a page.

    Whoever was not written to yet gets their first letter, and needs no second.
    """
    for who in recipients:
        if who.first_sent_at is None or not who.sessions:
            continue
        if (at := again.get(who.ref)) is not None and at >= who.first_sent_at:
            yield _once_more(book, who, at)
        if read is not None and who.speaker is not None and not has_confirmed(book.event, who.ref, who.speaker, read):
            yield from _not_confirmed(book, who, who.first_sent_at)


def what_is_read(event: Event, speaker: Speaker) -> str:
    """Name what a speaker confirms: it changes with their hours, their role, the running order or the rooms."""
    sessions = [s for s in event.sessions if s.key in speaker.sessions]
    steps = [item for item in event.programme if item.session in speaker.sessions]
    rooms = [w for w in event.workshops if w.session in speaker.sessions]
    return digest(repr((speaker.role, speaker.workshops, sessions, steps, rooms, event.status)))


def has_confirmed(event: Event, ref: str, speaker: Speaker, read: Mapping[str, tuple[str, datetime]]) -> bool:
    """Tell whether a speaker has confirmed what is true now."""
    return ref in read and read[ref][0] == what_is_read(event, speaker)


def _once_more(book: Almanac, who: Recipient, at: datetime) -> Owed:
    return Owed(
        kind="host" if who.speaker else "link",
        person=who.ref,
        email=who.email,
        to=who.address,
        language=who.language or book.event.language,
        revision=f"again-{at:%Y%m%dT%H%M%S}",
        due_at=at,
        leave_from=at,
        wanted_by=at + SOON,
        void_at=max(book.sessions[key].ends_at for key in who.sessions),
    )


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
