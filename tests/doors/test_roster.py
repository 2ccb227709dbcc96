"""A folder of events in service: every edit is taken up, and no broken file disturbs anybody."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator import shipped, wiring
from orchestrator.jobs.world import World
from orchestrator.roster import Roster
from orchestrator.settings import Settings
from orchestrator.store import Store

NOW = datetime(2027, 6, 1, 8, 0, tzinfo=UTC)
ACCESS = {f"ORCHESTRATOR_ZOOM__{name}": "x" for name in ("ACCOUNT_ID", "CLIENT_ID", "CLIENT_SECRET")}


class Hour:
    """A clock that stands where it is put."""

    at = NOW

    def now(self) -> datetime:
        return self.at

    def wait(self, until: datetime) -> None:
        self.at = until


class House:
    """One host: a folder of events over a store, and what serves them."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.clock = folder, Hour()
        folder.mkdir(exist_ok=True)
        self.store = Store(url).open()
        self.built: list[str] = []
        self.edits = 0
        self.start()

    def start(self) -> None:
        """Start the service afresh."""
        self.roster = Roster(paths=[self.folder], store=self.store, clock=self.clock, build=self._build, environ=ACCESS)

    def _build(self, settings: Settings) -> World:
        self.built.append(settings.event.key)
        return wiring.world(settings, self.store, self.clock, "one")

    def write(self, key: str, *, day: str = "2027-06-24", **changes: str) -> None:
        """Write an event's file; an edit is seen by its time, which is made to differ."""
        text = shipped.example_config().read_text("utf-8")
        values = {"key": f'"{key}"', "date": day, "wishes_until": f"{day}T06:00:00", "tell_at": f"{day}T07:00:00"}
        for name, value in (values | changes).items():
            text = re.sub(rf"^{name} = [^\n#]*", f"{name} = {value}  ", text, count=1, flags=re.MULTILINE)
        self.put(key, text)

    def put(self, name: str, text: str) -> None:
        path = self.folder / f"{name}.toml"
        path.write_text(text, "utf-8")
        self.edits += 1
        os.utime(path, (self.edits, self.edits))

    def titles(self) -> dict[str, str]:
        return {world.event.key: world.event.title for world in self.roster.worlds()}

    def alarms(self, key: str) -> list[str]:
        return list(self.store.alarms.all(key))


Opens = Callable[[str, str], House]


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Opens]:
    with ExitStack() as stack:

        def open_one(name: str, url: str) -> House:
            house = House(tmp_path / name, url)
            stack.callback(house.store.close)
            return house

        yield open_one


@pytest.fixture
def house(opens: Opens, tmp_path: Path) -> House:
    made = opens("events", f"sqlite:///{tmp_path}/store.db")
    made.write("forum", title='"Le forum"')
    made.write("atelier", title='"L\'atelier"')
    return made


def test_every_file_of_the_folder_is_an_event_in_service(house: House) -> None:
    assert house.titles() == {"atelier": "L'atelier", "forum": "Le forum"}


def test_while_nothing_changes_nothing_is_built_again(house: House) -> None:
    house.titles()
    house.built.clear()
    house.titles()
    assert house.built == []


def test_an_edit_is_taken_up_and_no_other_event_is_touched(house: House) -> None:
    house.titles()
    house.built.clear()
    house.write("forum", title='"Le grand forum"')
    assert house.titles() == {"atelier": "L'atelier", "forum": "Le grand forum"}
    assert house.built == ["forum"]


def test_a_new_file_is_a_new_event(house: House) -> None:
    house.titles()
    house.write("visite", title='"La visite"')
    assert house.titles() == {"atelier": "L'atelier", "forum": "Le forum", "visite": "La visite"}


@pytest.mark.parametrize("text", ["[event]\nkey = forum", "", "[event]\nkey = 'forum'\n"])
def test_a_broken_file_keeps_its_last_good_state_and_disturbs_no_other(house: House, text: str) -> None:
    house.titles()
    house.put("forum", text)
    house.write("atelier", title='"Le nouvel atelier"')
    assert house.titles() == {"atelier": "Le nouvel atelier", "forum": "Le forum"}
    assert (house.alarms("forum"), house.alarms("atelier")) == (["config:broken:forum.toml"], [])


def test_a_file_that_is_mended_takes_its_alarm_away(house: House) -> None:
    house.titles()
    house.put("forum", "broken")
    house.titles()
    house.write("forum", title='"Le forum, bis"')
    assert (house.titles()["forum"], house.alarms("forum")) == ("Le forum, bis", [])


def test_a_file_broken_from_the_start_is_not_served_and_the_others_are(house: House) -> None:
    house.put("visite", "broken")
    assert house.titles() == {"atelier": "L'atelier", "forum": "Le forum"}
    assert house.alarms("") == ["config:broken:visite.toml"]


def test_a_broken_service_file_changes_nothing(house: House) -> None:
    house.titles()
    house.put("service", "[store")
    assert house.titles() == {"atelier": "L'atelier", "forum": "Le forum"}
    assert house.alarms("forum") == ["config:broken:events"]


def test_a_deleted_file_cancels_nothing_even_after_a_new_start(house: House) -> None:
    house.titles()
    (house.folder / "forum.toml").unlink()
    assert house.titles() == {"atelier": "L'atelier", "forum": "Le forum"}
    house.start()
    assert house.titles() == {"atelier": "L'atelier", "forum": "Le forum"}
    assert house.alarms("forum") == ["config:gone"]


def test_a_deleted_event_ends_with_its_purge(house: House) -> None:
    house.titles()
    (house.folder / "forum.toml").unlink()
    house.clock.at = NOW + timedelta(days=60)
    house.start()
    assert "forum" not in house.titles()


def test_an_event_that_is_over_and_was_never_served_here_is_refused_alone(house: House) -> None:
    house.write("passe", day="2021-06-24")
    assert "passe" not in house.titles()
    assert house.alarms("passe") == ["config:past"]


def test_two_files_of_one_key_disturb_neither_the_first_nor_the_others(house: House) -> None:
    house.put("zz", (house.folder / "forum.toml").read_text("utf-8"))
    assert house.titles() == {"atelier": "L'atelier", "forum": "Le forum"}
    assert house.alarms("") == ["config:broken:zz.toml"]


def test_every_accepted_version_is_kept_without_its_secrets(house: House) -> None:
    house.titles()
    text = (house.folder / "forum.toml").read_text("utf-8").replace("[mail]", '[mail]\npassword = "hunter2"')
    house.put("forum", text)
    house.titles()
    versions = house.store.configs.history("forum")
    assert ([v.number for v in versions], any("hunter2" in v.text for v in versions)) == ([1], False)
    house.write("forum", title='"Le grand forum"')
    house.titles()
    assert [v.number for v in house.store.configs.history("forum")] == [1, 2]


@pytest.mark.postgres
def test_a_host_with_an_older_file_serves_the_newer_version_and_says_so(opens: Opens, postgres_url: str) -> None:
    one, two = opens("one", postgres_url), opens("two", postgres_url)
    for host in (one, two):
        host.write("forum", title='"Le forum"')
        host.titles()
    one.write("forum", title='"Le grand forum"')
    one.titles()

    two.start()

    assert two.titles() == {"forum": "Le grand forum"}
    assert two.alarms("forum") == ["config:older"]
    two.write("forum", title='"Le grand forum"')
    assert (two.titles(), two.alarms("forum")) == ({"forum": "Le grand forum"}, [])


@pytest.mark.postgres
def test_going_back_to_an_earlier_version_is_an_edit_like_any_other(opens: Opens, postgres_url: str) -> None:
    one = opens("one", postgres_url)
    for title in ("Un", "Deux", "Un"):
        one.write("forum", title=f'"{title}"')
        assert one.titles() == {"forum": title}
    assert (one.alarms("forum"), len(one.store.configs.history("forum"))) == ([], 3)


def test_a_purged_events_file_is_served_and_its_text_never_written_down_again(house: House) -> None:
    [forum] = [world for world in house.roster.worlds() if world.event.key == "forum"]
    house.store.events.serve(forum.event, NOW)  # as its first beat does
    house.store.privacy.purge("forum")
    house.clock.at = NOW + timedelta(days=365)
    house.start()
    assert [world.event.key for world in house.roster.worlds()] == ["forum"]
    house.write("forum", title='"Un autre titre"')
    house.roster.worlds()
    (house.folder / "forum.toml").unlink()
    house.start()
    assert house.roster.worlds() == ()
    assert [(v.number, v.text) for v in house.store.configs.history("forum")] == [(1, ""), (2, "")]


def test_events_built_already_are_taken_over_as_they_are(house: House) -> None:
    before = house.roster.worlds()
    settings = house.roster.settings
    house.start()
    house.roster.take_over(settings, before)
    house.built.clear()
    assert ([id(world) for world in house.roster.worlds()], house.built) == ([id(world) for world in before], [])
    house.write("forum", title='"Le grand forum"')
    assert house.titles() == {"atelier": "L'atelier", "forum": "Le grand forum"}
    assert house.built == ["forum"]
