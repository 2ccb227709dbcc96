"""Remembers: the only room with SQL. Its unique keys are the promises; it has no interface, tests use the real one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

import sqlalchemy as sa

from orchestrator.store.attendance import AttendanceKept, Issued, Present
from orchestrator.store.board import Board
from orchestrator.store.byhand import ByHand, Line
from orchestrator.store.configs import Accepted, Configs, digest_of
from orchestrator.store.database import Database
from orchestrator.store.deliveries import Delivery, Dotted, Planned, Released, Settled, Step
from orchestrator.store.entries import Entries
from orchestrator.store.excerpts import Excerpt, excerpt
from orchestrator.store.figures import Figures
from orchestrator.store.highwater import HighWater
from orchestrator.store.holds import Hold, Holds
from orchestrator.store.journal import Journal
from orchestrator.store.leases import Leases
from orchestrator.store.meetings import Adopted, Kept, MeetingsKept, Way
from orchestrator.store.notices import Memos, Notices
from orchestrator.store.outbox import Outbox
from orchestrator.store.pages import Pages
from orchestrator.store.people import Events, People, Reading, Seats
from orchestrator.store.presence import Presence
from orchestrator.store.privacy import Privacy, Tombs, Wanting
from orchestrator.store.returns import Returns
from orchestrator.store.roll import Roll
from orchestrator.store.schema import alarm
from orchestrator.store.tokens import Tokens
from orchestrator.store.traffic import Queued, TrafficKept

__all__ = [
    "Accepted",
    "Adopted",
    "Alarms",
    "AttendanceKept",
    "Board",
    "ByHand",
    "Database",
    "Delivery",
    "Dotted",
    "Entries",
    "Excerpt",
    "Hold",
    "Holds",
    "Issued",
    "Journal",
    "Kept",
    "Line",
    "Memos",
    "Notices",
    "Pages",
    "Planned",
    "Presence",
    "Present",
    "Queued",
    "Reading",
    "Released",
    "Returns",
    "Settled",
    "Step",
    "Store",
    "Tokens",
    "Tombs",
    "Wanting",
    "Way",
    "digest_of",
    "excerpt",
]


class Alarms:
    """What is wrong now, one row a trouble; raised again it stays the same row, cleared it is gone."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def all(self, event: str) -> dict[str, tuple[str, str, datetime]]:
        """What, remedy and since when, by key."""
        with self.db.read() as c:
            rows = c.execute(sa.select(alarm).where(alarm.c.event == event)).all()
        return {r.key: (r.what, r.remedy, r.since) for r in sorted(rows, key=lambda r: (r.since, r.key))}

    def set(self, event: str, found: dict[str, tuple[str, str]], prefix: str | tuple[str, ...], now: datetime) -> None:
        """Make the alarms whose key begins with a prefix, or one of some, be exactly those found; several may do so
        at once."""
        before = {k: v[:2] for k, v in self.all(event).items() if k.startswith(prefix)}
        if before == found:
            return
        pushed = self._pushed(event) if before else {}
        gone = [k for k, v in before.items() if found.get(k) != v]
        rows = [
            {"event": event, "key": k, "what": what, "remedy": remedy, "since": now, "pushed_at": pushed.get(k)}
            for k, (what, remedy) in sorted(found.items())
            if before.get(k) != (what, remedy)
        ]
        with self.db.write(event) as c:
            if gone:
                c.execute(alarm.delete().where(alarm.c.event == event, alarm.c.key.in_(gone)))
            if rows:
                c.execute(self.db.insert_unless_there(alarm), rows)

    def set_everywhere(
        self, found: Mapping[str, dict[str, tuple[str, str]]], events: Collection[str], prefix: str, now: datetime
    ) -> None:
        """The same for many events at once, one question for all of them; an event that is not in `found` has none."""
        with self.db.read() as c:
            rows = c.execute(sa.select(alarm).where(alarm.c.key.startswith(prefix, autoescape=True))).all()
        before: dict[str, dict[str, tuple[str, str]]] = {}
        for r in rows:
            before.setdefault(r.event, {})[r.key] = (r.what, r.remedy)
        for event in events:
            if before.get(event, {}) != found.get(event, {}):
                self.set(event, found.get(event, {}), prefix, now)

    def events_to_push(self) -> frozenset[str]:
        """Which events have alarms nobody was woken for yet."""
        with self.db.read() as c:
            return frozenset(
                c.execute(sa.select(alarm.c.event).where(alarm.c.pushed_at.is_(None)).distinct()).scalars()
            )

    def _pushed(self, event: str) -> dict[str, datetime | None]:
        with self.db.read() as c:
            return {r.key: r.pushed_at for r in c.execute(sa.select(alarm).where(alarm.c.event == event))}

    def to_push(self, event: str) -> dict[str, tuple[str, str, datetime]]:
        """Those nobody was woken for yet; one whose words changed is none."""
        pushed = self._pushed(event)
        return {key: what for key, what in self.all(event).items() if pushed.get(key) is None}

    def pushed(self, event: str, keys: Collection[str], now: datetime) -> None:
        """Note that somebody was woken for these."""
        if keys:
            with self.db.write(event) as c:
                c.execute(
                    alarm.update().where(alarm.c.event == event, alarm.c.key.in_(sorted(keys))).values(pushed_at=now)
                )


class Store:
    """Everything remembered, by subject."""

    def __init__(self, url: str, alive: Callable[[str], bool] = lambda _owner: True) -> None:
        self.db = Database(url)
        self.events = Events(self.db)
        self.people = People(self.db)
        self.seats = Seats(self.db)
        self.meetings = MeetingsKept(self.db)
        self.presence = Presence(self.db)
        self.outbox = Outbox(self.db)
        self.traffic = TrafficKept(self.db)
        self.leases = Leases(self.db, alive)
        self.alarms = Alarms(self.db)
        self.privacy = Privacy(self.db)
        self.highwater = HighWater(self.db)
        self.configs = Configs(self.db)
        self.attendance = AttendanceKept(self.db)
        self.figures = Figures(self.db)
        self.holds = Holds(self.db)
        self.notices = Notices(self.db)
        self.memos = Memos(self.db)
        self.board = Board(self.db)
        self.roll = Roll(self.db)
        self.journal = Journal(self.db)
        self.tokens = Tokens(self.db)
        self.entries = Entries(self.db)
        self.pages = Pages(self.db)
        self.returns = Returns(self.db)
        self.byhand = ByHand(self.db)

    def open(self) -> Store:
        self.db.migrate()
        return self

    def excerpt(self, event: str, emails: Collection[str], references: Collection[str]) -> Excerpt:
        """Read together what the letters of some people need."""
        return excerpt(self.db, event, emails, references)

    def close(self) -> None:
        self.db.close()
