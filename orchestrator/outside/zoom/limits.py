"""Zoom's rate limits: per second and day for the account, per UTC day for a host and for a registrant.

https://developers.zoom.us/docs/api/rate-limits/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from orchestrator.outside.zoom.values import PER_SECOND_MESSAGE, Plan, Refused

PER_SECOND: Mapping[Plan, Mapping[str, int]] = {
    "free": {"Light": 4, "Medium": 2, "Heavy": 1},
    "pro": {"Light": 30, "Medium": 20, "Heavy": 10},
    "business": {"Light": 80, "Medium": 60, "Heavy": 40},
}
PER_DAY: Mapping[Plan, Mapping[str, int]] = {
    "free": {"Light": 6_000, "Medium": 2_000, "Heavy": 1_000},
    "pro": {"Heavy": 30_000},
    "business": {"Heavy": 60_000},
}
SAVES_PER_HOST, ADDS_PER_REGISTRANT, STATUS_UPDATES_PER_REGISTRANT = 100, 3, 10


class Limits:
    """Counts calls in virtual time. `rates` off: the account's own rates are not counted."""

    def __init__(self, plan: Plan, *, rates: bool) -> None:
        self._plan: Plan = plan
        self._rates = rates
        self._daily = True
        self._second = datetime.min.replace(tzinfo=UTC)
        self._this_second: Counter[str] = Counter()
        self._day = date.min
        self._today: Counter[Hashable] = Counter()

    def lift(self) -> None:
        """Count nothing any more."""
        self._rates = self._daily = False

    def spend_call(self, label: str, now: datetime) -> None:
        """Count one call against the account's rates for its label."""
        if not self._rates:
            return
        self._turn(now)
        if self._this_second[label] >= PER_SECOND[self._plan][label]:
            raise self._too_fast(label)
        daily = PER_DAY[self._plan].get(label)
        if daily is not None and self._today[label] >= daily:
            raise self._too_many(daily)
        self._this_second[label] += 1
        self._today[label] += 1

    def spend_save(self, host: str, now: datetime) -> None:
        """Count one create or update of a meeting against its host's 100 a day."""
        message = (
            "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for"
            " this particular user. You may resume these requests at GMT 00:00:00."
        )
        self._spend([("save", host)], SAVES_PER_HOST, message, now)

    def spend_adds(self, meeting: int, emails: Iterable[str], now: datetime) -> None:
        """Count one addition of each registrant to the meeting."""
        message = (
            "You have exceeded the daily rate limit of (3) for Add meeting registrant API requests for the registrant"
        )
        self._spend([("add", meeting, email) for email in emails], ADDS_PER_REGISTRANT, message, now)

    def spend_status_updates(self, meeting: int, ids: Iterable[str], now: datetime) -> None:
        """Count one status update of each registrant of the meeting."""
        message = (
            "You have exceeded the daily rate limit of (10) for Update meeting registrant status API requests"
            " for the registrant"
        )
        keys = [("status", meeting, one) for one in ids]
        self._spend(keys, STATUS_UPDATES_PER_REGISTRANT, message, now)

    def _spend(self, keys: Sequence[Hashable], limit: int, message: str, now: datetime) -> None:
        """Count all or none. These limits come without Type and Retry-After, with the label's own counter."""
        if not self._daily:
            return
        self._turn(now)
        if any(self._today[key] >= limit for key in keys):
            raise Refused(429, 429, message, headers={"X-RateLimit-Limit": "6000"})
        self._today.update(keys)

    def _turn(self, now: datetime) -> None:
        second = now.astimezone(UTC).replace(microsecond=0)
        if second != self._second:
            self._second = second
            self._this_second.clear()
        if second.date() != self._day:
            self._day = second.date()
            self._today.clear()

    def _too_fast(self, label: str) -> Refused:
        headers = {
            "X-RateLimit-Type": "QPS",
            "X-RateLimit-Limit": str(PER_SECOND[self._plan][label]),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(int(self._second.timestamp()) + 1),
        }
        return Refused(429, 429, PER_SECOND_MESSAGE, headers=headers)

    def _too_many(self, daily: int) -> Refused:
        message = (
            "You have reached the maximum daily rate limit for this API. Refer to the response header for"
            " details on when you can make another request."
        )
        headers = {
            "X-RateLimit-Type": "Daily-limit",
            "X-RateLimit-Limit": str(daily),
            "X-RateLimit-Remaining": "0",
            "Retry-After": f"{self._day + timedelta(days=1)}T00:00:00Z",
        }
        return Refused(429, 429, message, headers=headers)
