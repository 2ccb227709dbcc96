"""The send plan: from the relay's quota and each wave's deadline to the instant at which sending must start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from orchestrator.core.model import Quota

MARGIN = timedelta(minutes=5)
"""The last letter of a wave leaves at least this long before its session."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Letters that are due at the same hour and worthless after the same instant."""

    due_at: datetime
    void_at: datetime
    letters: int

    @property
    def finish_by(self) -> datetime:
        return self.void_at - MARGIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """When a wave leaves and when its last letter is through at the latest."""

    leave_from: datetime
    last_at: datetime


class _Relay:
    """Takes letters one after the other: at most so many in any minute, any hour and any day."""

    def __init__(self, quota: Quota) -> None:
        days, hours, minutes = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
        limits = ((quota.per_day, days), (quota.per_hour, hours), (quota.per_minute, minutes))
        self._limits = [(limit, window) for limit, window in limits if limit]
        self._taken: list[timedelta] = []
        self.free_at = timedelta.min
        """When the next letter can go."""

    def take(self, at: timedelta) -> timedelta:
        """Let a letter go at an instant, or as soon after it as can be."""
        taken = self._taken
        at = max(at, self.free_at)
        taken.append(at)
        self.free_at = at
        for limit, window in self._limits:
            if len(taken) >= limit and (free_at := taken[-limit] + window) > self.free_at:
                self.free_at = free_at
        return at


def duration(letters: int, quota: Quota) -> timedelta:
    """Say how long the quota keeps the last of some letters waiting."""
    relay = _Relay(quota)
    return max((relay.take(timedelta()) for _ in range(letters)), default=timedelta())


def departures(waves: Iterable[Wave], quota: Quota) -> Mapping[Wave, Departure]:
    """Plan the waves that share a relay, which takes the earliest deadline first, so that none is late.

    A wave leaves at its hour, unless letters would be late then: in that case no later than it must, and not after
    waves that could wait but would take its place. What has to leave in the past by this plan may be late.
    """
    load: Counter[Wave] = Counter()
    for wave in waves:
        load[wave] += wave.letters
    leave = {wave: min(wave.due_at, wave.finish_by) for wave in load}
    last = _played(leave, load, quota)
    if _late(last):
        latest = _latest(load, quota)
        leave = {wave: min(at, latest[wave]) for wave, at in leave.items()}
        last = _played(leave, load, quota)
    while late := _late(last):
        wave = late[0]
        leave[wave] = max(at for at in leave.values() if at < leave[wave])
        last = _played(leave, load, quota)
    return {wave: Departure(leave_from=leave[wave], last_at=last[wave]) for wave in sorted(load, key=_urgency)}


def latest_departures(waves: Iterable[Wave], quota: Quota) -> Mapping[Wave, datetime]:
    """Say when each of the waves that share a relay must leave so that its last letter is in time."""
    load: Counter[Wave] = Counter()
    for wave in waves:
        load[wave] += wave.letters
    return _latest(load, quota)


def _urgency(wave: Wave) -> tuple[datetime, datetime, int]:
    return wave.void_at, wave.due_at, wave.letters


def _late(last: Mapping[Wave, datetime]) -> list[Wave]:
    return sorted((wave for wave, at in last.items() if at > wave.finish_by), key=_urgency)


def _latest(load: Mapping[Wave, int], quota: Quota) -> dict[Wave, datetime]:
    """When each wave must start at the latest: the relay played backwards from the last deadline."""
    relay, latest = _Relay(quota), {wave: wave.finish_by for wave in load}
    for wave in sorted(load, key=_urgency, reverse=True):
        for _ in range(load[wave]):
            latest[wave] = _EPOCH - relay.take(_EPOCH - wave.finish_by)
    return latest


def _played(leave: Mapping[Wave, datetime], load: Mapping[Wave, int], quota: Quota) -> dict[Wave, datetime]:
    """When the last letter of each wave is through, if the relay takes the earliest deadline first and never idles."""
    relay, last, left = _Relay(quota), dict(leave), dict(load)
    ahead = sorted(leave, key=lambda wave: leave[wave], reverse=True)
    waiting: list[tuple[tuple[datetime, datetime, int], Wave]] = []
    while ahead or waiting:
        at = relay.free_at if waiting else max(relay.free_at, leave[ahead[-1]] - _EPOCH)
        while ahead and leave[ahead[-1]] - _EPOCH <= at:
            heappush(waiting, (_urgency(ahead[-1]), ahead.pop()))
        wave = waiting[0][1]
        if left[wave]:
            last[wave] = _EPOCH + relay.take(at)
            left[wave] -= 1
        if not left[wave]:
            heappop(waiting)
    return last
