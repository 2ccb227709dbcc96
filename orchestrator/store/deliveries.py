"""A letter's row as a value, its states, and what a plan changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.core.message import Message
from orchestrator.store.schema import letter

OPEN = ("due", "claimed", "dotted")
IDLE = ("due", "withdrawn", "void")
"""States in which a plan may still change a letter: it has not left, and nobody is sending it."""
FIRST = ("link", "host")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A letter's row, its columns in the order of `FIELDS`; for its bytes see `Outbox.message_of`."""

    id: int
    key: str
    event: str
    kind: str
    session: str
    rule: str
    person: str
    email: str
    address: str
    language: str
    revision: str
    state: str
    leave_from: datetime
    due_at: datetime
    wanted_by: datetime
    void_at: datetime
    not_before: datetime | None
    lease_until: datetime | None
    attempts: int
    in_doubt: int
    message_id: str
    data: bytes | None
    facts: Mapping[str, Any] | None
    code: int
    reply: str
    dotted_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dotted:
    """A letter about to get its final dot: from here on it may be accepted, with exactly these bytes."""

    delivery: Delivery
    message: Message
    message_id: str
    facts: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A letter the relay accepted, and what the person was told by it.

    `as_of` is the event's version when the letter was written: if a beat has changed something since, the next one
    looks whether what was told is still true.
    """

    delivery: Delivery
    facts: Mapping[str, str | None]
    code: int
    reply: str
    as_of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A letter given back: `due` again from `not_before`, or `refused` for good, `void`, `withdrawn`.

    `in_doubt`: it may have been accepted all the same. `counted`: it was an attempt of this letter, and not only one
    of the relay's failures.
    """

    delivery: Delivery
    state: str
    not_before: datetime | None = None
    code: int = 0
    reply: str = ""
    in_doubt: bool = False
    counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How letters in hand go on, in one transaction: all of it happens, or nothing does."""

    settled: Sequence[Settled] = ()
    released: Sequence[Released] = ()
    dotted: Sequence[Dotted] = ()

    def __bool__(self) -> bool:
        return bool(self.settled or self.released or self.dotted)

    @property
    def events(self) -> frozenset[str]:
        """The events whose letters these are."""
        return frozenset(delivery.event for delivery in self.deliveries)

    @property
    def deliveries(self) -> list[Delivery]:
        """The letters themselves."""
        hands: tuple[Sequence[Settled | Released | Dotted], ...] = (self.settled, self.released, self.dotted)
        return [one.delivery for hand in hands for one in hand]


FIELDS = [letter.c[name] for name in Delivery.__slots__]
LIGHT = [column for column in FIELDS if column.name not in ("data", "facts")]


def delivery_from(row: Any) -> Delivery:
    return Delivery(**{"data": None, "facts": None, **row._mapping})


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a beat changed in the outbox."""

    added: int = 0
    moved: int = 0
    withdrawn: int = 0
    void: int = 0

    def plus(self, other: Planned) -> Planned:
        return Planned(
            added=self.added + other.added,
            moved=self.moved + other.moved,
            withdrawn=self.withdrawn + other.withdrawn,
            void=self.void + other.void,
        )

    def __bool__(self) -> bool:
        return bool(self.added or self.moved or self.withdrawn or self.void)
