"""Wakes somebody for each new alarm, once, by a way that is not the relay of the letters."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from orchestrator.core.errors import Held, Unheard
from orchestrator.jobs.world import World
from orchestrator.ports import Call, Siren

log = logging.getLogger(__name__)


def push_all(worlds: Sequence[World]) -> int:
    """Push what is new in any of the events, one process at a time; where nothing is, it costs one question."""
    loud = [world for world in worlds if world.sirens]
    waiting = loud[0].store.alarms.events_to_push() if loud else frozenset()
    waiting_worlds = [world for world in loud if world.event.key in waiting]
    if not waiting_worlds:
        return 0
    first = waiting_worlds[0]
    try:
        with first.store.leases.held("alarms", first.owner, first.clock.now(), first.patience.beat_lease):
            return _push(waiting_worlds)
    except Held:
        return 0


def _push(worlds: Sequence[World]) -> int:
    """Push what nobody was woken for yet; what no siren can say now is tried again. Says how many were."""
    calls: dict[Siren, list[Call]] = {}
    for world in worlds:
        new = list(_new(world))
        for siren in world.sirens:
            calls.setdefault(siren, []).extend(new)
    heard = {(call.event, call.key) for siren, new in calls.items() for call in _heard(siren, new)}
    for world in worlds:
        keys = {key for event, key in heard if event == world.event.key}
        world.store.alarms.pushed(world.event.key, keys, world.clock.now())
    return len(heard)


def _new(world: World) -> Iterator[Call]:
    event = world.event
    for key, (what, remedy, since) in world.store.alarms.to_push(event.key).items():
        local = since.astimezone(event.zone)
        yield Call(event=event.key, title=event.title, key=key, what=what, remedy=remedy, since=local)


def _heard(siren: Siren, calls: Sequence[Call]) -> Iterator[Call]:
    """Sound one siren, as many calls together as it takes; where it fails the others wait for the next look."""
    for start in range(0, len(calls), siren.at_once):
        together = calls[start : start + siren.at_once]
        try:
            siren.sound(together)
        except Unheard as error:
            log.warning("%s", error.message)
            return
        yield from together
