"""From a letter that is owed to its row, and whether the two differ."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from orchestrator.core.letters import AHEAD, AT_ONCE, Owed


def differs(row: Any, owed: Owed, relay: str) -> bool:
    if row.state in ("withdrawn", "void"):
        return True
    if row.state != "due":
        return False
    return bool(
        (owed.due_at is not None and row.due_at != owed.due_at)
        or (owed.leave_from is not None and row.leave_from != owed.leave_from and not _leaves_early(row, owed))
        or row.void_at != owed.void_at
        or row.address != owed.to
        or row.relay != relay
    )


def _leaves_early(row: Any, owed: Owed) -> bool:
    """The send plan lets it leave before its hour (see jobs.departing)."""
    return bool(row.due_at == owed.due_at and row.leave_from < row.due_at)


def _instants(owed: Owed, first_known: datetime) -> dict[str, datetime]:
    due_at = owed.due_at or first_known
    return {
        "due_at": due_at,
        "leave_from": owed.leave_from or due_at,
        "wanted_by": (owed.wanted_by or due_at + AT_ONCE) - (AHEAD if owed.kind == "host" else timedelta()),
        "void_at": owed.void_at,
    }


def new_row(event: str, relay: str, owed: Owed, now: datetime) -> dict[str, Any]:
    return {
        "key": owed.key(event),
        "event": event,
        "kind": owed.kind,
        "session": owed.session,
        "rule": owed.rule,
        "person": owed.person,
        "email": owed.email,
        "address": owed.to,
        "language": owed.language,
        "revision": owed.revision,
        "relay": relay,
        **_instants(owed, now),
    }


def moved_row(row: Any, relay: str, owed: Owed, now: datetime) -> dict[str, Any]:
    values = {
        "state": "due",
        "address": owed.to,
        "language": owed.language,
        "relay": relay,
        **_instants(owed, row.due_at if row.state == "due" else now),
    }
    if _leaves_early(row, owed):
        values["leave_from"] = row.leave_from
    return {"k_id": row.id, **{f"v_{name}": value for name, value in values.items()}}
