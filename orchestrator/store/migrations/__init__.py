"""Alembic's scripts, and which tables of a database are theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENGINE = "procrastinate_"


def is_ours(name: str | None, kind: str, parents: Mapping[Any, str | None]) -> bool:
    """Tell whether a table is the store's: those of the engine in the same database are left alone."""
    table = name if kind == "table" else parents.get("table_name")
    return not (table or "").startswith(ENGINE)
