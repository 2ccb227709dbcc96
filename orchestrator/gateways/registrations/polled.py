"""Asks a source on the network at most once a minute, and holds what it said in between; its failures too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from orchestrator.core.errors import UnreadableSource
from orchestrator.gateways.registrations.tables import Sheet, Table, titled

EVERY = timedelta(minutes=1)
SECONDS = 15
"""How long one call may take."""


class Remote(Protocol):
    """Where a sheet is fetched; it remembers what makes the next fetch cheap."""

    def fetch(self, now: datetime) -> tuple[str, Sheet] | None:
        """Return the sheet with a sign of its version, None if it has not changed. Raises UnreadableSource."""


@dataclass(slots=True)
class Polled:
    """A remote sheet as a source of registrations."""

    remote: Remote
    now: Callable[[], datetime]
    _next: datetime | None = field(default=None, init=False)
    _held: tuple[str, Sheet] | None = field(default=None, init=False)
    _error: UnreadableSource | None = field(default=None, init=False)

    def fingerprint(self) -> str:
        return self._look()[0]

    def table(self, wanted: tuple[str, ...]) -> Table:
        return titled(self._look()[1], wanted)

    def _look(self) -> tuple[str, Sheet]:
        now = self.now()
        if self._next is None or now >= self._next:
            self._next, self._error = now + EVERY, None
            try:
                self._held = self.remote.fetch(now) or self._held
            except UnreadableSource as error:
                self._error = error
        if self._error is not None or self._held is None:
            raise self._error or UnreadableSource(
                "La source des inscriptions n'a rien répondu",
                remedy="rien d'abord : elle est relue au passage suivant ; si cela dure, vérifiez [registrations]",
                permanent=False,
            )
        return self._held
