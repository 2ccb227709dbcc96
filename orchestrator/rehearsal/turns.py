"""Leads a rehearsal from instant to instant: to where the service wants to be woken, or where something happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from orchestrator.core.errors import OrchestratorError
from orchestrator.rehearsal.child import Service
from orchestrator.rehearsal.clock import SharedClock
from orchestrator.rehearsal.faults import Trouble
from orchestrator.rehearsal.service import instant

RESTART = timedelta(seconds=5)
"""How soon a killed service is started again, as systemd would."""
LEAST = timedelta(seconds=1)
MOST_TURNS = 50_000
Act = Callable[[datetime], None]


class Turns:
    """The turns of one rehearsal; its kills strike when their hour has come, amid an exchange if need be."""

    def __init__(self, clock: SharedClock, troubles: Sequence[Trouble]) -> None:
        self._clock = clock
        self.kills = sorted(t.begins for t in troubles if t.kind == "kill" and t.begins)
        """Those that are still to come."""
        self.killed: list[datetime] = []
        self._service: Service | None = None
        self._lock = threading.Lock()

    def begin(self, first_line: str) -> None:
        """Start the service with what it is told first."""
        self._service = Service(first_line)

    def end(self) -> None:
        if self._service is not None:
            self._service.hang_up()

    def strike(self) -> bool:
        """Kill the service if its hour has come; asked by the stage in the middle of an exchange."""
        with self._lock:
            if not self.kills or self._clock.now() < self.kills[0] or self._service is None:
                return False
            self.killed.append(self.kills.pop(0))
            self._service.kill()
            return True

    def until(
        self, ends: datetime, marks: Sequence[datetime], act: Act, note: Callable[[dict[str, Any]], None]
    ) -> None:
        """Let the world act, then the service, until an instant; `marks` are instants at which the world acts, sorted.

        Raises OrchestratorError.
        """
        assert self._service is not None
        for _ in range(MOST_TURNS):
            now = self._clock.now()
            act(now)
            if now >= ends:
                return
            self.strike()
            said = self._service.turn()
            if said is None:
                self._clock.advance(RESTART)
                self._service.restart()
                continue
            note(said)
            self._clock.set(self._next(said, marks, ends))
        raise OrchestratorError("la répétition ne finit pas : le service demande sans cesse à être réveillé")

    def _next(self, said: dict[str, Any], marks: Sequence[datetime], ends: datetime) -> datetime:
        now = self._clock.now()
        wake = instant(said["next_at"]) or ends
        coming = next((mark for mark in marks if mark > now), ends)
        return min(max(wake, now + LEAST), max(coming, now), ends)
