"""Statements compiled once: they say what SQLAlchemy would, and find their rows by an index."""

from __future__ import annotations

import json

import sqlalchemy as sa

from orchestrator.store import Store
from orchestrator.store.outbox_sql import CLAIM, DOT, SETTLE, SPARE, THOSE
from orchestrator.store.ready import Ready, ReadyForMany, among
from orchestrator.store.schema import Instant, lease, letter
from tests import make

AT = make.paris(9, 30)


def test_rows_and_instants_are_written_as_everywhere_else(store: Store) -> None:
    single = Ready(lease.insert())
    insert = ReadyForMany(
        lambda row, insert: row.into(insert(lease), until=sa.bindparam("until", type_=Instant)),
        name=sa.Text,
        owner=sa.Text,
    )
    one = Ready(sa.select(lease.c.name).where(among(lease.c.name, "names")).order_by(lease.c.name))
    with store.db.write() as c:
        insert.run(c, [{"name": "a", "owner": "x"}, {"name": "b", "owner": "é"}], until=AT)
        single.run(c, name="c", owner="", until=AT)
    with store.db.read() as c:
        assert [tuple(row) for row in c.execute(sa.select(lease.c.owner, lease.c.until).order_by(lease.c.name))] == [
            ("x", AT),
            ("é", AT),
            ("", AT),
        ]
        assert one.run(c, names=["c", "a", "nobody"]) == [("a",), ("c",)]
        assert one.run(c, names=[]) == []


def test_no_step_of_a_letter_looks_through_all_letters(sqlite_url: str) -> None:
    """On PostgreSQL that depends on what it has counted."""
    db = Store(sqlite_url).db
    for statement in (THOSE, Ready(CLAIM), DOT, SETTLE, SPARE):
        with db.read() as c:
            ready = statement if isinstance(statement, Ready) else statement.on(c)
            text, constant, order = ready.ready(c)
            given = {**constant, "ids": json.dumps([1]), "people": json.dumps(["a"])}
            plan = c.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", tuple(given[name] for name in order)).all()
        assert [row.detail for row in plan if row.detail.startswith(f"SCAN {letter.name}")] == []
        assert any(row.detail.startswith(f"SEARCH {letter.name}") for row in plan)
    db.close()
