"""The machine's clock jumps, or the machine sleeps: states decide what has left, and no letter leaves too late."""

from __future__ import annotations

from datetime import timedelta

from tests.jobs.theatre import EVENT, HOUR, MINUTE, Theatre

DAY = timedelta(days=1)


def crowded(theatre: Theatre) -> Theatre:
    theatre.form.crowd(3)
    theatre.turn()
    return theatre


def test_a_clock_set_back_says_nothing_twice(theatre: Theatre) -> None:
    said = crowded(theatre).told()
    for back in (MINUTE, HOUR, DAY):
        theatre.turn(theatre.at - back)
    assert theatre.told() == said
    assert set(theatre.states("link").values()) == {"sent"}


def test_a_clock_that_ran_ahead_and_is_set_right_sends_each_letter_once(theatre: Theatre) -> None:
    crowded(theatre)
    right = theatre.at
    theatre.play(EVENT.first_start - 2 * HOUR)
    early = theatre.told()
    theatre.turn(right)
    theatre.play(EVENT.first_start - 2 * HOUR)
    assert theatre.told() == early


def test_a_machine_asleep_over_the_session_wakes_and_sends_no_reminder_of_it(theatre: Theatre) -> None:
    crowded(theatre)
    theatre.turn(EVENT.last_end + HOUR)
    assert theatre.mails("reminder") == []
    assert "due" not in theatre.states("reminder").values()
