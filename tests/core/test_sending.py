"""When waves leave: held against a relay played letter by letter, written another way than the plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.model import Quota
from orchestrator.core.sending import MARGIN, Departure, Wave, departures, duration
from tests.make import paris

NINE, HALF_PAST = paris(9), paris(9, 30)
NO_QUOTA = Quota()


def a_wave(letters: int, due_at: datetime = NINE, void_at: datetime = HALF_PAST) -> Wave:
    return Wave(due_at=due_at, void_at=void_at, letters=letters)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


class Relay:
    """A relay that lets so many letters through in any minute, hour and day, and gets the earliest deadline first."""

    def __init__(self, quota: Quota) -> None:
        limits = ((quota.per_minute, minutes(1)), (quota.per_hour, minutes(60)), (quota.per_day, timedelta(days=1)))
        self.limits = [(limit, window) for limit, window in limits if limit]
        self.log: list[datetime] = []

    def takes(self, now: datetime) -> bool:
        return all(sum(at > now - window for at in self.log) < limit for limit, window in self.limits)

    def frees_after(self, now: datetime) -> list[datetime]:
        return [at + window for _, window in self.limits for at in self.log if at + window > now]

    def play(self, leave: Mapping[Wave, datetime]) -> dict[Wave, datetime]:
        """Send everything as soon as it may leave; returns when the last letter of each wave is through."""
        left = {wave: wave.letters for wave in leave}
        last: dict[Wave, datetime] = {}
        now = min(leave.values())
        while any(left.values()):
            waiting = [w for w, n in left.items() if n and leave[w] <= now]
            if waiting and self.takes(now):
                wave = min(waiting, key=lambda w: (w.void_at, w.due_at))
                self.log.append(now)
                left[wave] -= 1
                last[wave] = now
                continue
            ahead = [at for w, at in leave.items() if left[w] and at > now]
            now = min(ahead + (self.frees_after(now) if waiting else []))
        return last


def played(waves: list[Wave], quota: Quota, leave: Mapping[Wave, datetime]) -> dict[Wave, datetime]:
    return Relay(quota).play({wave: leave[wave] for wave in waves})


def in_time(last: Mapping[Wave, datetime]) -> bool:
    return all(at <= wave.void_at - MARGIN for wave, at in last.items())


quotas = st.builds(
    Quota, per_minute=st.integers(0, 4), per_hour=st.one_of(st.just(0), st.integers(3, 60)), per_day=st.integers(0, 50)
)
instants = st.integers(0, 12 * 24).map(lambda fives: paris(8) + minutes(5 * fives))


@st.composite
def some_waves(draw: st.DrawFn) -> list[Wave]:
    waves = {}
    for _ in range(draw(st.integers(1, 5))):
        due_at = draw(instants)
        void_at = due_at + minutes(draw(st.sampled_from([3, 5, 10, 30, 60, 300, 1440])))
        waves[due_at, void_at] = a_wave(draw(st.integers(1, 25)), due_at, void_at)
    return list(waves.values())


@given(some_waves(), quotas)
def test_every_letter_is_through_five_minutes_before_its_session_whatever_the_quota(
    waves: list[Wave], quota: Quota
) -> None:
    plan = departures(waves, quota)
    last = played(waves, quota, {wave: found.leave_from for wave, found in plan.items()})
    assert in_time(last)
    assert last == {wave: found.last_at for wave, found in plan.items()}


@given(some_waves(), quotas)
def test_a_wave_leaves_at_its_hour_when_the_quota_does_not_ask_for_more(waves: list[Wave], quota: Quota) -> None:
    hours = {wave: min(wave.due_at, wave.void_at - MARGIN) for wave in waves}
    leave = {wave: found.leave_from for wave, found in departures(waves, quota).items()}
    assert all(leave[wave] <= hours[wave] for wave in waves)
    if in_time(played(waves, quota, hours)):
        assert leave == hours


@given(some_waves(), quotas)
def test_the_plan_does_not_depend_on_the_order_of_the_waves(waves: list[Wave], quota: Quota) -> None:
    assert departures(waves, quota) == departures(waves[::-1], quota)


def test_a_wave_within_the_quota_leaves_at_its_hour_all_at_once() -> None:
    wave = a_wave(500)
    assert departures([wave], NO_QUOTA) == {wave: Departure(leave_from=NINE, last_at=NINE)}


def test_a_wave_that_the_relay_slows_down_leaves_at_its_hour_if_it_is_through_in_time() -> None:
    wave = a_wave(1440)
    plan = departures([wave], Quota(per_minute=60))
    assert plan == {wave: Departure(leave_from=NINE, last_at=NINE + minutes(23))}


def test_a_wave_leaves_as_much_earlier_as_it_must() -> None:
    wave = a_wave(2000)
    plan = departures([wave], Quota(per_minute=60))
    assert plan == {wave: Departure(leave_from=paris(8, 52), last_at=paris(9, 25))}


def test_a_small_wave_leaves_before_the_one_that_uses_up_the_hour() -> None:
    speakers, everybody = a_wave(2, paris(8, 40)), a_wave(10)
    plan = departures([speakers, everybody], Quota(per_hour=10))
    assert plan == {
        speakers: Departure(leave_from=paris(8, 25), last_at=paris(8, 25)),
        everybody: Departure(leave_from=NINE, last_at=paris(9, 25)),
    }


def test_a_wave_that_can_wait_does_not_take_the_place_of_one_that_cannot() -> None:
    evening, morning = a_wave(10, paris(8, 50), paris(18)), a_wave(10)
    plan = departures([evening, morning], Quota(per_hour=10))
    assert in_time(played([evening, morning], Quota(per_hour=10), {w: d.leave_from for w, d in plan.items()}))
    assert plan[morning].leave_from <= paris(8, 50)


def test_waves_that_do_not_hinder_each_other_keep_their_hours_however_near_they_come() -> None:
    first, second = a_wave(10, paris(8), paris(9, 31)), a_wave(10, paris(9, 1))
    last_minute = a_wave(1, paris(12, 27), paris(12, 30))
    assert departures([first, second, last_minute], Quota(per_hour=10)) == {
        second: Departure(leave_from=paris(9, 1), last_at=paris(9, 1)),
        first: Departure(leave_from=paris(8), last_at=paris(8)),
        last_minute: Departure(leave_from=paris(12, 25), last_at=paris(12, 25)),
    }


def test_two_waves_that_are_alike_are_twice_the_letters() -> None:
    wave = a_wave(20)
    assert departures([wave, wave], Quota(per_minute=1)) == {
        wave: Departure(leave_from=paris(8, 46), last_at=paris(9, 25))
    }


def test_a_reminder_at_the_last_minute_leaves_five_minutes_before_its_session() -> None:
    wave = a_wave(10, paris(9, 27))
    assert departures([wave], NO_QUOTA) == {wave: Departure(leave_from=paris(9, 25), last_at=paris(9, 25))}


def test_sessions_that_start_together_share_the_relay() -> None:
    waves = [a_wave(10), a_wave(10, NINE, paris(9, 45))]
    assert departures(waves, Quota(per_hour=10)) == {
        waves[0]: Departure(leave_from=paris(8, 40), last_at=paris(8, 40)),
        waves[1]: Departure(leave_from=NINE, last_at=paris(9, 40)),
    }


@pytest.mark.parametrize(
    ("letters", "quota", "lasts"),
    [
        (0, Quota(per_minute=1), minutes(0)),
        (1, Quota(per_minute=1), minutes(0)),
        (2, Quota(per_minute=1), minutes(1)),
        (60, Quota(per_minute=60), minutes(0)),
        (61, Quota(per_minute=60), minutes(1)),
        (2000, NO_QUOTA, minutes(0)),
        (450, Quota(per_minute=60, per_hour=200), minutes(120)),
        (150, Quota(per_minute=1, per_hour=100), minutes(149)),
        (1000, Quota(per_hour=10, per_day=300), minutes(99 * 60)),
        (130, Quota(per_hour=10, per_day=100), minutes(24 * 60 + 120)),
    ],
)
def test_the_narrowest_quota_says_how_long_letters_take(letters: int, quota: Quota, lasts: timedelta) -> None:
    assert duration(letters, quota) == lasts
