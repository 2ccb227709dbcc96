"""The timetable of an event's letters: which leave together, when, and when the last of them is through."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.core.letters import Owed
from orchestrator.core.model import Event
from orchestrator.core.schedule import QUIET, Traffic, load_of, planned, wave_of
from orchestrator.core.sending import Departure, Wave
from orchestrator.jobs.departing import too_late
from orchestrator.jobs.names import NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Letters of one kind that leave together; `leave_from` None = at once, `too_late` why they cannot be in time."""

    kind: str
    session: str
    rule: str
    leave_from: datetime | None
    due_at: datetime | None
    last_at: datetime
    letters: int
    too_late: str = ""

    @property
    def leaves_early(self) -> bool:
        return self.leave_from is not None and self.due_at is not None and self.leave_from < self.due_at

    def in_words(self, local: Callable[[datetime], str]) -> str:
        """Say what leaves, when, and when its last letter is through."""
        about = f" pour « {self.session} »" if self.session else ""
        at = "tout de suite" if self.leave_from is None else f"départ {local(self.leave_from)}"
        text = f"{self.letters} {NAMES[self.kind]}{about} : {at}, dernière lettre {local(self.last_at)}"
        if self.leaves_early:
            text += " (plus tôt que prévu, pour tenir le débit du relais)"
        return f"{text} → {self.too_late}" if self.too_late else text


def timetable(event: Event, letters: Iterable[Owed], now: datetime, beside: Traffic = QUIET) -> list[Group]:
    """Bring letters together that leave at one hour, with what the relay makes of it."""
    quota, letters = event.quota, list(letters)
    plan = planned(load_of(letters, quota, now), quota, now, beside)
    together: dict[tuple[Any, ...], Counter[Wave]] = defaultdict(Counter)
    for one in letters:
        wave = wave_of(one, quota, now)
        hour = one.due_at if wave.due_at > now else None
        together[one.kind, one.session, one.rule, hour][wave] += 1
    groups = [_group(event, key, waves, plan, now) for key, waves in together.items()]
    return sorted(groups, key=lambda g: (g.leave_from or now, g.kind, g.session, g.rule))


def _group(
    event: Event, key: tuple[Any, ...], waves: Counter[Wave], plan: Mapping[Wave, Departure], now: datetime
) -> Group:
    kind, session, rule, due_at = key
    leave_from = min(plan[wave].leave_from for wave in waves)
    concerns = [wave for wave in waves if kind == "room" or not wave.fixed]
    late = [wave for wave in concerns if plan[wave].last_at > wave.finish_by]
    return Group(
        kind=kind,
        session=session,
        rule=rule,
        leave_from=leave_from if leave_from > now else None,
        due_at=due_at,
        last_at=max(plan[wave].last_at for wave in waves),
        letters=waves.total(),
        too_late="; ".join(too_late(event, wave, plan[wave], waves[wave]) for wave in late),
    )
