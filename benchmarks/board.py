"""The board with ten thousand people: how long each page takes at the 95th percentile, and how much it weighs.

The event is the example's day with invented registrants; a fake Zoom gives every link, and every first letter counts
as sent. Times are those of an HTTP request on loopback, server and client in one process, and the
processor time of the same; prints JSON.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

import requests
import sqlalchemy as sa
import uvicorn

from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.core.entry import hidden
from orchestrator.core.model import reference
from orchestrator.gateways.registrations import Columns
from orchestrator.jobs.beat import Memory, beat, letters_owed
from orchestrator.jobs.world import Patience, World
from orchestrator.outside.zoom import FakeZoom
from orchestrator.rehearsal import people
from orchestrator.store import Way
from orchestrator.store.schema import letter
from orchestrator.web.app import make_app
from orchestrator.web.house import House, Served

PEOPLE, ROUNDS = 10_000, 40
LETTER = 14_000
"""Bytes of a letter, about what the example's weigh."""
NOW = datetime(2021, 6, 23, 12, tzinfo=UTC)
PAGES = (
    "/", "/people", "/people?q=martin", "/people?only=no-link", "/people?n=200", "/people/{ref}",
    "/workshops", "/workshops/acteurs-1", "/letters", "/letters?state=sent&n=100", "/letters/7", "/letters/15000",
    "/registrations", "/zoom", "/journal", "/event", "/after",
    "/letters/pause", "/letters/fallback", "/people/{ref}/resend", "/people/{ref}/withdraw",
)  # fmt: skip


class Still:
    """A clock that stands still, the day before."""

    def now(self) -> datetime:
        return NOW

    def wait(self, until: datetime) -> None:
        """Return at once."""


def house(folder: Path, zoom: FakeZoom) -> House:
    """Serve the example's event to ten thousand people who all have their link."""
    config = folder / "event.toml"
    config.write_text(shipped.example_config().read_text("utf-8"), "utf-8")
    [settings] = gate.load(config, environ={})
    rooms = tuple(
        replace(w, key=f"{w.key}-{n}", code=f"{w.code}{n}", title=f"{w.title} ({n})", aliases=(), seats=360)
        for n in range(10)
        for w in settings.event.workshops
    )
    event = replace(settings.event, workshops=rooms)
    source = folder / "people.csv"
    people.write_csv(people.invent(event, PEOPLE, event.key, NOW - timedelta(days=9)), source)
    elsewhere = wiring.Elsewhere(
        **{k: v for k, v in zoom.papers().items() if k != "host"},
        relay_port=1,
        store_url="",
        source=source,
        columns=Columns(**people.columns_for(event)),
    )
    store = wiring.open_store(f"sqlite:///{folder / 'board.db'}")
    settings = replace(settings, event=event)
    world = wiring.world(settings, store, Still(), wiring.owner(), elsewhere)
    world = replace(world, patience=replace(Patience(), batches_a_beat=1000))
    beat(world, Memory())
    give_everybody_a_link(world)
    with store.db.write() as c:
        sent = {
            "state": "sent",
            "sent_at": NOW - timedelta(hours=1),
            "code": 250,
            "reply": "2.0.0 Ok: queued",
            "data": b"." * LETTER,
        }
        c.execute(letter.update().where(letter.c.kind == "link").values(**sent))
    assert settings.web is not None
    found = House(
        store=store,
        clock=Still(),
        key=b"0" * 32,
        web=settings.web,
        served={event.key: Served(world=world, settings=settings)},
        configs=(config,),
    )
    store.entries.allow(hidden("login"), "", "organiser", NOW + timedelta(minutes=1))
    store.entries.begin(hidden("login"), hidden("visit"), NOW)
    return found


def give_everybody_a_link(world: World) -> None:
    """Zoom takes 4,999 registrants a meeting; the board must not mind more. Then list the letters as a beat does."""
    event, store = world.event, world.store
    known = store.people.registered(event.key)
    kept = store.meetings.all(event.key)
    for meeting in kept:
        there = store.meetings.ways(event.key).get(meeting, {})
        store.meetings.record_ways(
            event.key, [_way(meeting, kept[meeting].zoom_id, e) for e in known if e not in there]
        )
    ways, seats = store.meetings.ways(event.key), store.seats.all(event.key)
    store.outbox.plan(event.key, world.relay, letters_owed(world, NOW, known, seats, kept, ways), NOW)


def _way(meeting: str, zoom_id: str, email: str) -> Way:
    link = f"https://us02web.zoom.us/w/{zoom_id}?tk={hidden(email)}"
    return Way(email=email, meeting=meeting, zoom_id=zoom_id, state="open", registrant_id=email, join_url=link)


def somebody(found: House) -> str:
    with found.store.db.read() as c:
        email = c.execute(sa.text("SELECT email FROM person LIMIT 1 OFFSET 5000")).scalar()
    return reference(next(iter(found.served)), str(email))


def measure(base: str, ref: str) -> dict[str, dict[str, float]]:
    """Ask for every page in turn, so that none is kinder to the caches than the others."""
    browser = requests.Session()
    browser.cookies.set("visit", "visit")
    taken: dict[str, list[float]] = {page: [] for page in PAGES}
    worked: dict[str, list[float]] = {page: [] for page in PAGES}
    weights: dict[str, int] = {}
    for n in range(ROUNDS + 2):
        for page in PAGES:
            begun, busy = time.perf_counter(), time.process_time()
            answer = browser.get(base + page.format(ref=ref))
            if n > 1:
                taken[page].append((time.perf_counter() - begun) * 1000)
                worked[page].append((time.process_time() - busy) * 1000)
            assert answer.status_code == 200, (page, answer.status_code)
            weights[page] = len(answer.content)
    assets = sum(len(browser.get(f"{base}/static/{name}").content) for name in ("style.css", "board.css", "board.js"))
    return {
        page: {
            "p50_ms": round(quantiles(times, n=20)[9], 1),
            "p95_ms": round(quantiles(times, n=20)[18], 1),
            "cpu_p95_ms": round(quantiles(worked[page], n=20)[18], 1),
            "kilobytes": round((weights[page] + assets) / 1000, 1),
        }
        for page, times in taken.items()
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as name, FakeZoom(now=lambda: NOW, rates=False) as zoom:
        found = house(Path(name), zoom)
        server = uvicorn.Server(uvicorn.Config(make_app(found), port=0, log_level="warning"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        pages = measure(f"http://127.0.0.1:{port}", somebody(found))
        server.should_exit = True
        thread.join()
        found.store.close()
    worst = {name: max(page[name] for page in pages.values()) for name in ("p95_ms", "cpu_p95_ms", "kilobytes")}
    figures = {"people": PEOPLE, "worst": worst, "load": os.getloadavg()[0], "pages": pages}
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
