"""How fast letters leave: claimed, put in words, said, settled, each one durably recorded.

Prints JSON. All of it side by side in one run: Postfix's smtp-source to the same smtp-sink is the limit of the
machine; the peers are what a user would pick instead. Letters have a text, an HTML and two calendar parts.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import _peers, _postfix, _sink
from benchmarks._post_stage import NOW, event, prepare, world
from orchestrator import wiring
from orchestrator.daemon import Daemon
from orchestrator.jobs.post import PostRoom
from orchestrator.jobs.world import World
from orchestrator.store import Store

LETTERS, PEER_LETTERS, ROUNDS, SESSIONS = 3_000, 400, 3, 10
LINES = 20
"""Our connections: the lines of one round are settled in one commit."""
FAR = {"rtt": 0.05, "accept": 0.1}


@contextmanager
def stage(url: str, port: int, letters: int, connections: int) -> Iterator[World]:
    """An empty database with letters due."""
    store = wiring.open_store(url)
    one = world(event(), store, port, connections=connections)
    prepare(one, letters)
    yield one
    store.close()


def drained(one: World, letters: int) -> float:
    """Send them, the templates read as the service does when it starts; return how many a second. Raises if one was
    not sent."""
    room = PostRoom({one.event.key: one})
    room.warm_up()
    started = time.perf_counter()
    tally = room.drain()
    elapsed = time.perf_counter() - started
    assert sum(tally.sent.values()) == letters, (tally.sent, tally.trouble)
    return letters / elapsed


def drained_by_several(url: str, port: int, letters: int, processes: int) -> float:
    """Send them from several processes, as `run --role post` on one machine does; return how many a second. Raises if
    one was not sent."""
    spawn = multiprocessing.get_context("spawn")
    ready, sent = spawn.Barrier(processes + 1), spawn.Queue()
    hands = [spawn.Process(target=_drain, args=(url, port, ready, sent)) for _ in range(processes)]
    for hand in hands:
        hand.start()
    ready.wait(60)
    started = time.perf_counter()
    total = sum(sent.get(timeout=120) for _ in hands)
    elapsed = time.perf_counter() - started
    for hand in hands:
        hand.join(20)
    assert total == letters, total
    return letters / elapsed


def _drain(url: str, port: int, ready: Any, sent: Any) -> None:
    store = wiring.open_store(url)
    one = world(event(), store, port, connections=LINES)
    room = PostRoom({one.event.key: one})
    room.warm_up()
    ready.wait(60)
    sent.put(sum(room.drain().sent.values()))
    store.close()


def in_a_new_file(folder: Path, name: str) -> str:
    return f"sqlite:///{folder / name}.db"


def length_of_one(store: Store) -> int:
    """How many bytes a letter has, as they were sent."""
    one = next(d for d in reversed(store.outbox.all(event().key)) if d.state == "sent")
    message = store.outbox.message_of(one)
    assert message is not None
    return len(message.data)


def first_of_a_wave(folder: Path, port: int) -> float:
    """Seconds from the instant at which 1,000 letters are due until the first is accepted, by the real clock."""
    clock = _Shifted(wiring.SystemClock().now() - NOW)
    store = wiring.open_store(in_a_new_file(folder, "wave"))
    one = replace(world(event(), store, port, connections=4), clock=clock)
    due = clock.now() + timedelta(seconds=6)
    prepare(one, 1_000, due)
    daemon, room = Daemon([one]), PostRoom({one.event.key: one})
    assert clock.now() < due, "this machine is too slow to prepare the wave in time"
    post = threading.Thread(target=daemon.deliver, args=(room,), daemon=True)
    post.start()
    clock.wait(due + timedelta(seconds=10))
    daemon.stop()
    post.join(20)
    sent = [d.sent_at for d in store.outbox.all(one.event.key) if d.sent_at is not None]
    store.close()
    assert sent, "nothing was sent within ten seconds"
    return (min(sent) - due).total_seconds()


def side_by_side(folder: Path, found: _postfix.Tools | None) -> dict[str, Any]:
    """We, the limit of the machine and the peers, to the same sink in the same rounds."""
    ours, limits, stored, together = [], [], [], []
    with _postfix.sink(found) if found else _sink.sink() as port, _postgresql() as new_database:
        length = 0
        for n in range(ROUNDS):
            say(f"round {n + 1} of {ROUNDS}")
            with stage(in_a_new_file(folder, f"round-{n}"), port, LETTERS, LINES) as one:
                if length and found:
                    limits.append(_postfix.source(found, port, LETTERS, length, SESSIONS))
                ours.append(drained(one, LETTERS))
                length = length_of_one(one.store)
                if n == 0 and found:
                    limits.append(_postfix.source(found, port, LETTERS, length, SESSIONS))
            url = in_a_new_file(folder, f"together-{n}")
            with stage(url, port, LETTERS, LINES):
                together.append(drained_by_several(url, port, LETTERS, 2))
            with stage(new_database(), port, LETTERS, LINES) as one:
                stored.append(drained(one, LETTERS))
        say("peers")
        peers = {name: round(run(port, PEER_LETTERS, length)) for name, run in _peers.ALL.items()}
        first = first_of_a_wave(folder, port)
    ratios = [us / limit for us, limit in zip(ours, limits, strict=True)] if limits else []
    in_postgresql = [us / limit for us, limit in zip(stored, limits, strict=True)] if limits else []
    of_two = [us / limit for us, limit in zip(together, limits, strict=True)] if limits else []
    return {
        "letter_bytes": length,
        "connections": LINES,
        "per_second": round(median(ours)),
        "smtp_source_per_second": round(median(limits)) if limits else None,
        "ratio": round(median(ratios), 3) if ratios else None,
        "two_processes_per_second": round(median(together)),
        "two_processes_ratio": round(median(of_two), 3) if of_two else None,
        "peers": peers,
        "postgresql_per_second": round(median(stored)),
        "postgresql_ratio": round(median(in_postgresql), 3) if in_postgresql else None,
        "first_letter_seconds": round(first, 3),
        "sink": "smtp-sink" if found else "our own: smtp-sink was neither found nor to be had",
    }


def far_away(folder: Path, letters: int, connections: int) -> float:
    """Seconds for some letters to a relay 50 ms away that takes 100 ms to accept one."""
    say(f"{letters} letters to a relay far away, over {connections} connections")
    url = in_a_new_file(folder, f"far-{letters}")
    with _sink.sink(**FAR) as port, stage(url, port, letters, connections) as one:
        return letters / drained(one, letters)


@contextmanager
def _postgresql() -> Iterator[Callable[[], str]]:
    """A PostgreSQL that waits for the disk, as it does by default; yields what makes a database."""
    from tests.conftest import postgres_in

    with tempfile.TemporaryDirectory(prefix="postgres-") as name, postgres_in(Path(name), hasty=False) as server:
        yield lambda: server.url(server.create())


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    found = _postfix.tools()
    if found is None:
        say("Postfix's smtp-source and smtp-sink are neither installed nor to be had: no limit to compare with")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = side_by_side(folder, found)
        figures["rtt50_500_seconds"] = round(far_away(folder, 500, 4), 1)
        figures["rtt50_5000_seconds"] = round(far_away(folder, 5_000, 20), 1)
    print(json.dumps(figures, indent=2))


class _Shifted:
    """The real clock, as many seconds later or earlier."""

    def __init__(self, shift: timedelta) -> None:
        self._shift = shift

    def now(self) -> datetime:
        return wiring.SystemClock().now() - self._shift

    def wait(self, until: datetime) -> None:
        time.sleep(max(0.0, (until - self.now()).total_seconds()))


if __name__ == "__main__":
    main()
