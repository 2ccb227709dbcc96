from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.core.meetings import spec_for
from orchestrator.jobs.world import Patience
from orchestrator.outside.zoom import BUSY, MAINTENANCE, Answer, Call, Drop, Fail, Fault, Garble, Lose
from orchestrator.outside.zoom.routes import SCOPES
from tests import make
from tests.jobs.theatre import EVENT, HOUR, MINUTE, SECOND, Theatre, off
from tests.store.probe import dump

ZOE, ALI, VERA, LATE = "zoe@exemple.fr", "ali@exemple.fr", "vera@exemple.fr", "tard@exemple.fr"
LOST: dict[str, Fault] = {"lost": Lose(), "error": Fail(500), "page": Garble("html"), "cut": Garble("cut")}
lost = pytest.mark.parametrize("fault", LOST.values(), ids=LOST)


def served(theatre: Theatre) -> Theatre:
    """Two people with their links, the afternoon's reminder of one of them about to leave."""
    theatre.form.answer(ZOE, "a")
    theatre.form.answer(ALI, "b")
    theatre.turn()
    return theatre


# one meeting, one link each


@lost
def test_an_answer_lost_when_the_meeting_is_created_makes_no_second_one(theatre: Theatre, fault: Fault) -> None:
    theatre.form.answer(ZOE)
    theatre.spoil("POST", "/meetings", fault)
    report = theatre.turn()
    assert ([p.key for p in report.problems], report.next_at) == (["zoom:day-1"], theatre.at + 5 * SECOND)
    assert list(theatre.alarms()) == ["zoom:day-1"]
    theatre.turn(theatre.at + 5 * SECOND)
    assert len(theatre.zoom.meetings()) == 1
    assert (theatre.told(), theatre.alarms()) == ([(VERA, "host"), (ZOE, "link")], {})


@lost
def test_an_answer_lost_when_people_are_registered_adds_nobody_twice(theatre: Theatre, fault: Fault) -> None:
    crowd = theatre.form.crowd(40)
    theatre.spoil("POST", "/batch_registrants", fault)
    theatre.turn()
    theatre.turn(theatre.at + 5 * SECOND)
    everybody = sorted([*crowd, VERA])
    assert theatre.registered() == everybody
    assert set(theatre.added().values()) == {1}
    assert theatre.told() == sorted([(VERA, "host"), *((one, "link") for one in crowd)])
    assert len({link for mail in theatre.mails() for link in mail.links}) == 41


def test_a_store_that_was_lost_finds_the_meeting_and_the_links_again(theatre: Theatre) -> None:
    served(theatre)
    links = {mail.to: mail.links for mail in theatre.mails()}
    theatre.store.meetings.forget("relation", "day-1")
    report = theatre.turn(theatre.at + MINUTE)
    assert (report.changes, report.registered) == (["réunion retrouvée : « La relation de soin »"], 3)
    assert len(theatre.zoom.meetings()) == 1
    assert {mail.to: mail.links for mail in theatre.mails()} == links


def test_a_second_meeting_of_ours_is_reported_and_never_deleted(theatre: Theatre) -> None:
    spec = spec_for(EVENT, "day-1", theatre.at)
    assert spec is not None
    numbers = {theatre.world.meetings.create(spec) for _ in range(2)}
    report = theatre.turn()
    [problem] = report.problems
    assert (problem.key, len(theatre.zoom.meetings()), bool(problem.remedy)) == ("zoom:day-1:extra", 2, True)
    assert any(number in problem.what for number in numbers)


def test_a_person_zoom_refuses_costs_nobody_else_their_link(theatre: Theatre) -> None:
    def refuse(call: Call) -> Fault | None:
        if call.method == "POST" and "registrants" in call.path and ALI in str(call.body):
            return Answer(
                status=400,
                body={
                    "code": 300,
                    "message": "Validation Failed.",
                    "errors": [{"field": "email", "message": "Invalid"}],
                },
            )
        return None

    theatre.zoom_temper = refuse
    crowd = theatre.form.crowd(35)
    theatre.form.answer(ALI)
    report = theatre.turn()
    assert theatre.told("link") == [(one, "link") for one in crowd]
    ways = theatre.store.meetings.ways("relation")["day-1"]
    assert {email: (way.state, way.adds) for email, way in ways.items()} == {
        **dict.fromkeys([*crowd, VERA], ("open", 1)),
        ALI: ("refused", 0),
    }
    [problem] = report.problems
    assert "inscrire 1 personne" in problem.what
    assert (problem.remedy != "", list(theatre.alarms().values())) == (True, [(problem.what, problem.remedy)])
    posts = len(theatre.calls("POST", "registrants"))
    theatre.start_again()
    theatre.turn(theatre.at + HOUR)
    assert len(theatre.calls("POST", "registrants")) == posts
    theatre.form.remove(ALI)
    theatre.form.answer("ali@ailleurs.fr")
    report = theatre.turn(theatre.at + HOUR)
    assert (report.problems, theatre.alarms(), ("ali@ailleurs.fr", "link") in theatre.told()) == ([], {}, True)


def test_people_are_registered_a_bounded_number_a_beat(tmp_path: Path, sqlite_url: str) -> None:
    with Theatre(tmp_path, sqlite_url, patience=Patience(batches_a_beat=1)) as theatre:
        theatre.form.crowd(64)
        seen = []
        for _ in range(4):
            report = theatre.beat(theatre.at + SECOND)
            seen.append((report.registered, report.unfinished))
        assert seen == [(30, True), (30, True), (5, False), (0, False)]


def test_whoever_zoom_would_not_take_twice_is_reported_and_added_the_next_day(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.spoil("POST", "registrants", Drop(), times=2)
    theatre.turn()
    theatre.turn(theatre.at + 5 * SECOND)
    report = theatre.turn(theatre.at + 15 * SECOND)
    assert theatre.added() == {ZOE: 2, VERA: 2}
    [problem] = report.problems
    assert ("2 personnes" in problem.what, problem.remedy != "") == (True, True)
    assert list(theatre.alarms().values()) == [(problem.what, problem.remedy)]
    assert theatre.told() == []
    assert report.next_at is not None
    theatre.turn(theatre.at + timedelta(days=1))
    assert (theatre.told(), theatre.alarms()) == ([(VERA, "host"), (ZOE, "link")], {})


def test_whoever_zoom_leaves_out_of_its_answer_is_asked_about_again(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.spoil("POST", "registrants", Answer(status=201, body={"registrants": []}))
    report = theatre.turn()
    assert (report.next_at, theatre.mails()) == (theatre.at + 5 * SECOND, [])
    theatre.turn(report.next_at)
    assert (theatre.told(), theatre.alarms()) == ([(VERA, "host"), (ZOE, "link")], {})


def test_many_withdrawals_are_cancelled_thirty_at_a_time(theatre: Theatre) -> None:
    crowd = theatre.form.crowd(70)
    theatre.turn()
    theatre.form.remove(*crowd[:65])
    report = theatre.turn(theatre.at + MINUTE, confirmed=True)
    assert (report.unregistered, theatre.registered()) == (65, sorted([*crowd[65:], VERA]))
    assert len(theatre.calls("PUT", "/registrants/status")) == 3


# a meeting that is not as it should be


def test_a_meeting_deleted_at_zoom_is_made_again_and_everyone_is_told(theatre: Theatre) -> None:
    served(theatre)
    before = theatre.meeting()["id"]
    theatre.delete_meeting()
    report = theatre.turn(theatre.at + HOUR)
    theatre.turn(report.next_at)
    assert theatre.meeting()["id"] != before
    assert theatre.registered() == [ALI, VERA, ZOE]
    assert theatre.told("moved") == [(ALI, "moved"), (VERA, "moved"), (ZOE, "moved")]
    links = {r["email"]: {r["join_url"]} for r in theatre.zoom.registrants(theatre.meeting()["id"])}
    assert {mail.to: mail.links for mail in theatre.mails("moved")} == links
    theatre.turn(theatre.at + HOUR)
    assert len(theatre.mails()) == 6


def test_a_latecomer_does_not_wait_long_for_a_meeting_that_is_gone(theatre: Theatre) -> None:
    served(theatre)
    theatre.delete_meeting()
    theatre.form.answer(LATE)
    report = theatre.turn(theatre.at + MINUTE)
    assert report.next_at is not None
    theatre.turn(report.next_at)
    assert (LATE, "link") in theatre.told()


def test_a_setting_changed_by_hand_at_zoom_is_set_right_once(theatre: Theatre) -> None:
    served(theatre)
    number = str(theatre.meeting()["id"])
    applied = theatre.store.meetings.all("relation")["day-1"].applied
    assert applied is not None
    for n in range(3):
        theatre.world.meetings.revise(number, replace(applied, topic=f"Autre {n}"), frozenset({"topic"}))
        theatre.turn(theatre.at + HOUR)
        theatre.turn(theatre.at + 5 * SECOND)
    patches = len(theatre.calls("PATCH")) - 3
    [(what, remedy)] = theatre.alarms().values()
    assert (patches, "le titre" in what, remedy != "") == (1, True, True)


def test_zoom_dropping_the_rooms_raises_an_alarm_and_is_not_patched_for_ever(tmp_path: Path, sqlite_url: str) -> None:
    with Theatre(tmp_path, sqlite_url, breakout_scheduling=False) as theatre:
        served(theatre)
        [(what, remedy)] = theatre.alarms().values()
        assert ("les salles de discussion" in what, "Salle de discussion" in remedy) == (True, True)
        patches = len(theatre.calls("PATCH"))
        assert patches == 1
        for n in range(1, 40):
            theatre.turn(make.LONG_BEFORE + n * HOUR)
        assert len(theatre.calls("PATCH")) == patches
        assert len(theatre.alarms()) == 1
        theatre.play(make.paris(16))
        assert len(theatre.calls("PATCH")) <= patches + 2
        assert len(theatre.told("reminder")) == 4


def test_the_budget_of_the_day_is_kept_and_reported(tmp_path: Path, sqlite_url: str) -> None:
    with Theatre(tmp_path, sqlite_url, patience=Patience(changes_a_day=1)) as theatre:
        served(theatre)
        theatre.start_again(replace(EVENT, title="Un autre titre"))
        report = theatre.turn(theatre.at + MINUTE)
        [problem] = report.problems
        assert ("00:00 UTC" in problem.remedy, theatre.calls("PATCH")) == (True, [])
        theatre.turn(theatre.at + timedelta(days=1))
        assert (theatre.meeting()["topic"], theatre.alarms()) == ("Un autre titre", {})


# Zoom that says no


def test_a_wrong_secret_is_named_and_letters_of_others_go_on(theatre: Theatre) -> None:
    served(theatre)
    theatre.start_again(secret="wrong")
    theatre.form.answer(LATE)
    report = theatre.turn(make.TELL_AT + HOUR)
    assert [p.key for p in report.problems] == ["zoom:login"]
    assert all("client_secret" in p.what + p.remedy for p in report.problems)
    assert report.new == 1
    theatre.play(make.paris(13, 50))
    assert theatre.told("room") == [(ALI, "room"), (ZOE, "room")]
    assert len(theatre.told("reminder")) == 4
    theatre.start_again(secret=theatre.zoom.client_secret)
    theatre.turn(theatre.at + MINUTE)
    assert ((LATE, "link") in theatre.told(), theatre.alarms()) == (True, {})


def scopes_but(*missing: str) -> set[str]:
    return {scope for scope in SCOPES if scope not in missing}


def test_a_missing_scope_is_named(tmp_path: Path, sqlite_url: str) -> None:
    missing = "meeting:write:batch_registrants:admin"
    with Theatre(tmp_path, sqlite_url, scopes=scopes_but(missing)) as theatre:
        served(theatre)
        [(what, remedy)] = theatre.alarms().values()
        assert (missing in what, "Scopes" in remedy, theatre.mails()) == (True, True, [])
        assert len(theatre.zoom.meetings()) == 1


def test_a_withdrawal_zoom_refuses_keeps_nobody_from_their_link(tmp_path: Path, sqlite_url: str) -> None:
    with Theatre(tmp_path, sqlite_url, scopes=scopes_but("meeting:update:registrant_status:admin")) as theatre:
        served(theatre)
        theatre.form.remove(ALI)
        theatre.form.answer(LATE)
        report = theatre.turn(theatre.at + MINUTE)
        assert ([p.key for p in report.problems], (LATE, "link") in theatre.told()) == (["zoom:day-1:people"], True)


@pytest.mark.parametrize("fault", [BUSY, MAINTENANCE, Drop()], ids=["429", "503", "down"])
def test_zoom_that_is_busy_or_down_holds_up_its_own_work_only(theatre: Theatre, fault: Fault) -> None:
    served(theatre)
    theatre.zoom_temper = lambda _call: fault
    theatre.form.answer(LATE)
    report = theatre.turn(make.TELL_AT + HOUR)
    assert report.next_at == theatre.at + 5 * SECOND
    assert theatre.alarms()
    theatre.play(make.paris(9, 20))
    assert len(theatre.told("reminder")) == 2
    theatre.heal()
    theatre.turn(theatre.at + MINUTE)
    assert ((LATE, "link") in theatre.told(), theatre.alarms()) == (True, {})


def test_a_zoom_that_stays_down_is_asked_less_and_less_but_every_minute(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.zoom_temper = lambda _call: MAINTENANCE
    pauses = []
    for _ in range(7):
        report = theatre.turn()
        assert report.next_at is not None
        pauses.append((report.next_at - theatre.at).total_seconds())
        theatre.at = report.next_at
    assert pauses == [5, 10, 20, 40, 60, 60, 60]


def test_a_trouble_that_stays_writes_nothing_beat_after_beat(theatre: Theatre) -> None:
    served(theatre)
    theatre.zoom_temper = lambda _call: MAINTENANCE
    theatre.turn(theatre.at + HOUR)
    theatre.turn(theatre.at + MINUTE)
    before = dump(theatre.store)
    theatre.turn(theatre.at + MINUTE)
    assert dump(theatre.store) == before


# rooms


def opened(theatre: Theatre) -> Theatre:
    """The day is told, the rooms are at Zoom."""
    theatre.form.answer(ZOE, "a")
    theatre.form.answer(ALI, "b")
    theatre.turn()
    theatre.turn(make.TELL_AT)
    return theatre


def test_zoom_gets_the_rooms_empty_first_and_filled_once_they_are_told(theatre: Theatre) -> None:
    served(theatre)
    assert theatre.rooms() == {"A – Atelier a": [], "B – Atelier b": []}
    opened(theatre)
    assert theatre.rooms() == {"A – Atelier a": [ZOE], "B – Atelier b": [ALI]}


def test_room_changes_wait_ten_minutes_for_each_other(theatre: Theatre) -> None:
    opened(theatre)
    patches = len(theatre.calls("PATCH"))
    for n in range(1, 4):
        theatre.form.answer(f"late{n}@exemple.fr", "a")
        report = theatre.turn(make.TELL_AT + n * MINUTE)
        assert (report.unfinished, report.next_at) == (True, make.TELL_AT + 10 * MINUTE)
    assert len(theatre.calls("PATCH")) == patches
    theatre.turn(make.TELL_AT + 10 * MINUTE)
    assert len(theatre.calls("PATCH")) == patches + 1
    assert sum(map(len, theatre.rooms().values())) == 5
    theatre.form.answer("late4@exemple.fr", "a")
    assert theatre.turn(make.TELL_AT + 11 * MINUTE).next_at == make.TELL_AT + 20 * MINUTE


def test_rooms_are_sent_so_many_times_a_day_only(tmp_path: Path, sqlite_url: str) -> None:
    with Theatre(tmp_path, sqlite_url, patience=Patience(rooms_a_day=2)) as theatre:
        opened(theatre)
        patches = len(theatre.calls("PATCH"))
        for n in range(1, 5):
            theatre.form.answer(f"late{n}@exemple.fr", "a")
            theatre.turn(make.TELL_AT + n * 15 * MINUTE)
        assert len(theatre.calls("PATCH")) == patches + 1
        theatre.turn(make.TELL_AT + timedelta(hours=10))
        assert sum(map(len, theatre.rooms().values())) == 6


def test_rooms_are_frozen_from_five_minutes_before_they_open(theatre: Theatre) -> None:
    opened(theatre)
    theatre.form.answer("just@exemple.fr", "a")
    theatre.turn(make.paris(10, 25) - SECOND)
    rooms = theatre.rooms()
    assert rooms["A – Atelier a"] == ["just@exemple.fr", ZOE]
    theatre.form.answer(LATE, "a")
    theatre.turn(make.paris(10, 25))
    assert (LATE, "link") in theatre.told()
    theatre.form.answer("plus-tard@exemple.fr", "a")
    theatre.turn(make.paris(11))
    assert (theatre.rooms(), theatre.alarms()) == (rooms, {})


# one meeting a session


def test_each_session_can_have_a_meeting_of_its_own(tmp_path: Path, sqlite_url: str) -> None:
    event = replace(EVENT, zoom=replace(EVENT.zoom, meetings="one-per-session"))
    with Theatre(tmp_path, sqlite_url, event) as theatre:
        theatre.form.answer(ZOE, sessions=["matin"])
        theatre.form.answer(ALI)
        theatre.turn()
        by_agenda = {one["agenda"].partition("]")[2].strip(): one["id"] for one in theatre.zoom.meetings()}
        people = {a: sorted(r["email"] for r in theatre.zoom.registrants(n)) for a, n in by_agenda.items()}
        assert people == {"Session matin": [ALI, VERA, ZOE], "Session apres-midi": [ALI, VERA]}
        assert {mail.to: len(mail.links) for mail in theatre.mails()} == {ZOE: 1, ALI: 2, VERA: 2}
        theatre.start_again(off(event, "matin"))
        theatre.turn(theatre.at + MINUTE)
        assert [one["id"] for one in theatre.zoom.meetings()] == [by_agenda["Session apres-midi"]]


def test_a_meeting_nobody_needs_any_more_is_deleted(theatre: Theatre) -> None:
    served(theatre)
    theatre.start_again(off(EVENT, "matin", "apres-midi"))
    theatre.turn(theatre.at + MINUTE)
    assert (theatre.zoom.meetings(), theatre.store.meetings.all("relation")) == ([], {})
    assert theatre.turn(theatre.at + HOUR).problems == []
