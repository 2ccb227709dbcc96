"""Everything that is promised and can be counted: kills, and whether the tests see a sabotaged build.

Prints and writes JSON (figures.json, or the file named). `--kills` is how many kills to make at least, unless
`--minutes` are over before; `--crowd` how often four processes that serve together are disturbed. Every kill is kept
beside the file as it is made, and written there every ten seconds; `--resume` goes on with an interrupted run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from math import inf
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from benchmarks import saboteurs
from tests.crash.matrix import Ground, Outcome, calls_of_a_run, chains, in_postgresql, in_sqlite, points_of, tried

LETTERS = 6
CHAIN = 4
"""How many kills one after the other before a run that nobody disturbs."""
SAY_EVERY = 5
WRITE_EVERY = 10
"""Seconds."""
AT_ONCE = 2
"""How many places at a time: each waits most of the time."""
SHARES = (("sqlite", 4, 0.2), ("postgresql", 1, 0.25), ("sqlite", 1, 0.35), ("postgresql", 4, 0.2))
"""Which part of the kills is made where, by database and number of workers."""


@contextmanager
def ground(database: str, workers: int) -> Iterator[Ground]:
    """A database with letters due."""
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        if database == "sqlite":
            yield in_sqlite(Path(name), LETTERS * workers)
            return
        from tests.conftest import postgres_in  # pytest, which no process that is killed need import

        with postgres_in(Path(name)) as server:
            yield in_postgresql(server.url(server.create()), LETTERS * workers)


def killed(
    database: str, workers: int, kills: int, seed: int, seconds: float = inf, keep: Path | None = None
) -> Outcome:
    """Go through every point of a run, again and again in another order, until there were so many kills or the time
    is over; begin with what was kept before. Raises Untouchable when a whole round has killed nobody."""
    total, started = kept(keep), time.monotonic()
    draw, until = Random(f"{seed} {total.kills}"), started + seconds
    with ground(database, workers) as laid_out:
        points = points_of(calls_of_a_run(laid_out, workers))
        while total.kills < kills and time.monotonic() < until:
            draw.shuffle(points)
            before = total.kills
            for n, chain in enumerate(chains(points, CHAIN), 1):
                total.add(tried(laid_out, workers, [chain]))
                if keep is not None:
                    write(total.as_data(), keep)
                if n % SAY_EVERY == 0:
                    say(f"{database}, {workers} worker(s), {time.monotonic() - started:.0f} s: {total.as_data()}")
                if total.kills >= kills or time.monotonic() >= until:
                    break
            if total.kills == before:
                raise Untouchable(f"{database}, {workers} worker(s): {len(points)} points, and nobody was killed")
    say(f"{database}, {workers} worker(s), {time.monotonic() - started:.0f} s, done: {total.as_data()}")
    return total


def kept(file: Path | None) -> Outcome:
    """What was kept of an earlier run; nothing if there was none."""
    if file is None or not file.exists():
        return Outcome()
    return Outcome(**json.loads(file.read_text(encoding="utf-8")))


class Untouchable(Exception):
    """A matrix that kills nobody proves nothing."""


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def kill_matrix(kills: int, seed: int, minutes: float, parts: Path, out: Path) -> dict[str, Any]:
    """Make the kills, two places at a time; what they came to so far is kept in a folder and written now and then."""
    seconds = minutes * 60 / (len(SHARES) / AT_ONCE)
    places = [(*at, round(kills * share), seed, seconds, _part(parts, *at)) for *at, share in SHARES]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        left = {pool.submit(_apart, place) for place in places}
        while left:
            done, left = wait(left, timeout=WRITE_EVERY)
            write(kill_figures(parts), out)
            for place in done:
                place.result()
    return kill_figures(parts)


def _part(parts: Path, database: str, workers: int) -> Path:
    return parts / f"{database}-{workers}.json"


def kill_figures(parts: Path) -> dict[str, Any]:
    """The kill matrix as kept so far: its totals, and the same by database and number of workers."""
    total, by_place = Outcome(), dict[str, dict[str, Any]]()
    for database, workers, _share in SHARES:
        found = kept(_part(parts, database, workers))
        by_place.setdefault(database, {})[str(workers)] = found.as_data()
        total.add(found)
    return {**total.as_data(), "by_database_and_workers": by_place}


def walk_figures() -> dict[str, Any]:
    """The whole service killed once at every moment it speaks to Zoom or to the relay; a promise broken ends it."""
    from tests.crash.walk import walk

    with tempfile.TemporaryDirectory(prefix="walk-") as name:
        found: dict[str, Any] = {"moments": 0, "kills": 0, "lost": 0, "duplicates": 0}
        for moment, moments, copies in walk(Path(name)):
            found |= {"moments": moments, "kills": moment, "duplicates": found["duplicates"] + copies}
            if moment % SAY_EVERY == 0:
                say(f"walk, {moment} of {moments}")
        return found


def _apart(place: tuple[str, int, int, int, float, Path]) -> Outcome:
    """The same as `killed`, by a process of its own: each has its fork server and its relay."""
    with ProcessPoolExecutor(1, get_context("spawn")) as one:
        return one.submit(killed, *place).result()


def crowd_figures(rounds: int, seed: int) -> dict[str, Any]:
    """Four processes on one PostgreSQL, disturbed so many times at random: killed, stopped, the database restarted."""
    from tests.cluster.crowd import MOST, crowd
    from tests.conftest import postgres_in

    with ExitStack() as open_:
        folder, name = (Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="crowd-"))) for _ in range(2))
        server = open_.enter_context(postgres_in(name))
        some = open_.enter_context(crowd(server, folder, seed))
        for n in range(rounds):
            what = some.draw.choice((some.kill, some.kill, some.stop, some.restart_postgresql))
            some.disturb(what, min(MOST, 20 + 8 * n))
            say(f"crowd, {n + 1} of {rounds}, {what.__name__}: {some.judged()}")
        return some.judged()


def write(figures: dict[str, Any], out: Path) -> None:
    """Keep what is known so far: the next part may take long."""
    fresh = out.with_suffix(".new")
    fresh.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=2_000)
    parser.add_argument(
        "--minutes", type=float, default=inf, help="stop killing after so long, however many there were"
    )
    parser.add_argument("--crowd", type=int, default=12, help="how often four processes together are disturbed")
    parser.add_argument("--without-walk", action="store_true")
    parser.add_argument("--without-saboteurs", action="store_true")
    parser.add_argument("--resume", action="store_true", help="go on with the kills of a run that was interrupted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("figures.json"))
    told = parser.parse_args()
    parts = told.out.with_suffix(".parts")
    if not told.resume:
        shutil.rmtree(parts, ignore_errors=True)
    parts.mkdir(parents=True, exist_ok=True)
    figures = kill_matrix(told.kills, told.seed, told.minutes, parts, told.out)
    shutil.rmtree(parts)
    if not told.without_walk:
        figures["walk"] = walk_figures()
        write(figures, told.out)
    if told.crowd:
        figures["crowd"] = crowd_figures(told.crowd, told.seed)
        write(figures, told.out)
    if not told.without_saboteurs:
        figures["saboteurs"] = saboteurs.caught()
        write(figures, told.out)
    print(told.out.read_text(encoding="utf-8"), end="")
    crowd = figures.get("crowd", {})
    broken = (figures["lost"], figures["corrupt"], *(crowd.get(n) for n in ("lost", "too_many", "unequal", "unmarked")))
    if any(broken) or not all(figures.get("saboteurs", {}).values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
