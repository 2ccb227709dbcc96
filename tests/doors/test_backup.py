"""A copy of the database while the service writes, and what comes of it when it is put back."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestrator.cli import main
from orchestrator.core.errors import OrchestratorError
from orchestrator.store import Store, backup
from tests import make
from tests.doors.lab import Lab, now
from tests.store.probe import dump


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path) as found:
        yield found


def test_a_copy_is_whole_private_and_says_its_size(lab: Lab) -> None:
    lab.run("apply")
    target = lab.folder / "copie.db"
    done = lab.run("backup", "--json", str(target))
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"file": str(target), "bytes": target.stat().st_size})
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with sqlite3.connect(target) as copy:
        assert list(copy.iterdump()) == lab.dump()
    assert sorted(path.name for path in lab.folder.glob("copie*")) == ["copie.db"]


def test_in_a_folder_copies_are_named_by_the_instant(lab: Lab) -> None:
    lab.run("apply")
    folder = lab.folder / "copies"
    folder.mkdir()
    assert lab.run("backup", str(folder)).exit_code == 0
    [copy] = folder.iterdir()
    assert copy.match("orchestrator-20??????T??????Z.db")


def test_a_copy_replaces_nothing_and_of_nothing_there_is_none(lab: Lab) -> None:
    target = lab.folder / "copie.db"
    assert "n'existe pas encore" in lab.run("backup", str(target)).stderr
    lab.run("apply")
    target.write_text("precious")
    refused = lab.run("backup", str(target))
    assert (refused.exit_code, "existe déjà" in refused.stderr, target.read_text()) == (1, True, "precious")
    away = lab.run("backup", str(lab.folder / "nowhere" / "copie.db"))
    assert (away.exit_code, "vérifiez le dossier" in away.stderr) == (1, True)
    assert sorted(path.name for path in lab.folder.glob("*.part")) == []


def test_a_broken_event_does_not_stand_in_the_way_of_a_copy(lab: Lab) -> None:
    lab.run("apply")
    events = lab.folder / "evenements"
    events.mkdir()
    (events / "un.toml").write_text("not [ toml")
    backup = ["backup", "-c", str(events)]
    assert CliRunner().invoke(main, [*backup, str(lab.folder / "no.db")]).exit_code == 2
    (events / "service.toml").write_text('[store]\nurl = "sqlite:///../orchestrator.db"\n')
    assert CliRunner().invoke(main, [*backup, str(lab.folder / "copie.db")]).exit_code == 0
    with sqlite3.connect(lab.folder / "copie.db") as copy:
        assert list(copy.iterdump()) == lab.dump()


def test_postgresql_is_left_to_pg_dump(lab: Lab) -> None:
    done = lab.run("backup", str(lab.folder / "x"), ORCHESTRATOR_STORE__URL="postgresql://u:canary-9@h/db")
    assert (done.exit_code, "pg_dump" in done.stderr, "canary-9" in done.output) == (2, True, False)


def test_a_copy_put_back_sends_nothing_that_had_left_before_it(lab: Lab) -> None:
    lab.run("apply")
    database, copy = lab.folder / "orchestrator.db", lab.folder / "copie.db"
    assert lab.run("backup", str(copy)).exit_code == 0
    sent = len(lab.relay.accepted)
    database.unlink()
    copy.rename(database)
    assert lab.run("apply").exit_code == 0
    assert (len(lab.relay.accepted), len(lab.zoom.meetings())) == (sent, 1)


def test_the_plan_says_that_letters_would_wait_after_an_old_copy(lab: Lab) -> None:
    lab.run("apply")
    lab.names.append("nouvelle")
    lab.write_people()
    assert "copie" not in lab.run("plan").output
    mark = lab.folder / "orchestrator.db.mark"
    mark.write_text((now() + timedelta(hours=3)).isoformat(), "ascii")
    said = lab.run("plan").output
    assert ("copie vieille de 3 h 00" in said or "2 h 59" in said, "orchestrator resume" in said) == (True, True)


def test_a_copy_made_while_others_write_is_of_one_instant(sqlite_url: str, tmp_path: Path) -> None:
    store = Store(sqlite_url).open()
    stop, n = threading.Event(), [0]

    def write() -> None:
        while not stop.is_set():
            store.alarms.set("e", {f"a:{n[0]}": ("what", ""), f"b:{n[0]}": ("what", "")}, "", make.LONG_BEFORE)
            n[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for copies in range(3):
            backup.copy(Path(sqlite_url.removeprefix("sqlite:///")), tmp_path / f"{copies}.db")
    finally:
        stop.set()
        writer.join()
    for copies in range(3):
        copy = Store(f"sqlite:///{tmp_path / f'{copies}.db'}")
        keys = [row[1].split(":")[1] for row in dump(copy)["alarm"]]
        assert len(keys) in (0, 2), keys
        assert len(set(keys)) <= 1, keys
        copy.close()
    store.close()
    assert n[0] > 3


def test_a_damaged_database_gives_no_copy(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"SQLite format 3\x00" + b"x" * 5000)
    with pytest.raises(OrchestratorError, match="n'a pas pu être faite"):
        backup.copy(tmp_path / "store.db", tmp_path / "copie.db")
    assert [path.name for path in tmp_path.iterdir()] == ["store.db"]
