"""Where things go on an axis: bars by step, texts in rows that do not touch, curves as paths."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from orchestrator.core.axis import Axis
from orchestrator.core.letters import KINDS
from orchestrator.rehearsal.film.values import CHARACTER, Bar, Tag


def bars(
    axis: Axis,
    instants: Iterable[datetime],
    step: timedelta,
    tall: float,
    *,
    most: int = 0,
    least: int = 1,
    late: Collection[datetime] = (),
) -> tuple[Bar, ...]:
    """Count the instants by step of the axis. As high as `tall` is `most`, or the highest count from `least` on."""
    counts = Counter((at - axis.begins) // step for at in instants)
    missed = {(at - axis.begins) // step for at in late}
    most = most or max(least, *counts.values(), 1)
    width = max(2.5, round(axis.width * step / (axis.ends - axis.begins) * 0.85, 1))
    return tuple(
        Bar(
            at=(at := axis.begins + n * step),
            x=axis.x(at),
            width=width,
            count=count,
            size=round(tall * count / most, 3),
            late=n in missed,
        )
        for n, count in sorted(counts.items())
    )


def parts(instants: Sequence[datetime], pause: timedelta) -> list[Sequence[datetime]]:
    """Cut a wave at its pauses; one that trickles stays whole."""
    cuts = [n for n, (a, b) in enumerate(pairwise(instants), start=1) if b - a > pause]
    if len(cuts) > 2:
        return [instants]
    return [instants[a:b] for a, b in pairwise([0, *cuts, len(instants)])]


def packed(tags: Iterable[Tag]) -> tuple[Tag, ...]:
    """Put each text in the first row where it touches no other."""
    rows: list[list[tuple[float, float]]] = []
    placed = []
    for tag in sorted(tags, key=lambda tag: tag.span):
        left, right = tag.span
        row = next((n for n, taken in enumerate(rows) if all(right < a or b < left for a, b in taken)), len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append(tag.span)
        placed.append(replace(tag, row=row))
    return tuple(placed)


def rows(tags: Iterable[Tag]) -> int:
    return max((tag.row + 1 for tag in tags), default=0)


def stairs(points: Sequence[tuple[float, float]], end: float, floor: float | None = None) -> str:
    """Write the SVG path of a quantity that stays until it changes; down to the floor, an area."""
    (x, y), *rest = points
    path = f"M{x:g} {y:g}" + "".join(f"H{x:g}V{y:.4g}" for x, y in rest) + f"H{end:g}"
    return path if floor is None else f"{path}V{floor:g}H{x:g}Z"


def floor(at: datetime, step: timedelta) -> datetime:
    return at - (at - datetime.min.replace(tzinfo=UTC)) % step


def fitting(text: str, room: float) -> str:
    most = math.floor(room / CHARACTER)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…" if most > 4 else ""


def in_order(kinds: Iterable[str]) -> list[str]:
    found = set(kinds)
    return [*(k for k in KINDS if k in found), *sorted(found - set(KINDS))]
