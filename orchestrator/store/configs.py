"""The accepted versions of each event's file, so that a host whose file is older serves the newer one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from orchestrator.store.database import Database
from orchestrator.store.schema import config


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One version of an event's file, without its secrets."""

    number: int
    digest: str
    name: str
    """The file's name."""
    text: str
    """Empty once the event's people are purged: it names speakers and organisers."""
    accepted_at: datetime
    by: str
    """The host that brought it."""


def digest_of(text: str) -> str:
    return hashlib.blake2s(text.encode(), digest_size=16).hexdigest()


class Configs:
    def __init__(self, db: Database) -> None:
        self._db = db

    def newest(self, event: str) -> Accepted | None:
        """The version every host should serve."""
        query = sa.select(config).where(config.c.event == event).order_by(config.c.number.desc()).limit(1)
        with self._db.read() as c:
            row = c.execute(query).one_or_none()
        return None if row is None else _accepted(row)

    def all_newest(self) -> dict[str, Accepted]:
        """The version every host should serve, by event."""
        last = (
            sa.select(config.c.event, sa.func.max(config.c.number).label("number")).group_by(config.c.event).subquery()
        )
        query = sa.select(config).join(last, sa.and_(config.c.event == last.c.event, config.c.number == last.c.number))
        with self._db.read() as c:
            return {row.event: _accepted(row) for row in c.execute(query)}

    def digests(self) -> dict[str, str]:
        """Which version every host should serve, by event."""
        last = sa.select(config.c.event, sa.func.max(config.c.number)).group_by(config.c.event)
        query = sa.select(config.c.event, config.c.digest).where(sa.tuple_(config.c.event, config.c.number).in_(last))
        with self._db.read() as c:
            return {row.event: row.digest for row in c.execute(query)}

    def history(self, event: str) -> tuple[Accepted, ...]:
        """Every accepted version, oldest first."""
        query = sa.select(config).where(config.c.event == event).order_by(config.c.number)
        with self._db.read() as c:
            return tuple(_accepted(row) for row in c.execute(query))

    def was_replaced(self, event: str, digest: str) -> bool:
        """Tell whether a version was accepted once and another one after it."""
        found = [one.digest for one in self.history(event)]
        return digest in found[:-1] and digest != found[-1]

    def accept(self, event: str, *, name: str, text: str, now: datetime, by: str, is_kept: bool = True) -> None:
        """Make a text the newest version, unless it is already; one that is not kept is known by its digest alone."""
        digest = digest_of(text)
        with self._db.write(event) as c:
            query = sa.select(config.c.number, config.c.digest).where(config.c.event == event)
            row = c.execute(query.order_by(config.c.number.desc()).limit(1)).one_or_none()
            if row is not None and row.digest == digest:
                return
            number = 1 if row is None else row.number + 1
            kept = text if is_kept else ""
            values = {"event": event, "number": number, "digest": digest, "name": name, "text": kept}
            c.execute(config.insert().values(**values, accepted_at=now, by=by))


def _accepted(row: sa.Row[tuple[object, ...]]) -> Accepted:
    return Accepted(
        number=row.number, digest=row.digest, name=row.name, text=row.text, accepted_at=row.accepted_at, by=row.by
    )
