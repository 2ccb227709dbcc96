"""The post is killed at system calls and at the relay's moments; nobody is forgotten, and copies are rare and equal.

A sample of the matrix that `./run figures` goes through as a whole.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from benchmarks._post_stage import Still
from orchestrator.outside.relay import Moment, Relay, Verdict
from orchestrator.store import Store
from tests.crash.matrix import (
    Ground,
    Outcome,
    Point,
    calls_of_a_run,
    chains,
    in_postgresql,
    in_sqlite,
    injected,
    points_of,
    strace_works,
    tried,
)
from tests.crash.postman import CONNECTIONS, EVENT, deliver, deliver_by_the_clock
from tests.forks import context

LETTERS = 6
MORE = 6
"""How many trials a sample may have on top, until somebody is hit."""


def sample(ground: Ground, workers: int, trials: int) -> Outcome:
    points = points_of(calls_of_a_run(ground, workers))
    Random(int(os.environ.get("CRASH_SEED", "1"))).shuffle(points)
    ahead = chains(points)
    outcome = tried(ground, workers, ahead[:trials])
    for chain in ahead[trials : trials + MORE]:
        if outcome.kills:
            break
        outcome.add(tried(ground, workers, [chain]))  # whoever was to be killed was through before
    return outcome


def is_well(outcome: Outcome) -> bool:
    return (outcome.lost, outcome.corrupt, outcome.worst_single_crash <= CONNECTIONS) == (0, 0, True)


@pytest.mark.parametrize(("workers", "trials"), [(1, 5), (4, 2)])
def test_killed_anywhere_on_sqlite(tmp_path: Path, workers: int, trials: int) -> None:
    outcome = sample(in_sqlite(tmp_path, LETTERS * workers), workers, trials)
    assert (is_well(outcome), outcome.kills > 0) == (True, True), outcome


@pytest.mark.postgres
@pytest.mark.parametrize(("workers", "trials"), [(1, 3), (4, 1)])
def test_killed_anywhere_on_postgresql(postgres_url: str, workers: int, trials: int) -> None:
    outcome = sample(in_postgresql(postgres_url, LETTERS * workers), workers, trials)
    assert (is_well(outcome), outcome.kills > 0) == (True, True), outcome


def test_a_kill_between_the_acceptance_and_its_reply_makes_one_marked_copy(tmp_path: Path) -> None:
    outcome = tried(in_sqlite(tmp_path, LETTERS), 1, [[Point(call="", k=1, stage="accepted")]])
    assert (outcome.kills, outcome.lost, outcome.duplicates >= 1, is_well(outcome)) == (1, 0, True, True)


def test_a_kill_at_the_last_acceptance_doubles_only_what_is_in_flight(tmp_path: Path) -> None:
    outcome = tried(in_sqlite(tmp_path, LETTERS), 1, [[Point(call="", k=LETTERS, stage="accepted")]])
    assert (outcome.kills, outcome.lost, outcome.duplicates >= 1, is_well(outcome)) == (1, 0, True, True), outcome


def run(ground: Ground, relay: Relay, target: Callable[..., None] = deliver) -> int | None:
    go = context().Event()
    process = context().Process(target=target, args=(go, ground.url, relay.port))
    process.start()
    go.set()
    process.join(60)
    return process.exitcode


def everybody_once(ground: Ground, relay: Relay) -> bool:
    times = Counter(one.to for one in relay.accepted)
    return len(times) == ground.letters and set(times.values()) == {1}


@pytest.mark.skipif(not strace_works(), reason="strace is not installed, or may not attach")
@pytest.mark.parametrize("call", ["pwrite64:error=ENOSPC:when=40+", "fdatasync:error=EIO:when=4+"])
def test_a_disk_that_fails_loses_nothing_and_the_post_goes_on_once_it_works_again(tmp_path: Path, call: str) -> None:
    ground = in_sqlite(tmp_path, LETTERS)
    ground.again()
    with Relay(now=Still().now) as relay:
        go = context().Event()
        process = context().Process(target=deliver, args=(go, ground.url, relay.port))
        process.start()
        with injected(process.pid or 0, call) as tracer:
            assert tracer is not None
            go.set()
            process.join(0.7)
        process.join(60)
        run(ground, relay)
        times = Counter(one.to for one in relay.accepted)
        assert len(times) == LETTERS
        assert sum(times.values()) - LETTERS <= CONNECTIONS
        assert len({one.data for one in relay.accepted}) == LETTERS
    store = Store(ground.url)
    assert {row.state for row in store.outbox.all(EVENT.key)} == {"sent"}
    store.close()


def test_a_database_that_is_locked_for_a_while_only_delays(tmp_path: Path) -> None:
    ground = in_sqlite(tmp_path, LETTERS)
    ground.again()
    assert ground.file is not None
    with Relay(now=Still().now) as relay:
        other = sqlite3.connect(ground.file, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.7, lambda: other.execute("COMMIT"))
        release.start()
        assert run(ground, relay) == 0
        release.join()
        other.close()
        assert everybody_once(ground, relay)


@pytest.mark.parametrize("stage", ["mail", "data"])
def test_who_slept_past_their_lease_sends_nothing_more(tmp_path: Path, stage: str) -> None:
    """The sleeper is stopped before the dot for longer than its lease, and wakes when others have sent its letters."""
    ground = in_sqlite(tmp_path, LETTERS)
    ground.again()
    asleep = threading.Event()
    sleeper = 0

    def stop(moment: Moment) -> Verdict | None:
        if moment.stage == stage and sleeper and not asleep.is_set():
            os.kill(sleeper, signal.SIGSTOP)
            asleep.set()
        return None

    with Relay(now=Still().now, temper=stop) as relay:
        go = context().Event()
        process = context().Process(target=deliver_by_the_clock, args=(go, ground.url, relay.port))
        process.start()
        sleeper = process.pid or 0
        go.set()
        assert asleep.wait(30)
        time.sleep(3.3)  # real: it is the sleeper's own clock that goes on
        assert run(ground, relay, deliver_by_the_clock) == 0
        os.kill(sleeper, signal.SIGCONT)
        process.join(30)
        assert (process.exitcode, everybody_once(ground, relay)) == (0, True)
