"""What lists are made of: a page of many, and counting and searching in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import sqlalchemy as sa

from orchestrator.store.database import Database

PAGE = 50
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """Some of many; `number` begins at 1."""

    items: tuple[Item, ...]
    total: int
    number: int = 1
    size: int = PAGE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


def page_number(asked: int, total: int) -> int:
    """The page asked for, or the nearest there is."""
    return min(max(1, asked), max(1, -(-total // PAGE)))


def count(db: Database, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
    """How many rows."""
    with db.read() as c:
        return c.execute(sa.select(sa.func.count()).select_from(table).where(where)).scalar() or 0


def escaped(text: str) -> str:
    """For LIKE, where `%` and `_` mean something."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def chunks(items: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    return (items[i : i + size] for i in range(0, len(items), size))
