""" "I lost my link": the same answer to everybody, in the same time; what is found out is sent by mail only."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from orchestrator.core.entry import hidden
from orchestrator.core.model import identity
from orchestrator.web.pages import house_of, language_of, page
from orchestrator.web.security import Filled, address_of

router = APIRouter()
AN_HOUR = timedelta(hours=1)
PER_ADDRESS, PER_PEER, PER_HOUR = 3, 20, 600
LONGEST = 254
"""Of an address (RFC 5321)."""


@router.api_route("/lien-perdu", methods=["GET", "HEAD"])
def ask(request: Request) -> Response:
    return page(request, "lost.html", sent=False)


@router.post("/lien-perdu")
def take(request: Request, filled: Filled) -> Response:
    """Keep the address for the next beat, whoever's it is; too many of them are dropped without a word."""
    house = house_of(request)
    now, typed = house.clock.now(), str(filled.get("email", ""))[:LONGEST].strip()
    limits = {
        f"a:{hidden(identity(typed))[:24]}": PER_ADDRESS,
        f"p:{hidden(network(address_of(request)))[:24]}": PER_PEER,
        "all": PER_HOUR,
    }
    if house.store.entries.may("lost", limits, now, AN_HOUR) and typed:
        house.store.pages.ask(typed, language_of(request), now)
        house.changed()
    return page(request, "lost.html", sent=True)


def network(peer: str) -> str:
    """A peer's network: itself in IPv4, its /64 in IPv6."""
    try:
        return str(ipaddress.ip_network((peer, 64), strict=False)) if ":" in peer else peer
    except ValueError:
        return peer
