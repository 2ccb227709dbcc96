"""Wakes somebody for each new alarm, once, by a way that is not the relay of the letters."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from orchestrator.core.errors import Held, Unheard
from orchestrator.jobs.world import World
from orchestrator.ports import Call

log = logging.getLogger(__name__)


def push_all(worlds: Sequence[World]) -> int:
    """Push what is new in any of the events, one process at a time; where nothing is, it costs one question."""
    loud = [world for world in worlds if world.siren is not None]
    waiting = loud[0].store.alarms.events_to_push() if loud else frozenset()
    waiting_worlds = [world for world in loud if world.event.key in waiting]
    if not waiting_worlds:
        return 0
    first = waiting_worlds[0]
    try:
        with first.store.leases.held("alarms", first.owner, first.clock.now(), first.patience.beat_lease):
            return sum(map(push, waiting_worlds))
    except Held:
        return 0


def push(world: World) -> int:
    """Push what nobody was woken for yet; what cannot be said now is tried again. Says how many were."""
    if world.siren is None:
        return 0
    event, done = world.event, 0
    for key, (what, remedy, since) in world.store.alarms.to_push(event.key).items():
        call = Call(event=event.key, title=event.title, key=key, what=what, remedy=remedy, since=since)
        try:
            world.siren.sound(call)
        except Unheard as error:
            log.warning("%s", error.message)
            return done
        world.store.alarms.pushed(event.key, key, world.clock.now())
        done += 1
    return done
