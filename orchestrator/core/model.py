"""The nouns of the house: frozen values, every instant aware and in UTC."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

Status = Literal["open", "cancelled"]
Role = Literal["host", "alternative-host", "speaker", "facilitator"]
Audience = Literal["registrants", "speakers", "all"]
IfSilent = Literal["send", "hold"]
"""What becomes of a link or a reminder whose approval nobody gave in time."""
Wishes = tuple[tuple[str, ...], ...]
"""Workshop keys, best rank first; the keys of one rank are wished equally."""

ROOM_NAME_LENGTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Organiser:
    name: str
    email: str
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supporter:
    name: str
    logo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    key: str
    title: str
    starts_at: datetime
    ends_at: datetime
    doors_at: datetime
    day: date
    """The local day it is held on, in the event's zone."""
    status: Status = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeItem:
    session: str
    at: datetime
    title: str
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    key: str
    session: str
    code: str
    title: str
    short: str
    seats: int
    opens_at: datetime
    aliases: tuple[str, ...] = ()
    minimum: int = 0
    """Below so many people it is closed; 0 = never."""
    same_as: str = ""
    """The key of a workshop of another session with the same contents: nobody is in both."""

    @property
    def room(self) -> str:
        """The breakout room's name in Zoom; codes first so that rooms sort."""
        return f"{self.code} – {self.short}"[:ROOM_NAME_LENGTH].rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    name: str
    email: str
    role: Role
    sessions: tuple[str, ...]
    workshops: tuple[str, ...] = ()
    affiliation: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTheDay:
    """On the wall clock of the event, some days before the session."""

    at: time
    days_before: int = 0

    @property
    def name(self) -> str:
        return f"at-{self.at:%H:%M}" + (f"-{self.days_before}d" if self.days_before else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A lead before the session starts, in elapsed time."""

    lead: timedelta

    @property
    def name(self) -> str:
        return f"before-{int(self.lead.total_seconds() // 60)}min"


Rule = OnTheDay | Before


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    session: str
    rule: Rule
    audience: Audience = "registrants"
    approve: bool = False
    """Wait for the organiser's word."""
    if_silent: IfSilent = "send"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seating:
    wishes_until: datetime
    tell_at: datetime
    aim: Literal["nobody-badly", "most-satisfied"] = "nobody-badly"
    seed: str = ""
    held_back: int = 0
    """Places of each workshop kept for those who register after tell_at."""
    keep_together: tuple[frozenset[str], ...] = ()
    """E-mails of people who sit in one workshop; likewise `keep_apart`, in different ones."""
    keep_apart: tuple[frozenset[str], ...] = ()
    same_room: tuple[str, ...] = ()
    """Words for an accessibility measure: all whose needs have the word sit in one workshop."""
    mix: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Publics by name, with the words of the organisation that tell them."""
    mix_at_most: int = 0
    """How many people of a session may get a lower wish for the sake of mixing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoomWishes:
    """How the organiser wants the meetings, in our words."""

    host: str
    meetings: Literal["one-per-day", "one-per-session"] = "one-per-day"
    waiting_room: bool = False
    recording: Literal["none", "local", "cloud"] = "none"
    several_devices: bool = True
    name_in_zoom: str = "{first} {last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What the relay lets through; 0 = no limit."""

    per_minute: int = 0
    per_hour: int = 0
    per_day: int = 0
    per_hour_to: Mapping[str, int] = field(default_factory=dict, hash=False)
    """By domain, in lower case: what it takes in an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWishes:
    """How the organiser wants the letters."""

    light: frozenset[str] = frozenset()
    """Domains whose filters are strict: their letters carry no file. In lower case."""
    approve_rooms: bool = False
    if_silent: IfSilent = "send"


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """The letter after the event. A link that is None is not promised; one that is "" is promised and not there yet."""

    at: datetime
    slides: str | None = None
    replay: str | None = None
    """`auto`: found in Zoom's cloud."""
    survey: str | None = None
    verify_url: str = ""
    """Where the page that checks certificates was put; "" = on the service's own pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    key: str
    title: str
    date: date
    timezone: str
    organiser: Organiser
    sessions: tuple[Session, ...]
    seating: Seating
    zoom: ZoomWishes
    status: Status = "open"
    language: str = "fr"
    supporters: tuple[Supporter, ...] = ()
    fallback_url: str = ""
    programme: tuple[ProgrammeItem, ...] = ()
    workshops: tuple[Workshop, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    form_url: str = ""
    closes_at: datetime | None = None
    limit: int = 0
    mail_from: str = ""
    reply_to: str = ""
    quota: Quota = field(default_factory=Quota)
    letters: LetterWishes = field(default_factory=LetterWishes)
    controller: str = ""
    dpo: str = ""
    people_days: int = 30
    letters_days: int = 7
    links_hours: int = 24
    attendance_days: int = 365
    invitations_days: int = 1095
    """How long whoever wants the next invitation is kept: three years, as the CNIL asks of contacts."""
    attendance_minutes: int = 0
    """How long one must have been in a session to have come; 0 = `attendance_share` of it."""
    attendance_share: float = 0.5
    after: After | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def first_start(self) -> datetime:
        return min(s.starts_at for s in self.sessions)

    @property
    def last_end(self) -> datetime:
        return max(s.ends_at for s in self.sessions)

    @property
    def seed(self) -> str:
        return self.seating.seed or self.key

    def session(self, key: str) -> Session:
        return next(s for s in self.sessions if s.key == key)

    def workshop(self, key: str) -> Workshop:
        return next(w for w in self.workshops if w.key == key)

    def workshops_of(self, session: str) -> tuple[Workshop, ...]:
        return tuple(w for w in self.workshops if w.session == session)

    def is_cancelled(self, session: str) -> bool:
        return self.status == "cancelled" or self.session(session).status == "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One usable row of the form, in our words. `line` is the row's line in the source, header = 1."""

    line: int
    address: str
    first_name: str
    last_name: str = ""
    submitted_at: datetime | None = None
    sessions: tuple[str, ...] = ()
    wishes: Mapping[str, Wishes] = field(default_factory=dict)
    shown_as: str = ""
    organisation: str = ""
    needs: str = ""
    language: str = ""
    timezone: str = ""
    """Where they are, by IANA's name; "" = where the event is."""
    withdrawn: bool = False
    """They say that they do not come any more."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """What of the other columns is kept, by their titles: those declared with a purpose."""
    next_invitation: bool = False
    """They ask to be invited next time; only an explicit yes counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something odd in the source, what it was taken for and what to do; `code` names its kind in scripts."""

    line: int
    code: str
    message: str
    remedy: str = ""
    address: str = ""
    """Whose answer is to be decided on, as it is in the source; empty where there is nothing to decide."""
    instead: str = ""
    """The address that answer may be read with."""
    keep: str = ""
    """The address that may be declared right as it is."""
    name: str = ""
    """Which of the answers with that address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedAway:
    """Somebody who answered and was not registered; they must be told why, at their address.

    `shared`: the address is somebody else's already; `late`: registration had closed; `full`: beyond the limit.
    """

    email: str
    address: str
    reason: Literal["shared", "late", "full"]
    name: str = ""
    language: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the organiser said of one person, over whatever the source says: `fields` of Person as plain values.

    `added`: registered by the organiser; `withdrawn_at`: they do not come, unless they answer again later.
    """

    email: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    added: bool = False
    withdrawn_at: datetime | None = None
    entered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that could not be used, and why, in the organiser's language.

    `code` tells what the person must hear: late | full | shared; "" = nothing.
    """

    line: int
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the source held when it was read."""

    rows: tuple[Answer, ...]
    refused: tuple[Refusal, ...] = ()
    findings: tuple[Finding, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What was understood: our key → the title it was read under."""
    header: tuple[str, ...] = field(default=(), compare=False)
    """Every title, on one line each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone registered. `email` is the normalised identity, `address` where their mail goes."""

    email: str
    address: str
    first_name: str
    last_name: str = ""
    shown_as: str = ""
    language: str = ""
    sessions: tuple[str, ...] = ()
    wishes: Mapping[str, Wishes] = field(default_factory=dict)
    organisation: str = ""
    needs: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    line: int = 0
    timezone: str = ""
    submitted_at: datetime | None = None
    registered_at: datetime | None = None
    """When the service first knew them."""
    next_invitation: bool = False


BY_HAND = frozenset({"organiser", "merged", "facilitator"})
"""Reasons of seats that no rule decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One person's place in one workshop. `rank` 1 = first wish, 0 = not wished; `reason` a code, see seating."""

    person: str
    session: str
    workshop: str
    rank: int = 0
    reason: str = ""
    told_at: datetime | None = None
    told_by: Literal["", "room", "link"] = ""
    """Which letter tells it: `room` for those of the wave at tell_at, `link` for latecomers."""
    asked: int = 0
    """When it was told: how many had the same first wish, for how many `places`, and this person's number among
    them in the draw. 0 = nothing was wished."""
    places: int = 0
    drawn: int = 0

    @property
    def is_by_hand(self) -> bool:
        """Tell whether the organiser put them there, or their role: no rule moves them, and they push nobody out."""
        return self.reason in BY_HAND


def identity(address: str) -> str:
    """Normalise a typed address to the identity it stands for: no case, no surrounding spaces."""
    return address.strip().casefold()


def domain_of(address: str) -> str:
    """The domain of an address, without case."""
    return address.rpartition("@")[2].strip().casefold()


def reference(event: str, email: str) -> str:
    """Name a person in keys and logs without naming their address. Stable, 16 hexadecimal digits."""
    return hashlib.blake2s(f"{event}\n{email}".encode(), digest_size=8).hexdigest()
