"""Where Zoom's webhooks go: believed, kept once each, applied after the answer."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from orchestrator.core.errors import OrchestratorError
from orchestrator.gateways.zoom.webhooks import hear
from orchestrator.ports import Clock
from orchestrator.store import Store

log = logging.getLogger(__name__)


class Inbox:
    """The webhooks of every event of a store; safe to share between threads."""

    def __init__(self, store: Store, clock: Clock, secrets: Sequence[str]) -> None:
        self._store, self._clock, self._secrets = store, clock, tuple(secrets)

    def receive(self, body: bytes, signature: str, stamp: str) -> dict[str, str]:
        """Keep a webhook unless it is known; returns the answer. Raises Forged."""
        now = self._clock.now()
        heard = hear(body, signature, stamp, self._secrets, now)
        if heard.answer is None:
            self._store.presence.receive(heard, now)
        return heard.answer or {}

    def apply(self) -> None:
        """Set the facts received; those left over are set at the next beat."""
        try:
            self._store.presence.apply(self._clock.now())
        except OrchestratorError as error:
            log.warning("webhooks wait for the next beat: %s", error)
