"""Remembers: the only room with SQL. Its unique keys are the promises; it has no interface, tests use the real one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import sqlalchemy as sa

from orchestrator.store.database import Database
from orchestrator.store.deliveries import Delivery, Dotted, Planned, Released, Settled, Step
from orchestrator.store.excerpts import Excerpt, excerpt
from orchestrator.store.leases import Leases
from orchestrator.store.meetings import Kept, MeetingsKept, Way
from orchestrator.store.outbox import Outbox
from orchestrator.store.people import Events, People, Reading, Seats
from orchestrator.store.schema import alarm

__all__ = [
    "Alarms",
    "Database",
    "Delivery",
    "Dotted",
    "Excerpt",
    "Kept",
    "Planned",
    "Reading",
    "Released",
    "Settled",
    "Step",
    "Store",
    "Way",
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

    def set(self, event: str, found: dict[str, tuple[str, str]], prefix: str, now: datetime) -> None:
        """Make the alarms whose key begins with a prefix be exactly those found; several may do so at once."""
        before = {k: v[:2] for k, v in self.all(event).items() if k.startswith(prefix)}
        if before == found:
            return
        gone = [k for k, v in before.items() if found.get(k) != v]
        rows = [
            {"event": event, "key": k, "what": what, "remedy": remedy, "since": now}
            for k, (what, remedy) in sorted(found.items())
            if before.get(k) != (what, remedy)
        ]
        with self.db.write() as c:
            if gone:
                c.execute(alarm.delete().where(alarm.c.event == event, alarm.c.key.in_(gone)))
            if rows:
                c.execute(self.db.insert_unless_there(alarm), rows)


class Store:
    """Everything remembered, by subject."""

    def __init__(self, url: str, alive: Callable[[str], bool] = lambda _owner: True) -> None:
        self.db = Database(url)
        self.events = Events(self.db)
        self.people = People(self.db)
        self.seats = Seats(self.db)
        self.meetings = MeetingsKept(self.db)
        self.outbox = Outbox(self.db)
        self.leases = Leases(self.db, alive)
        self.alarms = Alarms(self.db)

    def open(self) -> Store:
        self.db.migrate()
        return self

    def excerpt(self, event: str, emails: Collection[str], references: Collection[str]) -> Excerpt:
        """Read together what the letters of some people need."""
        return excerpt(self.db, event, emails, references)

    def close(self) -> None:
        self.db.close()
