"""What the organiser said of somebody by hand, over what the form says: it wins, at every reading again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from orchestrator.core.model import Answer, Entry, Person

FIELDS = ("address", "first_name", "last_name", "shown_as", "language", "sessions", "wishes", "organisation", "needs")
"""What of a person the organiser may say."""


def withdrawn(entries: Mapping[str, Entry], latest: Mapping[str, Answer]) -> frozenset[str]:
    """Return whom the organiser took off, unless they have answered again since."""
    return frozenset(
        email
        for email, entry in entries.items()
        if entry.withdrawn_at is not None and not _came_back(entry, latest.get(email))
    )


def _came_back(entry: Entry, answer: Answer | None) -> bool:
    since = entry.withdrawn_at
    return since is not None and answer is not None and answer.submitted_at is not None and answer.submitted_at > since


def overlaid(person: Person, entry: Entry | None) -> Person:
    """Put what the organiser said over what the person answered."""
    return person if entry is None else replace(person, **_values(entry))


def added(entries: Mapping[str, Entry], people: Mapping[str, Person], now: datetime) -> dict[str, Person]:
    """Return those whom the organiser registered and the source does not hold."""
    return {
        email: person_of(entry, now)
        for email, entry in entries.items()
        if entry.added and entry.withdrawn_at is None and email not in people
    }


def person_of(entry: Entry, now: datetime) -> Person:
    """Return somebody as the organiser registered them."""
    at = entry.entered_at or now
    blank = Person(email=entry.email, address=entry.email, first_name="", registered_at=now, submitted_at=at)
    return replace(blank, **_values(entry))


def _values(entry: Entry) -> dict[str, Any]:
    """Bring plain values to those of a Person."""
    values: dict[str, Any] = {name: value for name, value in entry.fields.items() if name in FIELDS}
    if "sessions" in values:
        values["sessions"] = tuple(values["sessions"])
    if "wishes" in values:
        values["wishes"] = {key: tuple(tuple(rank) for rank in ranks) for key, ranks in values["wishes"].items()}
    return values
