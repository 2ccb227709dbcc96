"""Answers "I lost my link": whoever is registered gets their letter again; of anybody else nothing is said or kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from orchestrator.core.model import identity
from orchestrator.core.notices import Notice, again
from orchestrator.jobs.world import World


def answer(worlds: Sequence[World], now: datetime) -> int:
    """Look up each address typed since the last time, in every event that is not over; say in how many it is known."""
    if not worlds:
        return 0
    pages, known = worlds[0].store.pages, 0
    for one in pages.asking():
        email = identity(one.address)
        found = {world.event.key: letter for world in worlds if (letter := _once_more(world, email, now))}
        pages.answered(one, found)
        known += len(found)
    return known


def may_ask(world: World, email: str, now: datetime) -> bool:
    """Tell whether an address is that of somebody who registered or speaks, at an event that is not over."""
    event = world.event
    speaks = any(identity(speaker.email) == email for speaker in event.speakers)
    return now < event.last_end and (speaks or world.store.people.one(event.key, email) is not None)


def _once_more(world: World, email: str, now: datetime) -> Notice | None:
    return again(world.event, email, now, by_its_reader=True) if may_ask(world, email, now) else None
