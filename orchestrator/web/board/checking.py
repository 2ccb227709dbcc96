"""What `orchestrator check` finds, asked for from the board and remembered until it is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from orchestrator.store import Store
from orchestrator.web.board.desk import Desk
from orchestrator.web.house import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found, when; of an event as it was configured then."""

    at: datetime
    findings: tuple[Look, ...]


_FOUND: WeakKeyDictionary[Store, dict[str, Checked]] = WeakKeyDictionary()


def last(desk: Desk) -> Checked | None:
    """What was found last, if anybody has looked."""
    return _FOUND.get(desk.store, {}).get(desk.key)


def look(desk: Desk) -> Checked:
    """Look now, which may take some seconds."""
    checked = Checked(at=desk.now, findings=tuple(desk.house.inspect(desk.settings)))
    _FOUND.setdefault(desk.store, {})[desk.key] = checked
    return checked
