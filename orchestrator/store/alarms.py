"""What is wrong now, and who was told of it by which way."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from orchestrator.store.database import Database
from orchestrator.store.schema import alarm, memo

LID = timedelta(hours=1)
"""Of an alarm that goes and comes back one letter is written within this time."""
_MAILED = "mailed:"
_NOBODY: dict[str, datetime | None] = {"pushed_at": None, "mailed_at": None}


class Alarms:
    """What is wrong now, one row a trouble; raised again it stays the same row, cleared it is gone."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, event: str) -> dict[str, tuple[str, str, datetime]]:
        """What, remedy and since when, by key."""
        with self._db.read() as c:
            rows = c.execute(sa.select(alarm).where(alarm.c.event == event)).all()
        return {r.key: (r.what, r.remedy, r.since) for r in sorted(rows, key=lambda r: (r.since, r.key))}

    def set(self, event: str, found: dict[str, tuple[str, str]], prefix: str | tuple[str, ...], now: datetime) -> None:
        """Make the alarms whose key begins with a prefix, or one of some, be exactly those found; several may do so
        at once."""
        before = {k: v[:2] for k, v in self.all(event).items() if k.startswith(prefix)}
        if before == found:
            return
        told = self._told(event) if before else {}
        gone = [k for k, v in before.items() if found.get(k) != v]
        rows = [
            {"event": event, "key": k, "what": what, "remedy": remedy, "since": now, **told.get(k, _NOBODY)}
            for k, (what, remedy) in sorted(found.items())
            if before.get(k) != (what, remedy)
        ]
        with self._db.write(event) as c:
            if gone:
                c.execute(alarm.delete().where(alarm.c.event == event, alarm.c.key.in_(gone)))
            if rows:
                c.execute(self._db.insert_unless_there(alarm), rows)

    def set_everywhere(
        self, found: Mapping[str, dict[str, tuple[str, str]]], events: Collection[str], prefix: str, now: datetime
    ) -> None:
        """The same for many events at once, one question for all of them; an event that is not in `found` has none."""
        with self._db.read() as c:
            rows = c.execute(sa.select(alarm).where(alarm.c.key.startswith(prefix, autoescape=True))).all()
        before: dict[str, dict[str, tuple[str, str]]] = {}
        for r in rows:
            before.setdefault(r.event, {})[r.key] = (r.what, r.remedy)
        for event in events:
            if before.get(event, {}) != found.get(event, {}):
                self.set(event, found.get(event, {}), prefix, now)

    def unsaid(self, way: str, now: datetime) -> dict[str, dict[str, tuple[str, str, datetime]]]:
        """What nobody was told yet by a way, `pushed` or `mailed`, by event; one whose words changed was.

        One that was written in the last hour and came back waits until that is over.
        """
        lately = sa.select(memo.c.event).where(
            memo.c.event == alarm.c.event, memo.c.name == _MAILED + alarm.c.key, memo.c.at > now - LID
        )
        query = sa.select(alarm).where(alarm.c[f"{way}_at"].is_(None)).order_by(alarm.c.since, alarm.c.key)
        found: dict[str, dict[str, tuple[str, str, datetime]]] = {}
        with self._db.read() as c:
            for r in c.execute(query.where(~lately.exists()) if way == "mailed" else query):
                found.setdefault(r.event, {})[r.key] = (r.what, r.remedy, r.since)
        return found

    def told(self, event: str, keys: Collection[str], way: str, now: datetime) -> None:
        """Note that somebody was told these by a way."""
        if not keys:
            return
        mine = (alarm.c.event == event, alarm.c.key.in_(sorted(keys)))
        with self._db.write(event) as c:
            c.execute(alarm.update().where(*mine).values({f"{way}_at": now}))
            for key in sorted(keys) if way == "mailed" else ():
                self._db.put(c, memo, {"event": event, "name": _MAILED + key, "value": "1", "at": now})

    def _told(self, event: str) -> dict[str, dict[str, datetime | None]]:
        with self._db.read() as c:
            rows = c.execute(sa.select(alarm).where(alarm.c.event == event)).all()
        return {r.key: {"pushed_at": r.pushed_at, "mailed_at": r.mailed_at} for r in rows}
