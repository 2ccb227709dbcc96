"""Whose page an address is: the token in it is checked against the service key before anything is looked up."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from fastapi import Request
from starlette.exceptions import HTTPException

from orchestrator.core.entry import Door, is_genuine, person_of
from orchestrator.jobs.reception import Reception
from orchestrator.jobs.world import World
from orchestrator.web.house import House
from orchestrator.web.pages import house_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Somebody at their page."""

    world: World
    reception: Reception
    ref: str


@dataclass(slots=True)
class Receptions:
    """One reception an event, made when its first page is opened, made anew when the event changes."""

    _known: dict[str, Reception] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, world: World) -> Reception:
        with self._lock:
            known = self._known.get(world.event.key)
            if known is None or known.world is not world:
                known = self._known[world.event.key] = Reception(world)
            return known


def bearer(request: Request, token: str, door: Door) -> Bearer:
    """Find whose page this is. Raises HTTPException 404 where it is nobody's (any more)."""
    house, ref = house_of(request), person_of(token, door)
    if ref and (world := _world(house, token, ref)) is not None:
        return Bearer(world=world, reception=request.app.state.receptions.of(world), ref=ref)
    raise HTTPException(404)


def _world(house: House, token: str, ref: str) -> World | None:
    generations = house.store.entries.generations(ref)
    for key, served in house.served.items():
        if is_genuine(token, house.key, key, ref, generations.get(key, 1)):
            return served.world
    return None
