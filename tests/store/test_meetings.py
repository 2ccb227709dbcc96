from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.core.meetings import Phone, Room
from orchestrator.store import Kept, Store, Way
from tests import make
from tests.store.hands import HANDS, Hands
from tests.store.probe import dump

KEY = make.event().key
NOW = make.LONG_BEFORE
SPEC = make.spec(
    rooms=(Room(name="A – Un", emails=("a@exemple.fr", "b@exemple.fr")), Room(name="B – Deux")),
    alternative_hosts=("c@exemple.fr",),
    waiting_room=True,
    recording="cloud",
    several_devices=False,
)
KEPT = Kept(
    key="day-1",
    tag=SPEC.tag,
    zoom_id="81234567890",
    intent="revise",
    intent_at=NOW,
    applied=SPEC,
    found=make.found(
        spec=replace(SPEC, rooms=()),
        phones=(Phone(country="FR", number="+33 1 70 37 22 46", city="Paris"),),
        status="waiting",
        oddities=("la salle d'attente est éteinte",),
    ),
    restored=frozenset({"rooms", "topic"}),
    read_at=NOW,
    rooms_at=NOW,
    rooms_day="2027-06-14",
    rooms_sent=3,
)


@pytest.fixture
def served(store: Store) -> Store:
    store.events.serve(make.event(), NOW)
    return store


def way(email: str = "zoe@exemple.fr", **changes: object) -> Way:
    made = Way(
        email=email, meeting="day-1", zoom_id="8", state="open", registrant_id=email, join_url=f"https://{email}"
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # its fields


def test_a_meeting_comes_back_as_it_was_recorded(served: Store) -> None:
    bare = Kept(key="day-2", tag="")
    served.meetings.record(KEY, KEPT)
    served.meetings.record(KEY, bare)
    assert served.meetings.all(KEY) == {"day-1": KEPT, "day-2": bare}
    assert served.meetings.all("another") == {}


def test_that_a_meeting_was_read_again_is_no_news(served: Store) -> None:
    served.meetings.record(KEY, KEPT)
    version = served.events.versions(KEY)
    read = replace(KEPT, read_at=NOW + timedelta(hours=1))
    served.meetings.record(KEY, read)
    assert (served.meetings.all(KEY), served.events.versions(KEY)) == ({"day-1": read}, version)


@pytest.mark.parametrize(
    "change",
    [
        {"zoom_id": ""},
        {"intent": ""},
        {"applied": replace(SPEC, minutes=1)},
        {"found": None},
        {"restored": frozenset()},
        {"rooms_sent": 4},
    ],
    ids=lambda change: next(iter(change)),
)
def test_anything_else_about_a_meeting_is_news(served: Store, change: dict[str, object]) -> None:
    served.meetings.record(KEY, KEPT)
    served.meetings.record(KEY, replace(KEPT, **change))  # type: ignore[arg-type]  # its fields
    assert served.events.versions(KEY) == (3, 0)


def test_a_forgotten_meeting_takes_its_ways_with_it(served: Store) -> None:
    served.meetings.record(KEY, KEPT)
    served.meetings.record_ways(KEY, [way(), way(meeting="day-2")])
    served.meetings.forget(KEY, "day-1")
    assert served.meetings.all(KEY) == {}
    assert served.meetings.ways(KEY) == {"day-2": {"zoe@exemple.fr": way(meeting="day-2")}}


def test_ways_come_back_as_recorded_and_the_newest_counts(served: Store) -> None:
    asked = way(state="asked", registrant_id="", join_url="", adds_day="2027-06-14", adds=1)
    served.meetings.record(KEY, Kept(key="day-1", tag="[orchestrator:x]"))
    served.meetings.record_ways(KEY, [asked, way("ali@exemple.fr")])
    opened = replace(asked, state="open", registrant_id="r", join_url="https://zoom.example/w/1")
    served.meetings.record_ways(KEY, [opened, way(meeting="day-2", state="refused", problem="non")])
    assert served.meetings.ways(KEY) == {
        "day-1": {"zoe@exemple.fr": opened, "ali@exemple.fr": way("ali@exemple.fr")},
        "day-2": {"zoe@exemple.fr": way(meeting="day-2", state="refused", problem="non")},
    }
    assert served.meetings.passes_of(KEY, "zoe@exemple.fr") == {"day-1": opened.as_pass}


def test_removed_ways_are_gone_and_no_others(served: Store) -> None:
    served.meetings.record_ways(KEY, [way(), way("ali@exemple.fr"), way(meeting="day-2")])
    served.meetings.remove_ways(KEY, [way()])
    assert served.meetings.ways(KEY) == {
        "day-1": {"ali@exemple.fr": way("ali@exemple.fr")},
        "day-2": {"zoe@exemple.fr": way(meeting="day-2")},
    }
    before = dump(served)
    served.meetings.remove_ways(KEY, [])
    served.meetings.record_ways(KEY, [])
    assert dump(served) == before


def test_the_budget_of_a_day_and_host_is_spent_once(store: Store) -> None:
    spent = [store.meetings.spend("h", "2027-06-14", 2) for _ in range(3)]
    others = (store.meetings.spend("h", "2027-06-15", 2), store.meetings.spend("i", "2027-06-14", 2))
    assert (spent, others) == ([True, True, False], (True, True))


def test_a_budget_of_nothing_is_spent_already(store: Store) -> None:
    assert not store.meetings.spend("h", "2027-06-14", 0)


def test_several_processes_spend_one_budget(store: Store, database_url: str, hands: Hands) -> None:
    spent = hands.together("spend", database_url, 30, 90)
    assert (sum(spent), len(spent)) == (90, HANDS)
