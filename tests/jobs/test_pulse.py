"""How the service is said to be, for monitors: from the store, as last seen, on both databases."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.jobs.pulse import Pulse, Watched
from orchestrator.outside.relay import Moment, Verdict
from orchestrator.outside.zoom import Fault
from orchestrator.web.metrics import Tallies, exposition
from tests import make
from tests.jobs.theatre import MINUTE, SECOND, Theatre

KEY = "relation"
PATIENCE = timedelta(seconds=30)


def watched(theatre: Theatre, beaten: timedelta = SECOND, **beats: int) -> Watched:
    return Watched(
        worlds=(theatre.world,),
        now=theatre.at,
        patience=PATIENCE,
        beaten={KEY: theatre.at - beaten},
        beats=Counter({(KEY, outcome): n for outcome, n in beats.items()}),
    )


def figures(theatre: Theatre) -> dict[str, float]:
    """The samples, without the name they have in common and without the event."""
    lines = exposition(watched(theatre, quiet=4, busy=2)).decode().splitlines()
    samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name.removeprefix("orchestrator_").replace('event="relation"', ""): float(n) for name, _, n in samples}


def test_before_anything_was_asked_nothing_is_said_of_relay_and_zoom(anywhere: Theatre) -> None:
    assert watched(anywhere).pulse() == Pulse(
        is_well=True, seconds_since_beat={KEY: 1.0}, database=True, relay={KEY: None}, zoom={KEY: None}
    )


def test_an_event_that_has_not_beaten_lately_is_unwell(theatre: Theatre) -> None:
    assert watched(theatre, PATIENCE - SECOND).pulse().is_well
    late = watched(theatre, PATIENCE).pulse()
    assert (late.is_well, late.as_data()["seconds_since_beat"]) == (False, {KEY: 30.0})
    never = Watched(worlds=(theatre.world,), now=theatre.at, patience=PATIENCE, beaten={}, beats={}).pulse()
    assert (never.is_well, never.seconds_since_beat) == (False, {KEY: None})


@pytest.mark.parametrize(
    ("now", "well"),
    [
        (SECOND, True),  # nothing was reached yet
        (PATIENCE + 2 * SECOND, True),  # the other goes on
        (2 * PATIENCE, False),  # nothing has beaten for too long
    ],
)
def test_a_service_that_still_goes_through_its_events_for_the_first_time_is_well(
    theatre: Theatre, now: timedelta, well: bool
) -> None:
    other = replace(theatre.world, event=replace(theatre.event, key="autre"))
    began = theatre.at
    seen = Watched(
        worlds=(theatre.world, other),
        now=began + now,
        patience=PATIENCE,
        beaten={KEY: began + 3 * SECOND} if now > PATIENCE else {},
        beats={},
        passing_since=began,
        is_first=True,
    )
    assert (seen.is_beating, seen.pulse().starting) == (well, True)
    assert not replace(seen, is_first=False).is_beating


def test_a_pass_in_which_much_has_changed_makes_nobody_unwell_while_it_goes_on(theatre: Theatre) -> None:
    began = theatre.at
    late = Watched(
        worlds=(theatre.world,),
        now=began + PATIENCE,
        patience=PATIENCE,
        beaten={KEY: began + SECOND},
        beats={},
        passing_since=began,
    )
    assert late.is_beating
    assert not replace(late, beaten={KEY: began - PATIENCE}).is_beating


def test_relay_and_zoom_are_told_as_last_seen_and_neither_makes_the_service_unwell(anywhere: Theatre) -> None:
    anywhere.form.answer("zoe@exemple.fr", "a")
    anywhere.turn()
    assert (watched(anywhere).pulse().relay, watched(anywhere).pulse().zoom) == ({KEY: True}, {KEY: True})
    anywhere.relay_temper = lambda moment: Verdict(reply=(421, "busy")) if moment.stage == "mail" else None
    anywhere.zoom_temper = lambda _call: Fault(status=503)
    anywhere.form.answer("ada@exemple.fr", "b")
    anywhere.form.answer("vera@exemple.fr", "b")
    anywhere.turn(anywhere.at + MINUTE)
    asked = len(anywhere.heard)
    down = watched(anywhere).pulse()
    assert (down.is_well, down.zoom) == (True, {KEY: False})
    assert len(anywhere.heard) == asked
    anywhere.heal()
    anywhere.turn(anywhere.at + 10 * MINUTE)
    assert watched(anywhere).pulse().as_data() == {
        "ok": True,
        "starting": False,
        "seconds_since_beat": {KEY: 1.0},
        "database": True,
        "relay": {KEY: True},
        "zoom": {KEY: True},
    }


def test_a_relay_that_fails_is_seen(theatre: Theatre) -> None:
    theatre.form.answer("zoe@exemple.fr", "a")

    def busy(moment: Moment) -> Verdict | None:
        return Verdict(reply=(421, "busy")) if moment.stage == "mail" else None

    theatre.relay_temper = busy
    theatre.turn()
    assert watched(theatre).pulse().relay == {KEY: False}


def test_a_database_that_does_not_answer_is_unwell_and_the_rest_is_still_said(theatre: Theatre) -> None:
    with theatre.store.db.write() as c:
        c.exec_driver_sql("DROP TABLE alarm")
    pulse = watched(theatre).pulse()
    assert (pulse.is_well, pulse.database, pulse.seconds_since_beat) == (False, False, {KEY: 1.0})
    assert figures(theatre) == {
        'beats_total{,outcome="quiet"}': 4.0,
        'beats_total{,outcome="busy"}': 2.0,
        "beat_age_seconds{}": 1.0,
        "database_up": 0.0,
    }


def test_metrics_tell_letters_by_state_and_lateness_queue_zoom_and_alarms(anywhere: Theatre) -> None:
    anywhere.form.answer("zoe@exemple.fr", "a")
    anywhere.beat()
    anywhere.at += 90 * SECOND
    waiting = figures(anywhere)
    assert (waiting["queue_letters{}"], waiting["queue_age_seconds{}"]) == (2.0, 90.0)
    anywhere.post()
    found = figures(anywhere)
    assert {name: n for name, n in found.items() if name.startswith("letter_lateness")} == {
        'letter_lateness_seconds_bucket{,le="1.0"}': 0.0,
        'letter_lateness_seconds_bucket{,le="10.0"}': 0.0,
        'letter_lateness_seconds_bucket{,le="60.0"}': 0.0,
        'letter_lateness_seconds_bucket{,le="300.0"}': 2.0,
        'letter_lateness_seconds_bucket{,le="900.0"}': 2.0,
        'letter_lateness_seconds_bucket{,le="3600.0"}': 2.0,
        'letter_lateness_seconds_bucket{,le="+Inf"}': 2.0,
        "letter_lateness_seconds_count{}": 2.0,
        "letter_lateness_seconds_sum{}": 180.0,
    }
    assert found['letters{,state="sent"}'] == 2.0
    assert found['letters{,state="due"}'] > 0
    assert (found["queue_letters{}"], found["queue_age_seconds{}"], found["alarms{}"]) == (0.0, 0.0, 0.0)
    assert (found["zoom_budget_used{}"], found["zoom_budget_limit{}"]) == (1.0, 90.0)
    assert (found["relay_up{}"], found["zoom_up{}"], found["database_up"]) == (1.0, 1.0, 1.0)


def test_a_letter_that_left_early_is_not_late_and_no_address_is_in_the_figures(theatre: Theatre) -> None:
    theatre.form.answer("zoe@exemple.fr", "a")
    theatre.play(make.paris(9))
    text = exposition(watched(theatre)).decode()
    assert figures(theatre)["letter_lateness_seconds_sum{}"] == 0.0
    assert "@" not in text
    assert "http" not in text


def test_what_takes_long_to_count_is_counted_again_only_after_a_while(theatre: Theatre) -> None:
    hours = iter([0.0, 1.0, 20.9, 21.0, 21.0])
    tallies, figures = Tallies(lambda: next(hours)), theatre.store.figures
    assert tallies.of(figures) == ({}, {})  # it took a second
    theatre.form.answer("zoe@exemple.fr", "a")
    theatre.beat()
    assert tallies.of(figures) == ({}, {})
    letters, _ = tallies.of(figures)
    assert letters["relation", "due"] > 0
