"""Judges a rehearsed event: each promise, held or broken and for whom, from what the relay and Zoom really got."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.core.facts import due_at
from orchestrator.core.letters import FRESH_LINK
from orchestrator.core.meetings import meeting_of, signing_in
from orchestrator.core.model import Reminder, identity, reference
from orchestrator.core.recipients import speaker_reference
from orchestrator.rehearsal import aftermath
from orchestrator.rehearsal.evidence import Day, Line, at
from orchestrator.rehearsal.source import first_arrivals

IN_TIME = timedelta(minutes=3)
"""Somebody registered at least this long before a session must have their link before it starts."""

NAMING_THE_ROOM = ("link", "room", "moved", "reminder", "started", "resend")
DEADLINED = ("started", "announce", "fallback", "resend", "late", "shared", "bye")
"""Kinds whose deadline is their letter's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    name: str
    broken_for: tuple[str, ...]

    @property
    def held(self) -> bool:
        return not self.broken_for


def judge(day: Day) -> list[Promise]:
    """Hold the day against every promise."""
    return [Promise(name=name, broken_for=tuple(dict.fromkeys(broken(day)))) for name, broken in PROMISES.items()]


def _link_before_session(day: Day) -> Iterator[str]:
    """From the form itself: whoever could be read in time must hold their own link when their session starts."""
    event = day.event
    for email, arrival in sorted(first_arrivals(day.evidence.arrivals).items()):
        if email in signing_in(event):
            continue  # no link is theirs: their letter says to sign in to Zoom
        person = day.people.get(email)
        sessions = person.sessions if person else arrival.answer.sessions if arrival.answer else ()
        for key in sessions:
            session = event.session(key)
            if event.is_cancelled(key) or arrival.at > session.starts_at - IN_TIME:
                continue
            way = day.ways.get(meeting_of(event, key), {}).get(email)
            if way is None or not way.join_url or not _got_link(day, email, way.join_url, session.starts_at):
                yield email


def _got_link(day: Day, email: str, link: str, before: datetime) -> bool:
    return any(at(line) < before and link in day.text(line) for line in day.to.get(email, ()))


def _reminder_on_time(day: Day) -> Iterator[str]:
    for reminder, email, key in _reminders_owed(day):
        session = day.event.session(reminder.session)
        lines = day.accepted.get(key, [])
        delivery = day.by_key.get(key)
        leave_from = delivery.leave_from if delivery else due_at(day.event, reminder)
        if not lines or not all(leave_from <= at(line) < session.starts_at for line in lines):
            yield email


def _reminders_owed(day: Day) -> Iterator[tuple[Reminder, str, str]]:
    """Every reminder somebody must get: their link had left at least an hour before its hour, or never left."""
    event = day.event
    first_link = {identity(line["to"]): at(line) for line in reversed(day.evidence.letters) if line["kind"] == "link"}
    arrived = first_arrivals(day.evidence.arrivals)
    for reminder in event.reminders:
        if reminder.audience == "speakers" or event.is_cancelled(reminder.session):
            continue
        for email, person in sorted(day.people.items()):
            hour = due_at(event, reminder)
            known_at = first_link.get(email) or (arrived[email].at if email in arrived else hour)
            if reminder.session in person.sessions and known_at <= hour - FRESH_LINK:
                ref = reference(event.key, email)
                day_of = hour.astimezone(event.zone).date().isoformat()
                yield reminder, email, f"{event.key}/reminder/{reminder.session}/{reminder.rule.name}/{ref}/{day_of}"


def _never_twice(day: Day) -> Iterator[str]:
    """No second acceptance, but byte-equal copies marked in doubt, at most one a connection and kill."""
    copies = 0
    for key, lines in sorted(day.accepted.items()):
        if len(lines) == 1:
            continue
        copies += len(lines) - 1
        bodies = {(day.evidence.out / line["file"]).read_bytes() for line in lines}
        delivery = day.by_key[key]
        if len(bodies) > 1 or delivery.in_doubt < len(lines) - 1:
            yield delivery.address
    once = Counter((line["to"], line["kind"], line["session"], line["rule"]) for line in _distinct(day))
    yield from sorted({to for (to, kind, *_), n in once.items() if n > 1 and kind in ("link", "room", "reminder")})
    if copies > day.evidence.kills * day.evidence.connections:
        yield f"{copies} copies pour {day.evidence.kills} arrêts"


def _distinct(day: Day) -> list[Line]:
    return list({line["message_id"]: line for line in day.evidence.letters}.values())


def _never_late(day: Day) -> Iterator[str]:
    for line in day.evidence.letters:
        delivery = day.by_message.get(line["message_id"])
        if delivery is None:
            continue
        if delivery.rule and at(line) >= day.event.session(delivery.session).starts_at:
            yield delivery.address
        if delivery.kind in DEADLINED and at(line) >= delivery.void_at:
            yield delivery.address


def _speakers_told(day: Day) -> Iterator[str]:
    event = day.event
    for speaker in event.speakers:
        open_sessions = [event.session(key) for key in speaker.sessions if not event.is_cancelled(key)]
        if not open_sessions:
            continue
        ref, before = speaker_reference(event, speaker), min(s.starts_at for s in open_sessions)
        lines = [line for key, found in day.accepted.items() if f"/{ref}/" in key and "/host/" in key for line in found]
        if not any(at(line) < before for line in lines):
            yield speaker.name


def _rooms_agree(day: Day) -> Iterator[str]:
    """Seat in the store = room in Zoom = room in the newest letter; told after the freeze: the host sheet, not Zoom."""
    rooms = _rooms_at_zoom(day)
    for (session, email), seat in sorted(day.seats.items()):
        if seat.told_at is None or day.event.is_cancelled(session):
            continue
        workshop = day.event.workshop(seat.workshop)
        frozen_at = workshop.opens_at - timedelta(minutes=5)
        in_zoom = seat.told_at >= frozen_at or email in rooms.get(workshop.room, ())
        if not in_zoom or not _newest_letter_says(day, email, session, workshop.room):
            yield email


def _rooms_at_zoom(day: Day) -> dict[str, set[str]]:
    rooms: dict[str, set[str]] = defaultdict(set)
    for meeting in day.evidence.zoom_meetings:
        for room in meeting.get("settings", {}).get("breakout_room", {}).get("rooms", []):
            rooms[room["name"]] |= {identity(email) for email in room.get("participants", [])}
    return rooms


def _newest_letter_says(day: Day, email: str, session: str, room: str) -> bool:
    told = [line for line in day.to.get(email, ()) if line["kind"] in NAMING_THE_ROOM]
    over = day.event.session(session).ends_at  # what is written afterwards is about the sessions to come
    about = [line for line in told if line["session"] in (None, session) and at(line) < over]
    return bool(about) and room in " ".join(day.text(max(about, key=at)).split())


PROMISES: Mapping[str, Callable[[Day], Iterator[str]]] = {
    "link-before-session": _link_before_session,
    "reminder-on-time": _reminder_on_time,
    "never-twice": _never_twice,
    "never-late": _never_late,
    "speakers-told": _speakers_told,
    "rooms-agree": _rooms_agree,
    **aftermath.PROMISES,
}
