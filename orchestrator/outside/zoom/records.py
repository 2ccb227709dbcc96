"""What the fake Zoom keeps: a user, a meeting, a registrant."""

from __future__ import annotations

import base64
import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

_random = random.SystemRandom()


def digits(count: int) -> str:
    """Draw a number of exactly so many digits."""
    return str(_random.randrange(10 ** (count - 1), 10**count))


def new_uuid() -> str:
    """Draw the UUID of a run; `/` may be in it, at its start too."""
    return base64.b64encode(secrets.token_bytes(16)).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody of the account; on a paid plan everybody here is licensed."""

    email: str
    licensed: bool
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    pmi: int = field(default_factory=lambda: int(digits(10)))


@dataclass(slots=True, kw_only=True)
class Registrant:
    email: str
    first_name: str
    last_name: str
    status: str
    create_time: datetime
    join_url: str
    extras: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    pin: int = field(default_factory=lambda: int(digits(6)))
    participant_uuid: str = field(default_factory=lambda: str(uuid4()).upper())


@dataclass(slots=True, kw_only=True)
class Stay:
    """One time somebody was in a run of a meeting; `user_id` is another after each return."""

    registrant: Registrant
    uuid: str
    user_id: int
    joined_at: datetime
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One time somebody was in a run of a meeting, or in a breakout room of it. `registrant_id` "" = came otherwise."""

    name: str
    joined_at: datetime
    left_at: datetime
    registrant_id: str = ""
    email: str = ""
    room: str = ""
    waiting: bool = False
    """They saw the waiting room alone."""
    user_id: str = field(default_factory=lambda: digits(8))


BIN = timedelta(days=7)
"""How long a deleted meeting can be recovered; then it is forgotten with everybody registered."""


@dataclass(slots=True, kw_only=True)
class Meeting:
    host: User
    topic: str
    agenda: str
    type: int
    starts_at: datetime
    duration: int
    timezone: str
    created_at: datetime
    password: str
    settings: dict[str, Any]
    extras: dict[str, Any] = field(default_factory=dict)
    status: str = "waiting"
    held: list[str] = field(default_factory=list)
    """The UUIDs of the runs that were started and ended."""
    visits: dict[str, list[Visit]] = field(default_factory=dict)
    """Who was in each run, by its UUID."""
    recording: str = ""
    """Where its cloud recording can be seen."""
    deleted: bool = False
    deleted_at: datetime | None = None
    """When it went to the bin, from which its host can take it back for `BIN`."""
    id: int = field(default_factory=lambda: int("8" + digits(10)))
    uuid: str = field(default_factory=new_uuid)
    """Of the run that is on or to come."""
    pwd: str = field(default_factory=lambda: secrets.token_urlsafe(24) + ".1")
    host_key: str = field(default_factory=lambda: digits(6))
    registrants: dict[str, Registrant] = field(default_factory=dict)
    """Everybody who ever registered, by id."""
    stays: list[Stay] = field(default_factory=list)
    by_email: dict[str, Registrant] = field(default_factory=dict)
    """Those whose registration was not cancelled, by lower-case e-mail."""

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.duration)

    @property
    def recurring(self) -> bool:
        return self.type in (3, 8)

    @property
    def registration(self) -> bool:
        return bool(self.settings["approval_type"] != 2)

    def over(self, now: datetime) -> bool:
        return not self.recurring and self.status == "waiting" and now >= self.ends_at

    def hosts(self) -> set[str]:
        """The host and alternative hosts, lower-case."""
        return {self.host.email.lower(), *emails_in(self.settings["alternative_hosts"].lower())}


def emails_in(text: str) -> list[str]:
    """Split a list of alternative hosts."""
    return [part.strip() for part in text.split(";") if part.strip()]
