"""Leases: who may do a thing now. A dead owner's is taken at once, a silent one's when it runs out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa

from orchestrator.core.errors import Held
from orchestrator.store.database import Database
from orchestrator.store.schema import lease


class Leases:
    """`alive` tells whether an owner on this host still runs (True for owners elsewhere)."""

    def __init__(self, db: Database, alive: Callable[[str], bool]) -> None:
        self._db = db
        self.alive = alive

    def take(self, name: str, owner: str, now: datetime, lasting: timedelta) -> None:
        """Take or renew a lease. Raises Held with the holder's name; nobody comes in between, see Database.write."""
        with self._db.write() as c:
            row = c.execute(sa.select(lease).where(lease.c.name == name)).one_or_none()
            if row is not None and row.owner != owner and row.until > now and self.alive(row.owner):
                raise Held(
                    f"« {name} » est en cours dans un autre processus ({_who(row.owner)})",
                    remedy="attendez qu'il ait fini, ou arrêtez-le",
                )
            values = {"name": name, "owner": owner, "until": now + lasting}
            if row is None:
                c.execute(lease.insert().values(values))
            else:
                c.execute(lease.update().where(lease.c.name == name).values(values))

    def release(self, name: str, owner: str) -> None:
        with self._db.write() as c:
            c.execute(lease.delete().where(lease.c.name == name, lease.c.owner == owner))

    @contextmanager
    def held(self, name: str, owner: str, now: datetime, lasting: timedelta) -> Iterator[None]:
        self.take(name, owner, now, lasting)
        try:
            yield
        finally:
            self.release(name, owner)


def _who(owner: str) -> str:
    host, pid, *_ = [*owner.split(":"), "?"]
    return f"{host}, processus {pid}"
