"""How quick people's pages are while letters are being sent: one process serves and posts, another one asks, and a
third is the relay.

Prints JSON: `p95_ms` and `per_second` of my page at an offered rate of 300 a second, then as fast as it answers, and of
the speaker's page; `cpu_ms_a_page` is what one page costs this process, the post's thread apart, and
`letters_cpu_ms_a_second` what that costs; `letters_a_minute` is what left; `bytes` what a page weighs.

    ./run bench web [--people 1000] [--seconds 8]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from benchmarks._sink import sink
from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.core.model import Event, reference
from orchestrator.core.recipients import speaker_reference
from orchestrator.daemon import Daemon
from orchestrator.gateways.registrations import Columns
from orchestrator.jobs.beat import Memory, beat
from orchestrator.jobs.world import Patience, World
from orchestrator.outside.zoom import FakeZoom
from orchestrator.rehearsal import people
from orchestrator.settings import Settings, Web
from orchestrator.store.schema import letter
from orchestrator.web.app import make_app
from orchestrator.web.house import House, Served
from orchestrator.web.server import served

KEY = b"only for measuring, kept nowhere"
LETTERS_A_MINUTE = 600
OFFERED = 300
CONNECTIONS = 8
WARM_SECONDS = 1.5
"""How long letters leave before the first page is asked for: templates are read by then."""


def ahead(event: Event, days: int) -> Event:
    """The example's event, so many days from now, with room for everybody and no limit at the relay."""
    by = datetime.now(UTC).date() - event.date + timedelta(days=days)
    return replace(
        event,
        date=event.date + by,
        sessions=tuple(
            replace(s, starts_at=s.starts_at + by, ends_at=s.ends_at + by, doors_at=s.doors_at + by, day=s.day + by)
            for s in event.sessions
        ),
        programme=tuple(replace(p, at=p.at + by) for p in event.programme),
        workshops=tuple(replace(w, seats=5000, opens_at=w.opens_at + by) for w in event.workshops),
        seating=replace(
            event.seating, wishes_until=event.seating.wishes_until + by, tell_at=datetime.now(UTC) - timedelta(hours=1)
        ),
        quota=replace(event.quota, per_minute=0),
    )


def prepared(folder: Path, zoom: FakeZoom, relay: int, count: int) -> tuple[Settings, World]:
    """A world with everybody registered, seated and in possession of a link; no letter has left."""
    [settings] = gate.load(shipped.example_config(), environ={})
    clock, store = wiring.SystemClock(), wiring.open_store(f"sqlite:///{folder / 'web.db'}")
    event = ahead(settings.event, 9)
    source = folder / "people.csv"
    people.write_csv(people.invent(event, count, event.key, datetime.now(UTC) - timedelta(hours=2)), source)
    elsewhere = wiring.Elsewhere(
        **{k: v for k, v in zoom.papers().items() if k != "host"},
        relay_port=relay,
        store_url="",
        source=source,
        columns=Columns(**people.columns_for(event)),
    )
    settings = replace(settings, event=event)
    world = wiring.world(settings, store, clock, wiring.owner(), elsewhere)
    addresses = wiring.addresses("http://127.0.0.1", KEY, event.key, store)
    world = replace(world, page_of=addresses, patience=replace(Patience(), batches_a_beat=1000))
    memory = Memory()
    beat(world, memory)
    beat(world, memory)
    return settings, world


def spread_out(world: World) -> None:
    """Let the letters leave one after the other, so many a minute from now on."""
    store, now = world.store, datetime.now(UTC)
    apart = timedelta(minutes=1) / LETTERS_A_MINUTE
    with store.db.write() as c:
        for n, number in enumerate(c.execute(sa.select(letter.c.id).where(letter.c.state == "due")).scalars().all()):
            c.execute(letter.update().where(letter.c.id == number).values(leave_from=now + n * apart))


def gone(world: World) -> int:
    """How many letters have left."""
    with world.store.db.read() as c:
        return c.execute(sa.select(sa.func.count()).where(letter.c.state == "sent")).scalar() or 0


def measured(world: World, settings: Settings, seconds: float) -> dict[str, Any]:
    web = Web(host="127.0.0.1", port=0, public_url="http://127.0.0.1", organisers=())
    house = House(store=world.store, clock=world.clock, key=KEY, web=web)
    house.served = {world.event.key: Served(world=world, settings=settings)}
    emails = list(world.store.people.registered(world.event.key))
    mine = [urlsplit(world.page_of(reference(world.event.key, email))).path for email in emails[:500]]
    speaks = [urlsplit(world.page_of(speaker_reference(world.event, s))).path for s in world.event.speakers]
    ended = threading.Event()
    post = threading.Thread(target=Daemon([world], roles={"post"}).run, args=(ended,))
    with served(make_app(house), "127.0.0.1", 0, lambda _trouble: None) as server:
        for paths in (mine[:50], speaks):
            _asked(server.port, paths, 0.5, 0)
        spread_out(world)
        post.start()
        time.sleep(WARM_SECONDS)
        began, before = time.monotonic(), gone(world)
        worked = _posting()
        figures = {
            "my_page": _asked(server.port, mine, seconds, OFFERED),
            "my_page_at_most": _asked(server.port, mine, seconds, 0),
            "speakers_page": _asked(server.port, speaks, seconds / 2, 20),
            "load": os.getloadavg()[0],
        }
        lasted, left = time.monotonic() - began, gone(world) - before
        figures["letters_cpu_ms_a_second"] = round(1000 * (_posting() - worked) / lasted)
        ended.set()
        post.join()
    asked = {"my_page_p95_ms": 20, "my_page_per_second": OFFERED, "letters_a_minute": LETTERS_A_MINUTE}
    return figures | {"letters_a_minute": round(60 * left / lasted), "people": len(emails), "asked": asked}


def _posting() -> float:
    """The processor time of the post so far."""
    posts = [t.ident for t in threading.enumerate() if t.name.startswith("post-")]
    return sum(time.clock_gettime(time.pthread_getcpuclockid(ident)) for ident in posts if ident)


def _asked(port: int, paths: list[str], seconds: float, rate: int) -> dict[str, Any]:
    """Let another process ask for these pages, `rate` a second, or as fast as they come where it is 0."""
    before = time.process_time() - _posting()
    order = json.dumps({"port": port, "paths": paths, "seconds": seconds, "rate": rate})
    command = [sys.executable, "-m", "benchmarks.web", "--ask"]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, input=order, capture_output=True, text=True, check=True, cwd=root)
    found: dict[str, Any] = json.loads(done.stdout)
    worked = time.process_time() - _posting() - before
    return found | {"cpu_ms_a_page": round(1000 * worked / max(1, found["pages"]), 2)}


async def _ask(order: dict[str, Any]) -> dict[str, Any]:
    took: list[float] = []
    bad: list[bytes] = []
    weights: list[int] = []
    began, rate = time.perf_counter(), order["rate"]
    turn = iter(range(10**9))

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", order["port"])
        while True:
            n = next(turn)
            due = began + n / rate if rate else time.perf_counter()
            if due - began > order["seconds"] or time.perf_counter() - began > order["seconds"] + 5:
                break
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            asked = due if rate else time.perf_counter()
            path = order["paths"][n % len(order["paths"])]
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{order['port']}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
            await reader.readexactly(length)
            took.append(time.perf_counter() - asked)
            weights.append(length)
            if not head.startswith(b"HTTP/1.1 200"):
                bad.append(head[:30])
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(CONNECTIONS)))
    lasted = time.perf_counter() - began
    cuts = quantiles(took, n=100)
    return {
        "per_second": round(len(took) / lasted, 1),
        "p50_ms": round(1000 * cuts[49], 1),
        "p95_ms": round(1000 * cuts[94], 1),
        "p99_ms": round(1000 * cuts[98], 1),
        "failed": len(bad),
        "pages": len(took),
        "bytes": max(weights),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ask", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    if options.ask:
        print(json.dumps(asyncio.run(_ask(json.load(sys.stdin)))))
        return
    now = wiring.SystemClock().now
    with (
        tempfile.TemporaryDirectory() as name,
        FakeZoom(now=now, rates=False, capacity=options.people + 100) as zoom,
        sink() as relay,
    ):
        settings, world = prepared(Path(name), zoom, relay, options.people)
        print(json.dumps(measured(world, settings, options.seconds), indent=2))


if __name__ == "__main__":
    main()
