"""How fast Zoom may be asked: the account's rates by label and plan, kept by spacing the calls out.

Labels and rates: https://developers.zoom.us/docs/api/rate-limits/ (shared by every app of the account).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Literal

Label = Literal["Light", "Medium", "Heavy"]
Plan = Literal["free", "pro", "business"]

SHARE = 0.8
"""Of a rate; the rest is left to the account's other apps."""
LONGEST = timedelta(seconds=2)
"""A call never waits longer than this for its turn."""
PER_SECOND: Mapping[Plan, Mapping[Label, int]] = {
    "free": {"Light": 4, "Medium": 2, "Heavy": 1},
    "pro": {"Light": 30, "Medium": 20, "Heavy": 10},
    "business": {"Light": 80, "Medium": 60, "Heavy": 40},
}
_LABELS: tuple[tuple[str, re.Pattern[str], Label], ...] = (
    ("POST", re.compile(r"/meetings/[^/]+/batch_registrants"), "Heavy"),
    ("GET", re.compile(r"/report/.*"), "Heavy"),
    ("POST", re.compile(r"/users/[^/]+/meetings"), "Medium"),  # Light, Medium or Heavy in three of Zoom's pages
    ("GET", re.compile(r"/users/[^/]+/(meetings|settings)"), "Medium"),
    ("GET", re.compile(r"/meetings/[^/]+/registrants"), "Medium"),
    ("PUT", re.compile(r"/meetings/[^/]+/registrants/status"), "Medium"),
    ("GET", re.compile(r"/past_meetings/.+/participants"), "Medium"),
)


def label_of(method: str, path: str) -> Label:
    """Name the rate a call counts against; Light unless Zoom says otherwise."""
    return next((label for m, shape, label in _LABELS if m == method and shape.fullmatch(path)), "Light")


class Pace:
    """Gives every call its turn. Safe to share between threads; `wait` may return early."""

    def __init__(self, plan: Plan, now: Callable[[], datetime], wait: Callable[[datetime], None]) -> None:
        self._gaps = {label: timedelta(seconds=1 / (SHARE * rate)) for label, rate in PER_SECOND[plan].items()}
        self._now, self._wait = now, wait
        self._next: dict[Label, datetime] = {}
        self._lock = Lock()

    def turn(self, method: str, path: str) -> None:
        """Wait, briefly, until this call keeps its label's rate."""
        label, now = label_of(method, path), self._now()
        with self._lock:
            at = min(max(now, self._next.get(label, now)), now + LONGEST)
            self._next[label] = at + self._gaps[label]
        if at > now:
            self._wait(at)
