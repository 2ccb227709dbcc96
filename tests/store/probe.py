"""Looks at a store from outside."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from orchestrator.store import Store
from orchestrator.store.schema import metadata


def hasty(store: Store) -> Store:
    """Let SQLite not wait for the disk: here no power fails."""
    store.db.be_hasty()
    return store


def dump(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in every table."""
    with store.db.read() as c:
        rows = {table.name: c.execute(sa.select(table)).all() for table in metadata.sorted_tables}
    return {name: sorted((tuple(row) for row in found), key=repr) for name, found in rows.items()}
