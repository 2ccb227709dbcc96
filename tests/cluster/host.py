"""One of several processes that serve together, as `run` does; a fork server starts them at once."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.core.errors import OrchestratorError
from orchestrator.core.model import Quota
from orchestrator.daemon import Daemon
from orchestrator.gateways.engine import Procrastinate
from orchestrator.gateways.registrations import Columns
from orchestrator.jobs.world import Patience
from orchestrator.rehearsal import people
from orchestrator.settings.cloning import clone
from orchestrator.store import Store
from tests.cluster.wires import Wire, carry, enter, ports_of

CONNECTIONS = 2
CLOCK = wiring.SystemClock()
DATE = CLOCK.now().date() + timedelta(days=5)
SETTINGS = gate.from_text(
    clone(shipped.example_config().read_text("utf-8"), date=DATE, key="crowd")[0], shipped.example_config(), environ={}
)
EVENT = replace(SETTINGS.event, quota=Quota())
SCRIBE = wiring.scribe()
BRIEF = Patience(beat_lease=timedelta(seconds=2), letter_lease=timedelta(seconds=2))


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a process finds the rest. `host`: what it calls its machine; "" = this one."""

    papers: dict[str, str]
    relay_port: int
    source: Path
    url: str
    engine: bool = False
    roles: tuple[str, ...] = ("beat", "post")
    host: str = ""
    wire: Wire | None = None
    """How it reaches the rest, from a namespace of its own."""

    @property
    def ports(self) -> set[int]:
        return {self.relay_port, *ports_of([self.papers["api_url"], self.papers["token_url"]])}


def _opened(url: str) -> Store:
    """Try until the database answers, as systemd starts the service again."""
    while True:
        try:
            return wiring.open_store(url)
        except OrchestratorError:
            time.sleep(0.2)


def serve(place: Place) -> None:
    """Serve until killed."""
    if place.wire is not None:
        enter(place.wire.name)
        for port in place.ports:
            carry(("127.0.0.1", port), (place.wire.address, port))
    elsewhere = wiring.Elsewhere(
        **{k: v for k, v in place.papers.items() if k != "host"},
        relay_port=place.relay_port,
        store_url=place.url,
        source=place.source,
        columns=Columns(**people.columns_for(EVENT)),
    )
    store = _opened(place.url)
    store.db.idle_seconds = 1
    _, process = wiring.owner().split(":", 1)
    owner = f"{place.host}:{process}" if place.host else wiring.owner()
    world = wiring.world(SETTINGS, store, CLOCK, owner, elsewhere)
    world = replace(world, event=EVENT, connections=CONNECTIONS, scribe=SCRIBE, patience=BRIEF)
    engine = Procrastinate(place.url, silent_seconds=2) if place.engine else None
    daemon = Daemon([world], roles=place.roles, engine=engine, beat_seconds=1)
    daemon.run(threading.Event())
