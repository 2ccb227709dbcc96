"""Statements of every letter's way, compiled once and handed to the driver as they are, for one row or for many.

SQLAlchemy takes longer to prepare a row than SQLite takes to write it. Rows hold what a driver takes: texts, numbers,
bytes. What is `shared` by all rows may also be an instant, or a list for `among`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from orchestrator.store.schema import Instant


class Ready:
    """One statement, for whichever database it is run on."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Mapping[str, Any], Sequence[str]]] = {}

    def run(self, c: sa.Connection, **shared: Any) -> list[Any]:
        """Run it once; returns the rows it gives, if it gives any, with instants as the driver has them."""
        text, constant, order = self.ready(c)
        values = {**constant, **_for_driver(c, shared)}
        with _cursor(c, text) as cursor:
            cursor.execute(text, [values[name] for name in order] if order else values)
            return list(cursor.fetchall()) if cursor.description else []

    def run_each(self, c: sa.Connection, rows: Sequence[Mapping[str, Any]], **shared: Any) -> None:
        """Run it for each row."""
        text, constant, order = self.ready(c)
        same = {**constant, **_for_driver(c, shared)}
        given = [{**same, **row} for row in rows]
        with _cursor(c, text) as cursor:
            cursor.executemany(text, [[row[name] for name in order] for row in given])

    def ready(self, c: sa.Connection) -> tuple[str, Mapping[str, Any], Sequence[str]]:
        """Its text, the values that are always the same, and the order of its parameters where they have no names."""
        found = self._compiled.get(c.dialect.name)
        if found is None:
            compiled = self._statement.compile(dialect=c.dialect)
            found = self._compiled[c.dialect.name] = (str(compiled), compiled.params, compiled.positiontup or ())
        return found


class Row:
    """What a statement for many rows says where a value is each row's own."""

    def __init__(self, columns: Mapping[str, sa.types.TypeEngine[Any]], given: sa.FromClause | None = None) -> None:
        self._columns, self._given = columns, given

    def __getitem__(self, name: str) -> sa.ColumnElement[Any]:
        return sa.bindparam(name, type_=self._columns[name]) if self._given is None else self._given.c[name]

    def into(self, insert: Any, **more: Any) -> Any:
        """Insert each row, with what is the same in all."""
        values = {name: self[name] for name in self._columns} | more
        if self._given is None:
            return insert.values(values)
        return insert.from_select(list(values), sa.select(*values.values()).select_from(self._given))


class ReadyForMany:
    """One statement for many rows: SQLite runs it for each, PostgreSQL is given all of them at once as arrays, for
    each statement costs it as much as the work. No two rows may concern the same row of a table."""

    def __init__(
        self, build: Callable[[Row, Any], Any], **columns: type[sa.types.TypeEngine[Any]] | sa.types.TypeEngine[Any]
    ) -> None:
        types = {name: sa.types.to_instance(kind) for name, kind in columns.items()}
        arrays = [sa.bindparam(name, type_=postgresql.ARRAY(kind)) for name, kind in types.items()]
        given = sa.func.unnest(*arrays).table_valued(*[sa.column(*pair) for pair in types.items()], name="given")
        self._names = list(types)
        self._each = Ready(build(Row(types), sqlite.insert))
        self._together = Ready(build(Row(types, given.render_derived()), postgresql.insert))

    def run(self, c: sa.Connection, rows: Sequence[Mapping[str, Any]], **shared: Any) -> None:
        """Run it for rows, whose values are what the driver takes: texts, numbers, bytes."""
        statement = self.on(c)
        if statement is self._each:
            statement.run_each(c, rows, **shared)
        else:
            statement.run(c, **shared, **{name: [row[name] for row in rows] for name in self._names})

    def on(self, c: sa.Connection) -> Ready:
        """The statement as this database gets it."""
        return self._each if c.dialect.name == "sqlite" else self._together


@contextmanager
def _cursor(c: sa.Connection, text: str) -> Iterator[Any]:
    """The driver's own cursor within the connection's transaction; its errors become SQLAlchemy's."""
    driver: Any = c.dialect.dbapi
    cursor = c.connection.cursor()
    try:
        yield cursor
    except driver.Error as error:
        raise sa.exc.DBAPIError.instance(text, None, error, driver.Error, dialect=c.dialect) from error
    finally:
        cursor.close()


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
        process = _instants(dialect)
        return value if process is None else process(value)
    return json.dumps(value) if isinstance(value, list) and dialect.name == "sqlite" else value


def _instants(dialect: sa.Dialect) -> Callable[[datetime], Any] | None:
    """How SQLAlchemy writes an instant: in one form, so that texts are in the order of the instants."""
    if dialect.name not in _FORMS:  # by name: a dialect belongs to its engine, and would be kept with it
        _FORMS[dialect.name] = Instant().dialect_impl(dialect).bind_processor(dialect)
    return _FORMS[dialect.name]


_FORMS: dict[str, Callable[[datetime], Any] | None] = {}
