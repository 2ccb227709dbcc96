"""When the letters that are owed leave: at their hour, or as much earlier as the relay's quota asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from orchestrator.core.letters import Owed
from orchestrator.core.model import Event
from orchestrator.core.sending import Departure, Wave, departures


def scheduled(event: Event, letters: Iterable[Owed]) -> list[Owed]:
    """Let each wave leave early enough for the relay's quota (see sending.departures)."""
    letters = list(letters)
    plan = plan_of(event, letters)
    early = {wave: found.leave_from for wave, found in plan.items() if found.leave_from < wave[0]}
    if not early:
        return letters
    return [
        replace(letter, leave_from=early[wave])
        if (wave := _wave_of(letter)) in early and letter.kind != "room"  # no room is told before its hour
        else letter
        for letter in letters
    ]


def _wave_of(letter: Owed) -> tuple[datetime, datetime] | None:
    if letter.kind not in ("reminder", "host", "room") or letter.due_at is None:
        return None
    return letter.due_at, letter.void_at


def plan_of(event: Event, letters: Iterable[Owed]) -> dict[tuple[datetime, datetime], Departure]:
    """Plan the departures of all waves with a deadline, by (due_at, void_at)."""
    counts = Counter(wave for letter in letters if (wave := _wave_of(letter)) is not None)
    waves = {wave: Wave(due_at=wave[0], void_at=wave[1], letters=n) for wave, n in counts.items()}
    planned = departures(waves.values(), event.quota)
    return {wave: planned[waves[wave]] for wave in waves}
