"""How far the service has come, kept in the database and in a small file beside it: an old copy put back is noticed."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from orchestrator.store.database import Database
from orchestrator.store.schema import lease

NAME = "last at work"
"""Its row among the leases; nobody holds it."""
EVERY = timedelta(minutes=1)
NEVER = timedelta(0)


class HighWater:
    """The file is SQLite's only: PostgreSQL's own backups are put back as a whole, by somebody who knows."""

    def __init__(self, db: Database) -> None:
        self._db = db
        name = db.engine.url.database
        self._file = Path(f"{name}.mark") if db.is_sqlite and name and name != ":memory:" else None

    def note(self, now: datetime) -> None:
        """Note that some process beats, once a minute; the database first: the file is never ahead of it."""
        if (self.at() or datetime.min.replace(tzinfo=UTC)) > now - EVERY:
            return
        with self._db.write() as c:
            self._db.put(c, lease, {"name": NAME, "owner": "", "until": now})
        if self._file is None:
            return
        fresh = self._file.with_name(self._file.name + ".new")
        fresh.write_text(now.isoformat(), "ascii")
        os.replace(fresh, self._file)

    def behind(self) -> timedelta:
        """How much older the database is than the file says it should be; nothing where they agree."""
        if self._file is None or not self._file.exists():
            return NEVER
        try:
            there = datetime.fromisoformat(self._file.read_text("ascii").strip())
        except (OSError, ValueError):
            return NEVER
        here = self.at()
        return max(NEVER, there - here) if here is not None else NEVER

    def at(self) -> datetime | None:
        """When some process last beat, to the minute."""
        with self._db.read() as c:
            found: datetime | None = c.execute(sa.select(lease.c.until).where(lease.c.name == NAME)).scalar()
        return found
