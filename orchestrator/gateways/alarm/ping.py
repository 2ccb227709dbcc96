"""A dead man's switch: an address asked after good beats, whose owner is told by others when that stops."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

import requests

from orchestrator.gateways.nobody import nobody

log = logging.getLogger(__name__)

APART = timedelta(seconds=30)
"""Between two pings: what listens allows some a minute (healthchecks.io: 5), and is set to minutes anyway."""
CONNECT, READ = 5, 10
"""Seconds."""


class Ping:
    """Asks in a thread of its own, one at a time, so that no beat waits for it. Never raises."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._last: datetime | None = None
        self._asking = threading.Lock()
        self._is_well = True

    def send(self, now: datetime) -> threading.Thread | None:
        """Ask, unless it was done lately or is being done; returns the thread that does."""
        if (self._last is not None and now < self._last + APART) or not self._asking.acquire(blocking=False):
            return None
        self._last = now
        thread = threading.Thread(target=self._ask, name="ping", daemon=True)
        thread.start()
        return thread

    def _ask(self) -> None:
        """Ask once. The address is a secret: only the kind of a failure is said, and once until it works again."""
        try:
            with requests.get(
                self._url, auth=nobody, timeout=(CONNECT, READ), allow_redirects=False, stream=True
            ) as answer:
                why = "" if answer.ok else f"HTTP {answer.status_code}"
        except (requests.RequestException, OSError) as error:
            why = type(error).__name__
        finally:
            self._asking.release()
        if why and self._is_well:
            log.warning("the dead man's switch was not reached: %s", why)
        self._is_well = not why
