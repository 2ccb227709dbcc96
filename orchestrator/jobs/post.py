"""The post: sends all that is due through one relay, for any number of events."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from orchestrator.jobs.courier import Courier
from orchestrator.jobs.departing import set_out
from orchestrator.jobs.relay_room import RelayRoom, Tally
from orchestrator.jobs.world import World


class PostRoom(RelayRoom):
    """All sending through one relay."""

    def drain(self, stop: threading.Event | None = None) -> Tally:
        """Send everything that is due now over several connections; waits for nothing that is due later."""
        self.tally = Tally()
        self.recover()
        if not self._is_well and self.due():  # what is overdue must not take the place of what is urgent
            set_out(self._first.store, self.relay, self._first.event.quota, self.clock.now())
        stop = stop or threading.Event()
        while self.due():
            route = self.goes_by_second
            Courier(self, stop).run()
            if route == self.goes_by_second or stop.is_set():
                break
        return self.tally


def rooms(worlds: Sequence[World]) -> list[PostRoom]:
    """Open one post room a relay."""
    by_relay: dict[str, dict[str, World]] = {}
    for world in worlds:
        by_relay.setdefault(world.relay, {})[world.event.key] = world
    return [PostRoom(group) for group in by_relay.values()]
