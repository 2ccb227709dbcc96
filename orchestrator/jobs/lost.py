"""Answers "I lost my link": whoever is registered gets their letter again; of anybody else nothing is said or kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from orchestrator.core.model import identity, reference
from orchestrator.core.recipients import speaker_reference
from orchestrator.jobs.world import World


def answer(worlds: Sequence[World], now: datetime) -> int:
    """Look up each address typed since the last time, in every event that is not over; say how many letters follow."""
    if not worlds:
        return 0
    pages, letters = worlds[0].store.pages, 0
    for one in pages.asking():
        email = identity(one.address)
        found = {world.event.key: refs for world in worlds if (refs := _refs(world, email, now))}
        pages.answered(one, found, now)
        letters += sum(map(len, found.values()))
    return letters


def _refs(world: World, email: str, now: datetime) -> list[str]:
    event = world.event
    if now >= event.last_end:
        return []
    mine = [speaker_reference(event, s) for s in event.speakers if identity(s.email) == email]
    if world.store.people.one(event.key, email) is not None:
        mine.append(reference(event.key, email))
    return mine
