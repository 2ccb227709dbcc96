"""The service as a process that tests can kill: light to import, so that a fork server can start many."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.gateways.registrations import Columns
from orchestrator.jobs.beat import Memory, beat
from orchestrator.jobs.post import PostRoom
from orchestrator.rehearsal import people

NOW = datetime(2021, 6, 23, 12, tzinfo=UTC)
CONNECTIONS = 2
SETTINGS = gate.load(shipped.example_config(), environ={})[0]
SCRIBE = wiring.scribe()


class Still:
    def now(self) -> datetime:
        return NOW

    def wait(self, until: datetime) -> None:
        """Time does not pass."""


def serve(papers: dict[str, str], relay_port: int, folder: str) -> None:
    """One run of the service, as `apply` does it: beats and post until there is nothing left to do now."""
    source = Path(folder) / "people.csv"
    elsewhere = wiring.Elsewhere(
        **{k: v for k, v in papers.items() if k != "host"},
        relay_port=relay_port,
        store_url=f"sqlite:///{folder}/store.db",
        source=source,
        columns=Columns(**people.columns_for(SETTINGS.event)),
    )
    store = wiring.open_store(elsewhere.store_url)
    world = wiring.world(SETTINGS, store, Still(), wiring.owner(), elsewhere)
    world = replace(world, connections=CONNECTIONS, scribe=SCRIBE)
    memory, room = Memory(), PostRoom({world.event.key: world})
    for _ in range(4):
        beat(world, memory)
        room.drain()


def wait_and_serve(go: Any, papers: dict[str, str], relay_port: int, folder: str) -> None:
    go.wait()
    serve(papers, relay_port, folder)
