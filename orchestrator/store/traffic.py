"""What waits for a relay, counted by wave, what it took lately, and when a wave leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from orchestrator.core.model import Quota
from orchestrator.core.schedule import MOVABLE, Traffic, wave
from orchestrator.core.sending import HOUR, Wave, windows
from orchestrator.store.database import Database
from orchestrator.store.quota import goes_to
from orchestrator.store.schema import Instant, letter

_SAME = ("event", "kind", "session", "rule", "due_at", "void_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """Letters of one event that wait and are alike to the send plan; what may leave already is due now."""

    event: str
    kind: str
    session: str
    rule: str
    leave_from: datetime
    due_at: datetime
    wanted_by: datetime
    void_at: datetime
    domain: str
    letters: int

    @property
    def may_leave_early(self) -> bool:
        return self.kind in MOVABLE and bool(self.rule)

    def wave(self, now: datetime) -> Wave:
        """The wave they belong to."""
        at = self.due_at if self.leave_from > now else now
        return wave(self.kind, self.rule, at, self.wanted_by, self.void_at, self.domain)


class TrafficKept:
    def __init__(self, db: Database) -> None:
        self._db = db

    def queued(self, relay: str, quota: Quota, now: datetime) -> list[Queued]:
        """Count what waits for a relay, of all events."""
        columns = [
            *(letter.c.event, letter.c.kind, letter.c.session, letter.c.rule),
            _not_before(now, letter.c.leave_from).label("leave_from"),
            _not_before(now, letter.c.due_at).label("due_at"),
            _not_before(now, letter.c.wanted_by).label("wanted_by"),
            letter.c.void_at,
            goes_to(quota.per_hour_to).label("domain"),
        ]
        query = (
            sa.select(*columns, sa.func.count().label("letters"))
            .where(letter.c.relay == relay, letter.c.state == "due", letter.c.void_at > now)
            .group_by(*columns)
        )
        with self._db.read() as c:
            return [Queued(**row._mapping) for row in c.execute(query)]

    def beside(self, relay: str, events: Iterable[str], quota: Quota, now: datetime) -> Traffic:
        """What a relay has to do beside the letters of some events."""
        besides, load = frozenset(events), dict[Wave, int]()
        for one in self.queued(relay, quota, now):
            if one.event not in besides:
                load[one.wave(now)] = load.get(one.wave(now), 0) + one.letters
        return Traffic(load=load, taken=self.taken(relay, quota, now))

    def taken(self, relay: str, quota: Quota, now: datetime) -> tuple[tuple[datetime, str], ...]:
        """When the relay took the letters that count against its quota now, each with its domain if that is limited."""
        longest = max((window for _, window in windows(quota)), default=timedelta())
        since = now - max(longest, HOUR if quota.per_hour_to else timedelta())
        query = sa.select(letter.c.dotted_at, goes_to(quota.per_hour_to).label("domain"))
        with self._db.read() as c:
            rows = c.execute(query.where(letter.c.relay == relay, letter.c.dotted_at > since))
            return tuple((row.dotted_at, row.domain) for row in rows)

    def leave(self, relay: str, quota: Quota, moves: Sequence[tuple[Queued, datetime]]) -> None:
        """Let letters leave from another instant on."""
        if not moves:
            return
        with self._db.write(f"relay:{relay}") as c:
            for one, at in moves:
                same = [
                    letter.c[n] == getattr(one, n) for n in ("event", "kind", "session", "rule", "due_at", "void_at")
                ]
                here = (letter.c.relay == relay, letter.c.state == "due", letter.c.leave_from == one.leave_from)
                c.execute(
                    letter.update().where(*same, *here, goes_to(quota.per_hour_to) == one.domain).values(leave_from=at)
                )


def _not_before(now: datetime, column: sa.Column[datetime]) -> sa.ColumnElement[datetime]:
    return sa.type_coerce(sa.case((column < now, sa.literal(now, Instant)), else_=column), Instant)
