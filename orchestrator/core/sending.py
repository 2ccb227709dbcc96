"""The send plan: from a relay's quotas and each wave's deadline to the instant at which sending must start."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from orchestrator.core.model import Quota

MARGIN = timedelta(minutes=5)
"""The last letter of a wave leaves at least this long before its session."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Letters alike to the plan: due at the same hour, to be through by the same instant, as urgent as each other."""

    due_at: datetime
    finish_by: datetime
    wanted_by: datetime
    """Its place in the queue, as the post has it."""
    domain: str = ""
    """Where its letters go, if that place has a limit of its own."""
    fixed: bool = False
    """It may not leave before its hour."""


Load = Mapping[Wave, int]
"""How many letters there are of each wave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """When a wave leaves and when its last letter is through at the latest."""

    leave_from: datetime
    last_at: datetime


class _Limit:
    """At most so many letters in any stretch of so long; asked in the order of time."""

    def __init__(self, limit: int, window: timedelta) -> None:
        self._limit, self._window = limit, window
        self._taken: deque[tuple[timedelta, int]] = deque()
        self._within = 0

    def take(self, at: timedelta, letters: int) -> None:
        self._taken.append((at, letters))
        self._within += letters

    def room(self, at: timedelta) -> int:
        """How many letters may go at an instant."""
        while self._taken and self._taken[0][0] + self._window <= at:
            self._within -= self._taken.popleft()[1]
        return self._limit - self._within

    def free_at(self, at: timedelta) -> timedelta:
        """When a letter may go, not before an instant."""
        if self.room(at) > 0:
            return at
        over = self._within - self._limit
        for then, letters in self._taken:
            over -= letters
            if over < 0:
                return then + self._window
        return at


class _Relay:
    """Takes letters one after the other: at most so many in any minute, hour and day, and to a domain in any hour."""

    def __init__(self, quota: Quota) -> None:
        self._own = [_Limit(limit, window) for limit, window in windows(quota)]
        self._by_domain = {domain: _Limit(limit, HOUR) for domain, limit in quota.per_hour_to.items() if limit}

    @property
    def is_slow(self) -> bool:
        """Whether it keeps letters waiting at all."""
        return bool(self._own or self._by_domain)

    def _limits(self, domain: str) -> list[_Limit]:
        return [*self._own, self._by_domain[domain]] if domain in self._by_domain else self._own

    def free_at(self, at: timedelta, domain: str) -> timedelta:
        """When the next letter to a domain can go, not before an instant."""
        return max((limit.free_at(at) for limit in self._limits(domain)), default=at)

    def take(self, at: timedelta, domain: str, letters: int) -> int:
        """Let letters go at an instant, as many as can; returns how many."""
        going = min([letters, *(limit.room(at) for limit in self._limits(domain))])
        self.note(at, domain, going)
        return going

    def note(self, at: timedelta, domain: str, letters: int) -> None:
        """Count letters that have gone."""
        for limit in self._limits(domain):
            limit.take(at, letters)


def windows(quota: Quota) -> list[tuple[int, timedelta]]:
    """List the relay's own limits, each with the time it is for; those of single domains apart."""
    limits = (
        (quota.per_minute, timedelta(minutes=1)),
        (quota.per_hour, HOUR),
        (quota.per_day, timedelta(days=1)),
    )
    return [(limit, window) for limit, window in limits if limit]


def duration(letters: int, quota: Quota, domain: str = "") -> timedelta:
    """Say how long the quota keeps the last of some letters waiting."""
    wave = Wave(due_at=_EPOCH, finish_by=_EPOCH, wanted_by=_EPOCH, domain=domain)
    return _played({wave: timedelta()}, {wave: letters}, quota, _urgency)[wave]


def departures(
    load: Load, quota: Quota, now: datetime | None = None, taken: Iterable[tuple[datetime, str]] = ()
) -> dict[Wave, Departure]:
    """Plan the waves that share a relay, which takes what is wanted soonest first, so that none is late.

    A wave leaves at its hour, unless letters would be late then: in that case no later than it must, and not after
    waves that could wait but would take its place. Nothing leaves before `now`; what is late all the same has its
    `last_at` after its `finish_by`. `taken`: what the relay has taken lately, each with its domain.
    """
    earliest = timedelta.min if now is None else now - _EPOCH
    lately = sorted((at - _EPOCH, domain) for at, domain in taken)

    def play() -> dict[Wave, timedelta]:
        return _played(leave, load, quota, _urgency, lately)

    leave = {w: max(_hour(w), earliest) for w in load}
    last = play()
    if _late(last):
        latest = _latest(load, quota, {w: at for w, at in last.items() if w.fixed})
        leave = {w: at if w.fixed else max(min(at, latest[w]), earliest) for w, at in leave.items()}
        last = play()
    while sooner := {w: at for w in _late(last) if not w.fixed and (at := _sooner(w, leave, earliest)) < leave[w]}:
        leave |= sooner
        last = play()
    return {w: Departure(leave_from=_EPOCH + leave[w], last_at=_EPOCH + last[w]) for w in sorted(load, key=_urgency)}


def latest_departures(load: Load, quota: Quota) -> dict[Wave, datetime]:
    """Say when each of the waves that share a relay must leave so that its last letter is in time."""
    return {wave: _EPOCH + at for wave, at in _latest(load, quota, {}).items()}


def _hour(wave: Wave) -> timedelta:
    return (wave.due_at if wave.fixed else min(wave.due_at, wave.finish_by)) - _EPOCH


def _sooner(wave: Wave, leave: Mapping[Wave, timedelta], earliest: timedelta) -> timedelta:
    """Not after the wave that leaves before it; the first of all twice as long before its deadline."""
    at = leave[wave]
    doubled = at - max(HOUR, wave.finish_by - _EPOCH - at)
    return max(max((other for other in leave.values() if other < at), default=doubled), earliest)


Order = tuple[Any, ...]


def _urgency(wave: Wave) -> Order:
    return wave.wanted_by, wave.due_at, wave.finish_by, wave.domain, wave.fixed


def _patience(wave: Wave) -> Order:
    """The reverse of urgency, for a relay that is played backwards."""
    return (_EPOCH - wave.wanted_by, _EPOCH - wave.due_at, _EPOCH - wave.finish_by, wave.domain, wave.fixed)


def _late(last: Mapping[Wave, timedelta]) -> list[Wave]:
    return [wave for wave, at in last.items() if _EPOCH + at > wave.finish_by]


def _latest(load: Load, quota: Quota, done: Mapping[Wave, timedelta]) -> dict[Wave, timedelta]:
    """When each wave must start at the latest: the relay played backwards from the last deadline.

    `done`: when waves will be through that wait for nothing; they are in nobody's way after that.
    """
    finish = {wave: wave.finish_by - _EPOCH for wave in load}
    backwards = {wave: -min(at, done.get(wave, at)) for wave, at in finish.items()}
    return {wave: -at for wave, at in _played(backwards, load, quota, _patience).items()}


def _played(
    leave: Mapping[Wave, timedelta],
    load: Load,
    quota: Quota,
    order: Callable[[Wave], Order],
    taken: Iterable[tuple[timedelta, str]] = (),
) -> dict[Wave, timedelta]:
    """When the last letter of each wave is through, if the relay takes the first in `order` of those that may go."""
    relay, last, left = _Relay(quota), dict(leave), dict(load)
    if not relay.is_slow:
        return last
    for at, domain in taken:
        relay.note(at, domain, 1)
    ahead = sorted((w for w in leave if left[w]), key=lambda w: leave[w], reverse=True)
    queues: dict[str, list[tuple[Order, Wave]]] = {}
    now = min(leave.values(), default=timedelta())
    while ahead or queues:
        free = {domain: relay.free_at(now, domain) for domain in queues}
        soonest = min(free.values(), default=timedelta.max)
        if ahead and leave[ahead[-1]] <= soonest:
            wave = ahead.pop()
            now = max(now, leave[wave])
            heappush(queues.setdefault(wave.domain, []), (order(wave), wave))
            continue
        domain = min((d for d, at in free.items() if at <= soonest), key=lambda d: queues[d][0][0])
        now, wave = soonest, queues[domain][0][1]
        left[wave] -= relay.take(now, domain, left[wave])
        last[wave] = now
        if not left[wave]:
            heappop(queues[domain])
            if not queues[domain]:
                del queues[domain]
    return last
