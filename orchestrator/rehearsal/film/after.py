"""The film's last part: who was in the meeting, some lives of that day, and the weeks until nobody is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.core.attendance import union
from orchestrator.core.axis import Axis
from orchestrator.rehearsal.film.placing import stairs
from orchestrator.rehearsal.film.script import After, Life
from orchestrator.rehearsal.film.values import Figure, Lane

STEPS = ("ended", "read", "settled", "letter", "links", "texts", "zoom", "purged", "attendance")
"""In the order they are told where two happen at once."""
TALL = 46.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """One life, drawn on the day's axis."""

    life: Life
    bars: tuple[tuple[float, float], ...]
    """Place and width of each time they were there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that ends or leaves after the day. `days`: how long after the last session, in whole days."""

    name: str
    at: datetime
    days: int


def present(axis: Axis, after: After) -> Lane:
    """Draw how many people were in the meeting."""
    steps = sorted([(a, 1) for a, _ in after.present] + [(b, -1) for _, b in after.present])
    changes, count = dict[datetime, int](), 0
    for at, step in steps:
        count += step
        changes[at] = count
    inside = [(at, n) for at, n in changes.items() if axis.has(at)]
    most = max((n for _, n in inside), default=0)
    points = [(axis.x(at), TALL * (1 - n / most)) for at, n in inside] if most else []
    curve = stairs([(0, TALL), *points], axis.width, TALL) if points else ""
    return Lane(name="present", height=TALL + 16, total=after.came, curve=curve)


def strips(axis: Axis, lives: Iterable[Life]) -> tuple[Strip, ...]:
    """Draw the lives; one of somebody who never came is an empty strip."""
    return tuple(
        Strip(
            life=life,
            bars=tuple(
                (axis.x(a), max(2.0, round(axis.x(b) - axis.x(a), 1))) for a, b in union(life.spans) if axis.has(a)
            ),
        )
        for life in lives
    )


def steps(after: After, ended: datetime) -> tuple[Step, ...]:
    """The weeks after, in order."""
    found = [
        Step(name=name, at=after.steps[name], days=(after.steps[name] - ended).days)
        for name in STEPS
        if name in after.steps
    ]
    return tuple(sorted(found, key=lambda step: step.at))


def blocks(days: Sequence[Figure]) -> tuple[tuple[float, float], ...]:
    """Place and width of the first day's sessions."""
    return tuple((b.x, round(b.width, 1)) for lane in days[0].lanes for b in lane.blocks)
