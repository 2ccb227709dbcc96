"""Many events in one service: what a pass costs grows with what changed, not with what exists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.daemon import Daemon
from orchestrator.jobs.beat import Memory
from orchestrator.jobs.remembering import doubt
from orchestrator.jobs.world import World
from orchestrator.settings import Shelf
from tests.jobs.theatre import Theatre


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    with Theatre(tmp_path, f"sqlite:///{tmp_path}/many.db") as one:
        one.form.answer("zoe@exemple.fr", "a")
        yield one


def worlds(theatre: Theatre, *keys: str) -> list[World]:
    return [replace(theatre.world, event=replace(theatre.event, key=key)) for key in keys]


@contextmanager
def asked(theatre: Theatre) -> Iterator[list[str]]:
    """The statements a database is asked meanwhile."""
    found: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    sa.event.listen(theatre.store.db.engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(theatre.store.db.engine, "before_cursor_execute", note)


def questions(theatre: Theatre, served: list[World]) -> int:
    """What a pass asks of the store when nothing has changed."""
    daemon = Daemon(served)
    daemon.beat_all()
    daemon.beat_all()
    with asked(theatre) as found:
        daemon.beat_all()
    assert daemon.watched().beats[served[-1].event.key, "quiet"] == 2
    return len(found)


def test_a_quiet_pass_asks_the_store_no_more_for_three_events_than_for_one(theatre: Theatre) -> None:
    assert questions(theatre, worlds(theatre, "un")) == questions(theatre, worlds(theatre, "un", "deux", "trois"))


def test_an_event_that_changed_is_beaten_among_quiet_ones(theatre: Theatre) -> None:
    served = worlds(theatre, "un", "deux")
    daemon = Daemon(served)
    daemon.beat_all()
    daemon.beat_all()
    theatre.store.meetings.say_something_changed("deux")
    daemon.beat_all()
    assert daemon.watched().beats["un", "quiet"] == 2
    assert daemon.watched().beats["deux", "busy"] == 2


def test_after_an_edit_of_one_event_the_others_are_not_gone_through_again(theatre: Theatre) -> None:
    un, deux = worlds(theatre, "un", "deux")
    before = Daemon([un, deux])
    before.beat_all()
    edited = replace(deux, event=replace(deux.event, title="Un autre titre"))
    after = Daemon([un, edited], before=before)
    after.beat_all()
    assert after.watched().beats["un", "quiet"] == 1
    assert after.watched().beats["deux", "busy"] == 2


def decided(theatre: Theatre) -> None:
    """Beat in a service until there is nothing to do."""
    daemon = Daemon([replace(theatre.world, make="1")])
    daemon.beat_all()
    daemon.beat_all()


def first_beat(theatre: Theatre, make: str) -> str:
    """How the first beat ends in a process that knows nothing but what is stored."""
    fresh = Daemon([replace(theatre.world, make=make)])
    fresh.beat_all()
    [outcome] = [what for (_, what), n in fresh.watched().beats.items() if n]
    return outcome


def test_a_restarted_service_does_not_go_through_what_the_one_before_had_decided(theatre: Theatre) -> None:
    decided(theatre)
    assert first_beat(theatre, make="1") == "quiet"


@pytest.mark.parametrize("change", ["program", "answers", "alarm"])
def test_a_restarted_service_goes_through_what_is_not_as_it_was(theatre: Theatre, change: str) -> None:
    decided(theatre)
    if change == "answers":
        theatre.form.answer("yann@exemple.fr", "a")
    elif change == "alarm":
        theatre.store.alarms.set(theatre.event.key, {"relay:x": ("Le relais refuse", "")}, "relay:", theatre.now())
    assert first_beat(theatre, make="2" if change == "program" else "1") == "busy"


def test_every_event_is_gone_through_afresh_at_least_once_a_day(theatre: Theatre) -> None:
    now = theatre.now()
    memory = Memory(event=theatre.event, decided_at=now, gone_through_at=now)
    doubt(theatre.world, memory, now + timedelta(hours=12))
    assert memory.event == theatre.event
    doubt(theatre.world, memory, now + timedelta(hours=24))
    assert (memory.event, memory.decided_at) == (None, None)


def test_the_event_whose_day_is_nearest_is_beaten_first(theatre: Theatre) -> None:
    far, near = worlds(theatre, "a-loin", "z-bientot")
    later = timedelta(days=365)
    sessions = [replace(s, starts_at=s.starts_at + later, ends_at=s.ends_at + later) for s in far.event.sessions]
    daemon = Daemon([replace(far, event=replace(far.event, sessions=tuple(sessions))), near])
    assert [world.event.key for world in daemon.soonest_first()] == ["z-bientot", "a-loin"]


def write(folder: Path, name: str, **changes: str) -> None:
    text = shipped.example_config().read_text("utf-8").replace("relation-police-population", name)
    for old, new in changes.items():
        text = text.replace(old, new)
    (folder / f"{name}.toml").write_text(text, "utf-8")


def test_only_the_file_that_changed_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, "un")
    write(tmp_path, "deux")
    shelf = Shelf()
    before = {s.event.key: s for s in gate.look(tmp_path, environ={}, shelf=shelf).good}
    write(tmp_path, "deux", Relation="Liens")
    after = {s.event.key: s for s in gate.look(tmp_path, environ={}, shelf=shelf).good}
    assert after["un"] is before["un"]
    assert after["deux"].event.title.startswith("Liens")


def test_what_all_events_share_is_read_again_with_every_file(tmp_path: Path) -> None:
    write(tmp_path, "un")
    shelf = Shelf()
    [before] = gate.look(tmp_path, environ={}, shelf=shelf).good
    [after] = gate.look(tmp_path, environ={"ORCHESTRATOR_MAIL__PORT": "2525"}, shelf=shelf).good
    assert (before.mail.port, after.mail.port) == (587, 2525)


def test_events_of_one_account_share_its_pace_and_their_relay(tmp_path: Path) -> None:
    write(tmp_path, "un")
    write(tmp_path, "deux")
    environ = {f"ORCHESTRATOR_ZOOM__{name}": "x" for name in ("ACCOUNT_ID", "CLIENT_ID", "CLIENT_SECRET")}
    store, clock = wiring.open_store(f"sqlite:///{tmp_path}/one.db"), wiring.SystemClock()
    un, deux = (wiring.world(s, store, clock, "me") for s in gate.load(tmp_path, environ=environ))
    assert un.meetings is deux.meetings
    assert un.post is deux.post
    assert un.scribe is deux.scribe
    [other, _] = gate.load(tmp_path, environ={**environ, "ORCHESTRATOR_ZOOM__CLIENT_SECRET": "y"})
    assert wiring.world(other, store, wiring.SystemClock(), "me").meetings is not un.meetings
    store.close()
