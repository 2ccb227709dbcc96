"""Time `seat` beside OR-Tools' SimpleMinCostFlow on the same wishes; print a JSON list.

Run from the project's folder with the test dependencies: `python -m benchmarks.seats`.
OR-Tools gets the leanest network known for the task: an arc for each wish, one more to a hub for all workshops
not wished, built from arrays; its time ends when everyone's wish is known, ours when the seats are made. Both
are CPU seconds of a single thread, the least of several runs.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np
from ortools.graph.python import min_cost_flow  # type: ignore[import-untyped]  # has no stubs

from orchestrator.core.model import Event, Organiser, Person, Seating, Session, Workshop, ZoomWishes
from orchestrator.core.seating import seat

T = TypeVar("T")
NOW = datetime(2021, 6, 24, 7, 30, tzinfo=UTC)
SESSION = "matin"
WISHES = 5
SIZES = ((200, 10), (1000, 10), (10_000, 10), (10_000, 50), (100_000, 10), (100_000, 50))


def an_event(people: int, workshops: int) -> Event:
    """An event with a tenth more seats than people."""
    each = people * 11 // (10 * workshops)
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


def a_crowd(people: int, workshops: int) -> list[Person]:
    """People with five wishes in order; the first workshops are much in demand, the last ones hardly."""
    lots = random.Random(people)
    crowd = []
    for i in range(people):
        liking = [lots.random() ** (1 + 4 * w / workshops) for w in range(workshops)]
        best = sorted(range(workshops), key=liking.__getitem__, reverse=True)[:WISHES]
        email = f"p{i}@example.org"
        wishes = {SESSION: tuple((f"w{w}",) for w in best)}
        crowd.append(Person(email=email, address=email, first_name="P", wishes=wishes))
    return crowd


def price(rank: int, workshops: int) -> int:
    """The aim "nobody-badly" in one number; rank WISHES + 1 is a workshop not wished."""
    return (workshops + 2) ** (rank - 2) if rank > 1 else 0


def by_or_tools(event: Event, crowd: list[Person]) -> tuple[int, dict[str, str]]:
    """Seat the crowd with OR-Tools; return the cost and everyone's workshop."""
    n, m = len(crowd), len(event.workshops)
    index = {workshop.key: n + i for i, workshop in enumerate(event.workshops)}
    hub, sink = n + m, n + m + 1
    people, places = np.arange(n), np.arange(n, n + m)
    wished = np.array([index[rank[0]] for person in crowd for rank in person.wishes[SESSION]])
    prices = np.array([price(rank, m) for rank in range(1, WISHES + 2)])
    seats = np.array([workshop.seats for workshop in event.workshops])
    flow = min_cost_flow.SimpleMinCostFlow()
    for tails, heads, room, costs in (
        (np.repeat(people, WISHES), wished, np.ones(n * WISHES), np.tile(prices[:-1], n)),
        (people, np.full(n, hub), np.ones(n), np.full(n, prices[-1])),
        (np.full(m, hub), places, seats, np.zeros(m)),
        (places, np.full(m, sink), seats, np.zeros(m)),
    ):
        flow.add_arcs_with_capacity_and_unit_cost(tails, heads, room.astype(int), costs.astype(int))
    flow.set_nodes_supplies(np.array([*people, sink]), np.array([*np.ones(n, int), -n]))
    assert flow.solve() == flow.OPTIMAL
    flows = flow.flows(np.arange(n * WISHES)).reshape(n, WISHES)
    wish = np.where(flows.any(axis=1), flows.argmax(axis=1), -1)
    got = {p.email: p.wishes[SESSION][w][0] if w >= 0 else "" for p, w in zip(crowd, wish, strict=True)}
    return flow.optimal_cost(), got


def fastest(task: Callable[[], T], repeats: int) -> tuple[float, T]:
    """Return the shortest CPU time of several, in seconds, and the last result."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = task()
        times.append(time.process_time() - start)
    return min(times), result


def measure(people: int, workshops: int) -> dict[str, object]:
    """Time one size both ways."""
    event, crowd = an_event(people, workshops), a_crowd(people, workshops)
    repeats = 3 if people > 10_000 else 5 if people > 1000 else 50
    seconds, seats = fastest(lambda: seat(event, SESSION, crowd, {}), repeats)
    ortools_seconds, (optimum, _) = fastest(lambda: by_or_tools(event, crowd), repeats)
    cost = sum(price(got.rank or WISHES + 1, workshops) for got in seats.values())
    return {
        "people": people,
        "workshops": workshops,
        "wishes": WISHES,
        "seconds": round(seconds, 5),
        "ortools_seconds": round(ortools_seconds, 5),
        "ratio": round(seconds / ortools_seconds, 3),
        "equal": cost == optimum and len(seats) == people,
    }


if __name__ == "__main__":
    print(json.dumps([measure(*size) for size in SIZES], indent=2))
