"""A stretch of time laid along a line, for every picture that is drawn of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Half-open, like every stretch of time; so many pixels wide, drawn from `left` on."""

    begins: datetime
    ends: datetime
    width: float
    left: float = 0.0

    def x(self, at: datetime) -> float:
        """Where an instant stands, to a tenth of a pixel; before and after are at the ends."""
        share = (at - self.begins) / (self.ends - self.begins)
        return round(self.left + self.width * min(1.0, max(0.0, share)), 1)

    def has(self, at: datetime) -> bool:
        return self.begins <= at < self.ends
