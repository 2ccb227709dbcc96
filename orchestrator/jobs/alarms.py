"""Wakes somebody for each new alarm, once by each way there is; none of them is the relay of the letters."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from orchestrator.core.errors import Held, Unheard
from orchestrator.jobs.world import World
from orchestrator.ports import Call, Siren

log = logging.getLogger(__name__)


def push_all(worlds: Sequence[World]) -> int:
    """Push what is new in any of the events, one process at a time; where nothing is, it costs a question a way.
    Says of how many alarms somebody was told."""
    if not _unsaid(worlds):
        return 0
    first = worlds[0]
    try:
        with first.store.leases.held("alarms", first.owner, first.clock.now(), first.patience.beat_lease):
            return _push(worlds, _unsaid(worlds))
    except Held:
        return 0


def _unsaid(worlds: Sequence[World]) -> dict[Siren, list[Call]]:
    """What each siren has yet to say."""
    ways = {siren.way for world in worlds for siren in world.sirens}
    new = {way: worlds[0].store.alarms.unsaid(way, worlds[0].clock.now()) for way in sorted(ways)}
    calls: dict[Siren, list[Call]] = {}
    for world in worlds:
        for siren in world.sirens:
            if found := new[siren.way].get(world.event.key):
                calls.setdefault(siren, []).extend(_calls(world, found))
    return calls


def _calls(world: World, found: Mapping[str, tuple[str, str, datetime]]) -> Iterator[Call]:
    event = world.event
    for key, (what, remedy, since) in found.items():
        local = since.astimezone(event.zone)
        yield Call(event=event.key, title=event.title, key=key, what=what, remedy=remedy, since=local)


def _push(worlds: Sequence[World], unsaid: Mapping[Siren, Sequence[Call]]) -> int:
    """Sound every siren; what one cannot say now it tries again, whatever the others said."""
    store, now, told = worlds[0].store, worlds[0].clock.now(), set[tuple[str, str]]()
    for siren, calls in unsaid.items():
        heard = {(call.event, call.key) for call in _heard(siren, calls)}
        for event in sorted({event for event, _ in heard}):
            store.alarms.told(event, {key for of, key in heard if of == event}, siren.way, now)
        told |= heard
    return len(told)


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
