"""What a relay's conversations are about: the moments it may lose its temper, its verdicts, the letters it accepts."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point where the relay may lose its temper: connect, ehlo, starttls, auth, mail, rcpt, data, dot (the final
    dot has come, the letter is not accepted yet), accepted (it is, the 250 has not gone out) and quit."""

    stage: str
    sender: str
    to: str
    connection: int
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the relay does instead of the usual. 421 closes the connection."""

    reply: tuple[int, str] | None = None
    drop: bool = False
    """Close the connection at once, without an answer."""
    lose_reply: bool = False
    """At dot or accepted: accept the letter for good, then close without the 250."""
    hang: threading.Event | None = None
    """Answer, or drop, only once it is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A letter accepted for good. `data` is what was sent, dots undoubled; `replied`: the 250 went out."""

    at: datetime
    sender: str
    to: str
    data: bytes
    connection: int
    replied: bool


Temper = Callable[[Moment], Verdict | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What all conversations of a relay share."""

    now: Callable[[], datetime]
    accept: Callable[[Accepted], int]
    """Keep a letter for good; returns its number."""
    replied: Callable[[int], None]
    temper: Temper | None
    tls: ssl.SSLContext | None
    implicit_tls: bool
    users: Mapping[str, str] | None
    pipelining: bool
    stopping: threading.Event
