"""What a beat with nothing to do costs: three events, 10,000 people, the network apart.

The source is not read again, Zoom is not asked: what is measured is one stat and one small query an event.
Prints JSON; `full_ms` is a first beat that goes through everything, for comparison.
"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.gateways.registrations import Columns
from orchestrator.jobs.beat import Memory, beat
from orchestrator.jobs.world import Patience, World
from orchestrator.outside.zoom import FakeZoom
from orchestrator.rehearsal import people

EVENTS, PEOPLE, ROUNDS = 3, 10_000, 50
NOW = datetime(2021, 6, 20, 12, tzinfo=UTC)


class Still:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW

    def wait(self, until: datetime) -> None:
        """Return at once."""


def worlds(folder: Path, zoom: FakeZoom) -> list[World]:
    """Three events like the example, each with a third of the people."""
    [settings] = gate.load(shipped.example_config(), environ={})
    store, name = wiring.open_store(f"sqlite:///{folder / 'quiet.db'}"), wiring.owner()
    result = []
    for n in range(EVENTS):
        event = replace(
            settings.event,
            key=f"event-{n}",
            workshops=tuple(replace(w, seats=PEOPLE) for w in settings.event.workshops),
        )
        source = folder / f"{n}.csv"
        people.write_csv(people.invent(event, PEOPLE // EVENTS + 1, event.key, NOW - timedelta(hours=1)), source)
        elsewhere = wiring.Elsewhere(
            **{k: v for k, v in zoom.papers().items() if k != "host"},
            relay_port=1,
            store_url="",
            source=source,
            columns=Columns(**people.columns_for(event)),
        )
        one = wiring.world(replace(settings, event=event), store, Still(), name, elsewhere)
        result.append(replace(one, patience=replace(Patience(), batches_a_beat=1000)))
    return result


def main() -> None:
    with tempfile.TemporaryDirectory() as name, FakeZoom(now=Still().now, rates=False, capacity=5000) as zoom:
        served = worlds(Path(name), zoom)
        memories = [Memory() for _ in served]
        for world, memory in zip(served, memories, strict=True):
            beat(world, memory)
        started = time.perf_counter()
        for world in served:
            assert not beat(world, Memory()).quiet
        full = time.perf_counter() - started
        quiet = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            reports = [beat(world, memory) for world, memory in zip(served, memories, strict=True)]
            quiet.append(time.perf_counter() - started)
            assert all(report.quiet for report in reports)
        registered = sum(len(world.store.people.registered(world.event.key)) for world in served)
        figures = {
            "events": EVENTS,
            "people": registered,
            "quiet_ms": round(1000 * median(quiet), 2),
            "quiet_ms_worst": round(1000 * max(quiet), 2),
            "full_ms": round(1000 * full, 1),
        }
        print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
