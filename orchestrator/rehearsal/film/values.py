"""The pieces of a figure: counted, and given their place in pixels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from orchestrator.core.axis import Axis
from orchestrator.core.model import Session, Workshop

CHART, INSET, SPARK = 1000.0, 540.0, 120.0
"""Widths in pixels: a figure's time axis, a close-up's, a room's curve."""
CHARACTER, ROW = 7.0, 17.0
"""Pixels taken by a character and by a row of the figures' texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A text above the stretch it speaks of. It begins where the stretch does, or ends there `to_the_left`."""

    text: str
    first: float
    last: float
    to_the_left: bool = False
    row: int = 0

    @property
    def span(self) -> tuple[float, float]:
        wide = len(self.text) * CHARACTER + 10
        return (self.last - wide, self.last) if self.to_the_left else (self.first, max(self.last, self.first + wide))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What happened in one step of an axis; its size says how much, next to the largest of the lane."""

    at: datetime
    x: float
    width: float
    count: int
    size: float
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A session. `items` of its programme: place, text as far as there is room."""

    session: Session
    x: float
    width: float
    doors: float
    title: tuple[str, ...]
    items: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A fault across a figure; without width it struck at one instant."""

    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    name: str
    height: float
    y: float = 0
    total: int = 0
    tags: tuple[Tag, ...] = ()
    bars: tuple[Bar, ...] = ()
    blocks: tuple[Block, ...] = ()
    curve: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseUp:
    """The minutes before a session: how many reminders remained, and how early the last one left."""

    session: Session
    axis: Axis
    count: int
    last: datetime
    margin: timedelta
    ticks: tuple[tuple[float, str], ...]
    bars: tuple[Bar, ...]
    remaining: str
    tags: tuple[Tag, ...]
    bands: tuple[Band, ...]
    top: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    axis: Axis
    ticks: tuple[tuple[float, str], ...]
    marks: tuple[Tag, ...]
    bands: tuple[Band, ...]
    lanes: tuple[Lane, ...]
    top: float
    height: float
    day: date | None = None
    programme: tuple[tuple[datetime, str], ...] = ()
    close_ups: tuple[CloseUp, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    key: str
    workshop: Workshop | None
    seats: int
    taken: int
    curve: str
