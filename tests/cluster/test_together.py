"""Four processes serve one event from one PostgreSQL; some are killed or stopped, and the database is restarted."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

pytest.importorskip("procrastinate")

from tests.cluster.crowd import crowd
from tests.cluster.host import CONNECTIONS
from tests.cluster.wires import can_be_laid, laid
from tests.conftest import Postgres, postgres_in

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
SEED = int(os.environ.get("CRASH_SEED", "1"))


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A PostgreSQL that may be restarted."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as name, postgres_in(Path(name)) as running:
        yield running


def test_whoever_is_killed_stopped_or_cut_off_nobody_is_without_their_link(server: Postgres, tmp_path: Path) -> None:
    with crowd(server, tmp_path, SEED) as some:
        for n, what in enumerate((some.kill, some.stop, some.restart_postgresql)):
            some.disturb(what, 20 + 12 * n)
        is_well(some.judged())


def test_a_worker_killed_leaves_no_job_stuck_and_nobody_without_their_link(server: Postgres, tmp_path: Path) -> None:
    with crowd(server, tmp_path, SEED, engine=True) as some:
        some.disturb(some.kill, 24)
        with psycopg.connect(some.place.url, autocommit=True) as connection:
            some.wait_for(lambda: connection.execute(STUCK).fetchone() == (0,))
        is_well(some.judged())


@pytest.mark.skipif(not can_be_laid(), reason="no network namespaces here: it needs root and iproute2")
def test_of_two_hosts_one_is_cut_off_and_the_other_takes_up_its_letters(server: Postgres, tmp_path: Path) -> None:
    with laid() as first, laid() as second, crowd(server, tmp_path, SEED, wires=[first, second]) as some:
        some.disturb(first.cut, 24)
        some.exposed += CONNECTIONS
        is_well(some.judged())


STUCK = """SELECT count(*) FROM procrastinate_jobs AS j LEFT JOIN procrastinate_workers AS w ON w.id = j.worker_id
    WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - interval '3 seconds')"""


def is_well(found: dict[str, Any]) -> None:
    assert (found["lost"], found["too_many"], found["unequal"], found["unmarked"]) == (0, 0, 0, 0), found
    assert found["hand_over_seconds"] < 30, found
