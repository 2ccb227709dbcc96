"""Many events in one service: what a pass costs grows with what changed, not with what exists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.daemon import Daemon
from orchestrator.jobs.beat import Memory, beat
from orchestrator.jobs.hand import turn_plan_b
from orchestrator.jobs.remembering import NAME, doubt, keep
from orchestrator.jobs.restored import guard
from orchestrator.jobs.world import World
from orchestrator.settings import Shelf
from tests.jobs.theatre import HOUR, Theatre


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


def raise_an_alarm(theatre: Theatre) -> None:
    theatre.store.alarms.set(theatre.event.key, {"relay:x": ("Le relais refuse", "")}, "relay:", theatre.now())


def put_an_old_copy_back(theatre: Theatre) -> None:
    mark = Path(f"{theatre.store.db.engine.url.database}.mark")
    mark.write_text((theatre.at + HOUR).isoformat(), "ascii")
    assert guard([theatre.world], theatre.at)


MEANWHILE: dict[str, Callable[[Theatre], object]] = {
    "answers": lambda t: t.form.answer("yann@exemple.fr", "a"),
    "alarm": raise_an_alarm,
    "plan B": lambda t: turn_plan_b(t.event, t.store, "relay", t.now(), on=True),
    "pause": lambda t: t.store.holds.pause(t.event.key, t.now()),
    "old copy": put_an_old_copy_back,
    "memory spoilt": lambda t: t.store.memos.set(t.event.key, NAME, '{"make": "1", "versions": 7}', t.now()),
    "clock set back": lambda t: setattr(t, "at", t.at - HOUR),
}


@pytest.mark.parametrize("change", MEANWHILE)
def test_a_restarted_service_goes_through_what_is_not_as_it_was(theatre: Theatre, change: str) -> None:
    decided(theatre)
    MEANWHILE[change](theatre)
    assert first_beat(theatre, make="1") == "busy"


def test_another_program_or_other_settings_go_through_everything(theatre: Theatre) -> None:
    decided(theatre)
    assert first_beat(theatre, make="2") == "busy"


def test_what_a_host_knew_before_another_beat_is_not_believed(theatre: Theatre) -> None:
    world, behind = replace(theatre.world, make="1"), Memory()
    beat(world, behind)
    beat(world, behind)
    theatre.store.meetings.say_something_changed(world.event.key)
    Daemon([replace(world, owner="another host")]).beat_all()
    keep(world, behind)
    assert first_beat(theatre, make="1") == "busy"


def test_a_meeting_deleted_while_the_service_was_down_is_there_again_after_the_next_reading(theatre: Theatre) -> None:
    decided(theatre)
    theatre.delete_meeting()
    theatre.at += HOUR
    fresh = Daemon([replace(theatre.world, make="1")])
    fresh.beat_all()
    fresh.beat_all()
    assert theatre.meeting()["id"]


def test_a_service_whose_clock_ran_ahead_goes_on_when_it_is_set_right(theatre: Theatre) -> None:
    right, daemon = theatre.at, Daemon([theatre.world])
    for theatre.at in (right, right + 6 * HOUR, right):
        daemon.beat_all()
    assert daemon.watched().beats[theatre.event.key, "busy"] == 3


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


ELSE = {
    "title": ("Relation police", "Liens police"),
    "reminder": ("at = 09:00:00", "at = 09:01:00"),
    "pages": ('public_url = ""', 'public_url = "https://pages.exemple.fr"'),
    "organisers": ('organisers = ["contact@exemple.fr"]', 'organisers = ["autre@exemple.fr"]'),
    "relay": ("smtp.exemple.fr", "smtp2.exemple.fr"),
    "template": ('templates = ""', 'templates = "modeles"'),
}


def make_of(folder: Path, **environ: str) -> str:
    environ = {f"ORCHESTRATOR_ZOOM__{name}": "x" for name in ("ACCOUNT_ID", "CLIENT_ID", "CLIENT_SECRET")} | environ
    [settings] = gate.load(folder, environ=environ)
    store, clock = wiring.open_store(f"sqlite:///{folder}/one.db"), wiring.SystemClock()
    found = wiring.world(settings, store, clock, "me").make
    store.close()
    return found


@pytest.mark.parametrize("change", ELSE)
def test_whatever_an_edit_decides_is_told_apart(tmp_path: Path, change: str) -> None:
    broken = tmp_path / "modeles" / "lettres" / "link"
    broken.mkdir(parents=True)
    (broken / "body.html").write_text("{{ nothing_of_that_name", "utf-8")
    write(tmp_path, "un")
    before = make_of(tmp_path)
    write(tmp_path, "un", **dict([ELSE[change]]))
    assert make_of(tmp_path) != before


def test_a_new_key_at_zoom_decides_nothing_and_webhooks_do(tmp_path: Path) -> None:
    write(tmp_path, "un")
    before = make_of(tmp_path)
    assert make_of(tmp_path, ORCHESTRATOR_ZOOM__CLIENT_SECRET="y") == before
    assert make_of(tmp_path, ORCHESTRATOR_ZOOM__WEBHOOK_SECRET="y") != before
