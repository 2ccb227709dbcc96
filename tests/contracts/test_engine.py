"""procrastinate behind its port, on a real PostgreSQL."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from queue import Queue
from typing import Any

import pytest

pytest.importorskip("procrastinate")

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from orchestrator import wiring
from orchestrator.core.errors import BadConfiguration
from orchestrator.gateways.engine import Procrastinate
from orchestrator.store import Store
from orchestrator.store.migrations import is_ours
from orchestrator.store.schema import metadata
from tests.conftest import Postgres

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    """An empty database with the engine's tables."""
    name = postgres.create()
    Procrastinate(postgres.url(name)).prepare()
    yield postgres.url(name)
    postgres.drop(name)


@contextmanager
def working(engine: Procrastinate, jobs: dict[str, Callable[[str], None]]) -> Iterator[None]:
    stop = threading.Event()
    worker = threading.Thread(target=engine.run_worker, args=(jobs, stop))
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join(10)
        engine.close()


def test_a_job_asked_for_twice_is_done_once_and_one_for_later_waits(url: str) -> None:
    engine, done = Procrastinate(url), Queue[str]()
    engine.prepare()  # what is there stays
    for about in ("a", "a", "b"):
        engine.enqueue("deliver", about)
    engine.enqueue("deliver", "tomorrow", datetime.now(UTC) + timedelta(days=1))
    with working(engine, {"deliver": done.put}):
        assert sorted(done.get(timeout=20) for _ in range(2)) == ["a", "b"]
        engine.enqueue("deliver", "c")
        assert done.get(timeout=20) == "c"
    assert done.empty()


def test_what_is_regular_is_done_by_one_worker_each_time(url: str) -> None:
    done = Queue[datetime]()
    engines = [Procrastinate(url), Procrastinate(url)]
    for engine in engines:
        engine.every(1, "beat")
    jobs: dict[str, Callable[[str], None]] = {"beat": lambda _about: done.put(datetime.now(UTC))}
    with working(engines[0], jobs), working(engines[1], jobs):
        first = [done.get(timeout=20) for _ in range(3)]
    assert first[-1] - first[0] > timedelta(seconds=1)


def hang(url: str, began: Any) -> None:
    """Begin a job and never end it."""
    engine = Procrastinate(url, silent_seconds=1)
    engine.run_worker(
        {"deliver": lambda _about: (began.set(), threading.Event().wait())[1] and None}, threading.Event()
    )


def test_the_job_of_a_worker_killed_in_it_is_done_by_another(url: str) -> None:
    engine, done = Procrastinate(url, silent_seconds=1), Queue[str]()
    spawn = multiprocessing.get_context("spawn")
    began = spawn.Event()
    victim = spawn.Process(target=hang, args=(url, began))
    victim.start()
    engine.enqueue("deliver", "relay")
    assert began.wait(30)
    os.kill(victim.pid or 0, signal.SIGKILL)
    victim.join()
    with working(engine, {"deliver": done.put}):
        assert done.get(timeout=30) == "relay"
    assert jobs_left(url) == 0


def jobs_left(url: str) -> int:
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'deliver'").fetchone()
    assert row is not None
    return int(row[0])


def test_the_migrations_leave_the_tables_of_the_engine_alone(url: str) -> None:
    store = Store(url).open()
    with store.db.read() as c:
        context = MigrationContext.configure(c, opts={"compare_type": True, "include_name": is_ours})
        assert compare_metadata(context, metadata) == []
    store.close()


def test_the_engine_needs_postgresql(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    with pytest.raises(BadConfiguration, match="PostgreSQL"):
        wiring.engine(store)
    store.close()
