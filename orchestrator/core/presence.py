"""Who was in a meeting and when, as Zoom tells it; who is there now, and when somebody is missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

PATIENCE = timedelta(minutes=5)
"""How long after the start, and after the host's own arrival, somebody is missed."""
TOO_LATE = timedelta(minutes=25)
"""From then on nobody is fetched any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What is known of the meetings at this moment; nothing where nobody tells."""

    open_since: Mapping[str, datetime] = field(default_factory=dict)
    """By meeting: since when it runs. One that is not open now is left out."""
    seen: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    """By meeting and e-mail: when somebody was last seen there; now, while they are in."""

    def saw(self, meeting: str, email: str, since: datetime) -> bool:
        """Tell whether somebody has been there since an instant."""
        at = self.seen.get(meeting, {}).get(email)
        return at is not None and at >= since


NOTHING_KNOWN = Live()


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
