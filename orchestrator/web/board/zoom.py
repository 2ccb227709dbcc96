"""`/zoom`: the meetings as wanted, as last read, and what differs: kept or restored when somebody says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from orchestrator.core.contents import spaced
from orchestrator.core.meetings import FIELDS, MeetingSpec, meetings_of, spec_for
from orchestrator.core.model import Session
from orchestrator.jobs.drift import NEVER_KEPT, Drift, adopt, drifts, restore
from orchestrator.store import Kept
from orchestrator.web.board.asking import Question, alone, ask, is_agreed
from orchestrator.web.board.desk import Desk, Looking, Working
from orchestrator.web.security import Filled, Refused

router = APIRouter()


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

    @property
    def ends_at(self) -> datetime:
        """When the meeting is booked until; only where one is wanted."""
        assert self.wanted is not None
        return self.wanted.starts_at + timedelta(minutes=self.wanted.minutes)


@router.get("/zoom")
def zoom(desk: Looking) -> HTMLResponse:
    alarms = [value for key, value in desk.alarms.items() if key.startswith("zoom:")]
    return desk.show("zoom.html", meetings=meetings(desk), alarms=alarms, fields=FIELDS, never_kept=NEVER_KEPT)


def meetings(desk: Desk) -> list[Seen]:
    kept, ways = desk.kept, desk.board.ways(desk.key)
    refused, found = desk.board.refused_ways(desk.key), drifts(desk.store, desk.key)
    return [
        Seen(
            key=key,
            sessions=sessions,
            wanted=spec_for(desk.event, key, desk.now),
            kept=kept.get(key),
            number=spaced(kept[key].zoom_id) if key in kept else "",
            drifts=tuple(d for d in found if d.meeting == key),
            ways=ways.get(key, {}),
            refused=tuple(refused.get(key, ())),
        )
        for key, sessions in meetings_of(desk.event).items()
    ]


Field = Annotated[str, Query(max_length=40)]
How = Annotated[Literal["adopt", "restore"], Query()]


@router.get("/zoom/decide")
def about_deciding(desk: Working, field: Field = "", how: How = "restore") -> Response:
    return ask(desk, _deciding(desk, field, how))


@router.post("/zoom/decide")
def decide(desk: Working, filled: Filled, field: Field = "", how: How = "restore") -> Response:
    """Keep what Zoom shows of a setting, or have the next beat restore what is wanted."""
    with alone(desk):
        question = _deciding(desk, field, how)
        if not is_agreed(question, filled):
            return ask(desk, question, filled)
        if how == "adopt":
            adopt(desk.world, [field], desk.now)
        else:
            restore(desk.world, [field])
    desk.note("drift-adopted" if how == "adopt" else "drift-restored", desk.say(*FIELDS.get(field, (field, field))))
    desk.house.changed()
    return desk.go("/zoom", done=how)


def _deciding(desk: Desk, field: str, how: str) -> Question:
    found = [drift for drift in drifts(desk.store, desk.key) if drift.field == field]
    if not found or (how == "adopt" and field in NEVER_KEPT):
        raise Refused(404, "Il n'y a pas d'écart à décider ici.", "There is no difference to decide on here.")
    name, n = desk.say(*FIELDS.get(field, (field, field))), len(found)
    meetings = desk.many(n, ("réunion", "réunions"), ("meeting", "meetings"))
    kept = [one.found if how == "adopt" else one.wanted for one in found]
    if field == "people":
        who = ", ".join(one.found for one in found)
        lines = [
            desk.say(f"{who} : ne peuvent plus entrer.", f"{who}: cannot come in any more.")
            if how == "adopt"
            else desk.say(f"{who} : inscrits à nouveau chez Zoom.", f"{who}: registered at Zoom again.")
        ]
    else:
        lines = [f"{name} : « {value} »" for value in dict.fromkeys(kept)]
    lines.append(
        desk.say(f"Concerne {meetings} ; rien d'autre ne change.", f"Concerns {meetings}; nothing else changes.")
    )
    return Question(
        title=desk.say("Garder ce que montre Zoom ?", "Keep what Zoom shows?")
        if how == "adopt"
        else desk.say("Remettre ce qui est voulu ?", "Restore what is wanted?"),
        lines=lines,
        button=desk.say(f"Garder, pour {meetings}", f"Keep, for {meetings}")
        if how == "adopt"
        else desk.say(f"Remettre, pour {meetings}", f"Restore, for {meetings}"),
        action=desk.at("/zoom/decide", field=field, how=how),
        back=desk.at("/zoom"),
    )
