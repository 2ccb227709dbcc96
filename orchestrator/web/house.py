"""What the pages are given: the events served, the clock, the service key and the settings of `[web]`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from orchestrator.jobs.world import World
from orchestrator.ports import Clock
from orchestrator.settings import Settings, Web
from orchestrator.store import Store
from orchestrator.web.webhooks import Inbox

Health = Callable[[], tuple[bool, dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One event as it is served, and the settings it comes from."""

    world: World
    settings: Settings


class Look(Protocol):
    """One thing that `check` found. `level`: ok | warning | error | refused."""

    @property
    def level(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def remedy(self) -> str: ...


Load = Callable[[Path, Mapping[Path, str]], Sequence[Settings]]
"""Reads a config file or folder, with texts that are not written yet in the place of files. Raises BadConfiguration."""


def _unread(_root: Path, _instead: Mapping[Path, str]) -> Sequence[Settings]:
    return ()


def _blind(_settings: Settings) -> Sequence[Look]:
    return ()


def _well() -> tuple[bool, dict[str, Any]]:
    return True, {"ok": True}


def _no_metrics() -> bytes:
    return b""


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
    metrics: Callable[[], bytes] = _no_metrics
    inbox: Inbox | None = None
    """Where Zoom's webhooks go; None: nothing listens to them."""
    changed: Callable[[], None] = _nothing
    """Called after a page has written something that the next beat should see at once."""
    secrets: Path | None = None
    """Where secrets lie, if that was said; else in a folder `secrets` beside the event's file."""
    inspect: Callable[[Settings], Sequence[Look]] = _blind
    """Looks at everything outside, as `check` does; it may take some seconds."""
    load: Load = _unread
    unserved: Mapping[Path, Sequence[str]] = field(default_factory=dict)
    """Event files that cannot be served as they are, and why; replaced as a whole."""
    reload: Callable[[], None] = _nothing
    """Called after an event's file was written: the events are to be read again."""

    def __post_init__(self) -> None:
        self.configs = tuple(Path(os.path.abspath(path)) for path in self.configs)  # as settings name their files

    @property
    def is_https(self) -> bool:
        return self.web.public_url.startswith("https://")
