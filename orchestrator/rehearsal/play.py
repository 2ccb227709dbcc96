"""Plays an event's days before and its day in seconds: the real code over real sockets, from instant to instant."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from orchestrator import wiring
from orchestrator.core.errors import OrchestratorError
from orchestrator.core.model import Answer, Event, Person, identity
from orchestrator.gateways.registrations import Columns, in_file
from orchestrator.gateways.registrations.files import newest
from orchestrator.rehearsal import crowd, people, report
from orchestrator.rehearsal.aftermath import Aftermath
from orchestrator.rehearsal.clock import SharedClock
from orchestrator.rehearsal.faults import Trouble
from orchestrator.rehearsal.guests import Guests
from orchestrator.rehearsal.host import Host
from orchestrator.rehearsal.promises import Evidence
from orchestrator.rehearsal.service import TICK, instant, order
from orchestrator.rehearsal.source import Arrival, GrowingFile, arrivals
from orchestrator.rehearsal.stage import Stage
from orchestrator.rehearsal.weeks import Weeks
from orchestrator.settings import Settings

INVENTED = 200
RESTART = timedelta(seconds=5)
"""How soon a killed service is started again, as systemd would."""
AFTERWARDS = timedelta(minutes=30)
MOST_TURNS = 50_000
THE_DAY = 0.9
"""The share of the progress that is the day's; the weeks after are the rest."""
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who registers: the file to read, its columns, and whether the people are invented."""

    file: Path
    columns: Columns
    invented: bool = False


def cast(settings: Settings, registrations: Path | None, folder: Path) -> Cast:
    """Take the file given, else the config's, else invent people; a real source is never written to."""
    source = settings.registrations
    columns = wiring.columns(settings)
    if registrations is not None:
        return Cast(file=registrations, columns=columns)
    if source.source == "file" and source.path.exists():
        return Cast(file=source.path, columns=columns)
    event = settings.event
    file = folder / "inscriptions-inventees.csv"
    people.write_csv(people.invent(event, INVENTED, event.key, event.first_start - timedelta(hours=12)), file)
    named = people.columns_for(event)
    return Cast(file=file, columns=Columns(**named), invented=True)


class Service:
    """The child process, and what it last said."""

    def __init__(self, first_line: str) -> None:
        self._first_line = first_line
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        environ = {k: v for k, v in os.environ.items() if not k.startswith("COV_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator.rehearsal.service"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ,
        )
        self._say(process, self._first_line)
        return process

    def _say(self, process: subprocess.Popen[str], line: str) -> None:
        assert process.stdin is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()

    def turn(self) -> dict[str, Any] | None:
        """Let the service do one turn; None when it was killed on the way. Raises OrchestratorError if it fell."""
        self._say(self._process, "turn")
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if answer:
            return json.loads(answer)  # type: ignore[no-any-return]  # a dict, see service.turn
        if self._process.wait() == -signal.SIGKILL:
            return None
        raise OrchestratorError("le service s'est arrêté tout seul pendant la répétition (voir ci-dessus)")

    def kill(self) -> None:
        self._process.kill()

    def restart(self) -> None:
        self._process.wait()
        self._process = self._start()

    def hang_up(self) -> None:
        if self._process.poll() is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()


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
    kills: list[datetime] = field(default_factory=list)
    killed: list[datetime] = field(default_factory=list)
    merges: list[Trouble] = field(default_factory=list)
    seats: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)
    problems: dict[str, datetime] = field(default_factory=dict)
    _service: Service | None = None
    _host: Host | None = None
    _guests: Guests | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def event(self) -> Event:
        return self.settings.event

    def run(self) -> Evidence:
        """Play everything; return what is needed to judge it."""
        self.kills = sorted(t.begins for t in self.troubles if t.kind == "kill" and t.begins)
        self.merges = [t for t in self.troubles if t.kind == "merge"]
        rows, late = self._rows(), self._latecomers()
        source = self.folder / "inscriptions.csv"
        register = in_file(self.cast.file, self.cast.columns, self.event)
        growing = GrowingFile(newest(self.cast.file).read_bytes(), register.laid_out, rows, late, source)
        everybody = sorted([*rows, *late], key=lambda a: a.at)
        begins = min([a.at for a in everybody] + [self.event.seating.tell_at - timedelta(hours=1)])
        self.clock.set(begins)
        with Stage(self.event, self.clock, self.troubles, self.out, self._strike) as stage:
            self._host = Host(self.event, stage.zoom, self.troubles)
            script = crowd.write(self.event, _registered(everybody))
            self._guests = Guests(self.event, script, stage.zoom, self._host)
            weeks = Weeks(
                event=self.event,
                script=script,
                zoom=stage.zoom,
                file=self.folder / "rehearsal.db",
                eve=self.folder / "eve.db",
                addresses=frozenset(
                    a.answer.address for a in everybody if a.answer is not None and not a.answer.next_invitation
                ),
            )
            elsewhere = self._elsewhere(stage)
            self._service = Service(order(self.settings.path, self.event.key, self.folder / "clock", elsewhere))
            try:
                self._through(begins, everybody, growing)
                ends, meetings = self.clock.now(), stage.zoom.meetings()
                wiring.back_up(elsewhere.store_url, self.folder / "day.db")
                self._afterwards(weeks)
            finally:
                self._service.hang_up()
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
                kills=len(self.killed),
                connections=self.settings.mail.connections,
                out=self.out,
                after=Aftermath(
                    script=script,
                    given=tuple(self._guests.given),
                    seen=weeks.seen,
                    settled_at=weeks.settled_at,
                    own_words=self.settings.templates is not None,
                ),
            )

    def _rows(self) -> list[Arrival]:
        source = in_file(self.cast.file, self.cast.columns, self.event)
        return arrivals(self.event, source.read())

    def _latecomers(self) -> list[Arrival]:
        """People of the rehearsal's own, who come to everything."""
        hours = [t.begins for t in self.troubles if t.kind == "latecomer" and t.begins]
        sessions = tuple(s.key for s in self.event.sessions)
        return [
            Arrival(
                at=at,
                line=0,
                answer=Answer(
                    line=0,
                    address=f"retardataire{n}@exemple.fr",
                    first_name="Camille",
                    last_name=f"Retardataire {n}",
                    submitted_at=at,
                    sessions=sessions,
                ),
            )
            for n, at in enumerate(hours, start=1)
        ]

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

    def _strike(self) -> bool:
        """Kill the service if its hour has come; asked by the stage in the middle of an exchange."""
        with self._lock:
            if not self.kills or self.clock.now() < self.kills[0] or self._service is None:
                return False
            self.killed.append(self.kills.pop(0))
            self._service.kill()
            return True

    def _merge(self, now: datetime) -> None:
        """Bring workshops together whose hour has come, as the organiser would with a command."""
        for trouble in [t for t in self.merges if t.begins and t.begins <= now]:
            self.merges.remove(trouble)
            store = wiring.open_store(f"sqlite:///{self.folder / 'rehearsal.db'}")
            store.seats.merge(self.event.key, *trouble.workshops, now)
            store.close()

    def _through(self, begins: datetime, rows: Sequence[Arrival], growing: GrowingFile) -> None:
        """Go from instant to instant until the day is over."""
        assert self._service is not None
        assert self._host is not None
        assert self._guests is not None
        ends = self.event.last_end + AFTERWARDS
        merges = {t.begins for t in self.merges if t.begins}
        marks = sorted({_tick_after(a.at) for a in rows} | set(self.kills) | merges | self._host.instants())
        for _ in range(MOST_TURNS):
            now = self.clock.now()
            if now >= ends:
                return
            self.progress(THE_DAY * ((now - begins) / (ends - begins)))
            growing.grow(now)
            self._guests.act(now)
            self._host.act(now)
            self._strike()
            self._merge(now)
            said = self._service.turn()
            if said is None:
                self.clock.advance(RESTART)
                self._service.restart()
                continue
            self._note(said)
            self.clock.set(self._next(said, marks, ends))
        raise OrchestratorError("la répétition ne finit pas : le service demande sans cesse à être réveillé")

    def _afterwards(self, weeks: Weeks) -> None:
        """Go on until everything has had its time, from one wake to the next."""
        assert self._service is not None
        begins, ends, marks = self.clock.now(), weeks.ends_at, weeks.instants()
        for _ in range(MOST_TURNS):
            now = self.clock.now()
            weeks.act(now)
            self.progress(THE_DAY + (1 - THE_DAY) * min(1.0, (now - begins) / (ends - begins)))
            if now >= ends:
                return
            said = self._service.turn()
            if said is None:
                self.clock.advance(RESTART)
                self._service.restart()
                continue
            self.clock.set(self._next(said, marks, ends))
        raise OrchestratorError("la répétition ne finit pas : après la rencontre, le service demande sans cesse à agir")

    def _next(self, said: dict[str, Any], marks: Iterable[datetime], ends: datetime) -> datetime:
        now = self.clock.now()
        wake = instant(said["next_at"]) or ends
        coming = next((mark for mark in marks if mark > now), ends)
        return min(max(wake, now + timedelta(seconds=1)), max(coming, now), ends)

    def _note(self, said: dict[str, Any]) -> None:
        now = self.clock.now()
        for what in said["problems"]:
            self.problems.setdefault(what, now)
        for key, taken in (said["taken"] or {}).items():
            curve = self.seats.setdefault(key, [])
            if not curve or curve[-1][1] != taken:
                curve.append((now, taken))


def _registered(rows: Iterable[Arrival]) -> list[Person]:
    """Everybody who answers the form, as they answered last."""
    last = {identity(row.answer.address): row.answer for row in rows if row.answer is not None}
    return [
        Person(
            email=email,
            address=said.address,
            first_name=said.first_name,
            last_name=said.last_name,
            sessions=said.sessions,
        )
        for email, said in last.items()
        if not said.withdrawn
    ]


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
        play = Play(settings, chosen, troubles, out, progress, clock, folder)
        try:
            found = report.write(play.run(), play.seats, troubles, play.killed)
        finally:
            clock.close()
    return Result(report=found, invented=chosen.invented)


def _clear(out: Path) -> None:
    """Remove the letters of an earlier rehearsal, and nothing else."""
    for letter in (out / "mail").glob("[0-9][0-9][0-9][0-9][0-9]-*.eml"):
        letter.unlink()
