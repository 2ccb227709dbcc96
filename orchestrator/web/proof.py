"""After the day: somebody's certificate as PDF, and the page that tells a genuine one from a forged one."""

from __future__ import annotations

from importlib.util import find_spec

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from orchestrator import accounts
from orchestrator.core.errors import OrchestratorError
from orchestrator.jobs.certificates import Ready, standing
from orchestrator.settings import Settings
from orchestrator.web.alone import only_its_own
from orchestrator.web.mine import Visiting
from orchestrator.web.pages import house_of

router = APIRouter()
READ = ["GET", "HEAD"]


@router.api_route("/m/{token}/attestation", methods=READ)
def certificate_page(request: Request, token: str, who: Visiting) -> HTMLResponse:
    """The certificate as a page to read and to print."""
    settings, ready = _standing(request, who)
    event, fr = who.world.event, ready.what.language == "fr"
    logos = [(f"/logo/{event.key}/{n}", s.name) for n, s in enumerate(event.supporters) if s.logo]
    links = [(f"/m/{token}", "Ma page" if fr else "My page")]
    if find_spec("typst") is not None:
        links.append((f"/m/{token}/attestation.pdf", "En PDF" if fr else "As PDF"))
    text = accounts.printable(settings, ready, house_of(request).key, logos, links)
    return HTMLResponse(text, headers=only_its_own(text, pictures=bool(logos)))


@router.api_route("/m/{token}/attestation.pdf", methods=READ)
def certificate(request: Request, who: Visiting) -> Response:
    """The certificate as it would be issued now; looking at it notes nothing."""
    settings, ready = _standing(request, who)
    try:
        data = accounts.printed(settings, ready, house_of(request).key)
    except OrchestratorError as error:
        raise HTTPException(404) from error
    name = f'attachment; filename="attestation-{ready.what.number}.pdf"'
    return Response(data, media_type="application/pdf", headers={"Content-Disposition": name})


def _standing(request: Request, who: Visiting) -> tuple[Settings, Ready]:
    """What is certified of the visitor. Raises HTTPException 404."""
    served = house_of(request).served.get(who.world.event.key)
    ready = None if served is None or who.is_gone else standing(who.world.event, who.world.store, who.person.email)
    if served is None or ready is None:
        raise HTTPException(404)
    return served.settings, ready


@router.api_route("/verifier", methods=READ)
def verifier(request: Request) -> Response:
    """The page that checks a certificate in the browser; its one script and style are named by their hashes."""
    house = house_of(request)
    served = next(iter(house.served.values()), None)
    if served is None:
        raise HTTPException(404)
    revoked = [number for key in house.served for number in house.store.attendance.revoked(key)]
    text = accounts.verifying(served.settings, revoked, house.key)
    return HTMLResponse(text, headers=only_its_own(text))
