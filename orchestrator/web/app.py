"""The pages as one application; `make_app` is all that others need of it."""

from __future__ import annotations

import logging

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from orchestrator.jobs.world import World
from orchestrator.web import board, entering, files, hearing, lost, mine, proof, speaking, wellness
from orchestrator.web.bearer import Receptions
from orchestrator.web.house import House
from orchestrator.web.pages import Pages, page
from orchestrator.web.postman import Postman
from orchestrator.web.security import Fences, NobodyIn, Refused, guard

log = logging.getLogger(__name__)

NOT_FOUND = ("Cette page n'existe pas, ou plus.", "This page does not exist, or no longer.")
BROKEN = (
    "Quelque chose n'a pas marché de notre côté. Rien n'est perdu : réessayez dans un instant.",
    "Something went wrong on our side. Nothing is lost: try again in a moment.",
)


def make_app(house: House) -> FastAPI:
    """Put the doors in one application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(guard)])
    app.state.house = house
    app.state.receptions = Receptions()
    app.state.pages = Pages(theme=bool(house.web.theme_css))
    app.state.postman = Postman(lambda: _any_world(house), app.state.pages, entering.address(house.web))
    app.add_middleware(Fences, broken=_broken)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(NobodyIn, _nobody_in)
    app.add_exception_handler(board.NobodyServed, _nobody_served)
    app.add_exception_handler(HTTPException, _http)
    app.router.routes.append(mine.PAGE)
    for door in (mine, proof, speaking, lost, files, wellness, hearing, entering, board):  # the busiest first
        app.include_router(door.router)
    return app


def _any_world(house: House) -> World | None:
    """An event whose relay may carry the links that let organisers in."""
    return next((served.world for served in house.served.values()), None)


def _says(request: Request, status: int, said: tuple[str, str]) -> Response:
    if request.url.path.startswith(("/api/", "/webhooks/", "/healthz")):
        return JSONResponse({"error": said[1]}, status_code=status)
    return page(request, "sorry.html", status=status, french=said[0], english=said[1])


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _says(request, error.status, (error.french, error.english))


def _nobody_in(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": "not signed in"}, status_code=401)
    return RedirectResponse("/entrer", status_code=303)


def _nobody_served(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/start", status_code=303)


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _says(request, status, NOT_FOUND if status in (404, 405) else BROKEN)


def _broken(request: Request, error: Exception) -> Response:
    """Say the kind of failure in the log: its words may hold what nobody should read there."""
    route = request.scope.get("route")
    log.error("page %s failed: %s", getattr(route, "path", "?"), type(error).__name__)
    return _says(request, 500, BROKEN)
