"""Remembers: the only room with SQL. Its unique keys are the promises; it has no interface, tests use the real one."""

from __future__ import annotations

from collections.abc import Callable, Collection

from orchestrator.store.alarms import Alarms
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
