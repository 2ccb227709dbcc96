"""Time our seats beside OR-Tools' SimpleMinCostFlow, SciPy and networkx on the same wishes; print a JSON list.

Run from the project's folder: `./run bench seats`. `seconds` and `ortools_seconds` go from everybody's wishes, as
tuples of numbers, to everybody's place. `seating_seconds` is what a beat does: the draw, the seats with their
reasons. `process` is the whole of it as a program: Python's start and imports, a PrefLib file read, everything solved
and printed. All are CPU seconds, the least of several runs; peers that would not finish are null.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import networkx as nx  # type: ignore[import-untyped]  # has no stubs
import numpy as np
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]  # has no stubs

from benchmarks import _ortools_solve as ortools
from benchmarks._ortools_solve import price
from orchestrator.core.ballots import solve
from orchestrator.core.model import Event, Organiser, Person, Seating, Session, Workshop, ZoomWishes
from orchestrator.core.seating import seat

T = TypeVar("T")
NOW = datetime(2021, 6, 24, 7, 30, tzinfo=UTC)
SESSION = "matin"
WISHES = 5
SIZES = ((200, 10), (1000, 10), (10_000, 10), (10_000, 50), (100_000, 10), (100_000, 50))
SCIPY_UP_TO, NETWORKX_UP_TO = 2_000, 1_000
"""People; beyond it the one's matrix or the other's time is out of proportion."""
LAUNCHER = """
import os, resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
"""A small process that starts the measured one: Linux counts the memory of whoever started it as its own."""
Ballots = list[tuple[int, ...]]


def wishes_of(people: int, workshops: int) -> Ballots:
    """People with five wishes in order; the first workshops are much in demand, the last ones hardly."""
    lots = random.Random(people)
    ballots = []
    for _ in range(people):
        liking = [lots.random() ** (1 + 4 * w / workshops) for w in range(workshops)]
        ballots.append(tuple(sorted(range(workshops), key=liking.__getitem__, reverse=True)[:WISHES]))
    return ballots


def an_event(workshops: int, each: int) -> Event:
    return Event(
        key="benchmark",
        title="Benchmark",
        date=NOW.date(),
        timezone="Europe/Paris",
        organiser=Organiser(name="Organiser", email="organiser@example.org"),
        sessions=(Session(key=SESSION, title="", starts_at=NOW, ends_at=NOW, doors_at=NOW, day=NOW.date()),),
        seating=Seating(wishes_until=NOW, tell_at=NOW),
        zoom=ZoomWishes(host="host@example.org"),
        workshops=tuple(
            Workshop(key=f"w{i}", session=SESSION, code=f"{i}", title="", short="", seats=each, opens_at=NOW)
            for i in range(workshops)
        ),
    )


def a_crowd(ballots: Ballots) -> list[Person]:
    return [
        Person(
            email=(email := f"p{i}@example.org"),
            address=email,
            first_name="P",
            wishes={SESSION: tuple((f"w{w}",) for w in ballot)},
        )
        for i, ballot in enumerate(ballots)
    ]


def by_scipy(ballots: Ballots, seats: Sequence[int]) -> int:
    """Solve the same as an assignment to single seats; return the price."""
    costs = np.full((len(ballots), len(seats)), price(WISHES + 1, len(seats)))
    for rank in range(WISHES):
        costs[np.arange(len(ballots)), [ballot[rank] for ballot in ballots]] = price(rank + 1, len(seats))
    matrix = np.repeat(costs, seats, axis=1)
    return int(matrix[linear_sum_assignment(matrix)].sum())


def by_networkx(ballots: Ballots, seats: Sequence[int]) -> int:
    """Solve the same network as OR-Tools gets; return the price."""
    graph = nx.DiGraph()
    graph.add_node("sink", demand=len(ballots))
    for i, ballot in enumerate(ballots):
        graph.add_node(i, demand=-1)
        graph.add_edge(i, "hub", capacity=1, weight=price(WISHES + 1, len(seats)))
        for rank, place in enumerate(ballot, 1):
            graph.add_edge(i, f"w{place}", capacity=1, weight=price(rank, len(seats)))
    for place, n in enumerate(seats):
        graph.add_edge("hub", f"w{place}", capacity=n, weight=0)
        graph.add_edge(f"w{place}", "sink", capacity=n, weight=0)
    return int(nx.min_cost_flow_cost(graph))


def fastest(task: Callable[[], T], repeats: int) -> tuple[float, T]:
    """Return the shortest CPU time of several, in seconds, and the last result."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = task()
        times.append(time.process_time() - start)
    return min(times), result


def process(command: Sequence[str], repeats: int) -> tuple[float, float]:
    """Run a program; return its least CPU seconds and its peak memory in MB."""
    found = []
    for _ in range(repeats):
        said = subprocess.run([sys.executable, "-ISc", LAUNCHER, *command], stdout=subprocess.PIPE, check=True)
        found.append([float(word) for word in said.stdout.split()])
    return min(seconds for seconds, _ in found), max(peak for _, peak in found) / 1024


def as_processes(ballots: Ballots, workshops: int, each: int) -> dict[str, float]:
    """Time both as whole programs on the same file."""
    repeats = 5 if len(ballots) <= 10_000 else 1
    with tempfile.NamedTemporaryFile("w", suffix=".soi", encoding="utf-8") as file:
        file.writelines(f"# ALTERNATIVE NAME {w}: W{w}\n" for w in range(1, workshops + 1))
        file.writelines(f"1: {','.join(str(w + 1) for w in ballot)}\n" for ballot in ballots)
        file.flush()
        script = str(Path(ortools.__file__))
        words = ["-m", "orchestrator", "seats", "solve", file.name, "--seats", str(each), "--json"]
        seconds, peak = process([sys.executable, *words], repeats)
        theirs, their_peak = process([sys.executable, script, file.name, str(each)], repeats)
    return {
        "seconds": round(seconds, 3),
        "ortools_seconds": round(theirs, 3),
        "ratio": round(seconds / theirs, 3),
        "peak_mb": round(peak, 1),
        "ortools_peak_mb": round(their_peak, 1),
    }


def measure(people: int, workshops: int) -> dict[str, object]:
    """Time one size every way; there are a tenth more seats than people."""
    ballots = wishes_of(people, workshops)
    each = people * 11 // (10 * workshops)
    seats = [each] * workshops
    ours = [tuple((w,) for w in ballot) for ballot in ballots]
    repeats = 3 if people > 10_000 else 7 if people > 1000 else 50
    seconds, found = fastest(lambda: solve(ours, seats, "nobody-badly"), repeats)
    ortools_seconds, (optimum, _) = fastest(lambda: ortools.solve(ballots, seats), repeats)
    event, crowd = an_event(workshops, each), a_crowd(ballots)
    seating_seconds, seated = fastest(lambda: seat(event, SESSION, crowd, {}), min(repeats, 5))
    costs = {
        sum(price(rank, workshops) for rank in found.ranks),
        sum(price(got.rank or WISHES + 1, workshops) for got in seated.values()),
        optimum,
    }
    scipy_seconds = networkx_seconds = None
    if people <= SCIPY_UP_TO:
        scipy_seconds, cost = fastest(lambda: by_scipy(ballots, seats), 3)
        costs.add(cost)
    if people <= NETWORKX_UP_TO:
        networkx_seconds, cost = fastest(lambda: by_networkx(ballots, seats), 1)
        costs.add(cost)
    return {
        "people": people,
        "workshops": workshops,
        "wishes": WISHES,
        "seconds": round(seconds, 5),
        "ortools_seconds": round(ortools_seconds, 5),
        "ratio": round(seconds / ortools_seconds, 3),
        "equal": len(costs) == 1 and len(seated) == people and min(found.places) >= 0,
        "seating_seconds": round(seating_seconds, 5),
        "scipy_seconds": scipy_seconds and round(scipy_seconds, 5),
        "networkx_seconds": networkx_seconds and round(networkx_seconds, 5),
        "process": as_processes(ballots, workshops, each),
    }


if __name__ == "__main__":
    print(json.dumps([measure(*size) for size in SIZES], indent=2))
