"""Plays an event's days before and its day in seconds: the real code over real sockets, from instant to instant."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from orchestrator import wiring
from orchestrator.core.model import Event
from orchestrator.rehearsal import crowd, report
from orchestrator.rehearsal.cast import Cast, cast, latecomers, registered
from orchestrator.rehearsal.clock import SharedClock
from orchestrator.rehearsal.evidence import Aftermath, Evidence
from orchestrator.rehearsal.faults import Trouble
from orchestrator.rehearsal.guests import Guests
from orchestrator.rehearsal.host import Host
from orchestrator.rehearsal.service import TICK, order
from orchestrator.rehearsal.source import Arrival
from orchestrator.rehearsal.stage import Stage
from orchestrator.rehearsal.turns import Turns
from orchestrator.rehearsal.weeks import Weeks
from orchestrator.settings import Settings

AFTERWARDS = timedelta(minutes=30)
THE_DAY = 0.9
"""The share of the progress that is the day's; the weeks after are the rest."""
Progress = Callable[[float], None]


@dataclass(slots=True)
class Play:
    """A rehearsal under way."""

    settings: Settings
    cast: Cast
    troubles: Sequence[Trouble]
    out: Path
    progress: Progress
    clock: SharedClock
    folder: Path
    turns: Turns
    merges: list[Trouble] = field(default_factory=list)
    seats: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)

    @property
    def event(self) -> Event:
        return self.settings.event

    def run(self) -> Evidence:
        """Play everything; return what is needed to judge it."""
        rows, late = self.cast.arrivals(self.event), latecomers(self.event, self.troubles)
        everybody = sorted([*rows, *late], key=lambda a: a.at)
        begins = min([a.at for a in everybody] + [self.event.seating.tell_at - timedelta(hours=1)])
        self.clock.set(begins)
        growing = self.cast.growing(self.event, rows, late, self.folder / "inscriptions.csv")
        with Stage(self.event, self.clock, self.troubles, self.out, self.turns.strike) as stage:
            host = Host(self.event, stage.zoom, self.troubles)
            script = crowd.write(self.event, registered(everybody))
            guests = Guests(self.event, script, stage.zoom, host)
            weeks = self._weeks(stage, script, everybody)
            elsewhere = self._elsewhere(stage)
            self.turns.begin(order(self.settings.path, self.event.key, self.folder / "clock", elsewhere))
            try:
                self._day(everybody, host, (growing.grow, guests.act, host.act, self._merge))
                ends, meetings = self.clock.now(), stage.zoom.meetings()
                wiring.back_up(elsewhere.store_url, self.folder / "day.db")
                self._afterwards(weeks)
            finally:
                self.turns.end()
        return Evidence(
            event=self.event,
            store_url=f"sqlite:///{self.folder / 'day.db'}",
            eve_url=f"sqlite:///{self.folder / 'eve.db'}",
            begins=begins,
            ends=ends,
            arrivals=everybody,
            letters=stage.letters,
            exchanges=stage.exchanges,
            zoom_meetings=meetings,
            kills=len(self.turns.killed),
            connections=self.settings.mail.connections,
            out=self.out,
            after=Aftermath(
                script=script,
                given=tuple(guests.given),
                seen=weeks.seen,
                settled_at=weeks.settled_at,
                own_words=self.settings.templates is not None,
            ),
        )

    def _weeks(self, stage: Stage, script: crowd.Script, everybody: Sequence[Arrival]) -> Weeks:
        addresses = [a.answer.address for a in everybody if a.answer is not None and not a.answer.next_invitation]
        return Weeks(
            event=self.event,
            script=script,
            zoom=stage.zoom,
            file=self.folder / "rehearsal.db",
            eve=self.folder / "eve.db",
            addresses=frozenset(addresses),
        )

    def _elsewhere(self, stage: Stage) -> wiring.Elsewhere:
        return wiring.Elsewhere(
            api_url=stage.zoom.api_url,
            token_url=stage.zoom.token_url,
            account_id=stage.zoom.account_id,
            client_id=stage.zoom.client_id,
            client_secret=stage.zoom.client_secret,
            relay_port=stage.relay.port,
            store_url=f"sqlite:///{self.folder / 'rehearsal.db'}",
            source=self.folder / "inscriptions.csv",
            columns=self.cast.columns,
        )

    def _merge(self, now: datetime) -> None:
        """Bring workshops together whose hour has come, as the organiser would with a command."""
        for trouble in [t for t in self.merges if t.begins and t.begins <= now]:
            self.merges.remove(trouble)
            store = wiring.open_store(f"sqlite:///{self.folder / 'rehearsal.db'}")
            store.seats.merge(self.event.key, *trouble.workshops, now)
            store.close()

    def _day(self, rows: Sequence[Arrival], host: Host, acts: Sequence[Callable[[datetime], None]]) -> None:
        """Go from instant to instant until the day is over."""
        begins, ends = self.clock.now(), self.event.last_end + AFTERWARDS
        merges = {t.begins for t in self.merges if t.begins}
        marks = sorted({_tick_after(a.at) for a in rows} | set(self.turns.kills) | merges | host.instants())

        def act(now: datetime) -> None:
            self.progress(THE_DAY * min(1.0, (now - begins) / (ends - begins)))
            for one in acts:
                one(now)

        self.turns.until(ends, marks, act, self._note)

    def _afterwards(self, weeks: Weeks) -> None:
        """Go on until everything has had its time, from one wake to the next."""
        begins, ends = self.clock.now(), weeks.ends_at

        def act(now: datetime) -> None:
            weeks.act(now)
            self.progress(THE_DAY + (1 - THE_DAY) * min(1.0, (now - begins) / (ends - begins)))

        self.turns.until(ends, weeks.instants(), act, lambda _said: None)

    def _note(self, said: dict[str, Any]) -> None:
        now = self.clock.now()
        for key, taken in (said["taken"] or {}).items():
            curve = self.seats.setdefault(key, [])
            if not curve or curve[-1][1] != taken:
                curve.append((now, taken))


def _tick_after(at: datetime) -> datetime:
    """The beat that first sees a row: beats come every 10 seconds."""
    seconds = at.timestamp()
    tick = TICK.total_seconds()
    return at + timedelta(seconds=(-seconds) % tick)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a rehearsal went."""

    report: dict[str, Any]
    invented: bool
    """The people were invented, for want of a source."""


def rehearse(
    settings: Settings, registrations: Path | None, troubles: Sequence[Trouble], out: Path, progress: Progress
) -> Result:
    """Rehearse an event into a folder. Raises OrchestratorError."""
    _clear(out)
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as name:
        folder = Path(name)
        chosen = cast(settings, registrations, folder)
        clock = SharedClock(folder / "clock")
        turns = Turns(clock, troubles)
        merges = [t for t in troubles if t.kind == "merge"]
        play = Play(settings, chosen, troubles, out, progress, clock, folder, turns, merges)
        try:
            found = report.write(play.run(), play.seats, troubles, turns.killed)
        finally:
            clock.close()
    return Result(report=found, invented=chosen.invented)


def _clear(out: Path) -> None:
    """Remove the letters of an earlier rehearsal, and nothing else."""
    for letter in (out / "mail").glob("[0-9][0-9][0-9][0-9][0-9]-*.eml"):
        letter.unlink()
