"""The engine: transactions that lose no update, on SQLite and PostgreSQL, and migrations applied on start."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, OperationalError

from orchestrator.core.errors import OrchestratorError

HEAD = "0016"
"""The newest migration; a test holds it against migrations/versions."""
LOCK_SECONDS = 30
IDLE_SECONDS = 15
"""How long PostgreSQL lets a transaction do nothing: a host that was cut off or sleeps keeps its locks no longer."""
CUT = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""How soon a link to PostgreSQL that was cut is noticed on this side (libpq's names; milliseconds in the last)."""
THREADS = 24
"""How many threads of one process may use a SQLite file before some have to open it anew each time."""
SWITCH_TRIES = 20
"""How often several processes that open a new SQLite file may be in each other's way."""


class Database:
    """One database. A writing transaction first takes what it must have to itself; see docs/decisions/025."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self.idle_seconds: float = IDLE_SECONDS
        self._writing: Any = threading.RLock() if self.is_sqlite else nullcontext()
        self._fence: ContextVar[Callable[[sa.Connection], None] | None] = ContextVar("fence", default=None)

    def is_at(self, url: str) -> bool:
        """Tell whether this is the database of an address, password and all, however it is written."""
        return self.engine.url == sa.make_url(_with_psycopg(url))

    @contextmanager
    def write(self, alone: str = "", shared: Collection[str] = ()) -> Iterator[sa.Connection]:
        """Open a writing transaction; commits at the end, rolls back on any error.

        `alone` names what it has to itself until then, mostly an event: what it reads there stays true while it writes.
        `shared` are the names which nobody may have alone meanwhile. SQLite knows one writer at a time and no names.
        """
        with self._writing, _explained(), self.engine.begin() as connection:
            if not self.is_sqlite:
                _take(connection, alone, shared, idle_seconds=self.idle_seconds)
            self._check_fence(connection)
            yield connection

    @contextmanager
    def fenced(self, check: Callable[[sa.Connection], None]) -> Iterator[None]:
        """Have every writing transaction of this thread begin with a check, which raises where it may not go on."""
        token = self._fence.set(check)
        try:
            yield
        finally:
            self._fence.reset(token)

    def _check_fence(self, connection: sa.Connection) -> None:
        if (check := self._fence.get()) is not None:
            check(connection)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Open a reading transaction."""
        with _explained(), self.engine.connect().execution_options(reading=True) as connection:
            yield connection

    @contextmanager
    def glance(self) -> Iterator[sa.Connection]:
        """Open a connection for one single reading statement, which needs no transaction around it."""
        with _explained(), self.engine.connect().execution_options(reading=True, single=True) as connection:
            yield connection

    def insert_unless_there(self, table: sa.Table) -> Any:
        """An INSERT that leaves a row with the same key as it is: somebody else may have been quicker."""
        insert = sqlite.insert if self.is_sqlite else postgresql.insert
        return insert(table).on_conflict_do_nothing()

    def put(self, connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
        """Insert a row; one of the same key gives way to it, whoever wrote that at the same time."""
        insert = (sqlite.insert if self.is_sqlite else postgresql.insert)(table).values(dict(row))
        keys = [column.name for column in table.primary_key]
        rest = {name: insert.excluded[name] for name in row if name not in keys}
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=rest))

    def is_new(self, connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
        """Insert a row unless there is one of its key; tell whether there was none."""
        insert = self.insert_unless_there(table).returning(sa.literal(1))
        return connection.execute(insert, dict(row)).first() is not None

    def migrate(self) -> None:
        """Bring the tables to this version; several processes may do so at once."""
        revision = self.revision()
        if revision == HEAD:
            return
        if revision is not None and revision > HEAD:
            raise OrchestratorError(
                f"la base de données est celle d'une version plus récente ({revision}, celle-ci connaît {HEAD})",
                remedy="installez la version la plus récente, ou mettez dans store.url une autre base",
            )
        from alembic import command
        from alembic.config import Config

        with self.write("schema") as connection:
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def count_anew(self, connection: sa.Connection, table: sa.Table) -> None:
        """Let PostgreSQL know at once how a table has grown: until it looks by itself it plans as if it were empty."""
        if not self.is_sqlite:
            connection.exec_driver_sql(f"ANALYZE {table.name}")

    def compact(self) -> None:
        """Write the file anew without what was erased (SQLite), or let PostgreSQL reuse it; takes a moment."""
        commands = ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)") if self.is_sqlite else ("VACUUM",)
        with self._writing, _explained(), closing(self.engine.raw_connection()) as connection:
            bare: Any = connection.driver_connection  # outside any transaction, as VACUUM asks
            bare.rollback()
            if not self.is_sqlite:
                bare.autocommit = True
            try:
                for one in commands:
                    bare.execute(one).close()
            finally:
                if not self.is_sqlite:
                    bare.autocommit = False

    def be_hasty(self) -> None:
        """Wait no more for the disk at each commit (SQLite): for a rehearsal, in which processes are killed and no
        power fails."""
        if self.is_sqlite:
            sa.event.listen(self.engine, "connect", lambda c, _record: c.execute("PRAGMA synchronous=OFF"))
            self.engine.dispose()  # connections made before would go on waiting

    def revision(self) -> str | None:
        """The migration the database is at; None: it is empty."""
        with self.read() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise OrchestratorError(
            f"la base de données ne répond pas : {error.orig}",
            remedy="vérifiez store.url, l'espace disque et les droits du dossier",
            permanent=False,
        ) from error
    except DatabaseError as error:
        if type(error) is not DatabaseError:
            raise  # a constraint, or a statement of ours
        raise OrchestratorError(
            f"la base de données est abîmée : {error.orig}",
            remedy="arrêtez le service et reprenez une sauvegarde (docs/backup.md)",
        ) from error


def _engine(url: str) -> sa.Engine:
    return _sqlite(url) if url.startswith("sqlite") else _postgresql(url)


def _postgresql(url: str) -> sa.Engine:
    return sa.create_engine(
        _with_psycopg(url),
        connect_args=CUT,
        isolation_level="READ COMMITTED",  # whatever the server's default: a lock must show what was written before it
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=16,
    )


def _take(
    connection: sa.Connection,
    alone: str,
    shared: Collection[str],
    *,
    lock_seconds: float = LOCK_SECONDS,
    idle_seconds: float = IDLE_SECONDS,
) -> None:
    """Take PostgreSQL's advisory locks of these names, shared ones in order; they end with the transaction."""
    limits = (("lock_timeout", lock_seconds), ("idle_in_transaction_session_timeout", idle_seconds))
    words = [f"set_config('{name}', '{int(seconds * 1000)}ms', true)" for name, seconds in limits]
    names = [alone] if alone else []
    words += ["pg_advisory_xact_lock(hashtextextended(%s, 0))"] * len(names)
    for name in sorted(shared):
        words.append("pg_advisory_xact_lock_shared(hashtextextended(%s, 0))")
        names.append(name)
    connection.exec_driver_sql(f"SELECT {', '.join(words)}", tuple(names))


def _sqlite(url: str) -> sa.Engine:
    patience = {"timeout": LOCK_SECONDS}
    pool: dict[str, Any] = {"pool_size": THREADS, "max_overflow": THREADS, "pool_use_lifo": True}
    engine = sa.create_engine(
        url,
        connect_args={**patience, "isolation_level": None, "check_same_thread": False},
        **(pool if sa.make_url(url).database else {}),  # one in memory has a pool of its own
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        _write_ahead(connection)
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={LOCK_SECONDS * 1000}",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        how = connection.get_execution_options()
        if not how.get("single", False):
            connection.exec_driver_sql("BEGIN" if how.get("reading", False) else "BEGIN IMMEDIATE")

    return engine


def _write_ahead(connection: Any) -> None:
    """Switch to WAL. SQLite calls no busy handler there, so wait for the others between tries."""
    for _ in range(SWITCH_TRIES):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")


def _with_psycopg(url: str) -> str:
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url
