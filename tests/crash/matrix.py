"""Kills the post at a chosen point, starts it again, and counts what the relay got.

Points are system calls (by strace, where it may attach: the k-th send, receive, write or sync is answered with
SIGKILL) and moments of the relay's own conversation (everywhere).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._post_stage import Still
from orchestrator.outside.relay import Moment, Relay, Verdict
from orchestrator.store import Store
from orchestrator.store.schema import letter, told
from tests.crash.postman import EVENT, deliver, deliver_later, fill
from tests.forks import context

CALLS = ("sendto", "recvfrom", "pwrite64", "fdatasync")
ON_POSTGRES = ("sendto", "recvfrom")
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where a process is killed: at its k-th system call of a name, or at the relay's k-th moment (`call` ""),
    of one `stage` where that is named: over several lines the stages come in another order each time."""

    call: str
    k: int
    stage: str = ""

    @property
    def injection(self) -> str:
        return f"{self.call}:signal=SIGKILL:when={self.k}"


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What some kills came to."""

    kills: int = 0
    lost: int = 0
    duplicates: int = 0
    worst_single_crash: int = 0
    corrupt: int = 0
    recovery_seconds: float = 0.0

    def add(self, other: Outcome) -> None:
        self.kills += other.kills
        self.lost += other.lost
        self.duplicates += other.duplicates
        self.corrupt += other.corrupt
        self.worst_single_crash = max(self.worst_single_crash, other.worst_single_crash)
        self.recovery_seconds = max(self.recovery_seconds, other.recovery_seconds)

    def as_data(self) -> dict[str, Any]:
        return {
            "kills": self.kills,
            "lost": self.lost,
            "duplicates": self.duplicates,
            "worst_single_crash": self.worst_single_crash,
            "corrupt": self.corrupt,
            "recovery_seconds": round(self.recovery_seconds, 2),
        }


@cache
def strace_works() -> bool:
    """Whether strace is there and may attach to a process of ours."""
    if shutil.which("strace") is None:
        return False
    sleeper = subprocess.Popen(["sleep", "20"])
    try:
        with injected(sleeper.pid, "sendto:signal=SIGKILL:when=1") as tracer:
            return tracer is not None
    finally:
        sleeper.kill()
        sleeper.wait()


@contextmanager
def injected(pid: int, injection: str) -> Iterator[subprocess.Popen[str] | None]:
    """Have a system call of a process go wrong (strace's `inject`); None where strace may not attach."""
    how = ["-e", f"trace={injection.partition(':')[0]}", "-e", f"inject={injection}"]
    tracer = subprocess.Popen(
        ["strace", "-qq", *how, "-o", "/dev/null", "-p", str(pid)], stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield tracer if _is_traced(pid, tracer) else None
    finally:
        with suppress(ProcessLookupError):
            tracer.terminate()
        tracer.wait()


def _is_traced(pid: int, tracer: subprocess.Popen[str]) -> bool:
    for _ in range(2_000):
        if tracer.poll() is not None:
            return False
        found = re.search(r"TracerPid:\t(\d+)", Path(f"/proc/{pid}/status").read_text())
        if found and found[1] != "0":
            return True
        time.sleep(0.002)
    return False


@dataclass
class Ground:
    """A database with letters due, that can be laid out anew for each trial."""

    url: str
    again: Callable[[], None]
    calls: Sequence[str]
    letters: int
    file: Path | None = None


def in_sqlite(folder: Path, letters: int) -> Ground:
    model, file = folder / "model.db", folder / "post.db"
    fill(f"sqlite:///{model}", letters)

    def again() -> None:
        for end in ("-wal", "-shm"):
            Path(f"{file}{end}").unlink(missing_ok=True)
        shutil.copy(model, file)

    return Ground(url=f"sqlite:///{file}", again=again, calls=CALLS, letters=letters, file=file)


def in_postgresql(url: str, letters: int) -> Ground:
    fill(url, letters)
    store = Store(url)

    def again() -> None:
        fresh = {"state": "due", "owner": "", "lease_until": None, "not_before": None, "attempts": 0, "in_doubt": 0}
        with store.db.write() as c:
            c.execute(letter.update().values(**fresh, data=None, facts=None, dotted_at=None, sent_at=None, code=0))
            c.execute(told.delete())

    return Ground(url=url, again=again, calls=ON_POSTGRES, letters=letters)


@dataclass
class Trial:
    """One laying out of a ground: some kills, one after the other, then a run that nobody disturbs."""

    ground: Ground
    workers: int
    points: Sequence[Point]
    kill_at: int = -1
    stage: str = ""
    moments: int = 0
    victim: int = 0
    outcome: Outcome = field(default_factory=Outcome)

    def run(self) -> Outcome:
        self.ground.again()
        with Relay(now=Still().now, temper=self._temper) as relay:
            for point in self.points:
                before = len(relay.accepted)
                self._weigh(relay, before, self._strike(relay, point))
            started = time.monotonic()
            assert self._serve(relay, 1, deliver_later) == [0]
            self.outcome.recovery_seconds = time.monotonic() - started
            self._judge(relay)
        return self.outcome

    def _temper(self, moment: Moment) -> Verdict | None:
        if moment.stage in ("ehlo", "quit") or self.stage not in ("", moment.stage):
            return None
        self.moments += 1
        if self.moments != self.kill_at:
            return None
        with suppress(ProcessLookupError):  # it had ended already
            os.kill(self.victim, signal.SIGKILL)
        return Verdict(drop=True) if self.workers == 1 else None  # the line may be another worker's, who lives

    def _serve(self, relay: Relay, workers: int, target: Callable[..., None] = deliver) -> list[int | None]:
        go = context().Event()
        processes = self._processes(go, relay, workers, target)
        self.victim = processes[0].pid or 0
        go.set()
        return _ends(processes)

    def _processes(self, go: Any, relay: Relay, workers: int, target: Callable[..., None] = deliver) -> list[Any]:
        args = (go, self.ground.url, relay.port)
        processes = [context().Process(target=target, args=args) for _ in range(workers)]
        for process in processes:
            process.start()
        return processes

    def _strike(self, relay: Relay, point: Point) -> int:
        """Let the workers serve until they are killed: each of them, or the first at the relay's moment."""
        self.moments, self.stage, self.kill_at = 0, point.stage, point.k if not point.call else -1
        go = context().Event()
        processes = self._processes(go, relay, self.workers)
        self.victim = processes[0].pid or 0
        with ExitStack() as traced:
            for process in processes if point.call else ():
                assert traced.enter_context(injected(process.pid or 0, point.injection)) is not None
            go.set()
            codes = _ends(processes)
        self.stage, self.kill_at = "", -1
        assert set(codes) <= {0, -signal.SIGKILL}, codes
        kills = codes.count(-signal.SIGKILL)
        self.outcome.kills += kills
        return kills

    def _weigh(self, relay: Relay, before: int, kills: int) -> None:
        """A letter accepted in this run and not settled by its end will go out again: so many copies a kill."""
        if not kills:
            return
        store = Store(self.ground.url)
        unsettled = {row.address for row in store.outbox.all(EVENT.key) if row.state != "sent"}
        store.close()
        exposed = sum(1 for one in relay.accepted[before:] if one.to in unsettled)
        self.outcome.worst_single_crash = max(self.outcome.worst_single_crash, ceil(exposed / kills))

    def _judge(self, relay: Relay) -> None:
        """Everybody has their letter; copies are byte-equal and marked; the database is whole and says so."""
        times = Counter(one.to for one in relay.accepted)
        bodies = {(one.to, one.data) for one in relay.accepted}
        store = Store(self.ground.url)
        rows = {row.address: row for row in store.outbox.all(EVENT.key)}
        store.close()
        assert len(rows) == self.ground.letters
        self.outcome.duplicates = len(relay.accepted) - len(times)
        self.outcome.lost = sum(1 for address in rows if not times[address])
        self.outcome.corrupt = (
            len(bodies)
            - len(times)
            + sum(1 for address, row in rows.items() if row.state != "sent" or row.in_doubt < times[address] - 1)
            + (0 if self.ground.file is None else _is_torn(self.ground.file))
        )


def _ends(processes: Sequence[Any]) -> list[int | None]:
    until = time.monotonic() + PATIENCE_SECONDS
    for process in processes:
        process.join(max(0.1, until - time.monotonic()))
        if process.exitcode is None:
            process.kill()
            process.join()
            raise AssertionError("a worker did not end")
    return [process.exitcode for process in processes]


def _is_torn(file: Path) -> bool:
    with sqlite3.connect(file) as connection:
        [verdict] = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    return bool(verdict != "ok")


def calls_of_a_run(ground: Ground, workers: int) -> dict[str, int]:
    """How many system calls of each kind an undisturbed worker makes, the mean of them all where there are several,
    and how many moments the relay has (`""`)."""
    ground.again()
    counts: dict[str, int] = {}
    trial = Trial(ground=ground, workers=workers, points=())
    with Relay(now=Still().now, temper=trial._temper) as relay:
        if strace_works():
            counts |= _counted(trial, relay)
        else:
            trial._serve(relay, workers)
        counts[""] = trial.moments
    return counts


def _counted(trial: Trial, relay: Relay) -> dict[str, int]:
    go, calls = context().Event(), trial.ground.calls
    processes = trial._processes(go, relay, trial.workers)
    with TemporaryDirectory() as name:
        logs = [Path(name) / str(process.pid) for process in processes]
        how = ["strace", "-qq", "-e", f"trace={','.join(calls)}", "-o"]
        tracers = [subprocess.Popen([*how, log, "-p", log.name], text=True) for log in logs]
        assert all(_is_traced(int(log.name), tracer) for log, tracer in zip(logs, tracers, strict=True))
        go.set()
        _ends(processes)
        for tracer in tracers:
            tracer.wait()
        found = Counter(line.partition("(")[0] for log in logs for line in log.read_text().splitlines())
    return {call: ceil(found[call] / trial.workers) for call in calls}


def points_of(counts: dict[str, int]) -> list[Point]:
    """Every point of a run: what a chain of kills is made of."""
    return [Point(call=call, k=k) for call, count in counts.items() for k in range(1, count + 1)]


def tried(ground: Ground, workers: int, chains: Iterable[Sequence[Point]]) -> Outcome:
    """Do some trials; add up what they came to."""
    total = Outcome()
    for points in chains:
        total.add(Trial(ground=ground, workers=workers, points=points).run())
    return total


def chains(points: Sequence[Point], length: int = 3) -> list[Sequence[Point]]:
    """Group points, so that one trial has several kills."""
    return [points[i : i + length] for i in range(0, len(points), length)]
