"""Everything a job may touch for one event, and what a beat reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from orchestrator.core.model import Event, Finding, Refusal
from orchestrator.core.presence import NOTHING_KNOWN, Live
from orchestrator.ports import Clock, Meetings, Post, Registrations, Returns, Scribe, Siren
from orchestrator.store import Planned, Store


def counted(n: int, one: str, many: str) -> str:
    """Count as French does: nought is singular."""
    return f"{n} {one if n < 2 else many}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long things may take before somebody else may do them, or before they are tried again."""

    beat_lease: timedelta = timedelta(minutes=5)
    letter_lease: timedelta = timedelta(minutes=15)  # longer than the ten minutes of RFC 5321 for the final dot
    zoom_reads: timedelta = timedelta(minutes=10)
    zoom_polls: timedelta = timedelta(minutes=1)  # from doors to the end: has the host opened, is it still on?
    zoom_reads_early: timedelta = timedelta(hours=1)  # until a day before the first session
    rooms_between: timedelta = timedelta(minutes=10)
    rooms_a_day: int = 20
    changes_a_day: int = 90  # of Zoom's 100 creates and updates a host and day; the rest is kept for repairs
    repairs_a_day: int = 100
    adds_a_day: int = 2
    batches_a_beat: int = 20


def no_page(_ref: str) -> str:
    """The address of somebody's page by their reference; "" where there are no pages."""
    return ""


def nothing_known(_event: str) -> Live:
    return NOTHING_KNOWN


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
    organisers: tuple[str, ...] = ()
    """Whom to write to beside the event's own address when something is wrong."""
    second: Post | None = None
    """Another relay, for when the first is at fault."""
    patience: Patience = field(default_factory=Patience)
    make: str = ""
    """What decides beside the store and the clock, as a digest: settings, program. "" = not to be told apart."""
    template_troubles: tuple[str, ...] = ()
    """What of the organiser's own templates is not used, and why."""
    sirens: tuple[Siren, ...] = ()
    returns: Returns | None = None
    page_of: Callable[[str], str] = no_page
    live: Callable[[str], Live] = nothing_known
    """What is known of an event's meetings at this moment."""

    @property
    def has_pages(self) -> bool:
        return self.page_of is not no_page


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that went wrong in a beat, with its remedy; the rest of it went on. `again`: time may heal it.

    `until`: before then nothing would come of trying again.
    """

    key: str
    what: str
    remedy: str = ""
    again: bool = False
    until: datetime | None = None


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
    findings: tuple[Finding, ...] = ()
    changes: list[str] = field(default_factory=list)
    registered: int = 0
    unregistered: int = 0
    seated: int = 0
    letters: Planned = field(default_factory=Planned)
    problems: list[Problem] = field(default_factory=list)
    locked_out: bool = False
    """Zoom refuses our login: nothing more is asked of it in this beat."""
    unfinished: bool = False
    """Something is left for a later beat: room changes held back, more people to register."""
    next_at: datetime | None = None
    decide_at: datetime | None = None
    """When everything must be gone through again though nothing else has changed."""

    def plus(self, other: Report) -> Report:
        """Add what a further beat of the same pass did; its problems are those that remain."""
        return replace(
            other,
            new=self.new + other.new,
            edited=self.edited + other.edited,
            gone=self.gone + other.gone,
            refused=self.refused or other.refused,
            findings=self.findings or other.findings,
            changes=self.changes + other.changes,
            registered=self.registered + other.registered,
            unregistered=self.unregistered + other.unregistered,
            seated=max(self.seated, other.seated),
            letters=self.letters.plus(other.letters),
        )

    def as_data(self) -> dict[str, Any]:
        """What was done, as plain values."""
        return {
            "new": self.new,
            "edited": self.edited,
            "withdrawn": self.gone,
            "held": self.held,
            "refused_rows": [{"line": r.line, "reason": r.reason} for r in self.refused],
            "findings": [
                {"line": f.line, "code": f.code, "message": f.message, "remedy": f.remedy} for f in self.findings
            ],
            "zoom": list(self.changes),
            "registered": self.registered,
            "unregistered": self.unregistered,
            "seats_changed": self.seated,
            "letters_planned": self.letters.added,
            "letters_moved": self.letters.moved,
            "letters_withdrawn": self.letters.withdrawn,
            "problems": [{"what": p.what, "remedy": p.remedy} for p in self.problems],
            "next_at": self.next_at,
        }

    def in_words(self) -> list[str]:
        """What was done, for the organiser; one line even when it is nothing."""
        counts = (
            (self.new, "personne nouvelle", "personnes nouvelles"),
            (self.edited, "réponse modifiée", "réponses modifiées"),
            (self.gone, "personne retirée", "personnes retirées"),
            (self.registered, "lien reçu de Zoom", "liens reçus de Zoom"),
            (self.unregistered, "inscription annulée chez Zoom", "inscriptions annulées chez Zoom"),
            (self.seated, "place attribuée ou changée", "places attribuées ou changées"),
            (self.letters.added, "lettre préparée", "lettres préparées"),
            (self.letters.withdrawn, "lettre retirée", "lettres retirées"),
        )
        lines = [counted(*count) for count in counts if count[0]] + self.changes
        lines += [f"ligne {r.line} inutilisable : {r.reason}" for r in self.refused]
        if self.findings:
            lines.append(
                counted(len(self.findings), "constat", "constats") + " à lire : orchestrator registrations check"
            )
        return lines or ["rien à faire"]

    def decide_again(self, at: datetime) -> None:
        """Note an instant at which there is something to decide."""
        self.decide_at = at if self.decide_at is None else min(at, self.decide_at)
        self.wake(at)

    def wake(self, at: datetime | None) -> None:
        """Note an instant at which there is something to do again."""
        if at is not None and (self.next_at is None or at < self.next_at):
            self.next_at = at
