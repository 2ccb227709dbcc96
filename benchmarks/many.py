"""What many events in one service cost: start, a quiet pass, memory, `/healthz` and `/metrics`, by number of events.

One event is played for real against the shipped Zoom and relay: 200 people registered, seated, with links, their first
letters sent. The others are copies of its rows. Then a fresh process serves them all and is measured while nothing
happens. Prints JSON, or a table with `--table`; times are CPU time of that process unless their name says otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa
import tomlkit

from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.core.model import reference
from orchestrator.jobs.beat import Memory, beat
from orchestrator.jobs.post import PostRoom
from orchestrator.outside.relay import Relay
from orchestrator.outside.zoom import FakeZoom
from orchestrator.rehearsal import people
from orchestrator.settings.cloning import clone
from orchestrator.store import Store
from orchestrator.store.schema import metadata

AHEAD = timedelta(days=60)
ROUNDS = 20
FORGOTTEN = ("data", "facts")
"""What letters no longer hold seven days after they left."""
REFERENCE = re.compile("[0-9a-f]{16}")
COUNTED = ("person", "letter", "told", "way", "seat")


class Patient:
    """The machine's clock; waiting takes no time, so that Zoom's rates are not what is measured."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, until: datetime) -> None:
        """Return at once."""


def key_of(n: int) -> str:
    return f"evenement-{n:05}"


def lay_out(folder: Path, events: int, per_event: int, url: str, zoom: FakeZoom, relay: Relay) -> None:
    """Write the folder a sysadmin would have: service.toml, a file and a list of answers an event."""
    shared = {
        "store": {"url": url},
        "mail": {"host": "127.0.0.1", "port": relay.port, "security": "none", "per_minute": 0},
        "zoom": {**zoom.papers(), "plan": "business"},
    }
    (folder / "service.toml").write_text(tomlkit.dumps(shared))
    text = event_text(per_event)
    first = folder / f"{key_of(0)}.toml"
    first.write_text(text, "utf-8")
    [settings] = gate.load(folder, environ={})
    answers = folder / f"inscriptions-{key_of(0)}.csv"
    people.write_csv(people.invent(settings.event, per_event, "many", datetime.now(UTC) - timedelta(hours=1)), answers)
    for n in range(1, events):
        (folder / f"{key_of(n)}.toml").write_text(text.replace(key_of(0), key_of(n)), "utf-8")
        (folder / f"inscriptions-{key_of(n)}.csv").write_bytes(answers.read_bytes())


def event_text(per_event: int) -> str:
    """The shipped example two months from now, with what an event's file may say beside a service.toml."""
    day = (datetime.now(UTC) + AHEAD).date()
    event: Any = tomlkit.parse(clone(shipped.example_config().read_text("utf-8"), date=day, key=key_of(0))[0])
    event["mail"] = {k: event["mail"][k] for k in ("from", "reply_to")}
    for section in ("web", "privacy", "store", "zoom", "alarms"):
        event.pop(section, None)
    for workshop in event["workshops"]:
        workshop["seats"] = per_event
    return tomlkit.dumps(event)


def play_one(folder: Path) -> Store:
    """Serve the first event until there is nothing to do."""
    settings = next(iter(gate.load(folder / f"{key_of(0)}.toml", environ={})))
    [world] = wiring.worlds([settings], Patient())
    memory, room = Memory(), PostRoom({world.event.key: world})
    while not beat(world, memory).quiet or room.due():
        room.drain()
    return world.store


def copy_rows(store: Store, folder: Path, events: int) -> None:
    """Give every other event the rows of the first, under its own name and with its own people's references.

    The meeting's number stays: Zoom is not asked while this is measured.
    """
    with store.db.read() as c:
        emails = list(c.execute(sa.text("SELECT email FROM person")).scalars())
        rows = {t: [dict(r._mapping) for r in c.execute(sa.select(t))] for t in metadata.sorted_tables}
    first = key_of(0)
    own = {t: kept for t, kept in rows.items() if kept and ("event" in t.c or t.name == "event")}
    speakers = {s.email for s in gate.load(folder / f"{first}.toml", environ={})[0].event.speakers}
    for n in range(1, events):
        names = {reference(first, email): reference(key_of(n), email) for email in {*emails, *speakers}}
        change = _changer(key_of(n), names)
        with store.db.write() as c:
            for table, kept in own.items():
                c.execute(table.insert(), [_copied(table.name, row, change, folder, n) for row in kept])


def _changer(key: str, names: dict[str, str]) -> Callable[[Any], Any]:
    def change(value: Any) -> Any:
        if isinstance(value, dict | list):
            return json.loads(change(json.dumps(value)))
        if not isinstance(value, str):
            return value
        return REFERENCE.sub(lambda m: names.get(m[0], m[0]), value).replace(key_of(0), key)

    return change


def _copied(table: str, row: dict[str, Any], change: Callable[[Any], Any], folder: Path, n: int) -> dict[str, Any]:
    new = {k: None if k in FORGOTTEN and table == "letter" else change(v) for k, v in row.items()}
    if table == "letter":
        del new["id"]
        new["message_id"] = f"{n}.{new['message_id']}" if new["message_id"] else ""
    if table == "intake":
        found = (folder / f"inscriptions-{key_of(n)}.csv").stat()
        how = row["fingerprint"].rpartition("-")[2]
        new["fingerprint"] = f"{found.st_mtime_ns}-{found.st_size}-{found.st_ino}-{how}"
    return new


# the service, in a process of its own


def serve(folder: Path) -> dict[str, Any]:
    """Start as `run` does, and be measured while nothing happens."""
    from orchestrator.cli.work import serviceable
    from orchestrator.daemon import Daemon
    from orchestrator.roster import Roster
    from orchestrator.web.metrics import exposition

    figures: dict[str, Any] = {"rss_mb_program": _rss()}
    clock = Patient()
    with _timed(figures, "load"):
        settings = gate.load(folder, environ={})
    with _timed(figures, "build"):
        worlds, _ = serviceable(settings)
        worlds = [_patient(world, clock) for world in worlds]
    roster = Roster(
        paths=(folder,), store=worlds[0].store, clock=clock, build=lambda s: wiring.world(s, worlds[0].store, clock, "")
    )
    with _timed(figures, "take_over"):
        roster.take_over(settings, worlds)
    daemon = Daemon(worlds)
    with _timed(figures, "first_pass"):
        daemon.beat_all()
    with _timed(figures, "restart"):
        Daemon(worlds).beat_all()  # knows nothing but what is stored
    daemon.beat_all()
    before = sum(n for (_, outcome), n in daemon.watched().beats.items() if outcome != "quiet")
    figures["pass_ms"] = _median(daemon.beat_all)
    figures["busy_beats_while_measured"] = (
        sum(n for (_, outcome), n in daemon.watched().beats.items() if outcome != "quiet") - before
    )
    figures["files_ms"] = _median(roster.worlds)
    [room] = daemon.rooms
    figures["idle_post_ms"] = _median(lambda: (room.drain(), room.next_at()))
    figures["rss_mb"] = _rss()
    figures["healthz_ms"] = _median(daemon.health)
    page = exposition(daemon.watched())
    figures["metrics_ms"] = _median(lambda: exposition(daemon.watched()), 5)
    figures["metrics_kib"] = len(page) // 1024
    figures["rss_mb_after_metrics"] = _rss()
    edited = folder / f"{key_of(0)}.toml"
    edited.write_text(edited.read_text("utf-8").replace("Pôle ressources", "Pôle"), "utf-8")
    with _timed(figures, "edit"):
        roster.worlds()
    return figures


def _patient(world: Any, clock: Patient) -> Any:
    from dataclasses import replace

    return replace(world, clock=clock)


@contextmanager
def _timed(figures: dict[str, Any], name: str) -> Iterator[None]:
    started, cpu = time.perf_counter(), time.process_time()
    yield
    figures[f"{name}_s"] = round(time.process_time() - cpu, 2)
    figures[f"{name}_wall_s"] = round(time.perf_counter() - started, 2)


def _median(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    spent = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        spent.append(1000 * (time.process_time() - started))
    return round(median(spent), 1)


def _rss() -> int:
    """Megabytes of memory the process holds now (proc(5), VmRSS)."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) // 1024


def measure(events: int, per_event: int, url: str, folder: Path) -> dict[str, Any]:
    """Lay everything out, then serve it in a child."""
    with FakeZoom(now=Patient().now, rates=False, capacity=5000) as zoom, Relay(now=Patient().now) as relay:
        lay_out(folder, events, per_event, url, zoom, relay)
        store = play_one(folder)
        copy_rows(store, folder, events)
        with store.db.write() as c:
            if not store.db.is_sqlite:
                c.exec_driver_sql("ANALYZE")
            rows = {name: c.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar() for name in COUNTED}
        store.close()
        command = [sys.executable, "-m", "benchmarks.many", "--serve", str(folder)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    size = sum(f.stat().st_size for f in folder.glob("many.db*")) // 1_000_000
    return {"events": events, "people": per_event, **json.loads(done.stdout), "rows": rows, "sqlite_mb": size}


@contextmanager
def databases(postgres: bool) -> Iterator[Callable[[Path], str]]:
    """Give each run a database of its own."""
    if not postgres:
        yield lambda folder: f"sqlite:///{folder / 'many.db'}"
        return
    from tests.conftest import postgres_in

    with tempfile.TemporaryDirectory(prefix="postgres-") as name, postgres_in(Path(name)) as server:
        yield lambda _folder: server.url(server.create())


SHOWN = (
    *("load_s", "build_s", "first_pass_s", "restart_s", "pass_ms"),
    *("idle_post_ms", "rss_mb", "healthz_ms", "metrics_ms", "edit_s"),
)


def table(found: Sequence[dict[str, Any]]) -> str:
    """The figures as docs/scaling.md shows them."""
    lines = ["| events × people | " + " | ".join(SHOWN) + " |", "|---" * (len(SHOWN) + 1) + "|"]
    lines += [f"| {f['events']:,} × {f['people']} | " + " | ".join(str(f[n]) for n in SHOWN) + " |" for f in found]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[1, 100, 1000])
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.serve:
        print(json.dumps(serve(told.serve)))
        return
    found = []
    with databases(told.postgres) as url_in:
        for events in told.events:
            with tempfile.TemporaryDirectory(prefix="many-", dir=os.environ.get("TMPDIR")) as name:
                found.append(measure(events, told.people, url_in(Path(name)), Path(name)))
    print(table(found) if told.table else json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
