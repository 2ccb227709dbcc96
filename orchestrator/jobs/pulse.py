"""How the service is, for those who watch it: told from the store, as last seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from orchestrator.core.errors import OrchestratorError
from orchestrator.jobs.world import World

Seen = Mapping[str, bool | None]
"""By event; None: nothing was asked of it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The content of `/healthz`. `relay` and `zoom` are as last seen; a restart would not mend them."""

    is_well: bool
    seconds_since_beat: Mapping[str, float | None]
    database: bool
    relay: Seen
    zoom: Seen
    starting: bool = False
    """Events are gone through for the first time and some were not reached yet; those have None as their seconds."""

    def as_data(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "ok": self.is_well,
            "starting": self.starting,
            "seconds_since_beat": dict(self.seconds_since_beat),
            "database": self.database,
            "relay": dict(self.relay),
            "zoom": dict(self.zoom),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What there is to watch at one instant. `beats` counts them by event and outcome: quiet, busy, failed."""

    worlds: tuple[World, ...]
    now: datetime
    patience: timedelta
    beaten: Mapping[str, datetime]
    beats: Mapping[tuple[str, str], int]
    passing_since: datetime | None = None
    """When the pass began that goes on now."""
    is_first: bool = False
    """Whether no pass has come to its end yet."""

    @property
    def ages(self) -> dict[str, float | None]:
        """Seconds since each event last beat; None: not yet."""
        return {
            w.event.key: None
            if (at := self.beaten.get(w.event.key)) is None
            else round((self.now - at).total_seconds(), 1)
            for w in self.worlds
        }

    @property
    def is_starting(self) -> bool:
        """Tell whether the first pass goes on, in which some events were not reached yet."""
        return self.is_first and self.passing_since is not None and any(age is None for age in self.ages.values())

    @property
    def is_beating(self) -> bool:
        """Tell whether every event had beaten lately when the last pass began, and that one goes on."""
        since = self.passing_since or self.now
        last = max([since, *self.beaten.values()])
        return self.now - last < self.patience and all(
            self.is_starting if at is None else since - at < self.patience
            for at in (self.beaten.get(world.event.key) for world in self.worlds)
        )

    def pulse(self) -> Pulse:
        """Look at the store; the relay and Zoom are not asked."""
        database, relay, zoom = True, dict[str, bool | None](), dict[str, bool | None]()
        try:
            relay, zoom = self._last_seen()
        except OrchestratorError:
            database = False
        return Pulse(
            is_well=database and self.is_beating,
            seconds_since_beat=self.ages,
            database=database,
            relay=relay,
            zoom=zoom,
            starting=self.is_starting,
        )

    def _last_seen(self) -> tuple[dict[str, bool | None], dict[str, bool | None]]:
        """How each event's relay and Zoom were when they were last used."""
        if not self.worlds:
            return {}, {}
        figures = self.worlds[0].store.figures
        alarms, read, used = figures.alarms(), figures.zoom_read(), figures.relay_used({w.relay for w in self.worlds})
        relay, zoom = dict[str, bool | None](), dict[str, bool | None]()
        for world in self.worlds:
            key = world.event.key
            wrong = alarms.get(key, ())
            relay[key] = _seen(any(k.startswith("relay:") for k in wrong), world.relay in used)
            zoom[key] = _seen(any(map(_is_unreachable, wrong)), key in read)
        return relay, zoom


def _seen(fails: bool, was_used: bool) -> bool | None:
    return False if fails else True if was_used else None


def _is_unreachable(alarm: str) -> bool:
    """Tell whether an exchange with Zoom failed: other alarms of its own are about what it answered (jobs.meetings)."""
    return alarm.startswith("zoom:") and (alarm.count(":") == 1 or alarm.endswith(":people"))
