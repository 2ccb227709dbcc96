"""One line of the green light."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

How = Literal["good", "wait", "bad"]
Both = tuple[str, str]
"""French and English."""
NOTHING: Both = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """One line. `path` and `words`: the button that leads to the remedy; `query` goes with it."""

    how: How
    said: Both
    remedy: Both = NOTHING
    path: str = ""
    words: Both = NOTHING
    query: dict[str, Any] = field(default_factory=dict)
    spot: str = ""
    """Where on that page."""


def counted(count: int, one: str, many: str, *, en: bool = False) -> str:
    """Count as the language does: French says nought in the singular."""
    return f"{count} {one if count == 1 or (count == 0 and not en) else many}"
