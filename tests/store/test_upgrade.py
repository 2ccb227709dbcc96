"""Rows that an older version wrote are delivered by this one, whichever version it was (docs/upgrade.md)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

import orchestrator.store.migrations as migrations
from orchestrator.store import Store
from orchestrator.store.database import HEAD
from tests.jobs.theatre import MINUTE, Theatre

BYTES = b"From: contact@exemple.fr\r\nTo: ada@exemple.fr\r\nMessage-ID: <link.ada@exemple.fr>\r\n\r\nComme avant.\r\n"
"""A letter as an older version had put it in words when it was killed."""
Rows = dict[str, list[dict[str, Any]]]


def scripts() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(*migrations.__path__)))
    return config


def older() -> list[str]:
    """Every revision but this version's."""
    return sorted({s.revision for s in ScriptDirectory.from_config(scripts()).walk_revisions()} - {HEAD})


def rows_of(file: Path) -> Rows:
    with closing(sqlite3.connect(file)) as c:
        c.row_factory = sqlite3.Row
        names = [r[0] for r in c.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: [dict(r) for r in c.execute(f"SELECT * FROM {name}")] for name in names}


def written_by(revision: str, rows: Rows, file: Path) -> None:
    """Make the database of an older version, holding as much of these rows as it had room for."""
    store = Store(f"sqlite:///{file}")
    with store.db.write() as c:
        config = scripts()
        config.attributes["connection"] = c
        command.upgrade(config, revision)
        columns = {name: {x[1] for x in c.exec_driver_sql(f"PRAGMA table_info({name})")} for name in rows}
        for name in rows.keys() - {"alembic_version"}:
            for row in rows[name] if columns[name] else ():
                known = {k: v for k, v in row.items() if k in columns[name]}
                places = ", ".join(f":{k}" for k in known)
                c.exec_driver_sql(f"INSERT INTO {name} ({', '.join(known)}) VALUES ({places})", known)
    store.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Theatre, Rows]]:
    """Two people have their link at Zoom; one letter is due, of the other the final dot may have left."""
    folder = tmp_path_factory.mktemp("upgrade")
    with Theatre(folder, f"sqlite:///{folder}/now.db") as theatre:
        theatre.form.answer("zoe@exemple.fr", "a")
        theatre.form.answer("ada@exemple.fr", "b")
        theatre.beat()
        theatre.store.close()
        rows = rows_of(folder / "now.db")
        for row in rows["letter"]:
            if (row["address"], row["kind"]) == ("ada@exemple.fr", "link"):
                instant = row["leave_from"]
                row |= {"state": "dotted", "owner": "elsewhere:1:1:ab", "lease_until": instant, "dotted_at": instant}
                row |= {"message_id": "<link.ada@exemple.fr>", "data": BYTES}
        yield theatre, rows


@pytest.mark.parametrize("revision", older())
def test_letters_of_an_older_version_are_delivered_once(
    stage: tuple[Theatre, Rows], tmp_path: Path, revision: str
) -> None:
    theatre, rows = stage
    written_by(revision, rows, tmp_path / "old.db")
    before = len(theatre.relay.accepted)
    theatre.store = Store(f"sqlite:///{tmp_path}/old.db").open()
    theatre.start_again()
    for _ in range(3):
        theatre.turn(theatre.at + MINUTE)
    came = theatre.relay.accepted[before:]
    assert sorted(one.to for one in came) == ["ada@exemple.fr", theatre.event.speakers[0].email, "zoe@exemple.fr"]
    assert [one.data for one in came if one.to == "ada@exemple.fr"] == [BYTES]
    doubts = {one.address: (one.state, one.in_doubt) for one in theatre.deliveries("link")}
    assert doubts == {"ada@exemple.fr": ("sent", 1), "zoe@exemple.fr": ("sent", 0)}
    assert len(theatre.zoom.meetings()) == 1
    theatre.store.close()
