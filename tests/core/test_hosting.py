"""When a meeting that is not open is an alarm, and who is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from orchestrator.core.hosting import Alert, Run, alert_letters, alerts, is_polled, responsible
from orchestrator.core.model import Event
from tests import make

MIN = timedelta(minutes=1)
EVENT = make.event()
MORNING, NOON, AFTERNOON = make.paris(9, 30), make.paris(12, 16), make.paris(14)


def wrong(now: datetime, *runs: Run, event: Event = EVENT, read: datetime | None = None) -> list[tuple[str, str]]:
    found = alerts(event, {make.MEETING: runs}, {make.MEETING: read or now}, now)
    return [(alert.kind, alert.session) for alert in found]


def run(begins: datetime, ends: datetime | None = None) -> Run:
    return Run(uuid=f"{begins}", started_at=begins, ended_at=ends)


@pytest.mark.parametrize(
    ("minutes", "found"), [(-11, []), (-10, [("not-started", "matin")]), (5, [("not-started", "matin")]), (165, [])]
)
def test_a_meeting_nobody_opened_is_an_alarm_from_ten_minutes_before(
    minutes: int, found: list[tuple[str, str]]
) -> None:
    after = [("not-started", "apres-midi")] if minutes > 160 and found else found
    assert wrong(MORNING + minutes * MIN) == after


def test_an_open_meeting_is_no_alarm() -> None:
    assert wrong(MORNING, run(make.paris(9, 14))) == []


def test_a_meeting_tried_out_the_day_before_is_no_alarm_until_it_is_late() -> None:
    tried = run(make.paris(17, days=-1), make.paris(17, 20, days=-1))
    assert wrong(make.paris(9, 16), tried) == []
    assert wrong(make.paris(9, 20), tried) == [("not-started", "matin")]


def test_a_meeting_ended_at_lunch_is_an_alarm_for_the_afternoon() -> None:
    morning = run(make.paris(9, 14), NOON)
    assert wrong(NOON + MIN, morning) == [("ended", "apres-midi")]
    assert wrong(AFTERNOON - 10 * MIN, morning) == [("not-started", "apres-midi")]
    assert wrong(AFTERNOON, morning, run(make.paris(13, 45))) == []


def test_a_meeting_ended_in_the_middle_is_an_alarm_and_one_ended_at_its_end_is_not() -> None:
    assert wrong(make.paris(10), run(make.paris(9, 14), make.paris(9, 58))) == [("ended", "matin")]
    assert wrong(make.paris(16, 5), run(make.paris(9, 14), make.paris(16, 2))) == []


def test_zoom_that_was_not_asked_lately_says_nothing() -> None:
    assert wrong(MORNING, read=MORNING - 6 * MIN) == []


def test_a_cancelled_session_needs_nobody() -> None:
    from dataclasses import replace

    off = replace(EVENT, sessions=(replace(EVENT.sessions[0], status="cancelled"), EVENT.sessions[1]))
    assert wrong(MORNING, event=off) == []


def test_hosts_stand_ins_and_organisers_are_told_each_once() -> None:
    event = make.event(
        speakers=(
            make.speaker("anna@exemple.fr", role="host"),
            make.speaker("bo@exemple.fr", role="alternative-host", sessions=("matin",)),
            make.speaker("cy@exemple.fr"),
        )
    )
    told = [(one.address, one.role) for one in responsible(event, "matin", ["chef@exemple.fr", "Contact@exemple.fr"])]
    assert told == [
        ("anna@exemple.fr", "host"),
        ("bo@exemple.fr", "alternative-host"),
        ("hote@exemple.fr", "host"),
        ("contact@exemple.fr", "organiser"),
        ("chef@exemple.fr", "organiser"),
    ]
    assert "bo@exemple.fr" not in [one.address for one in responsible(event, "apres-midi")]


def test_an_alert_is_one_letter_each_and_another_trouble_is_another_letter() -> None:
    def keys(alert: Alert) -> set[str]:
        return {letter.key(EVENT.key) for letter in alert_letters(EVENT, [alert])}

    first = Alert(kind="ended", meeting="day-1", session="matin", at=NOON)
    again = Alert(kind="ended", meeting="day-1", session="matin", at=NOON + MIN)
    assert (len(keys(first)), keys(first) & keys(again)) == (2, set())
    [letter, _] = alert_letters(EVENT, [first])
    assert (letter.due_at, letter.void_at) == (NOON, EVENT.session("matin").ends_at)


def test_a_meeting_is_watched_from_its_doors_to_its_last_end() -> None:
    hours = [make.paris(9, 14), make.paris(9, 15), make.paris(13), make.paris(16, 14), make.paris(16, 15)]
    assert [is_polled(EVENT.sessions, at) for at in hours] == [False, True, True, True, False]
