"""`POST /webhooks/zoom`: believed by its signature, kept, answered at once; what follows is done after the answer."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from orchestrator.gateways.zoom.webhooks import LARGEST, Forged
from orchestrator.web.pages import house_of

log = logging.getLogger(__name__)
router = APIRouter()


@router.post("/webhooks/zoom")
async def webhook(request: Request) -> Response:
    inbox = house_of(request).inbox
    if inbox is None:
        return JSONResponse({}, 404)
    body = await _body(request)
    if body is None:
        return JSONResponse({}, 413)
    given = request.headers
    try:
        signed = (given.get("x-zm-signature", ""), given.get("x-zm-request-timestamp", ""))
        answer = await run_in_threadpool(inbox.receive, body, *signed)
    except Forged as forged:
        log.warning("webhook refused: %s", forged)
        return JSONResponse({}, 401)
    return JSONResponse(answer, 200, background=BackgroundTask(inbox.apply))


async def _body(request: Request) -> bytes | None:
    """Read a body, None for one that is too large."""
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or len(length) > 10 or int(length) > LARGEST:
        return None
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            return None
    return body
