"""Who did what by hand: one row an act, never with a link or a secret in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from orchestrator.store.database import Database
from orchestrator.store.schema import journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`who` is an organiser's address, or empty for the command line; `about` whom or what it concerned."""

    at: datetime
    who: str
    what: str
    about: str = ""
    note: str = ""


class Journal:
    def __init__(self, db: Database) -> None:
        self._db = db

    def note(self, event: str, now: datetime, *, who: str, what: str, about: str = "", note: str = "") -> None:
        """Write an act down."""
        with self._db.write() as c:
            c.execute(journal.insert().values(event=event, at=now, who=who, what=what, about=about, note=note))

    def all(self, event: str, most: int = 500) -> list[Entry]:
        """The newest acts first."""
        return self._read(journal.c.event == event, most)

    def about(self, event: str, *names: str, most: int = 100) -> list[Entry]:
        """What was done about one person or thing, by any of its names, the newest first."""
        return self._read(sa.and_(journal.c.event == event, journal.c.about.in_(names)), most)

    def _read(self, where: sa.ColumnElement[bool], most: int) -> list[Entry]:
        columns = [journal.c[name] for name in Entry.__slots__]
        query = sa.select(*columns).where(where).order_by(journal.c.at.desc(), journal.c.id.desc()).limit(most)
        with self._db.read() as c:
            return [Entry(**row._mapping) for row in c.execute(query)]
