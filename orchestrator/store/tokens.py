"""Bearer tokens of the read-only API: kept as hashes, in the table of links to come in by, with a role of their own."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from orchestrator.store.database import Database
from orchestrator.store.schema import login

ROLE = "api"


class Tokens:
    def __init__(self, db: Database) -> None:
        self._db = db

    def allow(self, secret: str, name: str, until: datetime) -> None:
        """Let whoever shows a secret read; `secret` is hidden already."""
        with self._db.write() as c:
            c.execute(login.insert().values(id=secret, email=name, role=ROLE, until=until))

    def whose(self, secret: str, now: datetime) -> str | None:
        """The name a token was given, None where it opens nothing."""
        query = sa.select(login.c.email).where(login.c.id == secret, login.c.role == ROLE, login.c.until > now)
        with self._db.read() as c:
            name: str | None = c.execute(query).scalar()
        return name

    def all(self, now: datetime) -> list[tuple[str, datetime]]:
        """Each token's name and its end."""
        query = sa.select(login.c.email, login.c.until).where(login.c.role == ROLE, login.c.until > now)
        with self._db.read() as c:
            return [(row.email, row.until) for row in c.execute(query.order_by(login.c.email, login.c.until))]

    def revoke(self, name: str) -> int:
        """Shut every token of a name; says how many."""
        with self._db.write() as c:
            return c.execute(login.delete().where(login.c.role == ROLE, login.c.email == name)).rowcount
