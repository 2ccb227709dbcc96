"""The pages' server, with nothing behind it but what a test gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from orchestrator.settings import Web
from orchestrator.store import Store
from orchestrator.web.app import make_app
from orchestrator.web.house import House
from orchestrator.web.server import served


class Still:
    """A clock that stands."""

    def __init__(self, at: datetime = datetime(2021, 6, 24, 7, 20, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def wait(self, until: datetime) -> None:
        """Time does not pass."""


@contextmanager
def opened(store: Store, **given: Any) -> Iterator[int]:
    """Serve the pages on a free port of loopback; `given` is what `House` takes."""
    web = Web(host="127.0.0.1", port=0, public_url="", organisers=())
    house = House(store=store, clock=Still(), key=b"k" * 32, web=web, **given)
    with served(make_app(house), web.host, web.port, lambda _trouble: None) as server:
        yield server.port
