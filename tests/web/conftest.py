from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.theatre import Theatre
from tests.web.door import EVENT, Door
from tests.web.door import door as open_doors


@pytest.fixture
def door(tmp_path: Path, sqlite_url: str) -> Iterator[Door]:
    """The doors of an event ten days before its day; Zoé is registered for both sessions and has her link."""
    with Theatre(tmp_path, sqlite_url, EVENT, licensed_users=("co@exemple.fr",)) as theatre:
        opened = open_doors(theatre, tmp_path)
        theatre.form.answer("zoe@exemple.fr", "a", "b")
        theatre.turn()
        theatre.turn()
        yield opened
