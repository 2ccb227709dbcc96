"""Everything a rehearsal left behind that the film shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator.core.model import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something the rehearsal broke on purpose. Without an end it struck at one instant."""

    label: str
    begins: datetime
    ends: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One person's comings and goings, as an example of a manner, and what their certificate says."""

    manner: str
    name: str
    spans: Sequence[tuple[datetime, datetime]]
    minutes: Mapping[str, int] = field(default_factory=dict)
    """By session, as certified; empty: no certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """Who was there, and the weeks after. `figures` by name; `steps`: when each thing happened."""

    present: Sequence[tuple[datetime, datetime]] = ()
    """When each person was in the meeting, devices and rooms counted once."""
    came: int = 0
    lives: Sequence[Life] = ()
    steps: Mapping[str, datetime] = field(default_factory=dict)
    figures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """Everything a rehearsal left behind. Letters, exchanges and report are as in the files it wrote."""

    event: Event
    begins: datetime
    ends: datetime
    letters: Sequence[Mapping[str, Any]]
    exchanges: Sequence[Mapping[str, Any]]
    report: Mapping[str, Any]
    arrivals: Sequence[datetime] = ()
    faults: Sequence[Fault] = ()
    seats: Mapping[str, Sequence[tuple[datetime, int]]] = field(default_factory=dict)
    """By workshop, how many seats were taken from each instant on."""
    after: After | None = None
