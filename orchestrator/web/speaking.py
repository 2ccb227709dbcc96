"""The speaker's page: everything to do on the day, the way in by role, and the word that it has been read."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from orchestrator.core.asked import what_is_read
from orchestrator.core.errors import ZoomError
from orchestrator.core.recipients import Recipient
from orchestrator.jobs.backstage import backstage, recipient
from orchestrator.jobs.words import Words
from orchestrator.web.agenda import calendar_file
from orchestrator.web.bearer import Bearer, bearer
from orchestrator.web.pages import house_of, page
from orchestrator.web.security import Filled, Refused

log = logging.getLogger(__name__)
router = APIRouter(prefix="/s/{token}")
READ = ["GET", "HEAD"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking(Bearer):
    """A speaker at their page."""

    who: Recipient


def speaking(request: Request, token: str) -> Speaking:
    """The speaker whose page it is. Raises HTTPException 404 where they speak no more."""
    found = bearer(request, token, "s")
    who = recipient(found.world, found.ref)
    if who is None:
        raise HTTPException(404)
    return Speaking(world=found.world, reception=found.reception, ref=found.ref, who=who)


Speaks = Annotated[Speaking, Depends(speaking)]


@router.api_route("", methods=READ)
def show(request: Request, token: str, who: Speaks) -> Response:
    now = house_of(request).clock.now()
    stamp = who.world.store.pages.stamp(who.world.event.key)
    seen = backstage(who.reception, who.who, stamp, now)
    done = request.query_params.get("fait", "")
    return page(request, "speaker/page.html", spoken=who.world.event.language, token=token, done=done, **seen)


@router.api_route("/agenda/{session}.ics", methods=READ)
def agenda(request: Request, session: str, who: Speaks) -> Response:
    """One session as a calendar file, the same entry as in the letters."""
    if session not in who.who.sessions:
        raise HTTPException(404)
    now = house_of(request).clock.now()
    return calendar_file(who.world.event, Words(who.world).entry_for(who.who, session, now), now)


@router.post("/lu")
def read(request: Request, token: str, who: Speaks, filled: Filled) -> Response:
    """Note that they have read and understood what the page said when they opened it."""
    house, event, speaker = house_of(request), who.world.event, who.who.speaker
    assert speaker is not None
    if filled.get("what") != what_is_read(event, speaker):
        return RedirectResponse(f"/s/{token}?fait=change", status_code=303)
    house.store.pages.confirm(event.key, who.ref, what_is_read(event, speaker), house.clock.now())
    house.changed()
    return RedirectResponse(f"/s/{token}?fait=lu", status_code=303)


@router.post("/demarrer")
def start(request: Request, token: str, who: Speaks, filled: Filled) -> Response:
    """Ask Zoom for the link that starts the meeting, now; it goes to the host's browser and nowhere else."""
    speaker = who.who.speaker
    if speaker is None or speaker.role != "host":
        raise HTTPException(404)
    kept = who.world.store.meetings.all(who.world.event.key).get(str(filled.get("meeting", "")))
    if kept is None or not kept.zoom_id:
        raise HTTPException(404)
    try:
        link = who.world.meetings.start_url(kept.zoom_id)
    except ZoomError as error:
        log.warning("start link of %s: %s", who.world.event.key, type(error).__name__)
        raise Refused(
            503,
            "Zoom ne donne pas le lien de démarrage en ce moment : connectez-vous à Zoom avec le compte hôte, puis"
            " ouvrez la réunion par son numéro.",
            "Zoom does not give the start link right now: sign in to Zoom with the host account, then open the"
            " meeting by its number.",
        ) from error
    return page(
        request, "speaker/start.html", spoken=who.world.event.language, token=token, event=who.world.event, link=link
    )
