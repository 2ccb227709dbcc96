"""What the pages are given: the events served, the clock, the service key and the settings of `[web]`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.jobs.world import World
from orchestrator.ports import Clock
from orchestrator.settings import Settings, Web
from orchestrator.store import Store

Health = Callable[[], tuple[bool, dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One event as it is served, and the settings it comes from."""

    world: World
    settings: Settings


def _well() -> tuple[bool, dict[str, Any]]:
    return True, {"ok": True}


def _nothing() -> None:
    """Nobody to tell."""


@dataclass(slots=True, kw_only=True)
class House:
    """Everything behind the doors. `served` is replaced as a whole when the events change; nobody edits it."""

    store: Store
    clock: Clock
    key: bytes = field(repr=False)
    web: Web
    served: Mapping[str, Served] = field(default_factory=dict)
    configs: tuple[Path, ...] = ()
    """The files and folders the service was started with; an editor writes there."""
    health: Health = _well
    changed: Callable[[], None] = _nothing
    """Called after a page has written something that the next beat should see at once."""

    @property
    def is_https(self) -> bool:
        return self.web.public_url.startswith("https://")
