"""People, their seats and the last reading of the source."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from orchestrator.core.model import Event, Finding, Person, Refusal, Seat, Wishes
from orchestrator.store.database import Database
from orchestrator.store.schema import event, intake, merged, person, seat


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is remembered of the last reading of the source."""

    fingerprint: str
    read_at: datetime
    rows: int
    refused: tuple[Refusal, ...] = ()
    held: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    """Our key → the title it was read under."""


# Statements that are asked for every letter or beat, built once.
_COUNTERS = sa.select(event.c.key, event.c.version, event.c.news)
_VERSIONS = sa.select(event.c.version, event.c.news).where(event.c.key == sa.bindparam("event"))
_ONE = sa.select(person).where(
    person.c.event == sa.bindparam("event"),
    person.c.email == sa.bindparam("email"),
    person.c.withdrawn_at.is_(None),
)
_SEATS_OF = sa.select(seat).where(seat.c.event == sa.bindparam("event"), seat.c.person == sa.bindparam("email"))


def bump(c: sa.Connection, key: str) -> None:
    """Note, in a beat, that something which decides letters, seats or meetings of an event has changed."""
    c.execute(event.update().where(event.c.key == key).values(version=event.c.version + 1))


def bring_news(c: sa.Connection, key: str) -> None:
    """The same from outside a beat: the next beat looks at everything."""
    c.execute(event.update().where(event.c.key == key).values(news=event.c.news + 1))


class Events:
    def __init__(self, db: Database) -> None:
        self._db = db

    def serve(self, what: Event, now: datetime) -> None:
        """Note, in a beat, that this store serves an event, and when its config changes; else nothing is written."""
        digest = hashlib.blake2s(repr(what).encode(), digest_size=16).hexdigest()
        where = event.c.key == what.key
        with self._db.read() as c:
            found = c.execute(sa.select(event.c.digest).where(where)).scalar()
        if found == digest:
            return
        with self._db.write(what.key) as c:
            if found is None:
                row = {"key": what.key, "digest": digest, "served_at": now, "version": 1}
                c.execute(self._db.insert_unless_there(event), row)
            else:
                c.execute(event.update().where(where).values(digest=digest, version=event.c.version + 1))

    def served_at(self, key: str) -> datetime | None:
        """When this store first served an event; never changes."""
        with self._db.read() as c:
            return c.execute(sa.select(event.c.served_at).where(event.c.key == key)).scalar()

    def is_known(self, key: str) -> bool:
        with self._db.read() as c:
            return c.execute(sa.select(event.c.key).where(event.c.key == key)).scalar() is not None

    def counters(self) -> dict[str, tuple[int, int]]:
        """The two numbers of every event, as `versions` tells them of one."""
        with self._db.read() as c:
            return {r.key: (r.version, r.news) for r in c.execute(_COUNTERS)}

    def versions(self, key: str) -> tuple[int, int]:
        """Two numbers that grow with every change that decides something: by beats, by anybody else."""
        with self._db.read() as c:
            row = c.execute(_VERSIONS, {"event": key}).one_or_none()
        return (0, 0) if row is None else (row.version, row.news)


class People:
    def __init__(self, db: Database) -> None:
        self._db = db

    def comings(self, key: str) -> dict[str, tuple[str, ...]]:
        """The sessions of everyone registered and not withdrawn, by e-mail, and nothing else of them."""
        query = sa.select(person.c.email, person.c.sessions).where(
            person.c.event == key, person.c.withdrawn_at.is_(None)
        )
        with self._db.glance() as c:
            return {row.email: tuple(row.sessions) for row in c.execute(query)}

    def registered(self, key: str) -> dict[str, Person]:
        """Everyone registered and not withdrawn, by e-mail."""
        query = sa.select(person).where(person.c.event == key, person.c.withdrawn_at.is_(None))
        with self._db.read() as c:
            alike: dict[Any, Any] = {}
            return {row.email: person_from(row, alike) for row in c.execute(query)}

    def one(self, key: str, email: str) -> Person | None:
        """Somebody registered and not withdrawn."""
        with self._db.read() as c:
            row = c.execute(_ONE, {"event": key, "email": email}).one_or_none()
        return None if row is None else person_from(row)

    def choices(self, key: str) -> list[tuple[dict[str, Wishes], int]]:
        """What the registered wish for, by session, and how many wish the same."""
        said = sa.cast(person.c.wishes, sa.Text)
        query = sa.select(said, sa.func.count()).where(person.c.event == key, person.c.withdrawn_at.is_(None))
        with self._db.read() as c:
            rows = c.execute(query.group_by(said)).all()
        return [(_wishes(json.loads(text)), n) for text, n in rows]

    def expected(self, key: str) -> dict[str, int]:
        """How many people come to each session."""
        query = sa.select(person.c.sessions).where(person.c.event == key, person.c.withdrawn_at.is_(None))
        with self._db.read() as c:
            return Counter(session for sessions in c.execute(query).scalars() for session in sessions)

    def gone(self, key: str) -> dict[str, tuple[Person, datetime]]:
        """Everyone who registered and withdrew, and when they did, by e-mail."""
        query = sa.select(person).where(person.c.event == key, person.c.withdrawn_at.is_not(None))
        with self._db.read() as c:
            return {row.email: (person_from(row), row.withdrawn_at) for row in c.execute(query)}

    def ever(self, key: str) -> int:
        """How many people ever registered."""
        with self._db.read() as c:
            query = sa.select(sa.func.count()).select_from(person).where(person.c.event == key)
            return c.execute(query).scalar() or 0

    def reading(self, key: str) -> Reading | None:
        with self._db.read() as c:
            row = c.execute(sa.select(intake).where(intake.c.event == key)).one_or_none()
        if row is None:
            return None
        return Reading(
            fingerprint=row.fingerprint,
            read_at=row.read_at,
            rows=row.rows,
            refused=tuple(Refusal(line=r["line"], reason=r["reason"]) for r in row.refused),
            held=tuple(row.held),
            findings=tuple(Finding(**found) for found in row.findings),
            columns=row.columns,
        )

    def record(
        self, key: str, reading: Reading, new: Sequence[Person], edited: Sequence[Person], gone: Sequence[str]
    ) -> None:
        """Write one reading of the source down, all or nothing."""
        with self._db.write(key) as c:
            values = {
                "fingerprint": reading.fingerprint,
                "read_at": reading.read_at,
                "rows": reading.rows,
                "refused": [{"line": r.line, "reason": r.reason} for r in reading.refused],
                "held": list(reading.held),
                "findings": [asdict(found) for found in reading.findings],
                "columns": dict(reading.columns),
            }
            if c.execute(sa.select(intake.c.event).where(intake.c.event == key)).scalar() is None:
                c.execute(intake.insert().values(event=key, **values))
            else:
                c.execute(intake.update().where(intake.c.event == key).values(**values))
            write_people(c, key, new, edited)
            withdraw(c, key, gone, reading.read_at)
            if new or edited or gone:
                bump(c, key)


def write_people(c: sa.Connection, key: str, new: Sequence[Person], edited: Sequence[Person]) -> None:
    """Write people down in pieces; `new` ones who were there before are registered again."""
    known: set[str] = set()
    if new:
        known = set(c.execute(sa.select(person.c.email).where(person.c.event == key)).scalars())
    for chunk in _chunks([p for p in new if p.email not in known], 2_000):
        c.execute(person.insert(), [_row(key, p) for p in chunk])
    for chunk in _chunks([*edited, *(p for p in new if p.email in known)], 2_000):
        c.execute(_UPDATE, [_update(key, p) for p in chunk])


def withdraw(c: sa.Connection, key: str, gone: Sequence[str], at: datetime) -> None:
    """Note that people are registered no longer, and free their seats."""
    for chunk in _chunks(gone):
        c.execute(person.update().where(person.c.event == key, person.c.email.in_(chunk)).values(withdrawn_at=at))
        c.execute(seat.delete().where(seat.c.event == key, seat.c.person.in_(chunk)))


_KEYS = ("event", "email")
_UPDATE = (
    person.update()
    .where(person.c.event == sa.bindparam("k_event"), person.c.email == sa.bindparam("k_email"))
    .values({c.name: sa.bindparam(f"v_{c.name}") for c in person.columns if c.name not in _KEYS})
)
_Item = TypeVar("_Item")


def _chunks(items: Sequence[_Item], size: int = 500) -> Iterable[Sequence[_Item]]:
    return (items[i : i + size] for i in range(0, len(items), size))


def _row(key: str, p: Person) -> dict[str, Any]:
    return {
        "event": key,
        "email": p.email,
        "address": p.address,
        "first_name": p.first_name,
        "last_name": p.last_name,
        "shown_as": p.shown_as,
        "language": p.language,
        "sessions": list(p.sessions),
        "wishes": {session: [list(rank) for rank in ranks] for session, ranks in sorted(p.wishes.items())},
        "organisation": p.organisation,
        "needs": p.needs,
        "timezone": p.timezone,
        "extra": dict(p.extra),
        "next_invitation": p.next_invitation,
        "line": p.line,
        "submitted_at": p.submitted_at,
        "registered_at": p.registered_at,
        "withdrawn_at": None,
    }


def _update(key: str, p: Person) -> dict[str, Any]:
    row = _row(key, p)
    return {f"k_{n}" if n in _KEYS else f"v_{n}": value for n, value in row.items()}


def person_from(row: Any, alike: dict[Any, Any] | None = None) -> Person:
    """Read a person; those who chose alike share their choices through `alike`: there are many people, few choices."""
    alike = {} if alike is None else alike
    sessions = tuple(row.sessions)
    wishes = tuple((s, tuple(tuple(rank) for rank in ranks)) for s, ranks in row.wishes.items())
    if wishes not in alike:
        alike[wishes] = dict(wishes)
    return Person(
        email=row.email,
        address=row.email if row.email == row.address else row.address,
        first_name=row.first_name,
        last_name=row.last_name,
        shown_as=row.shown_as,
        language=row.language,
        sessions=alike.setdefault(sessions, sessions),
        wishes=alike[wishes],
        organisation=row.organisation,
        needs=row.needs,
        timezone=row.timezone,
        extra=row.extra or _NOTHING,
        next_invitation=bool(row.next_invitation),
        line=row.line,
        submitted_at=row.submitted_at,
        registered_at=row.registered_at,
    )


def _wishes(said: Mapping[str, Any]) -> dict[str, Wishes]:
    return {session: tuple(tuple(rank) for rank in ranks) for session, ranks in said.items()}


_NOTHING: dict[str, str] = {}


class Seats:
    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, key: str) -> dict[tuple[str, str], Seat]:
        """Every seat of an event by (session, person)."""
        with self._db.read() as c:
            rows = c.execute(sa.select(seat).where(seat.c.event == key)).all()
        return {(r.session, r.person): seat_from(r) for r in rows}

    def of(self, key: str, email: str) -> dict[str, Seat]:
        """One person's seats by session."""
        with self._db.read() as c:
            rows = c.execute(_SEATS_OF, {"event": key, "email": email}).all()
        return {r.session: seat_from(r) for r in rows}

    def taken(self, key: str) -> dict[str, int]:
        """How many seats of each workshop are taken; who facilitates one takes none."""
        here = (seat.c.event == key, seat.c.reason != "facilitator")
        query = sa.select(seat.c.workshop, sa.func.count().label("n")).where(*here)
        with self._db.read() as c:
            return {r.workshop: r.n for r in c.execute(query.group_by(seat.c.workshop))}

    def record(self, key: str, wanted: Mapping[tuple[str, str], Seat], found: Mapping[tuple[str, str], Seat]) -> int:
        """Write the difference between the seats as wanted and as found; say how many rows that was."""
        gone = [place for place in found if place not in wanted]
        changed = [s for place, s in wanted.items() if found.get(place) != s]
        if not gone and not changed:
            return 0
        with self._db.write(key) as c:
            stale = gone + [(s.session, s.person) for s in changed if (s.session, s.person) in found]
            if stale:
                c.execute(
                    seat.delete().where(
                        seat.c.event == key,
                        seat.c.session == sa.bindparam("k_session"),
                        seat.c.person == sa.bindparam("k_person"),
                    ),
                    [{"k_session": session, "k_person": who} for session, who in stale],
                )
            if changed:
                c.execute(seat.insert(), [{"event": key, **_seat_row(s)} for s in changed])
            bump(c, key)
        return len(gone) + len(changed)

    def put(self, key: str, s: Seat) -> None:
        """Put somebody in a workshop by hand."""
        with self._db.write(key) as c:
            self._clear(c, key, s.session, s.person)
            c.execute(seat.insert().values(event=key, **_seat_row(s)))
            bring_news(c, key)

    def merged(self, key: str) -> dict[str, str]:
        """The workshops that have joined another one, each with the one its people are in now."""
        with self._db.read() as c:
            found = {r.workshop: r.target for r in c.execute(sa.select(merged).where(merged.c.event == key))}
        return {workshop: _end(workshop, found) for workshop in found}

    def merge(self, key: str, workshop: str, target: str, now: datetime) -> None:
        """Note that a workshop joins another; the next beat moves its people."""
        with self._db.write(key) as c:
            c.execute(merged.delete().where(merged.c.event == key, merged.c.workshop.in_((workshop, target))))
            c.execute(merged.insert().values(event=key, workshop=workshop, target=target, at=now))
            bring_news(c, key)

    def _clear(self, c: sa.Connection, key: str, session: str, person: str) -> None:
        c.execute(seat.delete().where(seat.c.event == key, seat.c.session == session, seat.c.person == person))


def _end(workshop: str, targets: Mapping[str, str]) -> str:
    """Follow a workshop to the one its people are in; each was joined at most once, so there is no circle."""
    while workshop in targets:
        workshop = targets[workshop]
    return workshop


def seat_from(row: Any) -> Seat:
    return Seat(
        person=row.person,
        session=row.session,
        workshop=row.workshop,
        rank=row.rank,
        reason=row.reason,
        told_at=row.told_at,
        told_by=row.told_by,
        asked=row.asked,
        places=row.places,
        drawn=row.drawn,
    )


def _seat_row(s: Seat) -> dict[str, Any]:
    return {
        "session": s.session,
        "person": s.person,
        "workshop": s.workshop,
        "rank": s.rank,
        "reason": s.reason,
        "told_at": s.told_at,
        "told_by": s.told_by,
        "asked": s.asked,
        "places": s.places,
        "drawn": s.drawn,
    }
