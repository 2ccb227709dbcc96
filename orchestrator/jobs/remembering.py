"""What a process knew of quiet events when it ended, for the one that is started after it.

Only what a beat has decided to the end is kept, and it is believed only by a service of the same make, for the same
settings, while nothing is wrong with the event; for everything else the next beat compares as it always does. So that
a mistake heals by itself, every event is gone through afresh at least once a day.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from orchestrator.jobs.beat import Memory
from orchestrator.jobs.world import World

NAME = "decided"
AFRESH = timedelta(hours=12)
"""How old a decision may become at least; half as much again or twice, by event, so that many do not come at once."""
INSTANTS = ("quiet_until", "decided_at", "decide_at", "gone_through_at", "texts_end_at")


def recall(worlds: Sequence[World]) -> dict[str, Memory]:
    """What is known of each event from the process before; nothing of those of which anything is wrong."""
    if not worlds:
        return {}
    store = worlds[0].store
    kept, wrong = store.memos.everywhere(NAME), store.figures.alarms()
    return {w.event.key: _read(w, kept.get(w.event.key, "") if w.event.key not in wrong else "") for w in worlds}


def keep(world: World, memory: Memory) -> None:
    """Write down what a beat has decided to the end; of any other nothing is left."""
    if world.make:
        world.store.memos.set(world.event.key, NAME, _written(world, memory), world.clock.now())


def doubt(world: World, memory: Memory, now: datetime) -> None:
    """Forget what was decided too long ago, or by a clock that has been set back since."""
    since, seen = memory.gone_through_at, (memory.gone_through_at, memory.decided_at)
    if any(at is not None and at > now for at in seen) or (since is not None and now - since > _life(world.event.key)):
        memory.gone_through_at = memory.decided_at = memory.event = None


def _life(key: str) -> timedelta:
    return AFRESH + timedelta(seconds=zlib.crc32(key.encode()) % int(AFRESH.total_seconds()))


def _written(world: World, memory: Memory) -> str:
    if memory.decided_at is None or memory.event is None:
        return ""
    instants = {name: at and at.isoformat() for name in INSTANTS for at in [getattr(memory, name)]}
    return json.dumps({"make": world.make, "fingerprint": memory.fingerprint, "versions": memory.versions, **instants})


def _read(world: World, text: str) -> Memory:
    try:
        return _memory(world, json.loads(text)) if text else Memory()
    except (ValueError, LookupError, TypeError):  # spoilt by hand: then all is compared
        return Memory()


def _memory(world: World, found: Mapping[str, Any]) -> Memory:
    if not world.make or found.get("make") != world.make:
        return Memory()
    version, news = found["versions"]
    memory = Memory(event=world.event, fingerprint=found["fingerprint"], versions=(version, news))
    for name in INSTANTS:
        setattr(memory, name, datetime.fromisoformat(found[name]) if found[name] else None)
    return memory
