"""A month in one process: many events, a fault in every minute, played by a virtual clock; then everything is judged.

The service (roster, daemon, post) is a child that does a turn when it is told to; this process is the outside: the
shipped Zoom and relay, the organisers' files, the forms. Every minute draws a fault and holds it for that minute: Zoom
or the relay down, refusing, answering nonsense or not at all, the form's list gone or half written, a config broken,
gone or edited, the clock set, the service killed at any of its looks at the clock, or started again. Organisers add
events, move them by a quarter of an hour or to another day, end them early and cancel them, all by editing their files.
Minutes in which the service has nothing to do and nothing of its files is touched are passed over.

Each event is judged when its day is over, by what the relay accepted and Zoom holds (rehearsal.promises), and for
having one meeting; once more when its people's time is over, for knowing nobody. A letter may have been accepted once
more for each time its 250 was lost or the service was killed while it was under way, and no more. At the end: memory
(5 % at most over that after the first sixth) and open files (none more). Prints JSON; exits 1 where anything is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import tomlkit

from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.core.meetings import tag_of
from orchestrator.core.model import Event
from orchestrator.core.retention import purged_at
from orchestrator.gateways.registrations import Columns, in_file
from orchestrator.outside.relay import Accepted, Moment, Relay, Verdict
from orchestrator.outside.zoom import BUSY, Call, Drop, Fail, FakeZoom, Fault, Garble, Lose
from orchestrator.rehearsal import people
from orchestrator.rehearsal.clock import SharedClock
from orchestrator.rehearsal.evidence import Day, Evidence
from orchestrator.rehearsal.host import Host
from orchestrator.rehearsal.promises import PROMISES
from orchestrator.rehearsal.source import Arrival, GrowingFile, arrivals
from orchestrator.settings.cloning import clone
from orchestrator.store import Store
from orchestrator.store.schema import letter
from tests.store.probe import hasty

BEGINS = datetime(2027, 3, 1, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LOOK_AGAIN = timedelta(minutes=30)
JUDGED = timedelta(minutes=20)
"""How long after its last session an event is judged: the host has left, its meeting is still there."""
TAKES = timedelta(milliseconds=150)
"""An exchange with Zoom, the acceptance of a letter."""
GROWTH = 1.05
PEOPLE_DAYS = 4
"""How long people are kept after their event: short, so that the month has purges in it."""
OF_THE_DAY = ("link-before-session", "reminder-on-time", "never-twice", "never-late", "speakers-told", "rooms-agree")
SHARED = ("web", "privacy", "store", "zoom", "alarms")

ZOOM: dict[str, Fault] = {
    "zoom-down": Drop(),
    "zoom-busy": BUSY,
    "zoom-lost": Lose(),
    "zoom-500": Fail(500),
    "zoom-page": Garble("html"),
    "zoom-cut": Garble("cut"),
}
RELAY: dict[str, tuple[str, Verdict, float]] = {
    "relay-down": ("connect", Verdict(drop=True), 1),
    "relay-busy": ("rcpt", Verdict(reply=(451, "4.3.0 try again later")), 0.5),
    "relay-refuses": ("mail", Verdict(reply=(554, "5.7.1 not today")), 1),
    "relay-drops": ("dot", Verdict(drop=True), 0.5),
    "relay-lost": ("accepted", Verdict(lose_reply=True), 0.3),
}
"""At which stage, what, and how often."""
FILES = ("source-gone", "source-half", "source-noise", "config-broken", "config-gone", "config-edited")
TELLING = 9
"""Of how many rows half must be missing to be taken for a mistake (core.intake.FEW): fewer might have withdrawn."""
CLOCK = {"clock-forward": timedelta(minutes=4), "clock-back": timedelta(seconds=-50)}
RARE = {"kill": 60, "restart": 240, **dict.fromkeys(CLOCK, 240), **dict.fromkeys(FILES, 240)}
"""In how many minutes there is one; the others take turns in what is left."""


# the service, in a process of its own


Size = tuple[datetime, int, int]
"""When, the service's memory in KiB, its open files."""


class Killed(BaseException):
    """The service is no more: nothing of it goes on."""


class Mortal:
    """The rehearsal's clock, and the service's death at one of its looks at it."""

    def __init__(self, path: Path) -> None:
        self._clock, self.left = SharedClock(path), 0

    def now(self) -> datetime:
        if self.left:
            self.left -= 1
            if not self.left:
                raise Killed
        return self._clock.now()

    def wait(self, until: datetime) -> None:
        """Let the time pass at once."""
        self._clock.set(until)


class Service:
    """What `run` plays on, a turn at a time."""

    def __init__(self, folder: Path, clock: Mortal) -> None:
        self._folder, self._clock = folder, clock
        self.start()

    def start(self) -> None:
        """Begin anew, as after a kill: nothing is known but what is stored."""
        from orchestrator.roster import Roster

        self._owner = wiring.owner()
        url = f"sqlite:///{self._folder / 'soak.db'}"
        self._store = hasty(Store(url, lambda name: name == self._owner)).open()  # the disk is not what is tried
        self._roster = Roster(paths=[self._folder], store=self._store, clock=self._clock, build=self._build, environ={})
        self._served: list[int] = []
        self._daemon: Any = None

    def _build(self, settings: Any) -> Any:
        return wiring.world(settings, self._store, self._clock, self._owner)

    def turn(self, kill_in: int) -> dict[str, Any]:
        """One look at the files, one pass, the post as far as it goes."""
        self._clock.left, under_way = kill_in or self._clock.left, None
        try:
            wake, busy = self._play()
        except Killed:
            wake, busy, under_way = None, True, self._under_way()
            self.again()
        return {"wake": wake and wake.isoformat(), "busy": busy, "under_way": under_way, **_size()}

    def _under_way(self) -> list[str]:
        """The letters that the relay may have accepted without our knowing."""
        with self._store.db.read() as c:
            return list(c.execute(sa.select(letter.c.message_id).where(letter.c.state == "dotted")).scalars())

    def again(self) -> None:
        """Be started by systemd."""
        self._clock.left = 0
        self._store.close()
        self.start()

    def _play(self) -> tuple[datetime | None, bool]:
        from orchestrator.daemon import Daemon

        worlds = self._roster.worlds()
        if not worlds:
            return None, True
        if [id(w) for w in worlds] != self._served:
            self._daemon, self._served = Daemon(worlds, before=self._daemon), [id(w) for w in worlds]
        before = self._daemon.watched().beats
        wake = self._daemon.beat_all()
        busy = any(n != before[key] for key, n in self._daemon.watched().beats.items() if key[1] != "quiet")
        for room in self._daemon.rooms:
            room.drain()
            if (at := room.next_at()) is not None:
                wake = at if wake is None else min(at, wake)
        return wake or self._clock.now() + LOOK_AGAIN, busy


def _size() -> dict[str, int]:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return {"kib": int(found[1]), "files": len(os.listdir("/proc/self/fd"))}


def serve(folder: Path) -> None:
    """Do a turn for each line: the number of looks at the clock after which to die, 0 = as before, or `restart`."""
    service = Service(folder / "evenements", Mortal(folder / "clock"))
    for line in sys.stdin:
        if line.strip() == "restart":
            service.again()
        said = service.turn(0 if line.strip() == "restart" else int(line))
        print(json.dumps(said), flush=True)


# the outside


@dataclass
class Played:
    """One event as its organiser and its registrants make it."""

    event: Event
    file: Path
    text: str
    source: Path
    rows: list[Arrival]
    growing: GrowingFile
    host: Host
    zoom: FakeZoom
    plans: list[tuple[datetime, str]]
    """What its organiser will do: add, move, postpone, end, cancel."""
    is_there: bool = True
    judged: dict[str, Any] | None = None
    forgets_at: datetime | None = None
    """When it must know nobody any more; None: that has been seen, or was not waited for."""

    def rewrite(self, text: str) -> None:
        """Have another config, and the host who keeps to it."""
        self.text = text
        self.event = gate.from_text(text, self.file, environ={}).event
        self.host = Host(self.event, self.zoom)

    @property
    def ends(self) -> datetime:
        return self.event.last_end


@dataclass
class World:
    """Everything but the service."""

    folder: Path
    clock: SharedClock
    draw: random.Random
    fault: str = ""
    letters: list[dict[str, Any]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    edits: Counter[str] = field(default_factory=Counter)
    under_way: Counter[str] = field(default_factory=Counter)
    """How often the service was killed while a letter was under way, by its name."""
    mends: list[Callable[[], None]] = field(default_factory=list)
    played: list[Played] = field(default_factory=list)

    def zoom_temper(self, _call: Call) -> Fault | None:
        self.clock.advance(TAKES)
        return ZOOM.get(self.fault)

    def relay_temper(self, moment: Moment) -> Verdict | None:
        if moment.stage == "dot":
            self.clock.advance(TAKES)
        stage, verdict, share = RELAY.get(self.fault, ("", None, 0))
        if moment.stage != stage or self.draw.random() >= share:
            return None
        return verdict

    def keep(self, accepted: Accepted) -> None:
        name = str(message_from_bytes(accepted.data)["Message-ID"] or "")
        kind = name.lstrip("<").partition(".")[0]
        file = f"mail/{len(self.letters):06d}-{kind}.eml"
        (self.folder / file).write_bytes(accepted.data)
        line = {"at": accepted.at.isoformat(), "to": accepted.to, "kind": kind, "message_id": name, "file": file}
        self.letters.append({**line, "session": None, "rule": None})

    # faults of files

    def spoil(self, name: str) -> None:
        """Spoil a file of an event that is not over; it is mended a minute later."""
        ahead = [one for one in self.played if one.is_there and one.ends > self.clock.now()]
        if not ahead:
            return None
        one = self.draw.choice(ahead)
        file = one.source if name.startswith("source") else one.file
        whole = file.read_bytes()
        if name == "source-half" and whole.count(b"\n") <= TELLING:
            name = "source-noise"
        if name == "config-edited":
            self.edits["title"] += 1
            number = self.draw.randrange(99)
            one.rewrite(re.sub(r"(?m)^(title = .*?)( \(\d+\))?\"$", rf'\1 ({number})"', one.text, count=1))
            return self.put(file, one.text.encode())
        spoilt = {
            "gone": None,
            "half": whole[: len(whole) // 2],
            "noise": os.urandom(300),
            "broken": whole[:500] + b"[[",
        }
        self.put(file, spoilt[name.partition("-")[2]])
        self.mends.append(lambda: self.put(file, one.text.encode() if file == one.file else whole))
        return None

    def put(self, file: Path, data: bytes | None) -> None:
        """Save as an editor does."""
        if data is None:
            return file.unlink()
        fresh = file.with_suffix(".new")
        fresh.write_bytes(data)
        fresh.replace(file)
        return None

    def mend(self) -> bool:
        """Undo what was spoilt a minute ago; tell whether that was anything."""
        found, self.mends = self.mends, []
        for mend in found:
            mend()
        return bool(found)

    def organise(self, now: datetime) -> bool:
        """Do what the organisers planned to do by now; tell whether that was anything."""
        done = 0
        for one in self.played:
            while one.plans and one.plans[0][0] <= now:
                _, what = one.plans.pop(0)
                one.rewrite(edited(one.text, what))
                one.is_there = True
                self.put(one.file, one.text.encode())
                self.edits[what] += 1
                done += 1
        return done > 0


def edited(text: str, what: str) -> str:
    """A config after its organiser has done something."""
    document: Any = tomlkit.parse(text)
    if what == "cancel":
        document["event"]["status"] = "cancelled"
    elif what == "postpone":
        document["event"]["date"] = document["event"]["date"] + timedelta(days=1)
    elif what == "end":
        document["sessions"][-1]["end"] = _by(document["sessions"][-1]["end"], -30 * MINUTE)
    elif what == "move":
        for session in document["sessions"]:
            for at in ("start", "end", "doors"):
                session[at] = _by(session[at], 15 * MINUTE)
    return tomlkit.dumps(document)


def _by(at: Any, change: timedelta) -> Any:
    return (datetime.combine(BEGINS.date(), at) + change).time()


def plans_of(number: int, event: Event) -> list[tuple[datetime, str]]:
    """What the organiser of an event will do with its file, and when."""
    first = event.first_start
    plans = [(max(BEGINS + 45 * MINUTE, first - timedelta(days=9)), "add")] if number % 4 == 1 else []
    change = {0: "end", 1: "move", 2: "postpone", 4: "cancel"}.get(number % 5, "")
    when = event.last_end - timedelta(hours=1) if change == "end" else first - timedelta(days=3, hours=5)
    return sorted([*plans, (max(when, BEGINS + timedelta(hours=3)), change)]) if change else plans


def invent(world: World, number: int, day: Any, count: int, zoom: FakeZoom) -> Played:
    """Make an event of the shipped example, with people of its own."""
    key, folder = f"evenement-{number:02}", world.folder / "evenements"
    document: Any = tomlkit.parse(clone(shipped.example_config().read_text("utf-8"), date=day, key=key)[0])
    document["mail"] = {k: document["mail"][k] for k in ("from", "reply_to")}
    for section in SHARED:
        document.pop(section, None)
    for speaker in document["speakers"]:
        speaker["email"] = speaker["email"].replace("@", f".{number}@")
    file, source = folder / f"{key}.toml", folder / f"inscriptions-{key}.csv"
    text = tomlkit.dumps(document)
    event = gate.from_text(text, file, environ={}).event
    rows = people.invent(event, count, key, event.first_start - timedelta(hours=3))
    for row in rows:
        row[people.EMAIL] = row[people.EMAIL].replace("@", f".{number}@")
    people.write_csv(rows, source)
    register = in_file(source, Columns(), event)
    came = arrivals(event, register.read())
    growing = GrowingFile(source.read_bytes(), register.laid_out, came, [], source)
    growing.grow(BEGINS)
    plans = plans_of(number, event)
    is_there = not any(what == "add" for _, what in plans)
    if is_there:
        file.write_text(text, "utf-8")
    return Played(event, file, text, source, came, growing, Host(event, zoom), zoom, plans, is_there)


def judged(one: Played, world: World, zoom: FakeZoom, store_url: str) -> dict[str, Any]:
    """Hold an event against every promise; `broken` names them with how many people each was broken for."""
    one.forgets_at = purged_at(one.event) + 2 * LOOK_AGAIN
    store = Store(store_url).open()
    known = {d.message_id: d for d in store.outbox.all(one.event.key) if d.message_id}
    lines = [
        {**line, "session": known[line["message_id"]].session or None, "rule": known[line["message_id"]].rule or None}
        for line in world.letters
        if line["message_id"] in known
    ]
    tag = tag_of(one.event, "day-1")
    meetings = [m for m in zoom.meetings() if m["agenda"].startswith(tag)]
    evidence = Evidence(
        event=one.event,
        store_url=store_url,
        eve_url=store_url,
        begins=BEGINS,
        ends=world.clock.now(),
        arrivals=one.rows,
        letters=lines,
        exchanges=(),
        zoom_meetings=meetings,
        kills=len(lines),  # whether there are too many copies is judged letter by letter, see `copied`
        connections=1,
        out=world.folder,
        after=None,  # type: ignore[arg-type]  # who came is not played here
    )
    day = Day.of(evidence, store, store)
    found = {name: tuple(dict.fromkeys(PROMISES[name](day))) for name in OF_THE_DAY}
    store.close()
    broken = {name: who for name, who in found.items() if who}
    is_off = one.event.status == "cancelled"
    if len(meetings) != (0 if is_off else 1):
        broken["one-meeting"] = (f"{len(meetings)} meetings",)
    return {"people": len(one.rows), "letters": len(lines), "broken": broken}


def forgotten(one: Played, store_url: str) -> None:
    """See that nobody is known any more when their time is over."""
    assert one.judged is not None
    store = Store(store_url).open()
    left = len(store.people.registered(one.event.key)) + len(store.outbox.all(one.event.key))
    store.close()
    at_zoom = [m for m in one.zoom.meetings() if m["agenda"].startswith(tag_of(one.event, "day-1"))]
    if left or at_zoom:
        one.judged["broken"]["forgotten"] = (f"{left} people and letters, {len(at_zoom)} meetings",)
    one.judged["forgotten"], one.forgets_at = not left and not at_zoom, None


def copied(world: World, relay: Relay) -> dict[str, int]:
    """How many letters too many there are of each that was accepted again without need."""
    names = [line["message_id"] for line in world.letters]
    lost = Counter(name for name, one in zip(names, relay.accepted, strict=True) if not one.replied)
    return {
        name: n - 1 - lost[name] - world.under_way[name]
        for name, n in Counter(names).items()
        if n - 1 > lost[name] + world.under_way[name]
    }


def next_fault(draw: random.Random) -> str:
    for name, minutes in RARE.items():
        if draw.random() * minutes < 1:
            return name
    return draw.choice([*ZOOM, *RELAY, *RELAY])


def soak(days: int, events: int, count: int, seed: int, folder: Path) -> dict[str, Any]:
    """Play it all; return what came of it."""
    (folder / "evenements").mkdir()
    (folder / "mail").mkdir()
    world = World(folder, SharedClock(folder / "clock"), random.Random(seed))
    world.clock.set(BEGINS)
    zoom = FakeZoom(now=world.clock.now, rates=False, capacity=1000, temper=world.zoom_temper)
    relay = Relay(now=world.clock.now, keep=world.keep, temper=world.relay_temper)
    zoom.lift_limits()
    with zoom, relay:
        url = f"sqlite:///{folder / 'evenements' / 'soak.db'}"
        shared = {
            "store": {"url": url},
            "mail": {"host": "127.0.0.1", "port": relay.port, "security": "none", "per_minute": 0},
            "zoom": zoom.papers(),
            "privacy": {"people_days": PEOPLE_DAYS},
        }
        (folder / "evenements" / "service.toml").write_text(tomlkit.dumps(shared))
        for n in range(events):
            day = (BEGINS + timedelta(days=1 + n * (days - 1) // events)).date()
            world.played.append(invent(world, n, day, count, zoom))
        command = [sys.executable, "-m", "benchmarks.soak", "--serve", str(folder)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            try:
                return _through(world, zoom, relay, child, BEGINS + timedelta(days=days), url)
            finally:
                assert child.stdin is not None
                child.stdin.close()


def _through(world: World, zoom: FakeZoom, relay: Relay, child: Any, ends: datetime, url: str) -> dict[str, Any]:
    minutes, wake, sizes = 0, BEGINS, list[Size]()
    touched = True
    rows = deque(sorted(((row.at, one.growing) for one in world.played for row in one.rows), key=lambda row: row[0]))
    while (now := world.clock.now()) < ends:
        if minutes % 1440 == 0:
            print(f"{now:%d.%m.} {len(sizes)} turns, {len(world.letters)} letters", file=sys.stderr, flush=True)
        minutes += 1
        world.fault = next_fault(world.draw)
        world.faults[world.fault] += 1
        touched |= world.mend()
        while rows and rows[0][0] <= now:
            rows.popleft()[1].grow(now)
            touched = True
        touched |= world.organise(now)
        if world.fault in FILES:
            world.spoil(world.fault)
            touched = True
        _open_meetings(world, now)
        if touched or now >= wake or world.fault in ("kill", "restart", *CLOCK):
            said = _turn(child, world)
            world.under_way.update(said["under_way"] or ())
            world.faults["killed"] += said["under_way"] is not None
            sizes.append((now, said["kib"], said["files"]))
            touched = said["busy"]
            wake = min(datetime.fromisoformat(said["wake"]) if said["wake"] else now, now + LOOK_AGAIN)
        for one in world.played:
            if one.judged is None and now >= one.ends + JUDGED:
                one.judged = judged(one, world, zoom, url)
                print(f"{now:%d.%m. %H:%M} {one.event.key} {one.judged}", file=sys.stderr, flush=True)
            elif one.forgets_at is not None and now >= one.forgets_at:
                forgotten(one, url)
        world.clock.advance(MINUTE + CLOCK.get(world.fault, timedelta()))
    return _figures(world, minutes, sizes, copied(world, relay))


def _open_meetings(world: World, now: datetime) -> None:
    for one in world.played:
        if one.event.first_start - timedelta(hours=1) <= now <= one.ends + JUDGED:
            one.host.act(now)


def _turn(child: Any, world: World) -> dict[str, Any]:
    line = str(world.draw.randint(1, 60)) if world.fault == "kill" else "restart" if world.fault == "restart" else "0"
    child.stdin.write(line + "\n")
    child.stdin.flush()
    answer = child.stdout.readline()
    if not answer:
        raise SystemExit("the service fell: see above")
    return json.loads(answer)  # type: ignore[no-any-return]  # a dict, see Service.turn


def _figures(world: World, minutes: int, sizes: list[Size], too_many: dict[str, int]) -> dict[str, Any]:
    warm = [one for one in sizes if one[0] >= sizes[0][0] + (sizes[-1][0] - sizes[0][0]) / 6]
    fifth = max(1, len(warm) // 5)
    (early, before), (late, after) = (
        (max(kib for _, kib, _ in part), max(files for *_, files in part)) for part in (warm[:fifth], warm[-fifth:])
    )
    broken = {one.event.key: one.judged["broken"] for one in world.played if one.judged and one.judged["broken"]}
    copies = len(world.letters) - len({line["message_id"] for line in world.letters})
    return {
        "minutes": minutes,
        "turns": len(sizes),
        "events_judged": sum(one.judged is not None for one in world.played),
        "events_forgotten": sum(bool(one.judged and one.judged.get("forgotten")) for one in world.played),
        "people": sum(len(one.rows) for one in world.played),
        "letters": len(world.letters),
        "copies": copies,
        "copies_without_need": too_many,
        "edits": dict(sorted(world.edits.items())),
        "faults": dict(sorted(world.faults.items())),
        "broken": broken,
        "memory_mb": [round(early / 1024, 1), round(late / 1024, 1)],
        "files": [before, after],
        "holds": not broken and not too_many and late <= early * GROWTH and after <= before,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--events", type=int, default=20)
    parser.add_argument("--people", type=int, default=12, help="an event")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="an empty folder to play in, kept afterwards")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.serve:
        return serve(told.serve)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        figures = soak(told.days, told.events, told.people, told.seed, told.keep or Path(name))
    figures["seconds"] = round(time.monotonic() - started)
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    sys.exit(0 if figures["holds"] else 1)


if __name__ == "__main__":
    main()
