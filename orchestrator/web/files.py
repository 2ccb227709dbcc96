"""Style sheets and scripts, each under an address that changes with its content, and robots kept out."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException

from orchestrator.web.pages import house_of, static

router = APIRouter()
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
PICTURES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}
LARGEST_LOGO = 1_000_000
A_DAY = "public, max-age=86400"


@lru_cache(maxsize=64)
def _read(path: Path) -> bytes:
    return path.read_bytes()


@router.get("/static/{name}")
def file(request: Request, name: str) -> Response:
    """One file of the folder, by its bare name; `theme.css` is the organiser's."""
    house = house_of(request)
    path = Path(house.web.theme_css) if name == "theme.css" else static() / Path(name).name
    kind = KINDS.get(path.suffix, "")
    if not kind or not path.is_file():
        raise HTTPException(404)
    return Response(_read(path), media_type=kind, headers={"Cache-Control": A_DAY})


@router.get("/logo/{event}/{number}")
def logo(request: Request, event: str, number: int) -> Response:
    """A supporter's logo, from the folder of the event's file and nowhere else."""
    served = house_of(request).served.get(event)
    supporters = served.world.event.supporters if served else ()
    if served is None or not 0 <= number < len(supporters):
        raise HTTPException(404)
    folder = served.settings.path.parent.resolve()
    path = (folder / supporters[number].logo).resolve()
    kind = PICTURES.get(path.suffix.lower(), "")
    if not kind or not path.is_relative_to(folder) or not path.is_file() or path.stat().st_size > LARGEST_LOGO:
        raise HTTPException(404)
    return Response(path.read_bytes(), media_type=kind, headers={"Cache-Control": A_DAY})


@router.get("/robots.txt")
def robots() -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /\n", headers={"Cache-Control": A_DAY})
