"""What somebody asked to be written, and small things to be remembered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from orchestrator.core.letters import Owed
from orchestrator.core.notices import Notice
from orchestrator.store.database import Database
from orchestrator.store.outbox_rows import new_row
from orchestrator.store.people import bring_news
from orchestrator.store.schema import letter, memo, notice


class Notices:
    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, event: str) -> tuple[Notice, ...]:
        query = sa.select(notice).where(notice.c.event == event).order_by(notice.c.made_at, notice.c.key)
        with self._db.read() as c:
            rows = c.execute(query).all()
        return tuple(Notice(**{name: getattr(row, name) for name in Notice.__slots__}) for row in rows)

    def one(self, event: str, key: str) -> Notice | None:
        query = sa.select(notice).where(notice.c.event == event, notice.c.key == key)
        with self._db.read() as c:
            row = c.execute(query).one_or_none()
        return None if row is None else Notice(**{name: getattr(row, name) for name in Notice.__slots__})

    def add(self, event: str, notices: Iterable[Notice]) -> int:
        """Note what is to be written, each once, ever; says how many were new."""
        rows = [{"event": event, **asdict(one)} for one in notices]
        if not rows:
            return 0
        with self._db.write(event) as c:
            new = sum(self._db.is_new(c, notice, row) for row in rows)
            if new:
                bring_news(c, event)
        return new

    def plan(self, event: str, relay: str, letters: Iterable[Owed], now: datetime) -> int:
        """Put letters that were asked for into the outbox, each once; says how many were new."""
        rows = [new_row(event, relay, owed, now) for owed in letters]
        if not rows:
            return 0
        with self._db.write(event) as c:
            return sum(self._db.is_new(c, letter, row) for row in rows)


class Memos:
    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, event: str, name: str) -> str:
        with self._db.read() as c:
            found = c.execute(sa.select(memo.c.value).where(memo.c.event == event, memo.c.name == name)).scalar()
        return found or ""

    def everywhere(self, name: str) -> dict[str, str]:
        """One thing that is remembered, by event."""
        with self._db.read() as c:
            return {r.event: r.value for r in c.execute(sa.select(memo).where(memo.c.name == name))}

    def set(self, event: str, name: str, value: str, now: datetime, *, news: bool = False) -> bool:
        """Remember a value, or forget it ("" ); `news`: the next beat decides by it. False when it was so already."""
        mine = (memo.c.event == event, memo.c.name == name)
        with self._db.write(event) as c:
            before = c.execute(sa.select(memo.c.value).where(*mine)).scalar() or ""
            if before == value:
                return False
            if value:
                self._db.put(c, memo, {"event": event, "name": name, "value": value, "at": now})
            else:
                c.execute(memo.delete().where(*mine))
            if news:
                bring_news(c, event)
        return True
