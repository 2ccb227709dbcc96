"""Answers lost after the work was done, and the service killed in the middle: one meeting, one link each."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator import wiring
from orchestrator.outside.zoom import Call, Drop, Exchange, FakeZoom, Fault, Lose
from orchestrator.rehearsal import people
from tests.crash.service import NOW, SETTINGS
from tests.crash.zoom_service import Passing, converge
from tests.forks import context
from tests.migrated import lay

WHOLE = os.environ.get("ORCHESTRATOR_WHOLE") == "1"
PEOPLE, KILLS = (1000, 10) if WHOLE else (150, 4)
BETWEEN = (3, 12) if WHOLE else (2, 5)
"""Calls between two kills."""
LOST = 0.3


class Stage:
    """Zoom with its real limits, which loses answers and kills whoever asks."""

    def __init__(self, folder: Path, draw: random.Random) -> None:
        self.folder, self.draw = folder, draw
        self.started = time.time()
        self.heard: list[Exchange] = []
        self.pid = self.kills = 0
        self.next_kill = draw.randrange(*BETWEEN)
        clock = Passing(self.started)
        self.zoom = FakeZoom(now=clock.now, hear=self.heard.append, temper=self._temper, plan="pro", capacity=1000)
        rows = people.invent(SETTINGS.event, PEOPLE, "lost", NOW)
        people.write_csv(rows, folder / "people.csv")
        self.expected = {row["Adresse e-mail"].casefold() for row in rows}
        lay(folder / "store.db")

    def _temper(self, call: Call) -> Fault | None:
        """Lose three answers in ten once the work is done; now and then kill instead, before the work or after it."""
        if call.path.startswith("/oauth"):
            return None
        self.next_kill -= 1
        if self.next_kill == 0 and self.kills < KILLS:
            self.kills += 1
            self.next_kill = self.draw.randrange(*BETWEEN)
            os.kill(self.pid, signal.SIGKILL)
            return Lose() if call.method == "POST" else self.draw.choice([Drop(), Lose()])
        return Lose() if self.draw.random() < LOST else None

    def run(self) -> int | None:
        """Let one process work; returns its exit code."""
        ready = context().Event()
        process = context().Process(target=_work, args=(ready, self.zoom.papers(), str(self.folder), self.started))
        process.start()
        self.pid = process.pid or 0
        ready.set()
        process.join(300)
        return process.exitcode


def _work(ready: object, papers: dict[str, str], folder: str, started: float) -> None:
    ready.wait()  # type: ignore[attr-defined]  # a multiprocessing Event
    converge(papers, 9, folder, started)


def added(heard: list[Exchange]) -> Iterator[str]:
    """Everybody Zoom was made to add, as often as it was."""
    for call in heard:
        if call.method == "POST" and "registrants" in call.path and call.status == 201:
            body = call.request or {}
            yield from (row["email"].casefold() for row in body.get("registrants", [body]))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_lost_answers_and_kills_make_one_meeting_and_one_link_each(tmp_path: Path) -> None:
    stage = Stage(tmp_path, random.Random(5))
    codes: list[int | None] = []
    with stage.zoom:
        while not codes or codes[-1] != 0:
            assert len(codes) <= KILLS
            codes.append(stage.run())
        [meeting] = stage.zoom.meetings()
        registered = [r["email"].casefold() for r in stage.zoom.registrants(meeting["id"]) if r["status"] == "approved"]
    assert codes == [-signal.SIGKILL] * KILLS + [0]
    assert Counter(registered).most_common(1)[0][1] == 1
    assert stage.expected <= set(registered)
    assert max(Counter(added(stage.heard)).values()) == 1
    assert [call.path for call in stage.heard if call.status == 429] == []
    store = wiring.open_store(f"sqlite:///{tmp_path}/store.db")
    ways = store.meetings.ways(SETTINGS.event.key)["day-1"].values()
    store.close()
    assert {w.email for w in ways if w.join_url} == set(registered)
    assert len({w.join_url for w in ways}) == len(registered)
