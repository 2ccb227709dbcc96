"""An old copy of the database put back is noticed before anything is said a second time."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from orchestrator import wiring
from orchestrator.jobs.restored import guard
from orchestrator.store import Store, backup
from tests.jobs.theatre import HOUR, MINUTE, Theatre
from tests.store.probe import hasty


def put_back(theatre: Theatre, copy: Path) -> None:
    """Put a copy in the place of the database, as after a disk was lost; the small file beside it stays."""
    url = theatre.store.db.engine.url
    theatre.store.close()
    for part in ("-wal", "-shm"):
        Path(f"{url.database}{part}").unlink(missing_ok=True)
    shutil.copy(copy, str(url.database))
    theatre.store = hasty(Store(f"sqlite:///{url.database}", wiring.alive)).open()
    theatre.start_again()


def test_after_an_old_copy_reminders_wait_for_a_word_and_links_leave(theatre: Theatre, tmp_path: Path) -> None:
    theatre.form.answer("zoe@exemple.fr")
    theatre.turn()
    theatre.store.highwater.note(theatre.at)
    copy = tmp_path / "copy.db"
    backup.copy(Path(str(theatre.store.db.engine.url.database)), copy)
    theatre.form.answer("max@exemple.fr")
    theatre.turn(theatre.at + HOUR)
    theatre.store.highwater.note(theatre.at)

    put_back(theatre, copy)
    assert guard([theatre.world], theatre.at)

    theatre.play(theatre.event.session("matin").starts_at - 45 * MINUTE)
    assert theatre.told("reminder") == []
    assert theatre.told("link") == [("max@exemple.fr", "link"), ("max@exemple.fr", "link"), ("zoe@exemple.fr", "link")]
    assert "restored:copy" in theatre.alarms()
    assert not guard([theatre.world], theatre.at + HOUR)


def test_a_service_that_slept_for_a_day_is_no_old_copy(theatre: Theatre) -> None:
    theatre.turn()
    theatre.store.highwater.note(theatre.at)
    assert theatre.store.highwater.behind() == timedelta(0)
    assert not guard([theatre.world], theatre.at + 24 * HOUR)


def test_a_lost_mark_or_one_that_cannot_be_read_changes_nothing(theatre: Theatre) -> None:
    theatre.store.highwater.note(theatre.at)
    mark = Path(f"{theatre.store.db.engine.url.database}.mark")
    mark.write_text("?")
    assert not guard([theatre.world], theatre.at)
    mark.unlink()
    assert not guard([theatre.world], theatre.at)
