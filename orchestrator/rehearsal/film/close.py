"""The close-up of a session's reminders: how many remained minute by minute, and how early the last one left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from orchestrator.core.axis import Axis
from orchestrator.core.model import Session
from orchestrator.rehearsal.film.drawing import BY_MINUTE, Drawing
from orchestrator.rehearsal.film.placing import bars, floor, rows, stairs
from orchestrator.rehearsal.film.told import Sent
from orchestrator.rehearsal.film.values import INSET, ROW, CloseUp
from orchestrator.rehearsal.film.words import MINUTE

CLOSE_BARS = 110.0
"""Height in pixels of all the reminders together."""


def close_up(drawing: Drawing, letters: Sequence[Sent], day: Axis, session: Session) -> CloseUp | None:
    """Draw the minutes before a session; None where no reminder of it left that day."""
    reminders = sorted(
        (sent for sent in letters if sent.kind == "reminder" and sent.session == session.key and day.has(sent.at)),
        key=lambda sent: sent.at,
    )
    if not reminders:
        return None
    main = Counter(sent.rule for sent in reminders).most_common(1)[0][0]
    first = min(next(s.at for s in reminders if s.rule == main), session.starts_at - 10 * MINUTE)
    last = reminders[-1].at
    axis = Axis(
        begins=floor(first, 5 * MINUTE) - 5 * MINUTE,
        ends=max(session.starts_at + 5 * MINUTE, floor(last, 5 * MINUTE) + 5 * MINUTE),
        width=INSET,
    )
    inside = [sent.at for sent in reminders if axis.has(sent.at)]
    step = MINUTE if axis.ends - axis.begins <= 90 * MINUTE else 5 * MINUTE
    late = {at for at in inside if at >= session.starts_at}
    shown = bars(axis, inside, step, CLOSE_BARS, most=len(inside), late=late)
    left = accumulate((bar.count for bar in shown), initial=0)
    xs = [0.0, *(bar.x for bar in shown)]
    points = [(x, round(CLOSE_BARS * n / len(inside), 1)) for x, n in zip(xs, left, strict=True)]
    tags = drawing.faults(axis, dated=False)
    return CloseUp(
        session=session,
        axis=axis,
        count=len(inside),
        last=last,
        margin=session.starts_at - last,
        ticks=drawing.ticks(axis, BY_MINUTE),
        bars=shown,
        remaining=stairs(points, axis.width, CLOSE_BARS),
        tags=tags,
        bands=drawing.bands(axis),
        top=24 + ROW * rows(tags),
    )
