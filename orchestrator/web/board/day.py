"""`/`: the day as a living picture and the green light, with the button that looks at everything outside."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from orchestrator.jobs.names import NAMES
from orchestrator.web.board import checking
from orchestrator.web.board.after import over
from orchestrator.web.board.desk import Looking, Working
from orchestrator.web.board.green import lights
from orchestrator.web.board.picture import figures

router = APIRouter()
ORDER = {"bad": 0, "wait": 1, "good": 2}
"""What must be done stands first."""


@router.get("/")
def day(desk: Looking) -> HTMLResponse:
    found = sorted(lights(desk), key=lambda light: ORDER[light.how])
    return desk.show(
        "day.html",
        lights=found,
        worst=next((how for how in ("bad", "wait") if any(light.how == how for light in found)), "good"),
        figures=figures(desk),
        names=NAMES,
        expected=desk.roll.expected(desk.key),
        checked=checking.last(desk),
        purging=over(desk),
    )


@router.post("/check")
def check(desk: Working) -> Response:
    """Look at the form, Zoom, the mail server and the templates; nothing is changed there."""
    checking.look(desk)
    return desk.go("/", done="checked")
