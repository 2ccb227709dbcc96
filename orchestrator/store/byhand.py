"""What the organiser says of people by hand, and the journal of who said it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from orchestrator.core.model import Entry, Person
from orchestrator.store.database import Database
from orchestrator.store.people import bring_news, withdraw, write_people
from orchestrator.store.schema import entry, journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the journal; `person` is a reference, never an address."""

    at: datetime
    who: str
    what: str
    person: str


class ByHand:
    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, key: str) -> dict[str, Entry]:
        """Everything said by hand, by e-mail."""
        with self._db.read() as c:
            rows = c.execute(sa.select(entry).where(entry.c.event == key)).all()
        return {
            r.email: Entry(
                email=r.email,
                fields=r.fields,
                added=bool(r.added),
                withdrawn_at=r.withdrawn_at,
                entered_at=r.entered_at,
            )
            for r in rows
        }

    def mark(self, key: str) -> str:
        """Change with every entry: part of what a reading was made from; "" while nothing was entered."""
        query = sa.select(sa.func.count(), sa.func.max(entry.c.entered_at)).where(entry.c.event == key)
        with self._db.read() as c:
            n, last = c.execute(query).one()
        return f"/{n}-{last.timestamp()}" if n else ""

    def record(self, key: str, said: Sequence[Entry], people: Sequence[Person], line: Line) -> None:
        """Write what was said of some people, with the people as they now are, in one transaction.

        Whoever is in `said` and not in `people` is registered no longer.
        """
        now = line.at
        with self._db.write(key) as c:
            for one in said:
                values = {
                    "fields": dict(one.fields),
                    "added": int(one.added),
                    "withdrawn_at": one.withdrawn_at,
                    "entered_at": now,
                }
                c.execute(entry.delete().where(entry.c.event == key, entry.c.email == one.email))
                c.execute(entry.insert().values(event=key, email=one.email, **values))
            write_people(c, key, people, ())
            here = {p.email for p in people}
            withdraw(c, key, [one.email for one in said if one.email not in here], now)
            self._note(c, key, line)
            bring_news(c, key)

    def note(self, key: str, line: Line) -> None:
        """Add a line to the journal."""
        with self._db.write() as c:
            self._note(c, key, line)

    def _note(self, c: sa.Connection, key: str, line: Line) -> None:
        c.execute(journal.insert().values(event=key, at=line.at, who=line.who, what=line.what, about=line.person))

    def journal(self, key: str) -> list[Line]:
        """Everything that was done by hand, the oldest first."""
        query = sa.select(journal).where(journal.c.event == key).order_by(journal.c.at, journal.c.id)
        with self._db.read() as c:
            return [Line(at=r.at, who=r.who, what=r.what, person=r.about) for r in c.execute(query)]
