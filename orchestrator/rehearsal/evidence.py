"""What a rehearsal leaves behind to be judged by, and the same beside what the store remembers; judges nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from functools import cached_property
from pathlib import Path
from typing import Any

from orchestrator.core.model import Event, Person, Seat, identity
from orchestrator.rehearsal.crowd import Coming, Script
from orchestrator.rehearsal.source import Arrival
from orchestrator.rehearsal.weeks import Seen
from orchestrator.store import Delivery, Store, Way

Line = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """The script of who came, what of it could be played, and what was seen afterwards."""

    script: Script
    given: tuple[Coming, ...]
    seen: Seen
    settled_at: datetime
    own_words: bool = False
    """The organiser's own templates say the letters, in words nobody here knows."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything a rehearsal left behind to judge it by."""

    event: Event
    store_url: str
    """The database as it was when the day ended, and as it was just before people were purged."""
    eve_url: str
    begins: datetime
    ends: datetime
    """Of the day; the weeks after are in `after`."""
    arrivals: Sequence[Arrival]
    letters: Sequence[dict[str, Any]]
    exchanges: Sequence[Line]
    zoom_meetings: Sequence[Mapping[str, Any]]
    kills: int
    connections: int
    out: Path
    after: Aftermath


@dataclass(frozen=True, kw_only=True)
class Day:
    """The evidence beside what the store remembers."""

    evidence: Evidence
    people: Mapping[str, Person]
    seats: Mapping[tuple[str, str], Seat]
    ways: Mapping[str, Mapping[str, Way]]
    deliveries: Sequence[Delivery]

    @classmethod
    def of(cls, evidence: Evidence, store: Store, eve: Store) -> Day:
        key = evidence.event.key
        return cls(
            evidence=evidence,
            people=store.people.registered(key),
            seats=store.seats.all(key),
            ways=store.meetings.ways(key),
            deliveries=eve.outbox.all(key),
        )

    @property
    def event(self) -> Event:
        return self.evidence.event

    @cached_property
    def by_message(self) -> Mapping[str, Delivery]:
        return {d.message_id: d for d in self.deliveries if d.message_id}

    @cached_property
    def by_key(self) -> Mapping[str, Delivery]:
        return {d.key: d for d in self.deliveries}

    @cached_property
    def accepted(self) -> Mapping[str, list[Line]]:
        """Lines of accepted letters by the key of the letter."""
        result: dict[str, list[Line]] = defaultdict(list)
        for line in self.evidence.letters:
            if (delivery := self.by_message.get(line["message_id"])) is not None:
                result[delivery.key].append(line)
        return result

    @cached_property
    def to(self) -> Mapping[str, list[Line]]:
        """Lines of accepted letters by recipient."""
        result: dict[str, list[Line]] = defaultdict(list)
        for line in self.evidence.letters:
            result[identity(line["to"])].append(line)
        return result

    def text(self, line: Line) -> str:
        """The plain text of an accepted letter."""
        message = message_from_bytes((self.evidence.out / line["file"]).read_bytes())
        return "".join(_plain(part) for part in message.walk() if part.get_content_type() == "text/plain")


def _plain(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def at(line: Line) -> datetime:
    return datetime.fromisoformat(line["at"])
