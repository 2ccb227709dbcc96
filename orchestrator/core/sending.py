"""The send plan: from the relay's quota and each wave's deadline to the instant at which sending must start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.core.model import Quota

MARGIN = timedelta(minutes=5)
"""The last letter of a wave leaves at least this long before its session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Letters that are due at the same hour and worthless after the same instant."""

    due_at: datetime
    void_at: datetime
    letters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """When a wave leaves and when its last letter is through at the latest."""

    leave_from: datetime
    last_at: datetime


def duration(letters: int, quota: Quota) -> timedelta:
    """Say how long the quota keeps the last of some letters waiting: windows are filled at their beginning."""
    total, rest = timedelta(), letters
    for limit, window in (
        (quota.per_day, timedelta(days=1)),
        (quota.per_hour, timedelta(hours=1)),
        (quota.per_minute, timedelta(minutes=1)),
    ):
        if limit and rest > limit:
            full = (rest - 1) // limit
            total += full * window
            rest -= full * limit
    return total


def departures(waves: Iterable[Wave], quota: Quota) -> Mapping[Wave, Departure]:
    """Plan backwards from the latest deadline, so that waves that share the relay do not starve each other.

    The earliest deadline goes first through the relay; a wave leaves at its hour unless the quota asks for more.
    """
    planned: dict[Wave, Departure] = {}
    free_until: datetime | None = None
    for wave in sorted(waves, key=lambda w: (w.void_at, w.due_at), reverse=True):
        finish_by = wave.void_at - MARGIN
        takes = duration(wave.letters, quota)
        if free_until is not None and takes and free_until < finish_by:
            finish_by = free_until
        leave_from = min(wave.due_at, finish_by - takes)
        free_until = finish_by - takes if takes else free_until
        planned[wave] = Departure(leave_from=leave_from, last_at=leave_from + takes)
    return planned
