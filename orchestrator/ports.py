"""What jobs ask of the outside, in our nouns. Every call has a time limit and raises only core.errors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from orchestrator.core.attendance import Stay
from orchestrator.core.errors import MailError
from orchestrator.core.meetings import Found, MeetingSpec, Pass, Registrant, Upcoming
from orchestrator.core.message import Message
from orchestrator.core.model import Answers


class Clock(Protocol):
    """The only one who tells the time."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""

    def wait(self, until: datetime) -> None:
        """Wait until an instant, or less; a rehearsal's clock returns at once."""


class Registrations(Protocol):
    """Where the answers of the form are read. Never written to."""

    def fingerprint(self) -> str:
        """A cheap sign that changes when the source does (one stat for a file). Raises UnreadableSource."""

    def read(self) -> Answers:
        """Everything the source holds. Raises UnreadableSource."""


class Meetings(Protocol):
    """Zoom, in our words. Every call raises ZoomError; ZoomUnavailable.uncertain after a write tells that it may
    have happened all the same."""

    def find(self, host: str, tag: str) -> tuple[Found, ...]:
        """The host's upcoming meetings whose agenda begins with the tag."""

    def create(self, spec: MeetingSpec) -> str:
        """Create the meeting, return its number."""

    def read(self, zoom_id: str, tag: str) -> Found:
        """Read a meeting back. Raises MeetingGone."""

    def revise(self, zoom_id: str, spec: MeetingSpec, changed: frozenset[str]) -> None:
        """Bring the named fields of MeetingSpec to what the spec says; other settings are left alone."""

    def cancel(self, zoom_id: str) -> None:
        """Delete the meeting; one that is gone already is no error. Zoom writes to nobody."""

    def start_url(self, zoom_id: str) -> str:
        """The link with which the host starts the meeting, fresh, never to be kept. Raises MeetingGone."""

    def register(self, zoom_id: str, people: Sequence[Registrant]) -> tuple[Pass, ...]:
        """Register at most 30 people, approved at once, without any mail of Zoom's. Raises RegistrantRefused for all
        of them when Zoom refuses one."""

    def registered(self, zoom_id: str) -> Iterator[Pass]:
        """Everyone approved for the meeting, all pages."""

    def withdraw(self, zoom_id: str, passes: Sequence[Pass]) -> None:
        """Cancel the registration of at most 30 people; their links end."""

    def examine(self, host: str) -> tuple[Oddity, ...]:
        """What of the account or the host would spoil the day: scopes, licence, breakout settings, capacity."""

    def unable_to_host(self, emails: Iterable[str]) -> frozenset[str]:
        """Those who are not licensed users of the account: Zoom refuses them as alternative hosts."""

    def upcoming(self, host: str) -> tuple[Upcoming, ...]:
        """The host's meetings that run or are to come, ours and others."""

    def skew(self) -> timedelta | None:
        """How far our clock is ahead of Zoom's, by its last answer; None before any."""

    def attended(self, zoom_id: str) -> tuple[Stay, ...]:
        """Everybody's stays over all runs of a meeting that was held; none before. A stay whose end Zoom does not
        know yet has no length."""

    def replay(self, zoom_id: str) -> str:
        """Where the recording can be seen; "" while there is none."""

    def capacity(self, host: str) -> int:
        """How many participants the host's licence lets into one meeting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """Something wrong outside, with its remedy. `fatal`: the day cannot work with it.

    `about`: what it is about, where it matters only to some events.
    """

    what: str
    remedy: str
    fatal: bool = True
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """One session as one VEVENT; never a personal link inside, calendars are shared."""

    uid: str
    sequence: int
    title: str
    starts_at: datetime
    ends_at: datetime
    location: str
    description: str
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """What a letter has in common with others: those of the same `key` differ in their `slots` only.

    Slots are the reader's own strings (name, address, links, numbers of calendar entries). `compose` gives contents
    and calendar for any slots in their place; the letter's own are empty then.
    """

    key: Hashable
    slots: tuple[str, ...]
    compose: Callable[[Sequence[str]], tuple[Mapping[str, Any], tuple[CalendarEntry, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to be put in words. `contents` holds plain strings, numbers, dates, lists and dicts only."""

    kind: str
    language: str
    to: str
    sender: str
    reply_to: str
    message_id: str
    written_at: datetime
    contents: Mapping[str, Any]
    calendar: tuple[CalendarEntry, ...] = ()
    alike: Alike | None = None
    leave: str = ""
    """Where its reader says that they are not coming: a page that asks before it does anything; "" where none is."""

    def in_full(self) -> Letter:
        """The same letter with its own contents, by itself."""
        return self if self.alike is None else self.with_slots(self.alike.slots)

    def with_slots(self, slots: Sequence[str]) -> Letter:
        """The letter of somebody like its reader, in full."""
        if self.alike is None:
            raise AssertionError("this letter is like no other")
        contents, calendar = self.alike.compose(slots)
        return replace(self, contents=contents, calendar=calendar, alike=None)


class Scribe(Protocol):
    """Puts letters in words."""

    def warm_up(self) -> None:
        """Do now what the first letter would have to wait for."""

    def write(self, letter: Letter) -> Message:
        """The complete message, checked. Raises UnwritableLetter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the relay said."""

    code: int
    text: str


class Held(Protocol):
    """A letter handed over up to, but without, its final dot."""

    def finish(self) -> Reply:
        """Send the final dot and return the relay's acceptance. Raises AddressRefused, LetterDeferred, ReplyLost."""


class Line(Protocol):
    """One open connection to the relay; one letter at a time."""

    def offer(self, sender: str, to: str, data: bytes) -> Held:
        """Offer a letter to one recipient. Raises RelayUnavailable, AddressRefused, LetterDeferred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A letter ready for the relay; `key` is the caller's own name for it."""

    key: int
    sender: str
    to: str
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What became of a letter on a line, or of the line itself where `key` is None.

    `held`: it is at the relay up to, but without, its final dot. `taken`: the relay accepted it. `missed`: it did
    not, or may have, as `error` says; without an error it was not tried. `opened`, `lost`: a line.
    """

    what: Literal["opened", "lost", "held", "taken", "missed"]
    line: int
    key: int | None = None
    reply: Reply | None = None
    error: MailError | None = None


class Lines(Protocol):
    """Several connections to the relay, driven by one thread, with one letter at its final dot on each.

    Only `wait` and `close` wait. Lines have numbers, which are never used again. What fails is told as news.
    """

    def open(self) -> None:
        """Begin to open one more line: `opened`, or `lost` with the reason, once that is known."""

    def offer(self, line: int, parcel: Parcel) -> None:
        """Offer a letter on an idle line: `held`, or `missed`."""

    def finish(self, line: int, then: Parcel | None = None) -> None:
        """Send the final dot of the letter held: `taken`, or `missed`. `then` is offered right behind it."""

    def take_back(self, line: int) -> None:
        """Do not send the letter behind a dot that is not answered yet; no news of it. The line may end then."""

    def let_go(self, line: int) -> None:
        """Hang up. A letter without its dot is void then; there are no more news of this line."""

    def wait(self, seconds: float) -> Sequence[News]:
        """Wait until there are news, but not longer than some seconds."""

    def close(self) -> None:
        """Say goodbye where nothing is under way, hang up on all. Never raises."""


class Post(Protocol):
    """The relay."""

    def lines(self) -> Lines:
        """Prepare lines; opens none yet."""

    def connect(self) -> AbstractContextManager[Line]:
        """Open a connection, log in. Raises RelayUnavailable. Closing never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An alarm to be pushed to somebody; `since` in the event's zone."""

    event: str
    title: str
    key: str
    what: str
    remedy: str
    since: datetime


Work = Callable[[str], None]
"""What is done for a job; it is told what the job is about. It may be done twice, late or never: it only looks now."""


class Engine(Protocol):
    """Carries jobs between processes; the rows of the store stay the truth. Raises OrchestratorError when down."""

    def enqueue(self, job: str, about: str = "", at: datetime | None = None) -> None:
        """Have a job done by any worker, now or at an instant; where the same one waits already that is enough."""

    def every(self, seconds: int, job: str) -> None:
        """Have a job done regularly, each time by one of the workers. Before run_worker."""

    def run_worker(self, jobs: Mapping[str, Work], stop: threading.Event) -> None:
        """Do these jobs until `stop` is set."""


class Siren(Protocol):
    """A way to wake somebody that is not the relay of the letters."""

    @property
    def way(self) -> Literal["pushed", "mailed"]:
        """What it does to an alarm: each way says an alarm by itself."""

    @property
    def at_once(self) -> int:
        """How many calls are said together at most."""

    def sound(self, calls: Sequence[Call]) -> None:
        """Wake somebody for all of these. Raises Unheard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """A report that a letter did not arrive for good (RFC 3464). `words` are the remote's own."""

    message_id: str
    recipient: str
    status: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plea:
    """Somebody writes that they have no link."""

    sender: str


Returned = Undelivered | Plea


class Returns(Protocol):
    """The mailbox where letters and answers come back. Only read."""

    @property
    def name(self) -> str:
        """What its mark is kept under."""

    def read(self, mark: str) -> tuple[list[Returned], str]:
        """What came after a mark, and the next mark; nothing at first, what lies there is old. Raises
        UnreadableSource."""
