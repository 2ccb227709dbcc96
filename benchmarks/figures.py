"""Everything that is promised and can be counted: kills, and whether the tests see a sabotaged build.

Prints and writes JSON (figures.json, or the file named). `--kills` is how many kills to make at least, unless
`--minutes` are over before; `--crowd` how often four processes that serve together are disturbed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from math import inf
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from benchmarks import saboteurs
from tests.conftest import postgres_in
from tests.crash.matrix import Ground, Outcome, calls_of_a_run, chains, in_postgresql, in_sqlite, points_of, tried

LETTERS = 6
CHAIN = 4
"""How many kills one after the other before a run that nobody disturbs."""
SAY_EVERY = 5
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
        with postgres_in(Path(name)) as server:
            yield in_postgresql(server.url(server.create()), LETTERS * workers)


def killed(database: str, workers: int, kills: int, seed: int, seconds: float = inf) -> Outcome:
    """Go through every point of a run, again and again in another order, until there were so many kills or the time
    is over. Raises Untouchable when a whole round has killed nobody."""
    total, draw, started = Outcome(), Random(seed), time.monotonic()
    until = started + seconds
    with ground(database, workers) as laid_out:
        points = points_of(calls_of_a_run(laid_out, workers))
        while total.kills < kills and time.monotonic() < until:
            draw.shuffle(points)
            before = total.kills
            for n, chain in enumerate(chains(points, CHAIN), 1):
                total.add(tried(laid_out, workers, [chain]))
                if n % SAY_EVERY == 0:
                    say(f"{database}, {workers} worker(s), {time.monotonic() - started:.0f} s: {total.as_data()}")
                if total.kills >= kills or time.monotonic() >= until:
                    break
            if total.kills == before:
                raise Untouchable(f"{database}, {workers} worker(s): {len(points)} points, and nobody was killed")
    say(f"{database}, {workers} worker(s), {time.monotonic() - started:.0f} s, done: {total.as_data()}")
    return total


class Untouchable(Exception):
    """A matrix that kills nobody proves nothing."""


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def kill_figures(kills: int, seed: int, minutes: float = inf) -> dict[str, Any]:
    """The kill matrix: its totals, and the same by database and number of workers; two places at a time."""
    seconds = minutes * 60 / (len(SHARES) / AT_ONCE)
    places = [(database, workers, round(kills * share), seed, seconds) for database, workers, share in SHARES]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(_apart, places))
    total, by_place = Outcome(), dict[str, dict[str, Any]]()
    for (database, workers, *_), found in zip(places, outcomes, strict=True):
        by_place.setdefault(database, {})[str(workers)] = found.as_data()
        total.add(found)
    return {**total.as_data(), "by_database_and_workers": by_place}


def _apart(place: tuple[str, int, int, int, float]) -> Outcome:
    """The same as `killed`, by a process of its own: each has its fork server and its relay."""
    with ProcessPoolExecutor(1, get_context("spawn")) as one:
        return one.submit(killed, *place).result()


def crowd_figures(rounds: int, seed: int) -> dict[str, Any]:
    """Four processes on one PostgreSQL, disturbed so many times at random: killed, stopped, the database restarted."""
    from tests.cluster.crowd import MOST, crowd

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
    out.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=2_000)
    parser.add_argument(
        "--minutes", type=float, default=inf, help="stop killing after so long, however many there were"
    )
    parser.add_argument("--crowd", type=int, default=12, help="how often four processes together are disturbed")
    parser.add_argument("--without-saboteurs", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("figures.json"))
    told = parser.parse_args()
    figures = kill_figures(told.kills, told.seed, told.minutes)
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
