"""The organiser's board: one module a page, and `router` with all of them."""

from __future__ import annotations

from fastapi import APIRouter

from orchestrator.web.board import (
    after,
    announcing,
    api,
    day,
    decisions,
    event,
    exports,
    journal,
    letters,
    logos,
    merging,
    people,
    person_form,
    persons,
    previews,
    registrations,
    sending,
    speakers,
    start,
    workshops,
    zoom,
)
from orchestrator.web.board.desk import NobodyServed

__all__ = ["NobodyServed", "router"]

router = APIRouter()
asking = (
    sending,
    announcing,
    previews,
    person_form,
    persons,
    merging,
    decisions,
)  # before the pages under the same paths
for part in (
    day,
    *asking,
    people,
    speakers,
    workshops,
    letters,
    registrations,
    zoom,
    after,
    journal,
    start,
    logos,
    event,
    exports,
    api,
):
    router.include_router(part.router)
