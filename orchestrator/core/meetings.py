"""What Zoom should hold: the meetings an event needs, and the change from what is found to what is wanted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from orchestrator.core.model import Event, Person, Seat, Session, Speaker, identity

TOPIC_LENGTH = 200
AGENDA_LENGTH = 1999
"""Zoom's 2,000, less the space between tag and text."""
NAME_LENGTH = 64
BATCH = 30
"""Registrants per batch call (Zoom: POST /meetings/{id}/batch_registrants)."""
FREEZE = timedelta(minutes=5)
"""Before the rooms' hour: from then on the host sheet is the truth, not Zoom."""
SIGNING_IN = ("host", "alternative-host")
"""Roles that sign in to Zoom; Zoom refuses to register them (code 3027)."""
_CODE = re.compile(r"[^\w{}]*\{code\}[^\w{}]*")
"""The code in `name_in_zoom`, with what sets it apart from the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    name: str
    emails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingSpec:
    """A scheduled meeting as wanted. Registration is always on, approved by us, silent and open to guests."""

    tag: str
    """First in the agenda, so that a meeting can be recognised as ours: `[orchestrator:event/meeting]`."""
    host: str
    topic: str
    agenda: str
    starts_at: datetime
    minutes: int
    timezone: str
    rooms: tuple[Room, ...] = ()
    alternative_hosts: tuple[str, ...] = ()
    waiting_room: bool = False
    recording: Literal["none", "local", "cloud"] = "none"
    several_devices: bool = True
    contact_name: str = ""
    contact_email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number to join by telephone, as Zoom gives it."""

    country: str
    number: str
    city: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A meeting as Zoom holds it. `oddities` are fixed policies Zoom did not keep, in the organiser's words."""

    zoom_id: str
    spec: MeetingSpec
    passcode: str = ""
    phones: tuple[Phone, ...] = ()
    status: str = ""
    uuid: str = ""
    """Of the run that is on or to come: Zoom gives each a new one."""
    has_host_key: bool = False
    """Zoom gave a key that makes anybody the host of this meeting; it is never kept."""
    oddities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """Any meeting of a host, ours or not, as lists show it."""

    zoom_id: str
    topic: str
    agenda: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrant:
    """Somebody to register at Zoom, under the name they show."""

    email: str
    first_name: str
    last_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One person's way into one meeting: Zoom's registrant id and the personal link."""

    email: str
    registrant_id: str
    join_url: str


FIELDS = {
    "host": ("hôte", "host"),
    "topic": ("titre", "title"),
    "agenda": ("description", "description"),
    "starts_at": ("début", "start"),
    "minutes": ("durée en minutes", "minutes"),
    "timezone": ("fuseau horaire", "time zone"),
    "rooms": ("salles", "rooms"),
    "alternative_hosts": ("hôtes de remplacement", "alternative hosts"),
    "waiting_room": ("salle d'attente", "waiting room"),
    "recording": ("enregistrement", "recording"),
    "several_devices": ("plusieurs appareils", "several devices"),
    "contact_name": ("contact", "contact"),
    "contact_email": ("adresse de contact", "contact address"),
    "tag": ("marque de ce service dans la description", "this service's mark in the description"),
    "people": ("inscrits", "registrants"),
}
"""What people call the fields of a meeting, in French and English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """A meeting Zoom should hold and does not."""

    meeting: str
    spec: MeetingSpec

    def __str__(self) -> str:
        return f"créer la réunion « {self.spec.topic} » ({self.spec.minutes} min, {len(self.spec.rooms)} salles)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revise:
    """A meeting that differs from what is wanted in the named fields."""

    meeting: str
    spec: MeetingSpec
    changed: frozenset[str]

    def __str__(self) -> str:
        names = sorted(FIELDS[field][0] if field in FIELDS else field for field in self.changed)
        return f"modifier la réunion « {self.spec.topic} » : {', '.join(names)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """A meeting nobody needs any more."""

    meeting: str

    def __str__(self) -> str:
        return f"supprimer la réunion {self.meeting}"


Change = Create | Revise | Cancel


def meetings_of(event: Event) -> dict[str, tuple[Session, ...]]:
    """Say which meeting covers which sessions; keys stay the same when the event moves to another day."""
    ordered = sorted(event.sessions, key=lambda s: (s.starts_at, s.key))
    if event.zoom.meetings == "one-per-session":
        return {session.key: (session,) for session in ordered}
    days = sorted({session.day for session in ordered})
    return {
        f"day-{n}": tuple(session for session in ordered if session.day == day) for n, day in enumerate(days, start=1)
    }


def meeting_of(event: Event, session: str) -> str:
    """Name the meeting that a session is held in."""
    return next(key for key, sessions in meetings_of(event).items() if session in {s.key for s in sessions})


def tag_of(event: Event, meeting: str) -> str:
    return f"[orchestrator:{event.key}/{meeting}]"


def spec_for(event: Event, meeting: str, now: datetime, seats: Iterable[Seat] = ()) -> MeetingSpec | None:
    """Say what a meeting should be; None when all its sessions are cancelled.

    Rooms hold the people whose seat was told; Zoom keeps one set of rooms a meeting, so it is that of the
    first session with workshops that is not over.
    """
    sessions = [s for s in meetings_of(event).get(meeting, ()) if not event.is_cancelled(s.key)]
    if not sessions:
        return None
    starts_at, ends_at = min(s.starts_at for s in sessions), max(s.ends_at for s in sessions)
    return MeetingSpec(
        tag=tag_of(event, meeting),
        host=identity(event.zoom.host),
        topic=event.title[:TOPIC_LENGTH].strip(),
        agenda=" · ".join(s.title for s in sessions)[: AGENDA_LENGTH - len(tag_of(event, meeting))].strip(),
        starts_at=starts_at,
        minutes=int((ends_at - starts_at).total_seconds() // 60),
        timezone=event.timezone,
        rooms=_rooms(event, _session_of_rooms(event, sessions, now), tuple(seats)),
        alternative_hosts=_alternative_hosts(event, {s.key for s in sessions}),
        waiting_room=event.zoom.waiting_room,
        recording=event.zoom.recording,
        several_devices=event.zoom.several_devices,
        contact_name=event.organiser.name.strip(),
        contact_email=identity(event.organiser.email),
    )


def _session_of_rooms(event: Event, sessions: Sequence[Session], now: datetime) -> str | None:
    with_rooms = [s.key for s in sessions if event.workshops_of(s.key)]
    ahead = [key for key in with_rooms if event.session(key).ends_at > now]
    return next(iter(ahead or with_rooms[-1:]), None)


def _rooms(event: Event, session: str | None, seats: Sequence[Seat]) -> tuple[Room, ...]:
    if session is None:
        return ()
    seated = {s.person for s in seats if s.session == session and s.told_at}
    rooms = []
    for workshop in sorted(event.workshops_of(session), key=lambda w: w.code):
        inside = {s.person for s in seats if s.workshop == workshop.key and s.session == session and s.told_at}
        if inside:
            inside |= {identity(s.email) for s in event.speakers if workshop.key in s.workshops} - seated
        rooms.append(Room(name=workshop.room, emails=tuple(sorted(inside))))
    return tuple(rooms)


def _alternative_hosts(event: Event, sessions: Collection[str]) -> tuple[str, ...]:
    return tuple(
        sorted(
            {
                identity(s.email)
                for s in event.speakers
                if s.role == "alternative-host" and set(s.sessions) & set(sessions)
            }
            - {identity(event.zoom.host)}
        )
    )


def differences(wanted: MeetingSpec, other: MeetingSpec) -> frozenset[str]:
    """Name the fields in which two specs differ."""
    return frozenset(f.name for f in fields(MeetingSpec) if getattr(wanted, f.name) != getattr(other, f.name))


def rooms_frozen(event: Event, meeting: str, now: datetime) -> bool:
    """Tell whether the rooms of a meeting may no longer be changed: from 5 minutes before they open."""
    return any(
        w.opens_at - FREEZE <= now < session.ends_at
        for session in meetings_of(event).get(meeting, ())
        for w in event.workshops_of(session.key)
    )


def why_not_swapped(event: Event, now: datetime) -> Iterator[str]:
    """Say, where sessions share a meeting but not their workshops, when Zoom gets which rooms and what it cannot do.

    Zoom keeps one set of rooms a meeting, and may pass over a change while it is on (support.zoom.com KB0061353).
    """
    for sessions in meetings_of(event).values():
        with_rooms = [s for s in sessions if event.workshops_of(s.key) and not event.is_cancelled(s.key)]
        for before, after in pairwise(with_rooms):
            if after.ends_at <= now:
                continue
            hour = f"{before.ends_at.astimezone(event.zone):%Hh%M}"
            opens = min(w.opens_at for w in event.workshops_of(after.key))
            if before.ends_at > opens - FREEZE:
                yield (
                    f"les salles de « {after.title} » ne pourront pas être envoyées à Zoom : elles ouvrent avant la fin"
                    f" de « {before.title} » ({hour}) → l'animation les crée d'après orchestrator sheet, ou"
                    ' zoom.meetings = "one-per-session"'
                )
            else:
                yield (
                    f"une seule réunion, un seul jeu de salles à la fois : Zoom reçoit celles de « {after.title} » à"
                    f" {hour} ; si la réunion est encore ouverte, Zoom peut les ignorer → l'animation les recrée"
                    " d'après orchestrator sheet"
                )


def with_rooms_of(spec: MeetingSpec, applied: MeetingSpec) -> MeetingSpec:
    """Leave the rooms as they were last sent."""
    return replace(spec, rooms=applied.rooms)


def signing_in(event: Event) -> frozenset[str]:
    """Name who enters by signing in to Zoom: the host and the alternative hosts, whom Zoom refuses to register."""
    hosts = {identity(s.email) for s in event.speakers if s.role in SIGNING_IN}
    return frozenset(hosts | {identity(event.zoom.host)})


def registrants(event: Event, meeting: str, people: Iterable[Person], seats: Iterable[Seat]) -> list[Registrant]:
    """List whom Zoom should let in by a personal link: people and speakers, never those who sign in to Zoom."""
    sessions = {s.key for s in meetings_of(event).get(meeting, ()) if not event.is_cancelled(s.key)}
    never = signing_in(event)
    codes = {s.person: event.workshop(s.workshop).code for s in seats if s.told_at and s.session in sessions}
    wanted = {
        p.email: _as_shown(event, p, codes.get(p.email, ""))
        for p in people
        if sessions & set(p.sessions) and p.email not in never
    }
    for speaker in event.speakers:
        email = identity(speaker.email)
        if sessions & set(speaker.sessions) and email not in never:
            wanted.setdefault(email, _speaker_as_shown(speaker))
    return [wanted[email] for email in sorted(wanted)]


def _as_shown(event: Event, person: Person, code: str) -> Registrant:
    """Write somebody's name as the organiser wants it; Zoom shows the first name, a space and the last name."""
    pattern = event.zoom.name_in_zoom if code else _CODE.sub(" ", event.zoom.name_in_zoom).strip()
    if person.shown_as:
        pattern = "{code} · {first}" if "{code}" in pattern else "{first}"
    first = person.shown_as or person.first_name or person.last_name
    last = person.last_name if person.first_name else ""
    start = pattern.removesuffix(" {last}")
    shown = " ".join(start.format(first=first, last=last, code=code).split()).strip(" ,") or first
    rest = last if start != pattern else ""
    return Registrant(email=person.email, first_name=shown[:NAME_LENGTH], last_name=rest[:NAME_LENGTH])


def _speaker_as_shown(speaker: Speaker) -> Registrant:
    first, _, last = speaker.name.partition(" ")
    return Registrant(email=identity(speaker.email), first_name=first[:NAME_LENGTH], last_name=last[:NAME_LENGTH])
