"""Who is in the meetings now, as Zoom's webhooks have told it."""

from __future__ import annotations

from datetime import datetime

from orchestrator.core.presence import Live
from orchestrator.store import Store


def live(store: Store, event: str, now: datetime) -> Live:
    """Gather which meetings are open and when each registrant was last seen there."""
    open_since = {
        meeting: run.started_at
        for meeting, runs in store.presence.runs(event).items()
        for run in runs
        if run.is_on and run.started_at is not None
    }
    seen: dict[str, dict[str, datetime]] = {}
    for stay in store.presence.stays(event):
        at = stay.left_at or (now if stay.joined_at is not None else None)
        if stay.email and at is not None:
            there = seen.setdefault(stay.meeting, {})
            there[stay.email] = max(at, there.get(stay.email, at))
    return Live(open_since=open_since, seen=seen)
