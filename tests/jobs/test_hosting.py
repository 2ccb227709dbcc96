"""The host who comes late, ends the meeting at lunch, or loses it: who hears of it, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from orchestrator.core.errors import OrchestratorError
from orchestrator.core.model import Event
from orchestrator.jobs import drift
from orchestrator.outside.zoom import Answer, Call, Fault, Lose
from orchestrator.rehearsal.faults import Trouble
from orchestrator.rehearsal.host import Host
from tests import make
from tests.jobs.theatre import EVENT, HOUR, MINUTE, SECOND, Theatre, off

ZOE, ALI, VERA, ANNA, BO = (f"{name}@exemple.fr" for name in ("zoe", "ali", "vera", "anna", "bo"))
STAFFED: Event = replace(
    EVENT,
    speakers=(make.speaker(ANNA, role="host"), make.speaker(BO, role="alternative-host"), make.speaker(VERA)),
)
TOLD = sorted([ANNA, BO, "hote@exemple.fr", "contact@exemple.fr"])


def through(theatre: Theatre, until: datetime) -> None:
    """Let the service live, awake whenever it asks to be."""
    while theatre.at < until:
        report = theatre.turn()
        wakes = [at for at in (report.next_at, theatre.room.next_at(), until) if at is not None]
        theatre.at = min(max(min(wakes), theatre.at + SECOND), until)
    theatre.turn()


def day(theatre: Theatre, *troubles: Trouble) -> Theatre:
    """The day begins, with this host."""
    theatre.at = make.paris(7)
    theatre.start_again(STAFFED)
    theatre.form.answer(ZOE, "a")
    theatre.host = Host(STAFFED, theatre.zoom, troubles)
    theatre.turn()
    through(theatre, make.paris(9))
    return theatre


@pytest.fixture
def staffed(theatre: Theatre) -> Theatre:
    theatre.zoom.add_users(BO)
    return theatre


@pytest.mark.slow
def test_a_punctual_host_raises_no_alarm(staffed: Theatre) -> None:
    through(day(staffed), make.paris(16, 30))
    assert (staffed.told("alert"), staffed.alarms()) == ([], {})


def test_a_late_host_is_an_alarm_at_ten_to_and_until_they_come(staffed: Theatre) -> None:
    day(staffed, Trouble(kind="host-late", begins=make.paris(9, 40)))
    through(staffed, make.paris(9, 19, day=make.DAY))
    assert staffed.told("alert") == []
    through(staffed, make.paris(9, 22))
    assert [(mail.to, mail.at) for mail in sorted(staffed.mails("alert"), key=lambda m: m.to)] == [
        (who, make.paris(9, 20)) for who in TOLD
    ]
    [(what, remedy)] = staffed.alarms().values()
    assert ("n'est pas ouverte" in what, "Démarrer" in remedy) == (True, True)
    [mine] = staffed.mails("alert", BO)
    assert "à la place de l’hôte" in mine.text
    through(staffed, make.paris(9, 43))
    assert (len(staffed.told("alert")), staffed.alarms()) == (4, {})


@pytest.mark.slow
def test_a_meeting_ended_at_lunch_is_told_in_three_minutes(staffed: Theatre) -> None:
    day(staffed, Trouble(kind="ended-at", begins=make.paris(12, 16)))
    through(staffed, make.paris(12, 16))
    assert staffed.told("alert") == []
    through(staffed, make.paris(12, 20))
    assert [mail.to for mail in sorted(staffed.mails("alert"), key=lambda m: m.to)] == TOLD
    assert all(mail.at <= make.paris(12, 19) for mail in staffed.mails("alert"))
    through(staffed, make.paris(16))
    assert (len(staffed.told("alert")), staffed.alarms()) == (4, {})


def test_a_meeting_deleted_on_the_day_is_made_again_and_everyone_told_before_it_starts(staffed: Theatre) -> None:
    day(staffed, Trouble(kind="meeting-deleted", begins=make.paris(9, 10)))
    before = staffed.meeting()["id"]
    through(staffed, make.paris(9, 30))
    assert staffed.meeting()["id"] != before
    assert {mail.to: mail.at < make.paris(9, 25) for mail in staffed.mails("moved")} == {ZOE: True, VERA: True}


@pytest.mark.slow
def test_zoom_that_cannot_be_reached_raises_no_false_alarm_about_the_host(staffed: Theatre) -> None:
    day(staffed, Trouble(kind="host-late", begins=make.paris(9, 40)))
    staffed.zoom_temper = lambda _call: Answer(status=503)
    through(staffed, make.paris(9, 35))
    assert staffed.told("alert") == []
    assert staffed.alarms() != {}


# what Zoom refuses for good


def refuse(body: dict[str, object], *parts: str) -> object:
    def temper(call: Call) -> Fault | None:
        return Answer(status=400, body=body) if call.method == "POST" and call.path.endswith(parts) else None

    return temper


@pytest.mark.slow
def test_a_meeting_zoom_refuses_for_good_is_asked_for_now_and_then_and_at_once_when_put_right(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.zoom_temper = refuse({"code": 3161, "message": "No licence."}, "/meetings")  # type: ignore[assignment]
    until = theatre.at + 24 * HOUR
    while theatre.at < until:
        report = theatre.turn()
        theatre.at = max(report.next_at or until, theatre.at + SECOND)
    assert len(theatre.calls("POST", "/meetings")) <= 25
    [(what, _)] = theatre.alarms().values()
    assert "No licence." in what
    theatre.heal()
    theatre.store.meetings.end_rests("relation")  # as `apply` does
    theatre.turn(theatre.at + SECOND)
    assert ((ZOE, "link") in theatre.told(), theatre.alarms()) == (True, {})


def test_another_wish_is_tried_at_once(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.zoom_temper = refuse({"code": 300, "message": "Bad topic."}, "/meetings")  # type: ignore[assignment]
    theatre.turn()
    theatre.heal()
    theatre.turn(theatre.at + MINUTE)
    assert theatre.zoom.meetings() == []
    theatre.start_again(replace(EVENT, title="Autre titre"))
    theatre.turn(theatre.at + MINUTE)
    assert theatre.meeting()["topic"] == "Autre titre"


def test_an_alternative_host_without_a_licence_costs_nobody_their_link(theatre: Theatre) -> None:
    theatre.start_again(STAFFED)
    theatre.form.answer(ZOE)
    theatre.turn()
    assert (theatre.meeting()["settings"]["alternative_hosts"], (ZOE, "link") in theatre.told()) == ("", True)
    [(what, remedy)] = theatre.alarms().values()
    assert ("co-animateur" in what, "licence" in remedy) == (True, True)
    for _ in range(5):
        theatre.turn(theatre.at + 10 * MINUTE)
    assert len(theatre.calls("PATCH")) == 0
    theatre.zoom.add_users(BO)
    theatre.turn(theatre.at + 2 * HOUR)
    assert (theatre.meeting()["settings"]["alternative_hosts"], theatre.alarms()) == (BO, {})


def test_a_daily_limit_is_respected_until_it_ends(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    limit = {"code": 429, "message": "You have reached the maximum daily rate limit for this API."}
    theatre.spoil("POST", "/users", Answer(status=429, body=limit))
    report = theatre.turn()
    midnight = (theatre.at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert report.next_at is not None
    while theatre.at < midnight - SECOND:
        report = theatre.turn(min(max(report.next_at or midnight, theatre.at + SECOND), midnight - SECOND))
    assert len(theatre.calls("POST", "/users")) == 1
    theatre.turn(midnight)
    assert (ZOE, "link") in theatre.told()


def test_somebody_added_too_often_today_costs_the_others_nothing(theatre: Theatre) -> None:
    def temper(call: Call) -> Fault | None:
        words = (
            "You have exceeded the daily rate limit of (3) for Add meeting registrant API requests for the registrant"
        )
        full = Answer(status=429, body={"code": 429, "message": words})
        return full if call.method == "POST" and "registrants" in call.path and ALI in str(call.body) else None

    theatre.zoom_temper = temper
    theatre.form.answer(ZOE)
    theatre.form.answer(ALI)
    theatre.turn()
    assert theatre.told("link") == [(ZOE, "link")]
    before = theatre.added()[ALI]
    theatre.turn(theatre.at + HOUR)
    assert theatre.added()[ALI] == before
    theatre.heal()
    theatre.turn(theatre.at + timedelta(days=1))
    assert theatre.told("link") == [(ALI, "link"), (ZOE, "link")]


# people changed in Zoom's pages


def removed(theatre: Theatre) -> Theatre:
    """Ali is cancelled by hand; an hour before the day begins the service sees it."""
    theatre.form.answer(ZOE)
    theatre.form.answer(ALI)
    theatre.turn()
    theatre.zoom.cancel_registrant(theatre.meeting()["id"], ALI)
    theatre.turn(make.paris(8, 30))
    return theatre


def test_somebody_removed_in_zooms_pages_is_noticed_and_never_put_back_unasked(theatre: Theatre) -> None:
    removed(theatre)
    [(what, remedy)] = theatre.alarms().values()
    assert ("1 personne a été retirée" in what, "--restore people" in remedy) == (True, True)
    assert [d.field for d in drift.drifts(theatre.store, "relation")] == ["people"]
    theatre.turn(theatre.at + HOUR)
    assert theatre.registered() == [VERA, ZOE]


def test_somebody_removed_in_zooms_pages_gets_a_new_link_when_that_was_a_mistake(theatre: Theatre) -> None:
    removed(theatre)
    drift.restore(theatre.world, ["people"])
    theatre.turn(theatre.at + MINUTE)
    assert (theatre.registered(), theatre.alarms()) == ([ALI, VERA, ZOE], {})
    assert theatre.told("moved") == [(ALI, "moved")]


def test_somebody_removed_in_zooms_pages_stays_out_when_that_was_meant(theatre: Theatre) -> None:
    removed(theatre)
    drift.adopt(theatre.world, ["people"], theatre.at)
    theatre.turn(theatre.at + MINUTE)
    assert drift.drifts(theatre.store, "relation") == []
    with pytest.raises(OrchestratorError):
        drift.restore(theatre.world, ["people"])
    assert theatre.registered() == [VERA, ZOE]


# who is refused, and who is not


def test_a_meeting_whose_registration_somebody_switched_off_refuses_nobody_for_good(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.turn()
    theatre.zoom.edit_meeting(theatre.meeting()["id"], settings={"approval_type": 2})
    theatre.form.answer(ALI)
    theatre.turn(theatre.at + MINUTE)
    assert any("activée" in what or "enabled" in what for what, _ in theatre.alarms().values())
    theatre.zoom.edit_meeting(theatre.meeting()["id"], settings={"approval_type": 1})
    theatre.turn(theatre.at + 2 * MINUTE)
    assert (ALI, "link") in theatre.told()


def test_a_domain_zoom_blocks_costs_its_own_people_only(theatre: Theatre) -> None:
    def temper(call: Call) -> Fault | None:
        no = Answer(status=400, body={"code": 3000, "message": "Registration is blocked for this domain."})
        return no if call.method == "POST" and "registrants" in call.path and ALI in str(call.body) else None

    theatre.zoom_temper = temper
    theatre.form.answer(ZOE)
    theatre.form.answer(ALI)
    theatre.turn()
    assert theatre.told("link") == [(ZOE, "link")]
    theatre.heal()
    theatre.turn(theatre.at + HOUR)
    assert theatre.told("link") == [(ZOE, "link")]
    theatre.turn(theatre.at + timedelta(days=1))
    assert theatre.told("link") == [(ALI, "link"), (ZOE, "link")]


@pytest.mark.slow
def test_what_is_kept_for_repairs_is_not_spent_on_a_meeting_that_is_refused(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.zoom_temper = refuse({"code": 3161, "message": "No licence."}, "/meetings")  # type: ignore[assignment]
    for _ in range(200):
        theatre.store.meetings.end_rests("relation")
        theatre.beat(theatre.at + SECOND)
    day = theatre.at.date().isoformat()
    assert theatre.store.meetings.spent(EVENT.zoom.host, day) == theatre.patience.changes_a_day
    theatre.heal()
    theatre.store.meetings.end_rests("relation")
    theatre.beat(theatre.at + timedelta(days=1))
    assert len(theatre.zoom.meetings()) == 1


def test_a_meeting_whose_creation_was_not_answered_is_deleted_when_nobody_needs_it_any_more(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.spoil("POST", "/meetings", Lose())
    theatre.turn()
    assert len(theatre.zoom.meetings()) == 1
    theatre.start_again(off(EVENT, "matin", "apres-midi"))
    theatre.turn(theatre.at + MINUTE)
    assert (theatre.zoom.meetings(), theatre.store.meetings.all("relation")) == ([], {})
