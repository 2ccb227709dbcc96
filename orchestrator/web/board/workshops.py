"""`/workshops`: how full each workshop is, how well its people are served, and its sheet to print for the host."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from orchestrator.core.model import Workshop
from orchestrator.web.board.desk import Desk, Looking
from orchestrator.web.security import Refused

router = APIRouter()
WIDTH = 420.0
"""Pixels of the widest bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """One workshop. `ranks`: rank of the wish → seats (0 = not wished); `parts` the same as bars."""

    workshop: Workshop
    taken: int
    asked: int
    ranks: dict[int, int]
    parts: tuple[tuple[int, float, float], ...]
    room: float


def fillings(desk: Desk) -> list[Filling]:
    """Measure every workshop with the same scale."""
    event, seats = desk.event, desk.roll.seats(desk.key)
    asked = {s.key: desk.demand(s.key) for s in event.sessions if event.workshops_of(s.key)}
    taken = {w.key: sum(seats.get(w.key, {}).values()) for w in event.workshops}
    most = max([1, *(max(w.seats, taken[w.key], asked[w.session].get(w.key, 0)) for w in event.workshops)])
    return [_filling(w, seats.get(w.key, {}), asked[w.session].get(w.key, 0), WIDTH / most) for w in event.workshops]


def _filling(workshop: Workshop, ranks: dict[int, int], asked: int, scale: float) -> Filling:
    parts, x = [], 0.0
    for rank in sorted(ranks, key=lambda r: r or 99):
        parts.append((rank, round(x, 1), round(ranks[rank] * scale, 1)))
        x += ranks[rank] * scale
    return Filling(
        workshop=workshop,
        taken=sum(ranks.values()),
        asked=asked,
        ranks=ranks,
        parts=tuple(parts),
        room=round(workshop.seats * scale, 1),
    )


@router.get("/workshops")
def workshops(desk: Looking) -> HTMLResponse:
    return desk.show("workshops.html", fillings=fillings(desk), width=WIDTH, merged=_merged(desk))


def _merged(desk: Desk) -> dict[str, str]:
    """The workshops that were closed, each with the room its people are in now."""
    rooms = {w.key: w.room for w in desk.event.workshops}
    return {key: rooms.get(target, target) for key, target in desk.store.seats.merged(desk.key).items()}


@router.get("/workshops/{key}")
def sheet(desk: Looking, key: str) -> HTMLResponse:
    """The list to hold in one's hand when the rooms open."""
    workshop = next((w for w in desk.event.workshops if w.key == key), None)
    if workshop is None:
        raise Refused(404, "Cet atelier n'existe pas ici.", "There is no such workshop here.")
    held = [s.name for s in desk.event.speakers if key in s.workshops]
    return desk.show("sheet.html", workshop=workshop, seated=desk.roll.in_workshop(desk.key, key), held=held)
