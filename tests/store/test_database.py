from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

import orchestrator.store.migrations as migrations
from orchestrator.core.errors import OrchestratorError
from orchestrator.store import Store
from orchestrator.store.database import HEAD, _take
from orchestrator.store.schema import again, budget, lease, letter, metadata
from tests import make
from tests.store.hands import HANDS, Hands

once_more = import_module("orchestrator.store.migrations.versions.0014_once_more")
NOW = datetime(2027, 6, 24, 7, 0, tzinfo=UTC)
Opens = Callable[[str], Store]


def _said(index: Any) -> dict[str, str]:
    """An index's options in words: a clause is equal to no other."""
    return {option: str(value) for option, value in index.get("dialect_options", {}).items()}


def shape(store: Store) -> dict[str, Any]:
    """All that the database itself says of its tables."""
    with store.db.read() as c:
        look = sa.inspect(c)
        return {
            name: (
                [{**column, "type": str(column["type"])} for column in look.get_columns(name)],
                look.get_pk_constraint(name),
                sorted(look.get_unique_constraints(name), key=repr),
                sorted(repr({**index, "dialect_options": _said(index)}) for index in look.get_indexes(name)),
            )
            for name in sorted(set(look.get_table_names()) - {"alembic_version"})
        }


def test_the_migrations_make_exactly_the_tables(empty_database_url: str, open_store: Opens) -> None:
    store = open_store(empty_database_url)
    with store.db.read() as c:
        assert compare_metadata(MigrationContext.configure(c, opts={"compare_type": True}), metadata) == []
    migrated = shape(store)
    with store.db.write() as c:
        metadata.drop_all(c)
        metadata.create_all(c)
    assert migrated == shape(store)


def test_the_newest_migration_is_the_one_a_start_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(*migrations.__path__)))
    scripts = ScriptDirectory.from_config(config)
    files = {path.name.partition("_")[0] for path in Path(*migrations.__path__, "versions").glob("[0-9]*.py")}
    assert (scripts.get_heads(), max(files)) == ([HEAD], HEAD)


def test_several_processes_may_migrate_at_once(empty_database_url: str, hands: Hands) -> None:
    assert hands.together("migrate", empty_database_url) == [HEAD] * HANDS


def test_whoever_opens_a_new_file_waits_for_whoever_writes_to_it(tmp_path: Path) -> None:
    """SQLite itself does not, where it switches a new file to WAL."""
    path = tmp_path / "new.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer, ThreadPoolExecutor(1) as pool:
        writer.execute("CREATE TABLE t (n INTEGER)")
        writer.execute("BEGIN IMMEDIATE")
        opened = pool.submit(Store(f"sqlite:///{path}").open)
        with pytest.raises(TimeoutError):
            opened.result(timeout=0.2)
        writer.execute("COMMIT")
        opened.result(timeout=10).close()


def test_a_database_of_a_newer_version_is_refused_in_words(empty_database_url: str, open_store: Opens) -> None:
    store = open_store(empty_database_url)
    with store.db.write() as c:
        c.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(OrchestratorError) as refused:
        store.open()
    assert refused.value.permanent
    assert "9999" in refused.value.message
    assert refused.value.remedy


def test_instants_come_back_aware_and_in_utc(store: Store) -> None:
    tokyo = datetime(2027, 6, 24, 16, 0, 0, 123456, tzinfo=timezone(timedelta(hours=9)))
    with store.db.write() as c:
        c.execute(lease.insert().values(name="a", owner="b", until=tokyo))
    with store.db.read() as c:
        until = c.execute(sa.select(lease.c.until)).scalar_one()
        same = c.execute(sa.select(sa.func.count()).where(lease.c.until == tokyo)).scalar_one()
    assert (until, until.tzinfo, same) == (tokyo, UTC, 1)


def test_a_naive_instant_is_refused(store: Store) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(StatementError, match="naive"), store.db.write() as c:
        c.execute(lease.insert().values(name="a", owner="b", until=naive))
    with pytest.raises(StatementError, match="naive"), store.db.read() as c:
        c.execute(sa.select(lease).where(lease.c.until < naive))


def test_a_write_that_fails_leaves_nothing(store: Store) -> None:
    row = {"host": "h", "day": "d", "used": 1}
    with pytest.raises(IntegrityError), store.db.write() as c:  # noqa: PT012 - the second write fails
        c.execute(budget.insert().values(**row))
        c.execute(budget.insert().values(**row))
    with store.db.read() as c:
        assert c.execute(sa.select(budget)).all() == []


def test_no_update_of_several_processes_is_lost(store: Store, database_url: str, hands: Hands) -> None:
    with store.db.write() as c:
        c.execute(budget.insert().values(host="h", day="d", used=0))
    assert hands.together("count_up", database_url, 150) == [None] * HANDS
    with store.db.read() as c:
        assert c.execute(sa.select(budget.c.used)).scalar_one() == 600


def test_no_update_of_several_threads_is_lost(store: Store) -> None:
    with store.db.write() as c:
        c.execute(budget.insert().values(host="h", day="d", used=0))

    def bump(_n: int) -> None:
        with store.db.write("h") as c:
            used = c.execute(sa.select(budget.c.used)).scalar_one()
            c.execute(budget.update().values(used=used + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bump, range(200)))
    with store.db.read() as c:
        assert c.execute(sa.select(budget.c.used)).scalar_one() == 200


@pytest.mark.postgres
def test_whoever_writes_to_another_event_is_not_waited_for(postgres_url: str, open_store: Opens) -> None:
    store = open_store(postgres_url)

    def at_once(alone: str = "", shared: Collection[str] = ()) -> bool:
        """Whether a transaction may begin while the outer one is open."""
        with store.db.engine.begin() as c:
            try:
                _take(c, alone, shared, lock_seconds=0.05)
            except OperationalError:
                return False
        return True

    with store.db.write("x"), ThreadPoolExecutor(1) as pool:
        others = [("y", ()), ("", ("y",)), ("", ()), ("x", ()), ("", ("x", "y"))]
        assert [pool.submit(at_once, *other).result() for other in others] == [True, True, True, False, False]
    with store.db.write(shared=["x"]), ThreadPoolExecutor(1) as pool:
        assert [pool.submit(at_once, *other).result() for other in (("", ("x",)), ("x", ()))] == [True, False]


def test_a_row_put_twice_is_the_second(store: Store) -> None:
    for used in (1, 2):
        with store.db.write() as c:
            store.db.put(c, budget, {"host": "h", "day": "d", "used": used})
    with store.db.read() as c:
        assert c.execute(sa.select(budget.c.used)).scalars().all() == [2]


def test_reading_waits_for_no_writer_and_sees_nothing_half_written(store: Store) -> None:
    with store.db.write() as c, ThreadPoolExecutor(1) as pool:
        c.execute(budget.insert().values(host="h", day="d", used=1))

        def seen() -> int:
            with store.db.read() as reading:
                return len(reading.execute(sa.select(budget)).all())

        assert pool.submit(seen).result(timeout=10) == 0


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "postgresql://postgres@/x?host=/nowhere"])
def test_a_database_that_does_not_answer_is_named_with_a_remedy(url: str) -> None:
    store = Store(url)
    with pytest.raises(OrchestratorError) as failed:
        store.open()
    store.close()
    assert not failed.value.permanent
    assert "store.url" in failed.value.remedy


def test_whoever_asked_an_earlier_version_for_their_letter_has_it_once(
    empty_database_url: str, open_store: Opens
) -> None:
    store = open_store(empty_database_url)
    store.events.serve(make.event(), NOW)
    asked, answered = (make.owed(person=ref, email=f"{ref}@x.fr", kind="link") for ref in ("p1", "p2"))
    done = replace(answered, revision=f"again-{NOW:%Y%m%dT%H%M%S}")
    store.outbox.plan("relation", "relay", [asked, answered, done], NOW)
    with store.db.write() as c:
        c.execute(letter.update().where(letter.c.revision == done.revision).values(state="sent"))
        c.execute(again.insert(), [{"event": "relation", "person": ref, "at": NOW} for ref in ("p1", "p2")])
        c.execute(sa.text(once_more.OPEN.format(name=once_more.NAMED[c.dialect.name])))
    [notice] = store.notices.all("relation")
    assert (notice.kind, notice.code, notice.audience) == ("resend", "asked", "person:p1@x.fr")
    assert (notice.made_at, notice.void_at) == (NOW, asked.void_at)


def test_a_database_is_known_by_its_address_however_it_is_written(tmp_path: Path) -> None:
    here = Store("postgresql://orchestre:s3cret@localhost/base?host=/run/postgresql")
    assert here.db.is_at("postgres://orchestre:s3cret@localhost/base?host=%2Frun%2Fpostgresql")
    assert not here.db.is_at("postgresql://orchestre:other@localhost/base?host=/run/postgresql")
    assert not here.db.is_at("postgresql://orchestre:s3cret@localhost/autre?host=/run/postgresql")
    file = Store(f"sqlite:///{tmp_path}/one.db")
    assert file.db.is_at(f"sqlite:///{tmp_path}/one.db")
    assert not file.db.is_at(f"sqlite:///{tmp_path}/two.db")
