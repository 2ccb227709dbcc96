"""`/zoom`: the meetings as wanted, as last read, and what differs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from orchestrator.core.contents import spaced
from orchestrator.core.meetings import MeetingSpec, differences, meetings_of, spec_for
from orchestrator.core.model import Session
from orchestrator.store import Kept
from orchestrator.web.board.desk import Desk, Looking

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One field that Zoom holds otherwise than it was sent."""

    field: str
    wanted: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One meeting; `kept` None = nothing is known of it yet."""

    key: str
    sessions: tuple[Session, ...]
    wanted: MeetingSpec | None
    kept: Kept | None
    number: str
    drifts: tuple[Drift, ...]
    ways: dict[str, int]
    refused: tuple[tuple[str, str], ...]


@router.get("/zoom")
def zoom(desk: Looking) -> HTMLResponse:
    alarms = [value for key, value in desk.store.alarms.all(desk.key).items() if key.startswith("zoom:")]
    return desk.show("zoom.html", meetings=meetings(desk), alarms=alarms, fields=FIELDS)


def meetings(desk: Desk) -> list[Seen]:
    kept, ways = desk.store.meetings.all(desk.key), desk.board.ways(desk.key)
    refused = desk.board.refused_ways(desk.key)
    return [
        Seen(
            key=key,
            sessions=sessions,
            wanted=spec_for(desk.event, key, desk.now),
            kept=kept.get(key),
            number=spaced(kept[key].zoom_id) if key in kept else "",
            drifts=tuple(_drifts(kept.get(key))),
            ways=ways.get(key, {}),
            refused=tuple(refused.get(key, ())),
        )
        for key, sessions in meetings_of(desk.event).items()
    ]


def _drifts(kept: Kept | None) -> list[Drift]:
    if kept is None or kept.applied is None or kept.found is None:
        return []
    changed = differences(kept.applied, kept.found.spec)
    names = [field.name for field in fields(MeetingSpec) if field.name in changed]
    return [
        Drift(field=name, wanted=_said(getattr(kept.applied, name)), found=_said(getattr(kept.found.spec, name)))
        for name in names
    ]


FIELDS = {
    "host": ("hôte", "host"),
    "topic": ("titre", "title"),
    "agenda": ("description", "description"),
    "starts_at": ("début", "start"),
    "minutes": ("durée en minutes", "minutes"),
    "timezone": ("fuseau horaire", "time zone"),
    "rooms": ("salles", "rooms"),
    "alternative_hosts": ("hôtes de remplacement", "alternative hosts"),
    "waiting_room": ("salle d'attente", "waiting room"),
    "recording": ("enregistrement", "recording"),
    "several_devices": ("plusieurs appareils", "several devices"),
    "contact_name": ("contact", "contact"),
    "contact_email": ("adresse de contact", "contact address"),
}


def _said(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(getattr(one, "name", str(one)) for one in value) or "–"
    return str(value)
