"""What people's pages read and write: one look at one person, what they say there, what speakers have read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from orchestrator.core.asked import Written
from orchestrator.core.meetings import Pass
from orchestrator.core.model import Person, Seat
from orchestrator.core.notices import Notice
from orchestrator.core.recipients import FALLBACK
from orchestrator.core.said import Said
from orchestrator.store.database import Database
from orchestrator.store.people import bring_news, person_from
from orchestrator.store.schema import (
    generation,
    letter,
    lost,
    meeting,
    memo,
    notice,
    person,
    said,
    seat,
    understood,
    way,
)

Stamp = tuple[tuple[str, str, datetime | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is stored of one person. `withdrawn_at`: they do not come any more."""

    person: Person | None = None
    withdrawn_at: datetime | None = None
    passes: Mapping[str, Pass]
    """By meeting."""
    seats: Mapping[str, Seat]
    """By session."""
    stamp: Stamp
    """Changes when a meeting may have."""
    generation: int = 1
    """Which of their page's addresses counts."""
    fallback: bool = False
    """Plan B is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """An address typed into "I lost my link"."""

    id: int
    address: str
    language: str
    at: datetime


_SPEAKERS = (
    sa.select(letter.c.person, letter.c.email, letter.c.address, letter.c.language)
    .where(letter.c.event == sa.bindparam("event"), letter.c.person.between("s-", "s."), letter.c.state == "sent")
    .order_by(letter.c.id)
)
_NEEDS = sa.select(person.c.sessions, person.c.needs).where(
    person.c.event == sa.bindparam("event"), person.c.withdrawn_at.is_(None), person.c.needs != ""
)
_WAYS = sa.select(way.c.meeting, way.c.email, way.c.registrant_id, way.c.join_url).where(
    way.c.event == sa.bindparam("event"), way.c.email == sa.bindparam("email"), way.c.state == "open"
)
_SEAT = [column for column in seat.c if column.name not in ("event", "person")]
_LOOK = (
    sa.select(
        person,
        sa.select(generation.c.number)
        .where(generation.c.event == sa.bindparam("event"), generation.c.person == sa.bindparam("ref"))
        .scalar_subquery()
        .label("generation"),
        sa.select(memo.c.value)
        .where(memo.c.event == sa.bindparam("event"), memo.c.name == FALLBACK)
        .scalar_subquery()
        .label("fallback"),
        *(meeting.c.key.label("meeting"), meeting.c.zoom_id, meeting.c.read_at),
        *(way.c.registrant_id, way.c.join_url),
        *(column.label(f"seat_{column.name}") for column in _SEAT),
    )
    .select_from(
        person.outerjoin(meeting, meeting.c.event == person.c.event)
        .outerjoin(
            way,
            (way.c.event == person.c.event)
            & (way.c.meeting == meeting.c.key)
            & (way.c.email == person.c.email)
            & (way.c.state == "open"),
        )
        .outerjoin(seat, (seat.c.event == person.c.event) & (seat.c.person == person.c.email))
    )
    .where(person.c.event == sa.bindparam("event"), person.c.email == sa.bindparam("email"))
    .order_by(meeting.c.key)
)
"""A row for each meeting and seat of somebody: few people have more than two."""
_STAMP = (
    sa.select(meeting.c.key, meeting.c.zoom_id, meeting.c.read_at)
    .where(meeting.c.event == sa.bindparam("event"))
    .order_by(meeting.c.key)
)


class Pages:
    def __init__(self, db: Database) -> None:
        self._db = db

    def look(self, event: str, email: str, ref: str = "") -> Look:
        """See one person as they are at one instant: one statement, as this is asked for more than anything else."""
        with self._db.glance() as c:
            rows = c.execute(_LOOK, {"event": event, "email": email, "ref": ref}).all()
        if not rows:
            return Look(passes={}, seats={}, stamp=())
        one = rows[0]
        return Look(
            generation=one.generation or 1,
            fallback=bool(one.fallback),
            person=person_from(one),
            withdrawn_at=one.withdrawn_at,
            passes={r.meeting: _pass(r) for r in rows if r.registrant_id is not None},
            seats={r.seat_session: _seat_beside(r) for r in rows if r.seat_session is not None},
            stamp=tuple(dict.fromkeys((r.meeting, r.zoom_id, r.read_at) for r in rows if r.meeting is not None)),
        )

    def passes(self, event: str, email: str) -> dict[str, Pass]:
        """Somebody's links by meeting, registered or not."""
        with self._db.glance() as c:
            rows = c.execute(_WAYS, {"event": event, "email": email}).all()
        return {row.meeting: _pass(row) for row in rows}

    def stamp(self, event: str) -> Stamp:
        """What changes when a meeting may have."""
        with self._db.read() as c:
            return tuple((s.key, s.zoom_id, s.read_at) for s in c.execute(_STAMP, {"event": event}))

    def needs(self, event: str) -> list[tuple[tuple[str, ...], str]]:
        """What those registered wrote about accessibility, and the sessions they come to; not who."""
        with self._db.read() as c:
            return [(tuple(row.sessions), row.needs) for row in c.execute(_NEEDS, {"event": event})]

    # what people say

    def sayings(self, event: str) -> dict[str, Said]:
        """Everything said on pages, by e-mail."""
        with self._db.read() as c:
            rows = c.execute(sa.select(said).where(said.c.event == event)).all()
        return {row.email: _said(row) for row in rows}

    def say(self, event: str, email: str, what: Said) -> bool:
        """Write down what somebody says and make it so; False where they are not registered (any more)."""
        mine = (person.c.event == event, person.c.email == email)
        with self._db.write(event) as c:
            row = c.execute(sa.select(person).where(*mine)).one_or_none()
            if row is None or (row.withdrawn_at is not None and not what.sessions):
                return False
            self._keep(c, event, email, what)
            values: dict[str, Any] = {"withdrawn_at": what.at if what.sessions == () else None}
            if what.sessions:
                values["sessions"] = list(what.sessions)
            if what.wishes is not None:
                values["wishes"] = dict(sorted({**row.wishes, **_listed(what.wishes)}.items()))
            c.execute(person.update().where(*mine).values(values))
            if what.sessions is not None:
                left = seat.c.session.not_in(what.sessions)
                c.execute(seat.delete().where(seat.c.event == event, seat.c.person == email, left))
            bring_news(c, event)
        return True

    def _keep(self, c: sa.Connection, event: str, email: str, what: Said) -> None:
        mine = (said.c.event == event, said.c.email == email)
        before = c.execute(sa.select(said).where(*mine)).one_or_none()
        sessions = before.sessions if before is not None and what.sessions is None else what.sessions
        wishes = before.wishes if before is not None else None
        if what.wishes is not None:
            wishes = {**(wishes or {}), **_listed(what.wishes)}
        c.execute(said.delete().where(*mine))
        values = {"sessions": None if sessions is None else list(sessions), "wishes": wishes, "at": what.at}
        c.execute(said.insert().values(event=event, email=email, **values))

    # speakers

    def understood(self, event: str) -> dict[str, tuple[str, datetime]]:
        """What each speaker has confirmed to have read, and when, by reference."""
        with self._db.read() as c:
            rows = c.execute(sa.select(understood).where(understood.c.event == event)).all()
        return {row.person: (row.what, row.at) for row in rows}

    def speakers_written_to(self, event: str) -> dict[str, Written]:
        """Whom the last letter to each speaker went to, by reference, also to those who speak no more."""
        with self._db.read() as c:
            rows = c.execute(_SPEAKERS, {"event": event}).all()
        return {r.person: Written(email=r.email, address=r.address, language=r.language) for r in rows}

    def confirm(self, event: str, ref: str, what: str, now: datetime) -> None:
        """Note that a speaker has read and understood this."""
        with self._db.write(event) as c:
            self._db.put(c, understood, {"event": event, "person": ref, "what": what, "at": now})
            bring_news(c, event)

    # lost links

    def ask(self, address: str, language: str, now: datetime) -> None:
        """Keep an address somebody typed until it is answered, whoever's it is."""
        with self._db.write() as c:
            c.execute(lost.insert().values(address=address, language=language, at=now))

    def asking(self) -> list[Lost]:
        with self._db.read() as c:
            rows = c.execute(sa.select(lost).order_by(lost.c.id)).all()
        return [Lost(id=r.id, address=r.address, language=r.language, at=r.at) for r in rows]

    def answered(self, one: Lost, notices: Mapping[str, Notice]) -> None:
        """Forget what was typed, and have letters written once more, by event."""
        with self._db.write(shared=notices) as c:
            if not c.execute(lost.delete().where(lost.c.id == one.id)).rowcount:
                return
            for event in sorted(notices):
                if self._db.is_new(c, notice, {"event": event, **asdict(notices[event])}):
                    bring_news(c, event)


def _pass(row: Any) -> Pass:
    return Pass(email=row.email, registrant_id=row.registrant_id, join_url=row.join_url)


def _seat_beside(row: Any) -> Seat:
    """Read the seat in a row of _LOOK."""
    values = {column.name: getattr(row, f"seat_{column.name}") for column in _SEAT}
    return Seat(person=row.email, **values)


def _listed(wishes: Mapping[str, Any]) -> dict[str, Any]:
    return {session: [list(rank) for rank in ranks] for session, ranks in wishes.items()}


def _said(row: Any) -> Said:
    return Said(
        at=row.at,
        sessions=None if row.sessions is None else tuple(row.sessions),
        wishes=None
        if row.wishes is None
        else {session: tuple(tuple(rank) for rank in ranks) for session, ranks in row.wishes.items()},
    )
