"""The service is killed at every moment it speaks to Zoom or to the relay, and started again."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from orchestrator import wiring
from orchestrator.outside.relay import Moment, Relay, Verdict
from orchestrator.outside.zoom import Call, Drop, FakeZoom, Fault, Lose
from orchestrator.rehearsal import people
from tests.crash.service import CONNECTIONS, NOW, SETTINGS, Still, wait_and_serve
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

    def run(self, context: ForkServerContext) -> int | None:
        """Let one process serve; returns its exit code."""
        go = context.Event()
        process = context.Process(
            target=wait_and_serve, args=(go, self.zoom.papers(), self.relay.port, str(self.folder))
        )
        process.start()
        self.pid = process.pid or 0
        go.set()
        process.join(60)
        return process.exitcode


@pytest.fixture(scope="module")
def context() -> ForkServerContext:
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["tests.crash.service"])
    return found


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


def moments_of_a_run(context: ForkServerContext, folder: Path) -> int:
    stage = Stage(folder)
    with stage.zoom, stage.relay:
        assert stage.run(context) == 0
        everybody_is_well(stage)
        assert sum(1 for a in stage.relay.accepted if b"<link." in a.data) == PEOPLE
    return stage.moments


def killed_at(context: ForkServerContext, folder: Path, moment: int, *, lose: bool) -> None:
    folder.mkdir()
    stage = Stage(folder, kill_at=moment, lose=lose)
    with stage.zoom, stage.relay:
        assert stage.run(context) == -signal.SIGKILL
        assert stage.run(context) == 0
        everybody_is_well(stage)


@pytest.mark.slow
def test_killed_at_any_moment_and_started_again_nobody_is_forgotten(context: ForkServerContext, tmp_path: Path) -> None:
    (tmp_path / "calm").mkdir()
    moments = moments_of_a_run(context, tmp_path / "calm")
    draw = random.Random(int(os.environ.get("CRASH_SEED", "1")))
    first = range(1, 7)  # token, find, create, read, registrations: the moments that make a meeting
    later = draw.sample(range(7, moments - 3), 6)
    for moment in (*first, *later):
        killed_at(context, tmp_path / f"at-{moment}", moment, lose=bool(moment % 2))


@pytest.mark.slow
@pytest.mark.skipif("CRASH_ALL" not in os.environ, reason="every moment takes a minute: CRASH_ALL=1 asks for it")
def test_killed_at_every_single_moment(context: ForkServerContext, tmp_path: Path) -> None:
    (tmp_path / "calm").mkdir()
    moments = moments_of_a_run(context, tmp_path / "calm")
    for moment in range(1, moments - 3):
        killed_at(context, tmp_path / f"at-{moment}", moment, lose=bool(moment % 2))


def test_the_kill_shows_in_the_outbox_as_a_letter_in_doubt(context: ForkServerContext, tmp_path: Path) -> None:
    (tmp_path / "calm").mkdir()
    folder = tmp_path / "doubt"
    folder.mkdir()
    stage = Stage(folder)
    stage.kill_at = 10**9
    accepted = 0

    def at_first_acceptance(moment: Moment) -> Verdict | None:
        nonlocal accepted
        accepted += moment.stage == "accepted"
        if moment.stage == "accepted" and accepted == 1:
            os.kill(stage.pid, signal.SIGKILL)
            stage.kills += 1
            return Verdict(drop=True)
        return None

    stage.relay = Relay(now=Still().now, temper=at_first_acceptance)
    with stage.zoom, stage.relay:
        assert stage.run(context) == -signal.SIGKILL
        assert stage.run(context) == 0
        everybody_is_well(stage)
    store = wiring.open_store(f"sqlite:///{folder}/store.db")
    doubtful = [d for d in store.outbox.all("relation-police-population") if d.in_doubt]
    store.close()
    assert 1 <= len(doubtful) <= CONNECTIONS
    copies = len(stage.relay.accepted) - len({a.data for a in stage.relay.accepted})
    assert 1 <= copies <= CONNECTIONS
