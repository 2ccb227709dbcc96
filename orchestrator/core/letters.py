"""Who is owed which letter, when: decided from what people chose, what Zoom gave and what they were last told."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from orchestrator.core.meetings import SIGNING_IN, Pass, meeting_of
from orchestrator.core.model import Before, Event, Person, Reminder, Seat, Session, Speaker, identity, reference
from orchestrator.core.sending import Departure, Wave, departures

AT_ONCE = timedelta(minutes=3)
"""How soon a letter that is due at once should be through; decides its place in the queue."""
FRESH_LINK = timedelta(minutes=60)
"""Somebody whose link left less than this before a reminder's hour is not owed that reminder."""
KINDS = ("link", "room", "reminder", "host", "moved", "cancelled")
CANCELLED = "cancelled"

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
    """When the first letter (`link`, or `host` for a speaker) was accepted by the relay."""


def digest(text: str) -> str:
    """A short stand-in for a secret or long value: equal when it is equal, and tells nothing."""
    return hashlib.blake2s(text.encode(), digest_size=6).hexdigest()


def facts_for(event: Event, who: Recipient, sessions: Iterable[str] | None = None) -> dict[str, str]:
    """Say what is true now for somebody, of their sessions or of some of them."""
    facts = {}
    for key in who.sessions if sessions is None else sessions:
        session = event.session(key)
        facts[f"time:{key}"] = _time_fact(event, session)
        if event.is_cancelled(key):
            continue
        if (way := who.passes.get(meeting_of(event, key))) is not None:
            facts[f"link:{key}"] = digest(way.join_url)
        if (seat := who.seats.get(key)) is not None and seat.told_at is not None:
            facts[f"room:{key}"] = seat.workshop
    return facts


def _time_fact(event: Event, session: Session) -> str:
    if event.is_cancelled(session.key):
        return CANCELLED
    return f"{session.starts_at.isoformat()}/{session.ends_at.isoformat()}"


def has_way_in(event: Event, who: Recipient, meetings: Iterable[str]) -> bool:
    """Tell whether every open session of theirs can be entered: a personal link, or a meeting to sign in to."""
    needed = {meeting_of(event, key) for key in who.sessions if not event.is_cancelled(key)}
    if who.speaker is not None and who.speaker.role in SIGNING_IN:
        return needed <= set(meetings)
    return needed <= set(who.passes)


def owed(event: Event, who: Recipient, now: datetime, meetings: Iterable[str] = ()) -> Iterator[Owed]:
    """List every letter that one person is or will be owed, as far as can be known now."""
    if not who.sessions or not has_way_in(event, who, meetings):
        return
    if who.first_sent_at is None and not _open_sessions(event, who):
        return
    base = Owed(
        kind="link",
        person=who.ref,
        email=who.email,
        to=who.address,
        language=who.language or event.language,
        void_at=max(event.session(key).ends_at for key in who.sessions),
    )
    yield _first(base, who)
    if who.speaker is None:
        yield from _rooms(event, who, base)
    yield from _reminders(event, who, base, now)
    if who.first_sent_at is not None:
        yield from _corrections(event, who, base)


def _open_sessions(event: Event, who: Recipient) -> list[Session]:
    return [event.session(key) for key in who.sessions if not event.is_cancelled(key)]


def _first(base: Owed, who: Recipient) -> Owed:
    if who.speaker is not None:
        return replace(base, kind="host")
    at = who.registered_at
    return replace(base, due_at=at, leave_from=at, wanted_by=at + AT_ONCE if at else None)


def _rooms(event: Event, who: Recipient, base: Owed) -> Iterator[Owed]:
    tell_at = event.seating.tell_at
    for key, seat in sorted(who.seats.items()):
        if seat.told_by != "room" or event.is_cancelled(key) or key not in who.sessions:
            continue
        session = event.session(key)
        yield replace(
            base,
            kind="room",
            session=key,
            due_at=tell_at,
            leave_from=tell_at,
            void_at=session.ends_at,
            wanted_by=min(tell_at + timedelta(hours=1), session.starts_at),
        )


def due_at(event: Event, reminder: Reminder) -> datetime:
    """Resolve a reminder's rule to its instant: wall clock in the event's zone, or elapsed time before."""
    session = event.session(reminder.session)
    if isinstance(reminder.rule, Before):
        return session.starts_at - reminder.rule.lead
    day = session.day - timedelta(days=reminder.rule.days_before)
    return datetime.combine(day, reminder.rule.at, tzinfo=event.zone).astimezone(session.starts_at.tzinfo)


def _reminders(event: Event, who: Recipient, base: Owed, now: datetime) -> Iterator[Owed]:
    for reminder in event.reminders:
        if reminder.session not in who.sessions or event.is_cancelled(reminder.session):
            continue
        if reminder.audience == ("registrants" if who.speaker else "speakers"):
            continue
        at = due_at(event, reminder)
        if not _is_worth_reminding(who, at, now):
            continue
        starts_at = event.session(reminder.session).starts_at
        yield replace(
            base,
            kind="host" if who.speaker else "reminder",
            session=reminder.session,
            rule=reminder.rule.name,
            due_at=at,
            leave_from=at,
            void_at=starts_at,
            wanted_by=starts_at - AT_ONCE,
        )


def _is_worth_reminding(who: Recipient, at: datetime, now: datetime) -> bool:
    """A link that left, or can only leave, within the hour before the reminder serves as the reminder."""
    left = who.first_sent_at or now
    return left <= at - FRESH_LINK


def _corrections(event: Event, who: Recipient, base: Owed) -> Iterator[Owed]:
    changed = changed_facts(event, who)
    if not changed:
        return
    times = {fact for fact in changed if fact.startswith("time:")}
    gone = {fact for fact in times if changed[fact] == CANCELLED}
    all_gone = event.status == "cancelled" or all(event.is_cancelled(key) for key in who.sessions)
    correction = replace(base, void_at=max(base.void_at, event.last_end))
    if gone and all_gone:
        yield replace(correction, kind="cancelled", revision=_revision(who, gone, changed))
        return
    for fact in sorted(gone):
        session = fact.partition(":")[2]
        yield replace(correction, kind="cancelled", session=session, revision=_revision(who, {fact}, changed))
    if rest := set(changed) - gone:
        yield replace(correction, kind="moved", revision=_revision(who, rest, changed))


def changed_facts(event: Event, who: Recipient) -> dict[str, str]:
    """Say which facts differ from what somebody was last told; "" = no longer theirs.

    A room of the wave at tell_at is told by its own letter; links and rooms of a session that is off are no news.
    """
    true = facts_for(event, who)
    changed = {}
    for fact in sorted(set(true) | set(who.told)):
        kind, _, session = fact.partition(":")
        now, before = true.get(fact, ""), who.told.get(fact, ("", None))[0]
        if now == before or (not now and kind != "time"):
            continue
        if not before and kind == "room" and who.seats[session].told_by == "room":
            continue
        if not before and now == CANCELLED:
            continue
        changed[fact] = now
    return changed


def _revision(who: Recipient, facts: Iterable[str], changed: Mapping[str, str]) -> str:
    """Name a correction by what it changes and what was told before, so that going back is a new one."""
    parts = [f"{f}={who.told[f] if f in who.told else ''}→{changed[f]}" for f in sorted(facts)]
    return digest("\n".join(parts))


def scheduled(event: Event, letters: Iterable[Owed]) -> list[Owed]:
    """Let each wave leave early enough for the relay's quota (see sending.departures)."""
    letters = list(letters)
    plan = plan_of(event, letters)
    return [
        letter if (wave := _wave_of(letter)) is None else replace(letter, leave_from=plan[wave].leave_from)
        for letter in letters
    ]


def _wave_of(letter: Owed) -> tuple[datetime, datetime] | None:
    if letter.kind not in ("reminder", "host") or letter.due_at is None:
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
        yield Recipient(
            ref=ref,
            email=person.email,
            address=person.address,
            sessions=tuple(s.key for s in event.sessions if s.key in person.sessions),
            language=person.language,
            registered_at=person.registered_at,
            passes=passes.get(person.email, {}),
            seats=seats.get(person.email, {}),
            told=told.get(ref, {}),
            first_sent_at=first_sent.get(ref),
        )


def speaker_reference(event: Event, speaker: Speaker) -> str:
    return "s-" + reference(event.key, identity(speaker.email))


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
