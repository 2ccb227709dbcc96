"""After the day: somebody's certificate as PDF, and the page that tells a genuine one from a forged one."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from orchestrator import accounts
from orchestrator.core.errors import OrchestratorError
from orchestrator.jobs.certificates import standing
from orchestrator.web.mine import Visiting
from orchestrator.web.pages import house_of

router = APIRouter()
READ = ["GET", "HEAD"]


@router.api_route("/m/{token}/attestation.pdf", methods=READ)
def certificate(request: Request, who: Visiting) -> Response:
    """The certificate as it would be issued now; looking at it notes nothing."""
    served = house_of(request).served.get(who.world.event.key)
    ready = None if served is None or who.is_gone else standing(who.world.event, who.world.store, who.person.email)
    if served is None or ready is None:
        raise HTTPException(404)
    try:
        data = accounts.printed(served.settings, ready, house_of(request).key)
    except OrchestratorError as error:
        raise HTTPException(404) from error
    name = f'attachment; filename="attestation-{ready.what.number}.pdf"'
    return Response(data, media_type="application/pdf", headers={"Content-Disposition": name})


@router.api_route("/verifier", methods=READ)
def verifier(request: Request) -> Response:
    """The page that checks a certificate in the browser; its one script and style are named by their hashes."""
    house = house_of(request)
    served = next(iter(house.served.values()), None)
    if served is None:
        raise HTTPException(404)
    revoked = [number for key in house.served for number in house.store.attendance.revoked(key)]
    text = accounts.verifying(served.settings, revoked, house.key)
    hashes = (f"script-src {_hashes(text, 'script')}", f"style-src {_hashes(text, 'style')}")
    policy = f"default-src 'none'; {'; '.join(hashes)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return HTMLResponse(text, headers={"Content-Security-Policy": policy})


def _hashes(text: str, tag: str) -> str:
    found: Iterable[str] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in found)
