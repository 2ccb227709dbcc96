from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.theatre import Theatre


@pytest.fixture
def theatre(tmp_path: Path, sqlite_url: str) -> Iterator[Theatre]:
    """An event ten days before its day, nobody registered yet, on SQLite."""
    with Theatre(tmp_path, sqlite_url) as one:
        yield one


@pytest.fixture
def anywhere(tmp_path: Path, database_url: str) -> Iterator[Theatre]:
    """The same, on SQLite and on PostgreSQL."""
    with Theatre(tmp_path, database_url) as one:
        yield one
