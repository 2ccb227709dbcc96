from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import StatementError

from orchestrator.core.model import Refusal
from orchestrator.store import Reading, Store, Wanting
from tests import make
from tests.store.probe import dump

EVENT = make.event()
KEY = EVENT.key
ZOE = make.person("zoe@exemple.fr", wishes={"matin": (("b",), ("a", "c")), "apres-midi": ()}, needs="LSF ✋")
ALI = make.person("Ali@Exemple.fr", submitted_at=None, line=3, language="en", shown_as="Ali B.")
NOW = make.LONG_BEFORE


def reading(**changes: object) -> Reading:
    return replace(Reading(fingerprint="1", read_at=NOW, rows=2), **changes)  # type: ignore[arg-type]  # its fields


@pytest.fixture
def served(store: Store) -> Store:
    store.events.serve(EVENT, NOW)
    return store


def test_people_come_back_as_they_were_recorded(served: Store) -> None:
    served.people.record(KEY, reading(), [ZOE, ALI], [], [])
    assert served.people.registered(KEY) == {"zoe@exemple.fr": ZOE, "ali@exemple.fr": ALI}
    assert (served.people.one(KEY, ZOE.email), served.people.one(KEY, "x")) == (ZOE, None)
    assert served.people.registered("another") == {}


def test_who_asks_for_the_next_invitation_is_kept_after_the_purge_with_that_alone_until_erased(served: Store) -> None:
    asking = replace(ZOE, next_invitation=True)
    served.people.record(KEY, reading(), [asking, ALI], [], [])
    wanting = Wanting(
        address=ZOE.address, first_name="Zoé", last_name="Martin", organisation="", asked_at=make.LONG_BEFORE
    )
    assert served.privacy.invitations(KEY) == (wanting,)

    served.privacy.purge(KEY)
    assert (served.privacy.invitations(KEY), served.people.ever(KEY)) == ((wanting,), 0)
    left = repr(dump(served)).casefold()
    assert ("lsf" in left, "ali@exemple.fr" in left) == (False, False)

    served.privacy.erase(KEY, ZOE.email, NOW)
    assert served.privacy.invitations(KEY) == ()


def test_an_edited_answer_replaces_the_one_before(served: Store) -> None:
    served.people.record(KEY, reading(), [ZOE, ALI], [], [])
    edited = replace(ZOE, sessions=("apres-midi",), wishes={}, last_name="Durand")
    served.people.record(KEY, reading(fingerprint="2"), [], [edited], [])
    assert served.people.registered(KEY) == {"zoe@exemple.fr": edited, "ali@exemple.fr": ALI}


def test_whoever_withdraws_is_not_registered_any_more_and_leaves_their_seat(served: Store) -> None:
    served.people.record(KEY, reading(), [ZOE, ALI], [], [])
    hers, his = make.seat("a"), make.seat("b", person=ALI.email)
    served.seats.record(KEY, {("matin", s.person): s for s in (hers, his)}, {})
    served.people.record(KEY, reading(), [], [], [ZOE.email])
    assert served.people.registered(KEY) == {ALI.email: ALI}
    assert served.people.one(KEY, ZOE.email) is None
    assert served.seats.all(KEY) == {("matin", ALI.email): his}
    assert (served.people.ever(KEY), served.people.expected(KEY)) == (2, {"matin": 1, "apres-midi": 1})


def test_whoever_withdrew_may_register_again(served: Store) -> None:
    served.people.record(KEY, reading(), [ZOE], [], [])
    served.people.record(KEY, reading(), [], [], [ZOE.email])
    again = replace(ZOE, line=9, registered_at=NOW + timedelta(days=1))
    served.people.record(KEY, reading(), [again], [], [])
    assert served.people.registered(KEY) == {ZOE.email: again}
    assert served.people.ever(KEY) == 1


def test_many_people_may_withdraw_at_once(served: Store) -> None:
    crowd = [make.person(f"p{n}@exemple.fr") for n in range(1_201)]
    served.people.record(KEY, reading(), crowd, [], [])
    served.people.record(KEY, reading(), [], [], [p.email for p in crowd[1:]])
    assert served.people.registered(KEY) == {"p0@exemple.fr": crowd[0]}


def test_a_reading_is_recorded_whole_or_not_at_all(served: Store) -> None:
    served.people.record(KEY, reading(), [ZOE], [], [])
    before = dump(served)
    bad = replace(ALI, registered_at=NOW.replace(tzinfo=None))
    with pytest.raises(StatementError):
        served.people.record(KEY, reading(fingerprint="2"), [make.person("new@exemple.fr"), bad], [], [ZOE.email])
    with pytest.raises(StatementError):
        served.people.record(KEY, reading(fingerprint="2"), [], [replace(ZOE, needs="x"), bad], [])
    assert dump(served) == before


def test_the_last_reading_is_remembered(served: Store) -> None:
    assert served.people.reading(KEY) is None
    first = reading(refused=(Refusal(line=4, reason="pas d'adresse"),), held=("zoe@exemple.fr",))
    served.people.record(KEY, first, [], [], [])
    assert served.people.reading(KEY) == first
    served.people.record(KEY, reading(fingerprint="2"), [], [], [])
    assert served.people.reading(KEY) == reading(fingerprint="2")


def test_recording_the_same_people_again_changes_nothing(served: Store) -> None:
    served.people.record(KEY, reading(), [ZOE, ALI], [], [])
    before = dump(served)
    served.people.record(KEY, reading(), [], [], [])
    assert dump(served) == before


def test_only_what_decides_something_makes_a_new_version(served: Store) -> None:
    versions = [served.events.versions(KEY)]
    for new, edited, gone in (([ZOE], [], []), ([], [replace(ZOE, needs="x")], []), ([], [], [ZOE.email])):
        served.people.record(KEY, reading(), new, edited, gone)
        versions.append(served.events.versions(KEY))
    served.people.record(KEY, reading(fingerprint="2"), [], [], [])
    versions.append(served.events.versions(KEY))
    assert versions == [(1, 0), (2, 0), (3, 0), (4, 0), (4, 0)]


def test_two_events_do_not_mix(served: Store) -> None:
    other = make.event(key="other")
    served.events.serve(other, NOW)
    served.people.record(KEY, reading(), [ZOE], [], [])
    served.people.record("other", reading(), [ALI], [], [])
    served.people.record("other", reading(), [], [], [ZOE.email, ALI.email])
    assert (served.people.registered(KEY), served.people.registered("other")) == ({ZOE.email: ZOE}, {})


def test_an_event_is_served_once_and_a_changed_config_is_a_new_version(served: Store) -> None:
    before = dump(served)
    served.events.serve(make.event(), NOW + timedelta(days=1))
    assert dump(served) == before
    served.events.serve(replace(EVENT, title="Autre titre"), NOW + timedelta(days=1))
    assert (len(dump(served)["event"]), served.events.versions(KEY)) == (1, (2, 0))
    assert (served.events.is_known(KEY), served.events.is_known("x")) == (True, False)


def test_only_the_difference_between_seats_is_written(served: Store) -> None:
    seats = {("matin", f"p{n}@exemple.fr"): make.seat("a", person=f"p{n}@exemple.fr") for n in range(4)}
    assert served.seats.record(KEY, seats, served.seats.all(KEY)) == 4
    version = served.events.versions(KEY)
    assert served.seats.record(KEY, seats, served.seats.all(KEY)) == 0
    assert served.events.versions(KEY) == version
    told = make.told_seat("b", person="p1@exemple.fr", rank=2, told_by="link")
    wanted = {**seats, ("matin", "p1@exemple.fr"): told}
    del wanted["matin", "p2@exemple.fr"]
    assert served.seats.record(KEY, wanted, served.seats.all(KEY)) == 2
    assert served.seats.all(KEY) == wanted
    assert served.seats.of(KEY, "p1@exemple.fr") == {"matin": told}
    assert served.seats.taken(KEY) == {"a": 2, "b": 1}


def test_an_alarm_keeps_its_hour_until_it_changes_or_goes(served: Store) -> None:
    later = NOW + timedelta(hours=1)
    served.alarms.set(KEY, {"zoom:x": ("what", "remedy"), "zoom:y": ("what", "")}, "zoom:", NOW)
    served.alarms.set(KEY, {"relay:r": ("down", "wait")}, "relay:", NOW)
    before = dump(served)
    served.alarms.set(KEY, {"zoom:x": ("what", "remedy"), "zoom:y": ("what", "")}, "zoom:", later)
    assert dump(served) == before
    served.alarms.set(KEY, {"zoom:x": ("what", "remedy"), "zoom:z": ("new", "")}, "zoom:", later)
    assert served.alarms.all(KEY) == {
        "relay:r": ("down", "wait", NOW),
        "zoom:x": ("what", "remedy", NOW),
        "zoom:z": ("new", "", later),
    }
    served.alarms.set(KEY, {}, "relay:", later)
    assert set(served.alarms.all(KEY)) == {"zoom:x", "zoom:z"}


def test_alarms_of_many_events_are_set_together_and_those_of_other_kinds_stay(served: Store) -> None:
    served.alarms.set(KEY, {"zoom:x": ("what", "")}, "zoom:", NOW)
    served.alarms.set_everywhere({KEY: {"relay:r": ("down", "wait")}}, [KEY, "other"], "relay:", NOW)
    served.alarms.set_everywhere({"other": {"relay:r": ("down", "wait")}}, [KEY, "other"], "relay:", NOW)
    assert (set(served.alarms.all(KEY)), set(served.alarms.all("other"))) == ({"zoom:x"}, {"relay:r"})
    assert set(served.alarms.unsaid("pushed", NOW)) == {KEY, "other"}
    served.alarms.told(KEY, {"zoom:x"}, "pushed", NOW)
    assert set(served.alarms.unsaid("pushed", NOW)) == {"other"}
    assert set(served.alarms.unsaid("mailed", NOW)) == {KEY, "other"}
