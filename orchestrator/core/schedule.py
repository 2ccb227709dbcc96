"""When the letters that are owed leave: at their hour, or as much earlier as the relay's quota asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orchestrator.core.letters import AHEAD, AT_ONCE, Owed
from orchestrator.core.model import Quota, domain_of
from orchestrator.core.sending import MARGIN, Departure, Load, Wave, departures

MOVABLE = ("reminder", "host")
"""Kinds that may leave before their hour, where a rule sets it; no room is told early, no other letter can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What else the relay has to do: letters of other events that have not left, and what it took lately."""

    load: Load = field(default_factory=dict)
    taken: tuple[tuple[datetime, str], ...] = ()
    """Each with its domain, where that has a limit of its own."""


QUIET = Traffic()


def wave_of(letter: Owed, quota: Quota, now: datetime) -> Wave:
    """Name the wave a letter belongs to. What may leave already is due now."""
    due_at = max(letter.leave_from or letter.due_at or now, now)
    wanted_by = (letter.wanted_by or due_at + AT_ONCE) - (AHEAD if letter.kind == "host" else timedelta())
    wanted_by = max(wanted_by, now)
    return wave(letter.kind, letter.rule, due_at, wanted_by, letter.void_at, limited(letter.email, quota))


def wave(kind: str, rule: str, due_at: datetime, wanted_by: datetime, void_at: datetime, domain: str) -> Wave:
    """Name a wave by what its letters have in common."""
    return Wave(
        due_at=due_at,
        finish_by=wanted_by if kind == "room" and wanted_by > due_at else void_at - MARGIN,
        wanted_by=wanted_by,
        domain=domain,
        fixed=kind not in MOVABLE or not rule,
    )


def limited(email: str, quota: Quota) -> str:
    """The domain of an address, if letters to it have a limit of their own."""
    domain = domain_of(email)
    return domain if quota.per_hour_to.get(domain) else ""


def load_of(letters: Iterable[Owed], quota: Quota, now: datetime) -> Counter[Wave]:
    """Count letters by wave."""
    return Counter(wave_of(letter, quota, now) for letter in letters)


def planned(load: Load, quota: Quota, now: datetime, others: Traffic = QUIET) -> dict[Wave, Departure]:
    """Plan what is to leave together with everything else the relay has to do."""
    together = Counter(load)
    together.update(others.load)
    return departures(together, quota, now, others.taken)
