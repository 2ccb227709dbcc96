"""Counts over all events at once, for those who watch the service: one query a figure, nobody's name in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from orchestrator.store.database import Database
from orchestrator.store.schema import alarm, budget, letter, meeting

LATE = (1, 10, 60, 300, 900, 3600)
"""Seconds: where the counts of lateness are cut."""
ROUNDED = 0.001
"""Seconds: SQLite's julianday() is exact to less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How long after their hour an event's letters were accepted. `within`: how many at most LATE[i] seconds."""

    within: tuple[int, ...]
    sent: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Letters whose hour has come and which have not left."""

    letters: int
    since: datetime


class Figures:
    def __init__(self, db: Database) -> None:
        self._db = db

    def letters(self) -> dict[tuple[str, str], int]:
        """How many letters, by event and state."""
        columns = (letter.c.event, letter.c.state)
        return {(r.event, r.state): r.n for r in self._rows(sa.select(*columns, _COUNT).group_by(*columns))}

    def lateness(self) -> dict[str, Lateness]:
        """How late the letters sent were, by event; one that left early is not late."""
        late = self._seconds_after_due()
        cuts = [sa.func.sum(sa.case((late < cut + ROUNDED, 1), else_=0)).label(f"within_{cut}") for cut in LATE]
        total = sa.func.sum(sa.case((late > ROUNDED, late), else_=0)).label("seconds")
        query = sa.select(letter.c.event, *cuts, _COUNT, total).where(letter.c.state == "sent")
        return {
            r.event: Lateness(
                within=tuple(getattr(r, f"within_{cut}") for cut in LATE), sent=r.n, seconds=round(float(r.seconds), 3)
            )
            for r in self._rows(query.group_by(letter.c.event))
        }

    def _seconds_after_due(self) -> Any:
        if self._db.is_sqlite:
            return (sa.func.julianday(letter.c.sent_at) - sa.func.julianday(letter.c.due_at)) * 86400.0
        return sa.extract("epoch", letter.c.sent_at - letter.c.due_at)

    def waiting(self, now: datetime) -> dict[str, Waiting]:
        """What should have left by now, by event, and since when the first of it should have."""
        since = sa.func.min(letter.c.leave_from, type_=letter.c.leave_from.type).label("since")
        query = sa.select(letter.c.event, _COUNT, since).where(
            letter.c.state.in_(("due", "claimed", "dotted")), letter.c.leave_from <= now, letter.c.void_at > now
        )
        rows = self._rows(query.group_by(letter.c.event))
        return {r.event: Waiting(letters=r.n, since=r.since) for r in rows}

    def alarms(self) -> dict[str, tuple[str, ...]]:
        """The keys of what is wrong, by event."""
        found: dict[str, tuple[str, ...]] = {}
        for r in self._rows(sa.select(alarm.c.event, alarm.c.key).order_by(alarm.c.event, alarm.c.key)):
            found[r.event] = (*found.get(r.event, ()), r.key)
        return found

    def zoom_read(self) -> dict[str, datetime]:
        """When Zoom last answered about a meeting, by event."""
        latest = sa.func.max(meeting.c.read_at, type_=meeting.c.read_at.type).label("at")
        rows = self._rows(sa.select(meeting.c.event, latest).group_by(meeting.c.event))
        return {r.event: r.at for r in rows if r.at is not None}

    def relay_used(self, relays: Collection[str]) -> dict[str, datetime]:
        """When each relay was last given a letter."""
        latest = sa.func.max(letter.c.dotted_at, type_=letter.c.dotted_at.type).label("at")
        query = sa.select(letter.c.relay, latest).where(letter.c.relay.in_(relays)).group_by(letter.c.relay)
        return {r.relay: r.at for r in self._rows(query) if r.at is not None}

    def zoom_used(self, day: str) -> dict[str, int]:
        """Creates and updates used of a day (UTC, as in `budget`), by host."""
        return {r.host: r.used for r in self._rows(sa.select(budget).where(budget.c.day == day))}

    def _rows(self, query: Any) -> Sequence[Any]:
        with self._db.read() as c:
            return c.execute(query).all()


_COUNT = sa.func.count().label("n")
