"""The Zoom side of the service as a process that tests can kill, with time that passes."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from orchestrator import wiring
from orchestrator.gateways.registrations import Columns
from orchestrator.jobs.beat import Memory, beat
from orchestrator.rehearsal import people
from tests.crash.service import NOW, SETTINGS

MOST_BEATS = 400


class Passing:
    """The tests' day, as fast as the machine's clock."""

    def __init__(self, started: float) -> None:
        self._started = started

    def now(self) -> datetime:
        return NOW + timedelta(seconds=time.time() - self._started)

    def wait(self, until: datetime) -> None:
        time.sleep(max(0.0, (until - self.now()).total_seconds()))


def converge(papers: dict[str, str], relay_port: int, folder: str, started: float) -> None:
    """Beat, each time afresh, until there is nothing left to do at Zoom."""
    elsewhere = wiring.Elsewhere(
        **{k: v for k, v in papers.items() if k != "host"},
        relay_port=relay_port,
        store_url=f"sqlite:///{folder}/store.db",
        source=Path(folder) / "people.csv",
        columns=Columns(**people.columns_for(SETTINGS.event)),
    )
    store = wiring.open_store(elsewhere.store_url)
    world = replace(wiring.world(SETTINGS, store, Passing(started), wiring.owner(), elsewhere))
    for _ in range(MOST_BEATS):
        report = beat(world, Memory())
        if not report.unfinished and not report.problems:
            return
    raise SystemExit("never done")
