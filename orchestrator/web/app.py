"""The pages' application: `/healthz`, and Zoom's webhooks where a secret is set."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from orchestrator.gateways.zoom.webhooks import LARGEST, Forged
from orchestrator.web.webhooks import Inbox

log = logging.getLogger(__name__)

Health = Callable[[], tuple[bool, dict[str, Any]]]
NO_STORE = {"Cache-Control": "no-store"}


def make_app(*, health: Health, inbox: Inbox | None = None) -> FastAPI:
    """Put the routes together; without an inbox, nothing listens to webhooks."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    def healthz() -> Response:
        well, data = health()
        return JSONResponse(data, 200 if well else 503, NO_STORE)

    app.add_api_route("/healthz", healthz, methods=["GET", "HEAD"])
    if inbox is not None:
        _listen(app, inbox)
    return app


def _listen(app: FastAPI, inbox: Inbox) -> None:
    async def webhook(request: Request) -> Response:
        """Keep it and answer at once; what follows from it is done after the answer."""
        body = await _body(request)
        if body is None:
            return JSONResponse({}, 413, NO_STORE)
        given = request.headers
        try:
            signed = (given.get("x-zm-signature", ""), given.get("x-zm-request-timestamp", ""))
            answer = await run_in_threadpool(inbox.receive, body, *signed)
        except Forged as forged:
            log.warning("webhook refused: %s", forged)
            return JSONResponse({}, 401, NO_STORE)
        return JSONResponse(answer, 200, NO_STORE, background=BackgroundTask(inbox.apply))

    app.add_api_route("/webhooks/zoom", webhook, methods=["POST"])


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
