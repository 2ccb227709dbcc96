"""Who is owed which letter, when: decided from what people chose, what Zoom gave and what they were last told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from orchestrator.core.facts import CANCELLED, Almanac, changed_facts, digest, enterable
from orchestrator.core.presence import PATIENCE, TOO_LATE
from orchestrator.core.recipients import FALLBACK, Recipient

AT_ONCE = timedelta(minutes=3)
"""How soon a letter that is due at once should be through; decides its place in the queue."""

AHEAD = timedelta(seconds=1)
"""Speakers are ahead of everybody who is wanted by the same instant."""

ROOM_LAST = timedelta(minutes=2)
"""A room ought to be told this long before its session; reminders of it are ahead, so that late rooms hold up none."""

FRESH_LINK = timedelta(minutes=60)
"""Somebody whose link left less than this before a reminder's hour is not owed that reminder."""

KINDS = (
    *("link", "room", "reminder", "host", "moved", "cancelled", "alert"),
    *("started", "fallback", "announce", "resend", "late", "shared", "bye", "after", "released"),
)

GRACE = timedelta(minutes=10)
"""How long after a row has gone its person is written to: it may come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A letter somebody must get. `due_at` None = at once, from the moment it is first known."""

    kind: str
    person: str
    """Recipient.ref; `email` is the identity behind it."""
    email: str
    to: str
    language: str
    void_at: datetime
    session: str = ""
    rule: str = ""
    revision: str = "1"
    due_at: datetime | None = None
    leave_from: datetime | None = None
    wanted_by: datetime | None = None

    def key(self, event: str) -> str:
        """The natural key: one letter, ever."""
        parts = (event, self.kind, self.session or "-", self.rule or "-", self.person, self.revision)
        return "/".join(parts)


def owed(book: Almanac, who: Recipient, now: datetime, meetings: Collection[str] = ()) -> Iterator[Owed]:
    """List every letter that one person is or will be owed, as far as can be known now.

    The first waits until every session of theirs that is not over can be entered; from then on none waits for another.
    """
    ways = enterable(book, who, meetings)
    over = {key for key in who.sessions if book.sessions[key].ends_at <= now}
    ready = ways.union(book.off, over).issuperset(who.sessions)
    if not who.sessions or (who.first_sent_at is None and not (ready and ways - over)):
        return
    write = partial(
        Owed,
        person=who.ref,
        email=who.email,
        to=who.address,
        language=who.language or book.event.language,
    )
    void_at = max(book.sessions[key].ends_at for key in who.sessions)
    yield _first(write, who, void_at)
    if who.speaker is None:
        yield from _rooms(book, who, write, ways)
        yield from _missed(book, who, write, ways)
    yield from _reminders(book, who, write, ways, now)
    if who.first_sent_at is not None:
        yield from _corrections(book, who, write, ready=ready, is_over=over.union(book.off).issuperset(who.sessions))


Write = Callable[..., Owed]


def _first(write: Write, who: Recipient, void_at: datetime) -> Owed:
    if who.speaker is not None:
        return write(kind="host", void_at=void_at)
    at = who.registered_at
    return write(
        kind="link",
        void_at=void_at,
        revision=who.revision,
        due_at=at,
        leave_from=at,
        wanted_by=at + AT_ONCE if at else None,
    )


def _rooms(book: Almanac, who: Recipient, write: Write, sessions: Collection[str]) -> Iterator[Owed]:
    tell_at = book.event.seating.tell_at
    for key, seat in sorted(who.seats.items()):
        if seat.told_by != "room" or key not in sessions:
            continue
        session = book.sessions[key]
        yield write(
            kind="room",
            session=key,
            due_at=tell_at,
            leave_from=tell_at,
            void_at=session.ends_at,
            wanted_by=session.starts_at - ROOM_LAST,
        )


def _missed(book: Almanac, who: Recipient, write: Write, sessions: Collection[str]) -> Iterator[Owed]:
    """Fetch whoever had their link before a session began and is not seen in it, once the host is there."""
    for key in sorted(sessions):
        session, meeting = book.sessions[key], book.meeting[key]
        since = book.live.open_since.get(meeting)
        told_before = who.first_sent_at is not None and who.first_sent_at < session.starts_at
        if since is None or not told_before or book.live.saw(meeting, who.email, session.doors_at):
            continue
        at, void_at = max(session.starts_at, since) + PATIENCE, session.starts_at + TOO_LATE
        if at < void_at:
            yield write(kind="started", session=key, due_at=at, leave_from=at, wanted_by=at, void_at=void_at)


def _reminders(book: Almanac, who: Recipient, write: Write, sessions: Collection[str], now: datetime) -> Iterator[Owed]:
    """A link that left, or can only leave, within the hour before a reminder serves as that reminder."""
    left = who.first_sent_at or now
    not_mine = "registrants" if who.speaker else "speakers"
    for reminder, rule, at in book.hours:
        if reminder.session not in sessions or reminder.audience == not_mine or left > at - FRESH_LINK:
            continue
        starts_at = book.sessions[reminder.session].starts_at
        yield write(
            kind="host" if who.speaker else "reminder",
            session=reminder.session,
            rule=rule,
            revision=at.astimezone(book.event.zone).date().isoformat(),
            due_at=at,
            leave_from=at,
            void_at=starts_at,
            wanted_by=starts_at - AT_ONCE,
        )


def _corrections(book: Almanac, who: Recipient, write: Write, *, ready: bool, is_over: bool) -> Iterator[Owed]:
    changed = changed_facts(book, who)
    if FALLBACK in changed:
        if not is_over:
            yield _plan_b(book, who, write, changed)
        del changed[FALLBACK]
    if not changed:
        return
    gone = {fact for fact, now in changed.items() if now == CANCELLED}
    void_at = book.event.last_end
    if gone and book.off.issuperset(who.sessions):
        yield write(kind="cancelled", void_at=void_at, revision=_revision(who, gone, changed))
        return
    for fact in sorted(gone):
        session = fact.partition(":")[2]
        yield write(kind="cancelled", void_at=void_at, session=session, revision=_revision(who, {fact}, changed))
    if ready and (rest := changed.keys() - gone):
        yield write(kind="moved", void_at=void_at, revision=_revision(who, rest, changed))


def _plan_b(book: Almanac, who: Recipient, write: Write, changed: Mapping[str, str]) -> Owed:
    """Tell where everybody meets now, or that it is Zoom again."""
    return write(kind="fallback", void_at=book.event.last_end, revision=_revision(who, {FALLBACK}, changed))


def _revision(who: Recipient, facts: Iterable[str], changed: Mapping[str, str]) -> str:
    """Name a correction by what it changes and what was told when, so that going back is a new one."""
    parts = [f"{fact}={_as_told(who, fact)}→{changed[fact]}" for fact in sorted(facts)]
    return digest("\n".join(parts))


def _as_told(who: Recipient, fact: str) -> str:
    if fact not in who.told:
        return ""
    value, at = who.told[fact]
    return f"{value} {at.timestamp():.6f}"
