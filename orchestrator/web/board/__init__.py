"""The organiser's board: one module a page, and `router` with all of them."""

from __future__ import annotations

from fastapi import APIRouter

from orchestrator.web.board import (
    api,
    day,
    event,
    exports,
    journal,
    letters,
    people,
    registrations,
    speakers,
    workshops,
    zoom,
)
from orchestrator.web.board.desk import NobodyServed

__all__ = ["NobodyServed", "router"]

router = APIRouter()
for part in (day, people, speakers, workshops, letters, registrations, zoom, journal, event, exports, api):
    router.include_router(part.router)
