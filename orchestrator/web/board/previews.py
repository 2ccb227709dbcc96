"""`/letters/preview`: every kind of letter as somebody invented would read it, before anybody gets one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from orchestrator import wiring
from orchestrator.core.samples import Sample, invented_seats, nobody, outlook_of, samples
from orchestrator.gateways.mail.patterns import Preview
from orchestrator.jobs.sampling import sample_letter
from orchestrator.web.board.desk import Desk, Looking
from orchestrator.web.board.letters import FRAME, masked
from orchestrator.web.security import HEADERS, Refused

router = APIRouter(prefix="/letters/preview")
Number = Annotated[int, Query(ge=0, le=1000)]


@router.get("")
def preview(desk: Looking, n: Number = 0) -> HTMLResponse:
    found = _samples(desk)
    titles, read = [one.title for one in found], _read(desk, found, n)
    shown = desk.show("preview.html", titles=titles, n=n, subject=read.subject, text=masked(read.text))
    shown.headers["Content-Security-Policy"] = f"{HEADERS['Content-Security-Policy']}; frame-src 'self'"
    return shown


@router.get("/body")
def body(desk: Looking, n: Number = 0) -> Response:
    """One letter's HTML alone, for the frame of the page: no script runs there and nothing is fetched."""
    html = _read(desk, _samples(desk), n).html
    return HTMLResponse(masked(html), headers={"Content-Security-Policy": FRAME, "X-Frame-Options": "SAMEORIGIN"})


def _samples(desk: Desk) -> list[Sample]:
    person = nobody(desk.event)
    return list(samples(desk.event, person, invented_seats(desk.event, person)))


def _read(desk: Desk, found: list[Sample], n: int) -> Preview:
    if n >= len(found):
        raise Refused(404, "Cette lettre n'existe pas.", "There is no such letter.")
    letter = sample_letter(desk.event, found[n], outlook_of(desk.event), desk.event.language)
    return wiring.scribe(desk.settings).preview(letter)
