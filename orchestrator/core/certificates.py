"""A certificate of attendance: what it states, by half-day, and the number it is known by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from orchestrator.core.attendance import Attendance
from orchestrator.core.model import Event, Person

VERSION = 1
LONGEST = 72
"""Of an event's title in a QR code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfDay:
    """One session somebody was at; hours on the event's wall clock, `minutes` of presence."""

    title: str
    starts_at: datetime
    ends_at: datetime
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What is certified of one person. `revision` grows each time it is issued anew."""

    number: str
    name: str
    event: str
    organiser: str
    half_days: tuple[HalfDay, ...]
    issued_on: date
    language: str = "fr"

    @property
    def minutes(self) -> int:
        return sum(half.minutes for half in self.half_days)

    def facts(self) -> dict[str, Any]:
        """What is signed, in few letters: it must fit into a QR code that a phone reads from paper."""
        return {
            "v": VERSION,
            "n": self.number,
            "p": self.name,
            "e": self.event if len(self.event) <= LONGEST else f"{self.event[: LONGEST - 1]}…",
            "o": self.organiser,
            "h": [
                [h.starts_at.date().isoformat(), f"{h.starts_at:%H:%M}", f"{h.ends_at:%H:%M}", h.minutes]
                for h in self.half_days
            ],
            "i": self.issued_on.isoformat(),
        }


def number(event: str, person: str, revision: int) -> str:
    """Name a certificate: eight letters and digits that say nothing of the person, then its revision."""
    digest = hashlib.blake2s(f"{event}\n{person}\ncertificate".encode(), digest_size=4).hexdigest().upper()
    return f"{digest[:4]}-{digest[4:]}-{revision}"


def certificate(
    event: Event, person: Person, attended: Iterable[Attendance], issued_on: date, revision: int = 1
) -> Certificate | None:
    """Certify the sessions a person was at long enough; None where there is none."""
    came = {one.session: one for one in attended if one.came and one.person == person.email}
    half_days = tuple(
        HalfDay(
            title=session.title,
            starts_at=session.starts_at.astimezone(event.zone),
            ends_at=session.ends_at.astimezone(event.zone),
            minutes=came[session.key].minutes,
        )
        for session in sorted(event.sessions, key=lambda s: s.starts_at)
        if session.key in came
    )
    if not half_days:
        return None
    return Certificate(
        number=number(event.key, person.email, revision),
        name=f"{person.first_name} {person.last_name}".strip(),
        event=event.title,
        organiser=event.organiser.name,
        half_days=half_days,
        issued_on=issued_on,
        language=person.language or event.language,
    )
