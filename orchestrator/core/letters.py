"""Who is owed which letter, when: decided from what people chose, what Zoom gave and what they were last told."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from orchestrator.core.meetings import SIGNING_IN, Pass, meetings_of, signing_in
from orchestrator.core.model import Before, Event, Person, Reminder, Seat, Session, Speaker, identity, reference
from orchestrator.core.presence import NOTHING_KNOWN, PATIENCE, TOO_LATE, Live
from orchestrator.core.sending import Departure, Wave, departures

AT_ONCE = timedelta(minutes=3)
"""How soon a letter that is due at once should be through; decides its place in the queue."""
ROOM_LAST = timedelta(minutes=2)
"""A room ought to be told this long before its session; reminders of it are ahead, so that late rooms hold up none."""
FRESH_LINK = timedelta(minutes=60)
"""Somebody whose link left less than this before a reminder's hour is not owed that reminder."""
KINDS = (
    *("link", "room", "reminder", "host", "moved", "cancelled", "alert"),
    *("started", "fallback", "announce", "resend", "late", "shared", "bye", "after", "released"),
)
CANCELLED = "cancelled"
FALLBACK, BYE = "fallback:", "bye:"
"""Facts of no session: that plan B is on, and that somebody was told they are no longer registered."""
GRACE = timedelta(minutes=10)
"""How long after a row has gone its person is written to: it may come back."""

Facts = Mapping[str, str]
"""What somebody is told: `time:<session>`, `link:<session>`, `room:<session>` → a value that changes with it."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """All that decides what one person is owed. `ref` names them in keys; a speaker's begins with `s-`."""

    ref: str
    email: str
    address: str
    sessions: tuple[str, ...]
    language: str = ""
    registered_at: datetime | None = None
    speaker: Speaker | None = None
    passes: Mapping[str, Pass] = field(default_factory=dict)
    """By meeting."""
    seats: Mapping[str, Seat] = field(default_factory=dict)
    """By session."""
    told: Mapping[str, tuple[str, datetime]] = field(default_factory=dict)
    """What the letters sent so far told, and when."""
    first_sent_at: datetime | None = None
    """When the first letter (`link`, or `host` for a speaker) was accepted by the relay; None for who came back."""
    zone: str = ""
    """Where they are, by IANA's name; "" = where the event is."""
    gone_at: datetime | None = None
    """When they withdrew."""

    @property
    def revision(self) -> str:
        """Number the first letter anew for somebody who left, was told so, and came back."""
        said = self.told.get(BYE)
        return "1" if said is None else f"{said[1].timestamp():.0f}"


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


def due_at(event: Event, reminder: Reminder) -> datetime:
    """Resolve a reminder's rule to its instant: wall clock in the event's zone, or elapsed time before."""
    session = event.session(reminder.session)
    if isinstance(reminder.rule, Before):
        return session.starts_at - reminder.rule.lead
    day = session.day - timedelta(days=reminder.rule.days_before)
    return datetime.combine(day, reminder.rule.at, tzinfo=event.zone).astimezone(session.starts_at.tzinfo)


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


def _revision(who: Recipient, facts: Iterable[str], changed: Mapping[str, str]) -> str:
    """Name a correction by what it changes and what was told when, so that going back is a new one."""
    parts = [f"{fact}={_as_told(who, fact)}→{changed[fact]}" for fact in sorted(facts)]
    return digest("\n".join(parts))


def _as_told(who: Recipient, fact: str) -> str:
    if fact not in who.told:
        return ""
    value, at = who.told[fact]
    return f"{value} {at.timestamp():.6f}"


def scheduled(event: Event, letters: Iterable[Owed]) -> list[Owed]:
    """Let each wave leave early enough for the relay's quota (see sending.departures)."""
    letters = list(letters)
    plan = plan_of(event, letters)
    early = {wave: found.leave_from for wave, found in plan.items() if found.leave_from < wave[0]}
    if not early:
        return letters
    return [
        replace(letter, leave_from=early[wave])
        if (wave := _wave_of(letter)) in early and letter.kind != "room"  # no room is told before its hour
        else letter
        for letter in letters
    ]


def _wave_of(letter: Owed) -> tuple[datetime, datetime] | None:
    if letter.kind not in ("reminder", "host", "room") or letter.due_at is None:
        return None
    return letter.due_at, letter.void_at


def plan_of(event: Event, letters: Iterable[Owed]) -> dict[tuple[datetime, datetime], Departure]:
    """Plan the departures of all waves with a deadline, by (due_at, void_at)."""
    counts = Counter(wave for letter in letters if (wave := _wave_of(letter)) is not None)
    waves = {wave: Wave(due_at=wave[0], void_at=wave[1], letters=n) for wave, n in counts.items()}
    planned = departures(waves.values(), event.quota)
    return {wave: planned[waves[wave]] for wave in waves}


def people_as_recipients(
    event: Event,
    people: Iterable[Person],
    passes: Mapping[str, Mapping[str, Pass]],
    seats: Mapping[str, Mapping[str, Seat]],
    told: Mapping[str, Mapping[str, tuple[str, datetime]]],
    first_sent: Mapping[str, datetime],
) -> Iterator[Recipient]:
    """Bring together what decides each person's letters; passes and seats by e-mail, the rest by reference."""
    for person in people:
        ref = reference(event.key, person.email)
        mine = told.get(ref, {})
        yield Recipient(
            ref=ref,
            email=person.email,
            address=person.address,
            sessions=tuple(s.key for s in event.sessions if s.key in person.sessions),
            language=person.language,
            registered_at=person.registered_at,
            passes=passes.get(person.email, {}),
            seats=seats.get(person.email, {}),
            told=mine,
            first_sent_at=_since_return(first_sent.get(ref), mine),
            zone=person.timezone,
        )


def _since_return(first_sent: datetime | None, told: Mapping[str, tuple[str, datetime]]) -> datetime | None:
    """A first letter from before they left and were told so does not count any more."""
    said = told.get(BYE)
    return None if first_sent is None or (said is not None and said[1] >= first_sent) else first_sent


def speaker_reference(event: Event, speaker: Speaker) -> str:
    """Name a speaker in keys; several who share an address are told apart by their order in the config."""
    email = identity(speaker.email)
    same = [s for s in event.speakers if identity(s.email) == email]
    nth = same.index(speaker) if speaker in same else 0
    return "s-" + reference(event.key, email + (f"#{nth}" if nth else ""))


def speakers_as_recipients(
    event: Event,
    passes: Mapping[str, Mapping[str, Pass]],
    told: Mapping[str, Mapping[str, tuple[str, datetime]]],
    first_sent: Mapping[str, datetime],
) -> Iterator[Recipient]:
    """The same for speakers, hosts and facilitators; somebody who also registered is both."""
    for speaker in event.speakers:
        email, ref = identity(speaker.email), speaker_reference(event, speaker)
        yield Recipient(
            ref=ref,
            email=email,
            address=speaker.email.strip(),
            sessions=tuple(s.key for s in event.sessions if s.key in speaker.sessions),
            speaker=speaker,
            passes=passes.get(email, {}),
            told=told.get(ref, {}),
            first_sent_at=first_sent.get(ref),
        )
