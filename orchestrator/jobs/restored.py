"""After an old copy of the database was put back: nothing is said a second time before somebody has looked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from orchestrator.jobs.world import World
from orchestrator.store import Store
from orchestrator.store.holds import RESTORED

TOLERATED = timedelta(minutes=2)
"""A copy as fresh as this has missed no more than a crash does."""
ALARM = "restored:"


def told(store: Store) -> tuple[str, str] | None:
    """Say how old a copy the database is, and the remedy; None where it is none."""
    behind = store.highwater.behind()
    if behind <= TOLERATED:
        return None
    hours, minutes = divmod(int(behind.total_seconds()) // 60, 60)
    what = f"la base est une copie vieille de {hours} h {minutes:02} : les lettres parties depuis y manquent"
    return what, "remettez une copie plus récente, ou laissez partir les lettres : orchestrator resume"


def guard(worlds: Sequence[World], now: datetime) -> bool:
    """Hold the letters of every event where the database is older than it was; links leave all the same: a second
    one is better than none. Tells whether it was so."""
    if not worlds:
        return False
    store = worlds[0].store
    found = told(store)
    if found is not None:
        for world in worlds:
            store.holds.pause(world.event.key, now, RESTORED)
            store.alarms.set(world.event.key, {f"{ALARM}copy": found}, ALARM, now)
    store.highwater.note(now)
    return found is not None
