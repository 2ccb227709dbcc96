"""Everything a job may touch for one event, and what a beat reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orchestrator.core.model import Event, Refusal
from orchestrator.ports import Clock, Meetings, Post, Registrations, Scribe
from orchestrator.store import Planned, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long things may take before somebody else may do them, or before they are tried again."""

    beat_lease: timedelta = timedelta(minutes=5)
    letter_lease: timedelta = timedelta(minutes=15)  # longer than the ten minutes of RFC 5321 for the final dot
    zoom_reads: timedelta = timedelta(minutes=10)
    zoom_reads_early: timedelta = timedelta(hours=1)  # until a day before the first session
    rooms_between: timedelta = timedelta(minutes=10)
    rooms_a_day: int = 20
    changes_a_day: int = 90  # of Zoom's 100 creates and updates a host and day; the rest is kept for repairs
    repairs_a_day: int = 100
    adds_a_day: int = 2
    batches_a_beat: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One event and its outside. `owner` names this process in leases, `relay` the relay and its user."""

    event: Event
    store: Store
    clock: Clock
    registrations: Registrations
    meetings: Meetings
    post: Post
    scribe: Scribe
    owner: str
    relay: str
    connections: int = 4
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that went wrong in a beat, with its remedy; the rest of it went on. `again`: time may heal it."""

    key: str
    what: str
    remedy: str = ""
    again: bool = False


@dataclass(slots=True, kw_only=True)
class Report:
    """What one beat did."""

    event: str
    quiet: bool = False
    new: int = 0
    edited: int = 0
    gone: int = 0
    held: int = 0
    refused: tuple[Refusal, ...] = ()
    changes: list[str] = field(default_factory=list)
    registered: int = 0
    unregistered: int = 0
    seated: int = 0
    letters: Planned = field(default_factory=Planned)
    problems: list[Problem] = field(default_factory=list)
    unfinished: bool = False
    """Something is left for a later beat: room changes held back, more people to register."""
    next_at: datetime | None = None

    def wake(self, at: datetime | None) -> None:
        """Note an instant at which there is something to do again."""
        if at is not None and (self.next_at is None or at < self.next_at):
            self.next_at = at
