"""Who was in a meeting and when, and what Zoom tells of it: facts that are set, never taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One time somebody was in a meeting, or in a breakout room of it. None = not told, or not yet."""

    meeting: str
    email: str
    room: str = ""
    joined_at: datetime | None = None
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing a webhook told. `what`: started, ended, joined, left, changed; ids are Zoom's."""

    what: str
    zoom_id: str
    at: datetime
    uuid: str = ""
    stay: str = ""
    registrant_id: str = ""
    room: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A webhook that Zoom signed. `digest` names its body; `answer`: what Zoom wants to hear back."""

    digest: str
    name: str
    at: datetime
    told: Told | None = None
    answer: dict[str, str] | None = None
