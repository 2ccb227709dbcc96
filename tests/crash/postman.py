"""The post as a process that tests can kill: light to start, because a fork server has imported all it needs."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks._post_stage import NOW, Still, event, prepare, world
from orchestrator import wiring
from orchestrator.gateways.mail.smtp import Timeouts
from orchestrator.jobs.post import PostRoom
from orchestrator.jobs.world import Patience
from orchestrator.store import Store

CONNECTIONS = 2
EVENT = event()
SCRIBE = wiring.scribe()
PATIENCE = Patience(letter_lease=timedelta(seconds=60))
TIMEOUTS = Timeouts(connect=5, command=5, data=5, dot=5)


def fill(url: str, letters: int) -> None:
    """Make a database whose letters are due."""
    store = Store(url, wiring.alive).open()
    prepare(world(EVENT, store, 1, connections=1, scribe=SCRIBE), letters)
    store.close()


def room(url: str, port: int, **how: Any) -> PostRoom:
    store = Store(url, wiring.alive)
    how = {"patience": PATIENCE, "connections": CONNECTIONS} | how
    one = world(EVENT, store, port, scribe=SCRIBE, timeouts=TIMEOUTS, **how)
    return PostRoom({EVENT.key: one})


def deliver(go: Any, url: str, port: int) -> None:
    """Wait for the word, then send what is due, as `apply` does."""
    post = room(url, port)
    go.wait()
    post.drain()


def deliver_later(go: Any, url: str, port: int) -> None:
    """The same an hour later: what was put off meanwhile is due again."""
    post = room(url, port, clock=Still(timedelta(hours=1)))
    go.wait()
    post.drain()


class Running:
    """A clock that starts at the stage's hour and goes on with the machine's."""

    def __init__(self) -> None:
        self._shift = datetime.now(UTC) - NOW

    def now(self) -> datetime:
        return datetime.now(UTC) - self._shift

    def wait(self, until: datetime) -> None:
        time.sleep(max(0.0, (until - self.now()).total_seconds()))


BRIEF = Patience(letter_lease=timedelta(seconds=3))
CLOCK = Running()
"""Of every process forked from this one."""


def deliver_by_the_clock(go: Any, url: str, port: int) -> None:
    """The same with a running clock and leases of three seconds, over one connection."""
    post = room(url, port, clock=CLOCK, patience=BRIEF, connections=1)
    go.wait()
    post.drain()


def warm_up() -> None:
    """Put one letter in words, so that every process forked from here has its templates."""
    store = Store("sqlite://", wiring.alive).open()
    one = world(EVENT, store, 1, connections=1, scribe=SCRIBE)
    prepare(one, 1)
    post = PostRoom({EVENT.key: one})
    for delivery in post.claim():
        post.write(delivery, Still().now())
    store.close()


warm_up()
