"""Who is in the meetings now, as far as it is known, and the letter to whoever is missed."""

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
