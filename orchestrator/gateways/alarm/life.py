"""Signs of life: systemd's watchdog after every beat, the dead man's switch after good ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from orchestrator.gateways.alarm.ping import Ping
from orchestrator.gateways.alarm.systemd import notify


class SignsOfLife:
    """Told by the daemon; without systemd and without an address all of it is silence."""

    def __init__(self, environ: Mapping[str, str] = MappingProxyType({}), ping_url: str = "") -> None:
        self._environ = environ
        self._ping = Ping(ping_url) if ping_url else None

    def ready(self) -> None:
        notify(self._environ, "READY=1")

    def alive(self) -> None:
        """Feed the watchdog: this process is not stuck, whatever its beats say."""
        notify(self._environ, "WATCHDOG=1")

    def good(self, now: datetime) -> None:
        """Every event has beaten."""
        if self._ping:
            self._ping.send(now)

    def stopping(self) -> None:
        notify(self._environ, "STOPPING=1")
