"""Several processes that serve one event from one PostgreSQL, disturbed at random, and what everybody got."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any

from orchestrator.gateways.engine import Procrastinate
from orchestrator.outside.relay import Relay
from orchestrator.outside.zoom import FakeZoom
from orchestrator.rehearsal import people
from orchestrator.store import Store
from tests.cluster.host import CLOCK, CONNECTIONS, EVENT, Place, serve
from tests.cluster.wires import POSTGRESQL, Address, Wire, carried
from tests.conftest import Postgres
from tests.forks import context

PROCESSES = 4
MOST = 400
EVERYBODY = people.invent(EVENT, MOST, "crowd", CLOCK.now())
PAST_THE_LEASE = 2.5
"""Seconds; the leases last two."""


@dataclass
class Crowd:
    """The processes and their outside. `exposed`: how many letters may have been accepted unnoted in all."""

    server: Postgres
    place: Place
    relay: Relay
    draw: Random
    processes: list[tuple[ForkServerProcess, Place]] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)
    kills: int = 0
    exposed: int = 0
    hand_over: float = 0.0

    def start(self, place: Place | None = None) -> None:
        place = place or self.place
        process = context().Process(target=serve, args=(place,))
        process.start()
        self.processes.append((process, place))

    def register(self, count: int) -> None:
        """Let there be so many people in the form."""
        rows = EVERYBODY[:count]
        part = self.place.source.with_suffix(".part")
        people.write_csv(rows, part)
        part.replace(self.place.source)
        self.expected |= {row["Adresse e-mail"] for row in rows}

    # disturbances

    def kill(self) -> None:
        victim, place = self.processes.pop(self.draw.randrange(len(self.processes)))
        victim.kill()
        victim.join()
        self.kills += 1
        self.exposed += CONNECTIONS
        self.start(place)

    def stop(self) -> None:
        """Stop a process for longer than its leases last."""
        pid = self.draw.choice(self.processes)[0].pid or 0
        os.kill(pid, signal.SIGSTOP)
        time.sleep(PAST_THE_LEASE)  # real: it is the sleeper's own clock that goes on
        os.kill(pid, signal.SIGCONT)
        self.exposed += CONNECTIONS

    def restart_postgresql(self) -> None:
        self.server.stop()
        self.server.start()
        self.exposed += CONNECTIONS * PROCESSES

    def disturb(self, what: Callable[[], None], people_after: int) -> None:
        """Disturb while letters are leaving, let more people come, and wait until each of them has a link."""
        self.register(people_after)
        self.wait_for(lambda: len(self.linked()) > len(self.expected) // 2)
        what()
        began = time.monotonic()
        self.wait_for(lambda: self.linked() >= self.expected)
        self.hand_over = max(self.hand_over, time.monotonic() - began)

    def wait_for(self, is_so: Callable[[], bool], seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < until, f"{len(self.linked())} of {len(self.expected)} have their link"
            assert all(process.is_alive() for process, _ in self.processes), "a process ended by itself"
            time.sleep(0.02)  # real processes at work

    def linked(self) -> set[str]:
        return {one.to for one in list(self.relay.accepted) if b"<link." in one.data}

    def end(self) -> None:
        for process, _ in self.processes:
            process.kill()
            process.join()

    def judged(self) -> dict[str, Any]:
        """What it came to; copies must be byte-equal and marked as in doubt."""
        letters = [one for one in self.relay.accepted if b"<link." in one.data]
        times = Counter(one.to for one in letters)
        bodies = {(one.to, one.data) for one in letters}
        store = Store(self.place.url)
        rows = {row.address: row for row in store.outbox.all(EVENT.key) if row.kind == "link"}
        store.close()
        return {
            "kills": self.kills,
            "lost": len(self.expected - set(times)),
            "duplicates": len(letters) - len(times),
            "too_many": max(0, len(letters) - len(times) - self.exposed),
            "unequal": len(bodies) - len(times),
            "unmarked": sum(1 for to, n in times.items() if n - 1 > rows[to].in_doubt),
            "hand_over_seconds": round(self.hand_over, 1),
        }


@contextmanager
def crowd(
    server: Postgres, folder: Path, seed: int, *, engine: bool = False, wires: Sequence[Wire] = ()
) -> Iterator[Crowd]:
    """Four processes at work; with an engine two beat and two post; or one on each wire, in network namespaces."""
    zoom = FakeZoom(now=CLOCK.now, rates=False)
    relay = Relay(now=CLOCK.now)
    name = server.create()
    url = server.url(name)
    with zoom, relay:
        place = Place(
            papers=zoom.papers(),
            relay_port=relay.port,
            source=folder / "people.csv",
            url=url,
            engine=engine,
        )
        some = Crowd(server, place, relay, Random(seed))
        some.register(8)
        Store(url).open().close()
        if engine:
            Procrastinate(url).prepare()
        ways: list[tuple[tuple[str, int], Address]] = [
            ((wire.address, port), ("127.0.0.1", port)) for wire in wires for port in place.ports
        ]
        ways += [((wire.address, POSTGRESQL), f"{server.folder}/.s.PGSQL.{POSTGRESQL}") for wire in wires]
        with carried(*ways):
            for wire in wires:
                far = f"postgresql://postgres@{wire.address}:{POSTGRESQL}/{name}"
                some.start(replace(place, url=far, wire=wire, host=wire.name))
            parts = [("beat",), ("post",)] if engine else [("beat", "post")]
            for n in range(0 if wires else PROCESSES):
                some.start(replace(place, roles=parts[n % len(parts)]))
            yield from _at_work(some)


def _at_work(some: Crowd) -> Iterator[Crowd]:
    try:
        some.wait_for(lambda: some.linked() >= some.expected)
        yield some
    finally:
        some.end()
