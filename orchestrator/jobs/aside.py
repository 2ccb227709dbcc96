"""Between two beats: what is written by hand while no beat is under way is what the next one finds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from orchestrator.core.errors import Held
from orchestrator.jobs.world import Patience
from orchestrator.ports import Clock
from orchestrator.store import Store

A_MOMENT = timedelta(seconds=1)


@contextmanager
def between_beats(event: str, store: Store, clock: Clock, owner: str, patience: timedelta) -> Iterator[None]:
    """Keep an event's beats out; waits for one that is under way, and raises Held when it lasts too long.

    `owner` must not be the service's own name: its lease would let us in beside its beat.
    """
    name, until = f"beat:{event}", clock.now() + patience
    while True:
        try:
            store.leases.take(name, owner, clock.now(), Patience().beat_lease)
            break
        except Held:
            if clock.now() >= until:
                raise
            clock.wait(clock.now() + A_MOMENT)
    try:
        yield
    finally:
        store.leases.release(name, owner)
