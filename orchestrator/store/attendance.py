"""Who was there: the stays as Zoom reported them, what a person decided, and what is kept of it for the funder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from orchestrator.core.attendance import Stay
from orchestrator.store.database import Database
from orchestrator.store.people import bring_news
from orchestrator.store.schema import attendance, certificate, decision, stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What is kept of one person and session when addresses are gone. `person` is their reference."""

    person: str
    session: str
    name: str
    organisation: str = ""
    workshop: str = ""
    minutes: int = 0
    came: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A person's certificate as last issued; `person` is their reference."""

    person: str
    revision: int
    number: str
    issued_at: datetime
    revoked_at: datetime | None = None


class AttendanceKept:
    def __init__(self, db: Database) -> None:
        self._db = db

    def stays(self, event: str) -> tuple[Stay, ...]:
        """Everything Zoom reported, as last read."""
        query = sa.select(stay).where(stay.c.event == event).order_by(stay.c.joined_at, stay.c.key)
        with self._db.read() as c:
            return tuple(_stay(row) for row in c.execute(query))

    def record_stays(self, event: str, meeting: str, found: Iterable[Stay], now: datetime) -> bool:
        """Write a reading down; a stay seen once stays, its end only grows. Tells whether anything changed."""
        with self._db.write(event) as c:
            mine = (stay.c.event == event, stay.c.meeting == meeting)
            known = {row.key: row for row in c.execute(sa.select(stay).where(*mine))}
            new = [one for one in found if one.key not in known or one.left_at > known[one.key].left_at]
            for one in new:
                c.execute(stay.delete().where(*mine, stay.c.key == one.key))
            if new:
                c.execute(stay.insert(), [{"event": event, **_row(one, meeting), "read_at": now} for one in new])
                bring_news(c, event)
        return bool(new)

    def decided(self, event: str) -> dict[str, tuple[str, ...]]:
        """Stay → the people it was (none = nobody of ours), as somebody decided."""
        found: dict[str, tuple[str, ...]] = {}
        query = sa.select(decision).where(decision.c.event == event).order_by(decision.c.stay, decision.c.person)
        with self._db.read() as c:
            for row in c.execute(query):
                found[row.stay] = (*found.get(row.stay, ()), *filter(None, [row.person]))
        return found

    def decide(self, event: str, stays: Iterable[str], people: Iterable[str], by: str, now: datetime) -> None:
        """Note whose some stays were, nobody's where none is named; an earlier decision is replaced."""
        keys, who = list(stays), list(dict.fromkeys(people)) or [""]
        with self._db.write(event) as c:
            c.execute(decision.delete().where(decision.c.event == event, decision.c.stay.in_(keys)))
            rows = [
                {"event": event, "stay": key, "person": person, "by": by, "at": now} for key in keys for person in who
            ]
            c.execute(decision.insert(), rows)
            bring_news(c, event)

    def keep(self, event: str, wanted: Mapping[tuple[str, str], Present], now: datetime) -> int:
        """Make what is kept be exactly this; says how many rows changed."""
        found = {(p.person, p.session): p for p in self.kept(event)}
        changed = [p for key, p in wanted.items() if found.get(key) != p]
        gone = [key for key in found if key not in wanted]
        if not changed and not gone:
            return 0
        with self._db.write(event) as c:
            for person, session in [*gone, *((p.person, p.session) for p in changed)]:
                mine = (attendance.c.person == person, attendance.c.session == session)
                c.execute(attendance.delete().where(attendance.c.event == event, *mine))
            if changed:
                c.execute(attendance.insert(), [{"event": event, "noted_at": now, **_kept_row(p)} for p in changed])
            bring_news(c, event)
        return len(changed) + len(gone)

    def kept(self, event: str) -> tuple[Present, ...]:
        """What is kept, by name and session."""
        query = sa.select(attendance).where(attendance.c.event == event)
        with self._db.read() as c:
            rows = c.execute(query.order_by(attendance.c.name, attendance.c.person, attendance.c.session)).all()
        return tuple(Present(**{name: getattr(row, name) for name in Present.__slots__}) for row in rows)

    def has_come(self, event: str, person: str) -> bool:
        """Tell whether somebody, by reference, came to any session."""
        mine = (attendance.c.event == event, attendance.c.person == person, attendance.c.came)
        with self._db.read() as c:
            return c.execute(sa.select(sa.literal(1)).where(*mine).limit(1)).scalar() is not None

    def came_of(self, event: str, person: str) -> bool | None:
        """Tell whether somebody, by reference, came to any session; None where Zoom has told of nobody."""
        known = sa.select(sa.literal(1)).where(attendance.c.event == event, attendance.c.minutes > 0).limit(1)
        with self._db.read() as c:
            if c.execute(known).scalar() is None:
                return None
        return self.has_come(event, person)

    def forget(self, event: str) -> int:
        """Erase attendance and certificates, when their own time is over."""
        with self._db.write(event) as c:
            return sum(
                c.execute(table.delete().where(table.c.event == event)).rowcount for table in (attendance, certificate)
            )

    # certificates

    def issued(self, event: str) -> dict[str, Issued]:
        """Every certificate by its person's reference."""
        with self._db.read() as c:
            rows = c.execute(sa.select(certificate).where(certificate.c.event == event)).all()
        return {r.person: Issued(**{name: getattr(r, name) for name in Issued.__slots__}) for r in rows}

    def revoked(self, event: str) -> tuple[str, ...]:
        """The numbers that are no longer valid: revoked ones, and the revisions before those issued anew."""
        numbers = []
        for one in self.issued(event).values():
            stem, _, _ = one.number.rpartition("-")
            last = one.revision if one.revoked_at is not None else one.revision - 1
            numbers += [f"{stem}-{n}" for n in range(1, last + 1)]
        return tuple(sorted(numbers))

    def issue(self, event: str, one: Issued) -> None:
        """Note a certificate as issued, or revoked."""
        values: dict[str, Any] = {name: getattr(one, name) for name in Issued.__slots__}
        with self._db.write(event) as c:
            mine = (certificate.c.event == event, certificate.c.person == one.person)
            c.execute(certificate.delete().where(*mine))
            c.execute(certificate.insert().values(event=event, **values))
            bring_news(c, event)


def _row(one: Stay, meeting: str) -> dict[str, Any]:
    return {
        "key": one.key,
        "meeting": meeting,
        "registrant_id": one.registrant_id,
        "name": one.name,
        "email": one.email,
        "joined_at": one.joined_at,
        "left_at": one.left_at,
    }


def _stay(row: Any) -> Stay:
    return Stay(
        key=row.key,
        meeting=row.meeting,
        registrant_id=row.registrant_id,
        name=row.name,
        email=row.email,
        joined_at=row.joined_at,
        left_at=row.left_at,
    )


def _kept_row(p: Present) -> dict[str, Any]:
    return {name: getattr(p, name) for name in Present.__slots__}
