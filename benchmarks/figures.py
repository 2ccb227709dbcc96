"""Everything that is promised and can be counted: kills, and whether the tests see a sabotaged build.

Prints and writes JSON (figures.json, or the file named). `--kills` is how many kills to make at least.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from benchmarks import saboteurs
from tests.conftest import postgres_in
from tests.crash.matrix import Ground, Outcome, calls_of_a_run, chains, in_postgresql, in_sqlite, points_of, tried

LETTERS = 6
SHARES = (("sqlite", 1, 0.4), ("sqlite", 4, 0.2), ("postgresql", 1, 0.25), ("postgresql", 4, 0.15))
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


def killed(database: str, workers: int, kills: int, seed: int) -> Outcome:
    """Go through every point of a run, again and again in another order, until there were so many kills."""
    total, draw, started = Outcome(), Random(seed), time.monotonic()
    with ground(database, workers) as laid_out:
        points = points_of(calls_of_a_run(laid_out, workers))
        while total.kills < kills:
            draw.shuffle(points)
            for chain in chains(points):
                total.add(tried(laid_out, workers, [chain]))
                if total.kills >= kills:
                    break
            say(f"{database}, {workers} worker(s), {time.monotonic() - started:.0f} s: {total.as_data()}")
    return total


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def kill_figures(kills: int, seed: int) -> dict[str, Any]:
    """The kill matrix: its totals, and the same by database and number of workers."""
    total, by_place = Outcome(), {}
    for database, workers, share in SHARES:
        found = killed(database, workers, round(kills * share), seed)
        by_place.setdefault(database, {})[str(workers)] = found.as_data()
        total.add(found)
    return {**total.as_data(), "by_database_and_workers": by_place}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("figures.json"))
    told = parser.parse_args()
    figures = kill_figures(told.kills, told.seed)
    figures["saboteurs"] = saboteurs.caught()
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    told.out.write_text(text + "\n", encoding="utf-8")
    print(text)
    if figures["lost"] or figures["corrupt"] or not all(figures["saboteurs"].values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
