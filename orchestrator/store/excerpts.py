"""Everything the letters of some people need, read together: a few queries for many letters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from orchestrator.core.meetings import Pass
from orchestrator.core.model import Person, Seat
from orchestrator.core.recipients import FALLBACK
from orchestrator.store.database import Database
from orchestrator.store.meetings import Kept, kept_from, pass_from
from orchestrator.store.people import person_from, seat_from
from orchestrator.store.ready import among, listed
from orchestrator.store.schema import event, meeting, memo, person, seat, told, way


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """What the store knows of some people, as of one version of the event; passes and seats by e-mail."""

    version: int
    people: Mapping[str, Person]
    passes: Mapping[str, Mapping[str, Pass]]
    seats: Mapping[str, Mapping[str, Seat]]
    told: Mapping[str, Mapping[str, tuple[str, datetime]]]
    """By reference and fact."""
    meetings: Mapping[str, Kept]
    fallback: bool = False
    """Plan B is on."""


_EVENT: sa.BindParameter[str] = sa.bindparam("event")
_VERSION = sa.select(event.c.version).where(event.c.key == _EVENT)
_PEOPLE = sa.select(person).where(
    person.c.event == _EVENT, among(person.c.email, "emails"), person.c.withdrawn_at.is_(None)
)
_WAYS = sa.select(way).where(way.c.event == _EVENT, among(way.c.email, "emails"), way.c.state == "open")
_SEATS = sa.select(seat).where(seat.c.event == _EVENT, among(seat.c.person, "emails"))
_TOLD = sa.select(told).where(told.c.event == _EVENT, among(told.c.person, "references"))
_FALLBACK = sa.select(memo.c.value).where(memo.c.event == _EVENT, memo.c.name == FALLBACK)
_MEETINGS = sa.select(meeting).where(meeting.c.event == _EVENT)


def excerpt(db: Database, key: str, emails: Collection[str], references: Collection[str]) -> Excerpt:
    """Read what is known of some people, by e-mail and by reference; who has left is not among them."""
    with db.read() as c:
        those = {"event": key, "emails": listed(c, list(emails))}
        version = c.execute(_VERSION, {"event": key}).scalar() or 0
        passes: dict[str, dict[str, Pass]] = {}
        for row in c.execute(_WAYS, those).all():
            passes.setdefault(row.email, {})[row.meeting] = pass_from(row)
        seats: dict[str, dict[str, Seat]] = {}
        for row in c.execute(_SEATS, those).all():
            seats.setdefault(row.person, {})[row.session] = seat_from(row)
        facts: dict[str, dict[str, tuple[str, datetime]]] = {}
        for row in c.execute(_TOLD, {"event": key, "references": listed(c, list(references))}).all():
            facts.setdefault(row.person, {})[row.fact] = (row.value, row.at)
        return Excerpt(
            version=version,
            people={row.email: person_from(row) for row in c.execute(_PEOPLE, those).all()},
            passes=passes,
            seats=seats,
            told=facts,
            meetings={row.key: kept_from(row) for row in c.execute(_MEETINGS, {"event": key})},
            fallback=bool(c.execute(_FALLBACK, {"event": key}).scalar()),
        )
