"""The weeks after a rehearsed day: the organiser settles the doubtful and issues certificates; then everything ends.

What it sees on the way is kept for `aftermath` to judge.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path

from orchestrator import accounts, wiring
from orchestrator.core.model import Event
from orchestrator.core.retention import attendance_ends_at, purged_at
from orchestrator.gateways.papers.seal import Seal
from orchestrator.jobs.attendance import decide
from orchestrator.jobs.certificates import issue
from orchestrator.outside.zoom import FakeZoom
from orchestrator.rehearsal.crowd import Script
from orchestrator.store import Present

SETTLED = time(9)
"""On the wall clock of the next day: when the organiser settles what is doubtful."""
READ = timedelta(minutes=20)
"""After the end Zoom has been asked once by then."""
JUST = timedelta(minutes=1)
EMPTIED = timedelta(days=8)
"""After it Zoom's bin has forgotten a deleted meeting (it keeps them seven days)."""
INVENTED = "https://rehearsal.example/"
"""Stands in for a link that the organiser will only have after the real day."""


def promised(event: Event) -> Event:
    """The event with every link its letter promises: after the real day the organiser will have given them."""
    said = event.after
    if said is None:
        return event

    def given(name: str, link: str | None) -> str | None:
        return f"{INVENTED}{name}" if link == "" else link

    slides, replay, survey = (given(name, getattr(said, name)) for name in ("slides", "replay", "survey"))
    return replace(event, after=replace(said, slides=slides, replay=replay, survey=survey))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A certificate as the organiser issued it: for whom, and its facts under seal."""

    email: str
    word: str


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was seen in the weeks after the day."""

    doubts: tuple[tuple[str, str], ...] = ()
    """Why and under which name, as the service listed them."""
    decided: int = 0
    issued: tuple[Sealed, ...] = ()
    public_key: str = ""
    attendance: tuple[Present, ...] = ()
    """What was still kept when people were gone."""
    attendance_later: tuple[Present, ...] = ()
    """The same, when its own time was over."""
    left_here: tuple[str, ...] = ()
    left_at_zoom: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Weeks:
    """The organiser of a rehearsal, after the day."""

    event: Event
    script: Script
    zoom: FakeZoom
    file: Path
    """The service's database."""
    eve: Path
    """Where a copy of it goes, as it was just before the purge."""
    addresses: frozenset[str]
    seen: Seen = field(default_factory=Seen)
    _done: set[str] = field(default_factory=set)

    @property
    def settled_at(self) -> datetime:
        event = self.event
        day = event.last_end.astimezone(event.zone).date() + timedelta(days=1)
        morning = datetime.combine(day, SETTLED, event.zone).astimezone(event.last_end.tzinfo)
        before = min(morning, event.after.at - READ) if event.after else morning
        return max(before, event.last_end + READ)

    @property
    def ends_at(self) -> datetime:
        return max(attendance_ends_at(self.event), purged_at(self.event) + EMPTIED) + JUST

    def instants(self) -> list[datetime]:
        """When something is done or looked at."""
        over = purged_at(self.event)
        return sorted({self.settled_at, over - JUST, over, over + JUST, self.ends_at - JUST, self.ends_at})

    def act(self, now: datetime) -> None:
        """Do what is to be done by now, once."""
        over = purged_at(self.event)
        steps = (
            ("settle", self.settled_at, self._settle),
            ("copy", over - JUST, self._copy),
            ("look", over + JUST, self._look),
            ("end", self.ends_at, self._end),
        )
        for name, at, step in steps:
            if now >= at and name not in self._done:
                self._done.add(name)
                step(now)

    def _settle(self, now: datetime) -> None:
        """Decide what the organiser knows, leave the rest, and issue certificates."""
        store = wiring.open_store(f"sqlite:///{self.file}")
        found = accounts.doubtful(self.event, store)
        self.seen.doubts = tuple((one.why, one.name) for one in found)
        for doubt in found:
            if (people := self.script.known_to_be.get(doubt.name)) is not None:
                decide(self.event, store, doubt, people, "répétition", now)
                self.seen.decided += 1
        seal = Seal(secrets.token_bytes(32))
        self.seen.public_key = seal.public_key
        self.seen.issued = tuple(
            Sealed(email=one.email, word=seal.sign(one.what.facts())) for one in issue(self.event, store, now)
        )
        store.close()
        if self.event.after and self.event.after.replay == "auto":
            for meeting in self.zoom.meetings():
                self.zoom.recorded(meeting["id"], f"{INVENTED}replay")

    def _copy(self, _now: datetime) -> None:
        wiring.back_up(f"sqlite:///{self.file}", self.eve)

    def _look(self, _now: datetime) -> None:
        """See what is left once people have had their time."""
        store = wiring.open_store(f"sqlite:///{self.file}")
        self.seen.attendance = store.attendance.kept(self.event.key)
        store.close()
        self.seen.left_here = tuple(sorted(named_in(self.addresses, self.file.parent.glob(f"{self.file.name}*"))))
        self.seen.left_at_zoom = tuple(str(one["id"]) for one in self.zoom.meetings())

    def _end(self, _now: datetime) -> None:
        store = wiring.open_store(f"sqlite:///{self.file}")
        self.seen.attendance_later = store.attendance.kept(self.event.key)
        store.close()
        self.seen.left_at_zoom += tuple(sorted(self.zoom.held_of(self.addresses)))


def named_in(addresses: Iterable[str], files: Iterable[Path]) -> set[str]:
    """The addresses that can be found in the bytes of some files, whatever their case."""
    found: set[str] = set()
    for file in files:
        data = file.read_bytes().lower()
        near = b"\0".join(data[max(0, at - 64) : at + 256] for at in _ats(data))
        found |= {one for one in addresses if one.lower().encode() in near}
    return found


def _ats(data: bytes) -> Iterable[int]:
    at = data.find(b"@")
    while at >= 0:
        yield at
        at = data.find(b"@", at + 1)
