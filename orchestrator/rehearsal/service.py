"""The service under rehearsal, as a process of its own: it can be killed at any moment and started again.

Talks JSON lines: the rehearsal says "turn" and gets back what was done and when the service wants to be woken.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from orchestrator import settings as gate
from orchestrator import wiring
from orchestrator.core.errors import OrchestratorError
from orchestrator.gateways.registrations import Columns
from orchestrator.jobs.beat import Memory, beat
from orchestrator.jobs.post import PostRoom
from orchestrator.jobs.relay_room import Tally
from orchestrator.jobs.world import World
from orchestrator.rehearsal.clock import SharedClock
from orchestrator.rehearsal.weeks import promised

TICK = timedelta(seconds=10)
"""The daemon's beat; when something changed, the next beat looks again."""


def order(config: Path, event: str, clock: Path, elsewhere: wiring.Elsewhere) -> str:
    """Write the first line that the service is told."""
    place = {f.name: getattr(elsewhere, f.name) for f in fields(elsewhere)}
    place |= {"source": str(elsewhere.source), "columns": columns_to(elsewhere.columns)}
    return json.dumps({"config": str(config), "event": event, "clock": str(clock), "elsewhere": place})


def _open(line: str) -> World:
    told = json.loads(line)
    found = gate.load(Path(told["config"]), environ=os.environ)
    settings = next(s for s in found if s.event.key == told["event"])
    settings = replace(settings, event=promised(settings.event))
    place = told["elsewhere"]
    columns = place["columns"]
    elsewhere = wiring.Elsewhere(
        **{
            **place,
            "source": Path(place["source"]),
            "columns": None if columns is None else columns_from(columns),
        }
    )
    store = wiring.open_store(elsewhere.store_url)
    store.db.be_hasty()
    return wiring.world(settings, store, SharedClock(Path(told["clock"])), wiring.owner(), elsewhere)


def columns_to(columns: Columns | None) -> dict[str, Any] | None:
    """Bring columns into JSON's values."""
    if columns is None:
        return None
    values = {f.name: getattr(columns, f.name) for f in fields(columns)}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}


def columns_from(data: dict[str, Any]) -> Columns:
    """Bring columns back from JSON."""
    pairs = {name: {k: tuple(v) for k, v in data[name].items()} for name in ("answers", "wishes")}
    return Columns(**{**data, **pairs, "yes": tuple(data["yes"])})


def turn(world: World, memory: Memory, room: PostRoom) -> dict[str, Any]:
    """Do what the service does at an instant: one beat, then the post as far as it goes."""
    try:
        report = beat(world, memory)
    except OrchestratorError as error:
        if error.permanent:
            raise
        return {"next_at": (world.clock.now() + TICK).isoformat(), "problems": [error.message], "taken": {}}
    now, leaves_at, tally = world.clock.now(), room.next_at(), Tally()
    if leaves_at is not None and leaves_at <= now:
        tally, leaves_at = room.drain(), room.next_at()
    wakes = [report.next_at, leaves_at]
    if memory.versions != world.store.events.versions(world.event.key):
        wakes.append(world.clock.now() + TICK)
    known = [at for at in wakes if at is not None]
    return {
        "next_at": min(known).isoformat() if known else None,
        "problems": [p.what for p in report.problems] + ([tally.trouble] if tally.trouble else []),
        "taken": world.store.seats.taken(world.event.key) if not report.quiet else None,
    }


def main() -> None:
    """Serve turns until the rehearsal hangs up."""
    world = _open(sys.stdin.readline())
    memory, room = Memory(), PostRoom({world.event.key: world})
    room.recover()  # what a process killed before had in hand is due at once
    for _line in sys.stdin:
        sys.stdout.write(json.dumps(turn(world, memory, room)) + "\n")
        sys.stdout.flush()


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


if __name__ == "__main__":
    main()
