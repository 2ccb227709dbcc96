"""Leases: who may do a thing now. A dead owner's is taken at once, a silent one's when it runs out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

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
        """Take or renew a lease. Raises Held with the holder's name."""
        with self._db.write(f"lease:{name}") as c:
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
        """Hold a lease; who has lost it meanwhile, asleep for longer than it lasted, writes nothing more: Held."""
        self.take(name, owner, now, lasting)
        try:
            with self._db.fenced(partial(_check, name, owner)):
                yield
        finally:
            self.release(name, owner)


def _check(name: str, owner: str, c: sa.Connection) -> None:
    """See that a lease is still an owner's, and stays so until the transaction ends. Raises Held."""
    mine = sa.select(lease.c.owner).where(lease.c.name == name).with_for_update(read=True)
    holder = c.execute(mine).scalar()
    if holder != owner:
        raise Held(
            f"« {name} » a été repris par un autre processus ({_who(holder or '?')})",
            remedy="rien : c'est l'autre processus qui continue",
        )


def _who(owner: str) -> str:
    host, pid, *_ = [*owner.split(":"), "?"]
    return f"{host}, processus {pid}"
