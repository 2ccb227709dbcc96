"""Statements of every letter's way, compiled once and handed to the driver as they are, for one row or for many.

SQLAlchemy takes longer to prepare a row than SQLite takes to write it. Rows hold what a driver takes: texts, numbers,
bytes. What is `shared` by all rows may also be an instant, or a list for `among`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from orchestrator.store.schema import Instant


class Ready:
    """One statement, for whichever database it is run on."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Mapping[str, Any], Sequence[str]]] = {}

    def run(self, c: sa.Connection, **shared: Any) -> sa.CursorResult[Any]:
        """Run it once; instants in what it returns are as the driver gives them."""
        text, constant, order = self.ready(c)
        values = {**constant, **_for_driver(c, shared)}
        return c.exec_driver_sql(text, tuple([values[name] for name in order]) if order else values)

    def run_many(self, c: sa.Connection, rows: Sequence[Mapping[str, Any]], **shared: Any) -> None:
        """Run it for each row."""
        text, constant, order = self.ready(c)
        same = {**constant, **_for_driver(c, shared)}
        given = [{**same, **row} for row in rows]
        c.exec_driver_sql(text, [tuple([row[name] for name in order]) for row in given] if order else given)

    def ready(self, c: sa.Connection) -> tuple[str, Mapping[str, Any], Sequence[str]]:
        """Its text, the values that are always the same, and the order of its parameters where they have no names."""
        found = self._compiled.get(c.dialect.name)
        if found is None:
            compiled = self._statement.compile(dialect=c.dialect)
            found = self._compiled[c.dialect.name] = (str(compiled), compiled.params, compiled.positiontup or ())
        return found


class among(FunctionElement[Any]):  # noqa: N801 – stands in expressions like a function
    """Whether a column is one of the values of a list given by name, as one parameter however long the list is."""

    inherit_cache = True
    type = sa.types.NullType()  # of sa.Boolean SQLite would be asked whether it "= 1", and find no index for that

    def __init__(self, column: sa.ColumnElement[Any], name: str) -> None:
        super().__init__(column, sa.bindparam(name, type_=sa.types.NullType()))


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: Any, **more: Any) -> str:
    column, given = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({given}))"


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: Any, **more: Any) -> str:
    column, given = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} = ANY({given})"


def listed(c: sa.Connection, values: list[Any]) -> Any:
    """What `among` takes of a list where SQLAlchemy runs the statement: written out for SQLite."""
    return _translated(c.dialect, values)


def _for_driver(c: sa.Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _translated(c.dialect, value) for name, value in values.items()}


def _translated(dialect: sa.Dialect, value: Any) -> Any:
    if isinstance(value, datetime):
        process = Instant().bind_processor(dialect)
        return value if process is None else process(value)
    return json.dumps(value) if isinstance(value, list) and dialect.name == "sqlite" else value
