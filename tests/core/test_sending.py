"""When waves leave: held against a relay played letter by letter, written another way than the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.model import Quota
from orchestrator.core.sending import MARGIN, Departure, Wave, departures, duration
from tests.make import paris

NINE, HALF_PAST = paris(9), paris(9, 30)
NO_QUOTA = Quota()
Sized = tuple[Wave, int]


def a_wave(letters: int, due_at: datetime = NINE, void_at: datetime = HALF_PAST, domain: str = "") -> Sized:
    return Wave(due_at=due_at, finish_by=void_at - MARGIN, wanted_by=void_at, domain=domain), letters


def plan(waves: list[Sized], quota: Quota, **known: Any) -> dict[Wave, Departure]:
    load: Counter[Wave] = Counter()
    for wave, letters in waves:
        load[wave] += letters
    return departures(load, quota, **known)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


class Relay:
    """A relay that lets so many letters through in any minute, hour and day, and gets what is wanted soonest first."""

    def __init__(self, quota: Quota) -> None:
        limits = ((quota.per_minute, minutes(1)), (quota.per_hour, minutes(60)), (quota.per_day, timedelta(days=1)))
        self.limits = [(limit, window) for limit, window in limits if limit]
        self.to = quota.per_hour_to
        self.log: list[tuple[datetime, str]] = []

    def takes(self, now: datetime, domain: str) -> bool:
        since = [sum(at > now - window for at, _ in self.log) < limit for limit, window in self.limits]
        there = sum(at > now - minutes(60) and to == domain for at, to in self.log)
        return all(since) and (domain not in self.to or there < self.to[domain])

    def frees_after(self, now: datetime) -> list[datetime]:
        windows = {window for _, window in self.limits} | ({minutes(60)} if self.to else set())
        return [at + window for window in windows for at, _ in self.log if at + window > now]

    def play(self, leave: Mapping[Wave, datetime], left: dict[Wave, int]) -> dict[Wave, datetime]:
        """Send everything as soon as it may leave; returns when the last letter of each wave is through."""
        last: dict[Wave, datetime] = {}
        now = min(leave.values())
        while any(left.values()):
            waiting = [w for w, n in left.items() if n and leave[w] <= now]
            if can := [w for w in waiting if self.takes(now, w.domain)]:
                wave = min(can, key=lambda w: (w.wanted_by, w.due_at, w.domain))
                self.log.append((now, wave.domain))
                left[wave] -= 1
                last[wave] = now
                continue
            ahead = [at for w, at in leave.items() if left[w] and at > now]
            now = min(ahead + (self.frees_after(now) if waiting else []))
        return last


def played(waves: list[Sized], quota: Quota, leave: Mapping[Wave, datetime]) -> dict[Wave, datetime]:
    return Relay(quota).play(leave, dict(waves))


def in_time(last: Mapping[Wave, datetime]) -> bool:
    return all(at <= wave.finish_by for wave, at in last.items())


quotas = st.builds(
    Quota,
    per_minute=st.integers(0, 4),
    per_hour=st.one_of(st.just(0), st.integers(3, 60)),
    per_day=st.integers(0, 50),
    per_hour_to=st.sampled_from([{}, {"orange.fr": 2}, {"orange.fr": 5, "free.fr": 20}]),
)
instants = st.integers(0, 12 * 24).map(lambda fives: paris(8) + minutes(5 * fives))


@st.composite
def some_waves(draw: st.DrawFn) -> list[Sized]:
    waves = {}
    for _ in range(draw(st.integers(1, 5))):
        due_at, domain = draw(instants), draw(st.sampled_from(["", "", "orange.fr", "free.fr"]))
        void_at = due_at + minutes(draw(st.sampled_from([3, 5, 10, 30, 60, 300, 1440])))
        waves[due_at, void_at, domain] = a_wave(draw(st.integers(1, 15)), due_at, void_at, domain)
    return list(waves.values())


@given(some_waves(), quotas)
def test_every_letter_is_through_five_minutes_before_its_session_whatever_the_quota(
    waves: list[Sized], quota: Quota
) -> None:
    found = plan(waves, quota)
    last = played(waves, quota, {wave: at.leave_from for wave, at in found.items()})
    assert in_time(last)
    assert last == {wave: at.last_at for wave, at in found.items()}


@given(some_waves(), quotas)
def test_a_wave_leaves_at_its_hour_when_the_quota_does_not_ask_for_more(waves: list[Sized], quota: Quota) -> None:
    hours = {wave: min(wave.due_at, wave.finish_by) for wave, _ in waves}
    leave = {wave: found.leave_from for wave, found in plan(waves, quota).items()}
    assert all(leave[wave] <= hours[wave] for wave in leave)
    if in_time(played(waves, quota, hours)):
        assert leave == hours


@given(some_waves(), quotas)
def test_the_plan_does_not_depend_on_the_order_of_the_waves(waves: list[Sized], quota: Quota) -> None:
    assert plan(waves, quota) == plan(waves[::-1], quota)


@given(some_waves(), quotas, instants)
def test_nothing_leaves_in_the_past_and_what_is_late_is_known_to_be(
    waves: list[Sized], quota: Quota, now: datetime
) -> None:
    found = plan(waves, quota, now=now)
    assert all(at.leave_from >= now for at in found.values())
    last = played(waves, quota, {wave: at.leave_from for wave, at in found.items()})
    assert last == {wave: at.last_at for wave, at in found.items()}


def test_a_wave_within_the_quota_leaves_at_its_hour_all_at_once() -> None:
    wave, _ = one = a_wave(500)
    assert plan([one], NO_QUOTA) == {wave: Departure(leave_from=NINE, last_at=NINE)}


def test_a_wave_that_the_relay_slows_down_leaves_at_its_hour_if_it_is_through_in_time() -> None:
    wave, _ = one = a_wave(1440)
    found = plan([one], Quota(per_minute=60))
    assert found == {wave: Departure(leave_from=NINE, last_at=NINE + minutes(23))}


def test_a_wave_leaves_as_much_earlier_as_it_must() -> None:
    wave, _ = one = a_wave(2000)
    found = plan([one], Quota(per_minute=60))
    assert found == {wave: Departure(leave_from=paris(8, 52), last_at=paris(9, 25))}


def test_a_small_wave_leaves_before_the_one_that_uses_up_the_hour() -> None:
    speakers, everybody = a_wave(2, paris(8, 40)), a_wave(10)
    found = plan([speakers, everybody], Quota(per_hour=10))
    assert found == {
        speakers[0]: Departure(leave_from=paris(8, 25), last_at=paris(8, 25)),
        everybody[0]: Departure(leave_from=NINE, last_at=paris(9, 25)),
    }


def test_a_wave_that_can_wait_does_not_take_the_place_of_one_that_cannot() -> None:
    evening, morning = a_wave(10, paris(8, 50), paris(18)), a_wave(10)
    found = plan([evening, morning], Quota(per_hour=10))
    assert in_time(played([evening, morning], Quota(per_hour=10), {w: d.leave_from for w, d in found.items()}))
    assert found[morning[0]].leave_from <= paris(8, 50)


def test_waves_that_do_not_hinder_each_other_keep_their_hours_however_near_they_come() -> None:
    first, second = a_wave(10, paris(8), paris(9, 31)), a_wave(10, paris(9, 1))
    last_minute = a_wave(1, paris(12, 27), paris(12, 30))
    assert plan([first, second, last_minute], Quota(per_hour=10)) == {
        second[0]: Departure(leave_from=paris(9, 1), last_at=paris(9, 1)),
        first[0]: Departure(leave_from=paris(8), last_at=paris(8)),
        last_minute[0]: Departure(leave_from=paris(12, 25), last_at=paris(12, 25)),
    }


def test_two_waves_that_are_alike_are_twice_the_letters() -> None:
    wave, _ = one = a_wave(20)
    assert plan([one, one], Quota(per_minute=1)) == {wave: Departure(leave_from=paris(8, 46), last_at=paris(9, 25))}


def test_a_reminder_at_the_last_minute_leaves_five_minutes_before_its_session() -> None:
    wave, _ = one = a_wave(10, paris(9, 27))
    assert plan([one], NO_QUOTA) == {wave: Departure(leave_from=paris(9, 25), last_at=paris(9, 25))}


def test_sessions_that_start_together_share_the_relay() -> None:
    waves = [a_wave(10), a_wave(10, NINE, paris(9, 45))]
    assert plan(waves, Quota(per_hour=10)) == {
        waves[0][0]: Departure(leave_from=paris(8, 40), last_at=paris(8, 40)),
        waves[1][0]: Departure(leave_from=NINE, last_at=paris(9, 40)),
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


def test_letters_to_a_slow_domain_leave_earlier_and_hold_up_nobody() -> None:
    slow, rest = a_wave(250, domain="orange.fr"), a_wave(600)
    assert plan([slow, rest], Quota(per_minute=60, per_hour_to={"orange.fr": 100})) == {
        slow[0]: Departure(leave_from=paris(7, 15), last_at=paris(9, 15)),
        rest[0]: Departure(leave_from=NINE, last_at=paris(9, 9)),
    }


def test_what_the_relay_took_lately_counts() -> None:
    wave, _ = one = a_wave(10)
    taken = [(paris(8, 50), "")] * 5
    found = plan([one], Quota(per_hour=10), now=paris(8, 55), taken=taken)
    assert found == {wave: Departure(leave_from=paris(8, 55), last_at=paris(9, 50))}


def test_overdue_letters_that_can_wait_leave_the_relay_to_a_reminder() -> None:
    """Rooms the relay could not take for hours would use up the hour's quota right before the reminders."""
    now = paris(8, 30)
    rooms = Wave(due_at=now, finish_by=paris(9, 28), wanted_by=paris(9, 28), fixed=True), 300
    reminders = Wave(due_at=NINE, finish_by=paris(9, 25), wanted_by=paris(9, 27)), 150
    found = plan([rooms, reminders], Quota(per_hour=200), now=now)
    assert found[reminders[0]] == Departure(leave_from=now, last_at=now)
    assert found[rooms[0]].last_at == paris(10, 30)
