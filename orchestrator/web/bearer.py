"""Whose page an address is: the token in it is checked against the service key before anything is looked up."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from fastapi import Request
from starlette.exceptions import HTTPException

from orchestrator.core.entry import Door, is_genuine, person_of
from orchestrator.jobs.reception import Reception
from orchestrator.jobs.world import World
from orchestrator.store.pages import Look
from orchestrator.web.house import House
from orchestrator.web.pages import house_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Somebody at their page."""

    world: World
    reception: Reception
    ref: str


KNOWN = 20_000
"""How many people's pages are found again without being searched for."""


@dataclass(slots=True)
class Receptions:
    """One reception an event, made when its first page is opened, made anew when the event changes."""

    emails: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Event and e-mail by reference: they never change."""
    _known: dict[str, Reception] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, world: World) -> Reception:
        with self._lock:
            known = self._known.get(world.event.key)
            if known is None or known.world is not world:
                known = self._known[world.event.key] = Reception(world)
            return known

    def remember(self, ref: str, event: str, email: str) -> None:
        with self._lock:
            if len(self.emails) >= KNOWN:
                self.emails.clear()
            self.emails[ref] = event, email


def receptions_of(request: Request) -> Receptions:
    found: Receptions = request.app.state.receptions
    return found


def bearer(request: Request, token: str, door: Door) -> Bearer:
    """Find whose page this is. Raises HTTPException 404 where it is nobody's (any more)."""
    house, ref = house_of(request), person_of(token, door)
    if ref and (world := _world(house, token, ref)) is not None:
        return Bearer(world=world, reception=receptions_of(request).of(world), ref=ref)
    raise HTTPException(404)


def person_at(request: Request, token: str) -> tuple[Bearer, Look]:
    """The registered person whose page this is. Raises HTTPException 404."""
    ref, known = person_of(token, "m"), receptions_of(request)
    if ref in known.emails:
        return _seen_before(request, token, ref)
    found = bearer(request, token, "m")
    event, store = found.world.event.key, found.world.store
    email = store.entries.email_of(event, ref)
    look = store.pages.look(event, email) if email else None
    if look is None or look.person is None:
        raise HTTPException(404)
    known.remember(ref, event, email)
    return found, look


def _seen_before(request: Request, token: str, ref: str) -> tuple[Bearer, Look]:
    """The same in one look at the store: what the token must be is known from it too."""
    house, known = house_of(request), receptions_of(request)
    event, email = known.emails[ref]
    if (served := house.served.get(event)) is None:
        raise HTTPException(404)
    look = house.store.pages.look(event, email, ref)
    if look.person is None or not is_genuine(token, house.key, event, ref, look.generation):
        raise HTTPException(404)
    return Bearer(world=served.world, reception=known.of(served.world), ref=ref), look


def _world(house: House, token: str, ref: str) -> World | None:
    generations = house.store.entries.generations(ref)
    for key, served in house.served.items():
        if is_genuine(token, house.key, key, ref, generations.get(key, 1)):
            return served.world
    return None
