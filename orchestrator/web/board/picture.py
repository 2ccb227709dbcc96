"""The day as a picture: sessions, letters that left and will leave, Zoom, and where we are now. Placed here, drawn by
`templates/web/board/picture.html`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from orchestrator.core.axis import Axis
from orchestrator.core.letters import KINDS
from orchestrator.core.meetings import FREEZE
from orchestrator.core.model import Event, Session
from orchestrator.store import Kept
from orchestrator.web.board.desk import Desk

WIDTH, LEFT, TOP = 1000.0, 150.0, 34.0
"""Pixels: of the whole, of the lanes' names, above the lanes."""
LANE, TALLEST, BLOCKS = 44.0, 30.0, 62.0
STEP = 4.0
"""Pixels of a bar: letters closer than that are shown together."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Moment = tuple[str, bool, datetime, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Letters of one kind that left, or will leave, about the same time."""

    x: float
    height: float
    count: int
    at: datetime
    left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    name: str
    y: float
    bars: tuple[Bar, ...]

    @property
    def left(self) -> int:
        return sum(bar.count for bar in self.bars if bar.left)

    @property
    def ahead(self) -> int:
        return sum(bar.count for bar in self.bars if not bar.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    session: Session
    x: float
    width: float
    doors: float
    title: str
    off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    x: float
    at: datetime
    what: Literal["read", "rooms", "freeze", "doors", "tell", "wishes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    name: Literal["day", "before"]
    day: date
    axis: Axis
    ticks: tuple[tuple[float, datetime, bool], ...]
    """Place, instant, and whether its text is written."""
    blocks: tuple[Block, ...]
    lanes: tuple[Lane, ...]
    zoom: tuple[Mark, ...]
    marks: tuple[Mark, ...]
    now: float | None
    height: float


def figures(desk: Desk) -> list[Figure]:
    """Today's day of the event first; before it, the way there."""
    today = desk.local(desk.now).date()
    held = sorted({s.day for s in desk.event.sessions})
    axes = {day: _axis(desk.event, day) for day in held}
    way_there = _axis_before(desk, axes[held[0]])
    moments = desk.board.moments(desk.key, min(way_there.begins, axes[held[0]].begins), axes[held[-1]].ends)
    days = [_of_day(desk, day, axes[day], _within(axes[day], moments)) for day in held]
    before = _before(desk, held[0], way_there, _within(way_there, moments))
    drawn = [*([before] if before else []), *days]
    return sorted(drawn, key=lambda figure: not (figure.name == "day" and figure.day == today))


def _within(axis: Axis, moments: Iterable[Moment]) -> list[Moment]:
    return [moment for moment in moments if axis.has(moment[2])]


def _axis(event: Event, day: date) -> Axis:
    """From seven, or earlier where needed, to half an hour after the last session."""
    sessions = [s for s in event.sessions if s.day == day]
    seven = datetime.combine(day, time(7), event.zone).astimezone(UTC)
    begins = min([seven, *(s.doors_at - HOUR for s in sessions)])
    return _across(begins, max(s.ends_at for s in sessions) + HOUR / 2)


def _axis_before(desk: Desk, first: Axis) -> Axis:
    """From the first letter, three days before at the latest, to the first day's morning."""
    begins = min([wave.first_at for wave in desk.waves] + [desk.now, first.begins - 3 * DAY])
    begins = max(begins, first.begins - 60 * DAY)
    midnight = datetime.combine(desk.local(begins).date(), time(), desk.event.zone).astimezone(UTC)
    return _across(midnight, first.begins)


def _across(begins: datetime, ends: datetime) -> Axis:
    return Axis(begins=begins, ends=ends, width=WIDTH - LEFT, left=LEFT)


def _of_day(desk: Desk, day: date, axis: Axis, moments: Sequence[Moment]) -> Figure:
    blocks = tuple(_block(desk.event, axis, s) for s in desk.event.sessions if s.day == day)
    ticks = tuple((axis.x(at), at, True) for at in _hours(desk.event, axis))
    return _figure(desk, "day", day, axis, ticks, blocks, moments)


def _before(desk: Desk, day: date, axis: Axis, moments: Sequence[Moment]) -> Figure | None:
    if desk.now > axis.ends and not moments:
        return None
    return _figure(desk, "before", day, axis, tuple(_midnights(desk.event, axis)), (), moments)


def _figure(
    desk: Desk,
    name: Literal["day", "before"],
    day: date,
    axis: Axis,
    ticks: tuple[tuple[float, datetime, bool], ...],
    blocks: tuple[Block, ...],
    moments: Sequence[Moment],
) -> Figure:
    top = TOP + (BLOCKS if blocks else 0)
    kinds = [kind for kind in KINDS if any(m[0] == kind for m in moments)]
    kinds += sorted({m[0] for m in moments} - set(kinds))
    lanes = tuple(
        Lane(name=kind, y=top + n * LANE, bars=tuple(_bars(axis, [m for m in moments if m[0] == kind])))
        for n, kind in enumerate(kinds)
    )
    zoom = tuple(_zoom(desk.event, axis, desk.kept.values()))
    return Figure(
        name=name,
        day=day,
        axis=axis,
        ticks=ticks,
        blocks=blocks,
        lanes=lanes,
        zoom=zoom,
        marks=tuple(_marks(desk.event, axis)),
        now=axis.x(desk.now) if axis.has(desk.now) else None,
        height=top + len(lanes) * LANE + (30 if zoom else 0) + 26,
    )


def _bars(axis: Axis, moments: Iterable[Moment]) -> Iterable[Bar]:
    found: dict[tuple[float, bool], list[Moment]] = {}
    for moment in moments:
        place = LEFT + STEP * ((axis.x(moment[2]) - LEFT) // STEP)
        found.setdefault((place, moment[1]), []).append(moment)
    most = max((sum(m[3] for m in group) for group in found.values()), default=1)
    for (x, left), group in sorted(found.items()):
        count = sum(m[3] for m in group)
        tall = round(max(3.0, TALLEST * (count / most) ** 0.5), 1)
        yield Bar(x=round(x, 1), height=tall, count=count, at=group[0][2], left=left)


def _block(event: Event, axis: Axis, session: Session) -> Block:
    x, end = axis.x(session.starts_at), axis.x(session.ends_at)
    room = int((end - x - 16) / 8.2)
    title = session.title if len(session.title) <= room else session.title[: max(0, room - 1)].rstrip() + "…"
    return Block(
        session=session,
        x=x,
        width=round(end - x, 1),
        doors=axis.x(session.doors_at),
        title=title,
        off=event.is_cancelled(session.key),
    )


def _zoom(event: Event, axis: Axis, kept: Iterable[Kept]) -> Iterable[Mark]:
    """When Zoom was last read and its rooms last set, and when they freeze."""
    for one in kept:
        for at, what in ((one.read_at, "read"), (one.rooms_at, "rooms")):
            if at is not None and axis.has(at):
                yield Mark(x=axis.x(at), at=at, what=what)  # type: ignore[arg-type]  # one of the two above
    for at in sorted({w.opens_at - FREEZE for w in event.workshops}):
        if axis.has(at):
            yield Mark(x=axis.x(at), at=at, what="freeze")


def _marks(event: Event, axis: Axis) -> Iterable[Mark]:
    if event.workshops and axis.has(event.seating.tell_at):
        yield Mark(x=axis.x(event.seating.tell_at), at=event.seating.tell_at, what="tell")
    until = event.seating.wishes_until
    if event.workshops and until != event.seating.tell_at and axis.has(until):
        yield Mark(x=axis.x(until), at=until, what="wishes")


def _hours(event: Event, axis: Axis) -> Iterable[datetime]:
    at = axis.begins.astimezone(event.zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    while at < axis.ends:
        if at >= axis.begins:
            yield at
        at += HOUR


def _midnights(event: Event, axis: Axis) -> Iterable[tuple[float, datetime, bool]]:
    first = axis.begins.astimezone(event.zone).date()
    days = max(1, (axis.ends - axis.begins).days)
    every = max(1, round(days / 8))
    for n in range(days + 1):
        at = datetime.combine(first + n * DAY, time(), event.zone).astimezone(UTC)
        if axis.has(at):
            yield axis.x(at), at, n % every == 0
