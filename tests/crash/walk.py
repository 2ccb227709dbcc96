"""The service walked through moment by moment: killed where it speaks to Zoom or to the relay, and started again."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.outside.relay import Moment, Relay, Verdict
from orchestrator.outside.zoom import Call, Drop, FakeZoom, Fault, Lose
from orchestrator.rehearsal import people
from tests.crash.service import CONNECTIONS, NOW, SETTINGS, Still, wait_and_serve
from tests.forks import context
from tests.migrated import lay

PEOPLE = 4


@dataclass
class Stage:
    """Zoom and the relay, which count the moments of a run and kill the service at one of them."""

    folder: Path
    kill_at: int = -1
    lose: bool = False
    moments: int = 0
    kills: int = 0
    pid: int = 0
    zoom: FakeZoom = field(init=False)
    relay: Relay = field(init=False)

    def __post_init__(self) -> None:
        invented = people.invent(SETTINGS.event, PEOPLE, "crash", NOW)
        people.write_csv(invented, self.folder / "people.csv")
        lay(self.folder / "store.db")
        self.expected = {row["Adresse e-mail"] for row in invented}
        self.zoom = FakeZoom(now=Still().now, temper=self._zoom, rates=False)
        self.relay = Relay(now=Still().now, temper=self._relay)

    def _strikes(self) -> bool:
        self.moments += 1
        if self.moments != self.kill_at:
            return False
        os.kill(self.pid, signal.SIGKILL)
        self.kills += 1
        return True

    def _zoom(self, _call: Call) -> Fault | None:
        if not self._strikes():
            return None
        return Lose() if self.lose else Drop()

    def _relay(self, moment: Moment) -> Verdict | None:
        if moment.stage in ("ehlo", "quit"):
            return None
        return Verdict(drop=True) if self._strikes() else None

    def run(self) -> int | None:
        """Let one process serve; returns its exit code."""
        go = context().Event()
        process = context().Process(
            target=wait_and_serve, args=(go, self.zoom.papers(), self.relay.port, str(self.folder))
        )
        process.start()
        self.pid = process.pid or 0
        go.set()
        process.join(60)
        return process.exitcode


def everybody_is_well(stage: Stage) -> None:
    meetings = stage.zoom.meetings()
    assert len(meetings) == 1
    registered = [r["email"] for r in stage.zoom.registrants(meetings[0]["id"])]
    assert max(Counter(registered).values()) == 1
    assert stage.expected <= set(registered)
    letters = Counter((a.to, a.data) for a in stage.relay.accepted)
    by_person = Counter(to for to, data in letters if b"<link." in data)
    assert by_person == dict.fromkeys(stage.expected, 1), "exactly one link letter each, copies byte-equal"
    copies = sum(n - 1 for n in letters.values())
    assert copies <= stage.kills * CONNECTIONS


def moments_of_a_run(folder: Path) -> int:
    stage = Stage(folder)
    with stage.zoom, stage.relay:
        assert stage.run() == 0
        everybody_is_well(stage)
        assert sum(1 for a in stage.relay.accepted if b"<link." in a.data) == PEOPLE
    return stage.moments


def killed_at(folder: Path, moment: int) -> int:
    """Kill at one moment, start again, hold the end to every promise; returns how many letters went twice."""
    folder.mkdir()
    stage = Stage(folder, kill_at=moment, lose=bool(moment % 2))
    with stage.zoom, stage.relay:
        assert stage.run() == -signal.SIGKILL
        assert stage.run() == 0
        everybody_is_well(stage)
    return len(stage.relay.accepted) - len({(a.to, a.data) for a in stage.relay.accepted})


def walk(folder: Path) -> Iterator[tuple[int, int, int]]:
    """Kill at every moment, one run each; gives the moment, how many there are, and how many letters went twice."""
    (folder / "calm").mkdir()
    last = moments_of_a_run(folder / "calm") - 3
    for moment in range(1, last):
        yield moment, last - 1, killed_at(folder / f"at-{moment}", moment)
