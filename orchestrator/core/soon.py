"""How soon a session is, as the subject of a reminder says it, so that two reminders never look the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from orchestrator.core.facts import due_at
from orchestrator.core.model import Event, Session

IN_MINUTES = timedelta(minutes=90)
"""From here on minutes are counted, rounded to five."""
STEP = 5


def how_soon(event: Event, session: Session, now: datetime, *, is_speaker: bool = False) -> dict[str, Any]:
    """Say how far off a session is: in `days` by the calendar of the event or, of the last ninety, in `minutes`; the
    other is None. `nth`: of the reminders that say the same, 1 being the first."""
    mine = _distance(event, session, now)
    not_theirs = "registrants" if is_speaker else "speakers"
    rules = [r for r in event.reminders if r.session == session.key and r.audience != not_theirs]
    same = sum(at <= now and _distance(event, session, at) == mine for at in {due_at(event, r) for r in rules})
    return {**mine, "nth": max(same, 1)}


def _distance(event: Event, session: Session, now: datetime) -> dict[str, int | None]:
    now = now.replace(second=0, microsecond=0)
    left = max(session.starts_at - now, timedelta())
    days = (session.starts_at.astimezone(event.zone).date() - now.astimezone(event.zone).date()).days
    if left <= IN_MINUTES:
        return {"days": None, "minutes": STEP * round(left / timedelta(minutes=STEP))}
    return {"days": days, "minutes": None}
