"""`/event/logo`: a supporter's logo is kept beside the event's file; the supporter is added as any other edit is."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData, UploadFile

from orchestrator.settings.editing import Plain, read, values_of, write_whole
from orchestrator.settings.fields import slug_of
from orchestrator.web.board import edits
from orchestrator.web.board.bench import Bench, Writing
from orchestrator.web.board.edits import Edit
from orchestrator.web.board.event_form import drawn
from orchestrator.web.board.event_review import review
from orchestrator.web.files import LARGEST_LOGO
from orchestrator.web.security import Filled, Refused

router = APIRouter()
FOLDER = "logos"
STARTS = {b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"RIFF": ".webp"}
"""How pictures begin. No SVG: it may hold scripts."""


@router.get("/event/logo")
def ask(bench: Writing) -> HTMLResponse:
    return _ask(bench, {})


def _ask(bench: Bench, wrong: dict[str, str], name: str = "") -> HTMLResponse:
    if bench.path is None:
        raise Refused(404, "Enregistrez d'abord l'événement.", "Save the event first.")
    return bench.show("logo.html", 422 if wrong else 200, wrong=wrong, name=name)


@router.post("/event/logo")
def upload(bench: Writing, filled: Filled) -> HTMLResponse:
    """Keep the picture, and show the edit that names it before anything is saved."""
    name = " ".join(str(filled.get("name", "")).split())
    data = _picture(filled)
    kind = next((kind for start, kind in STARTS.items() if data.startswith(start)), "")
    wrong = {} if name else {"name": bench.say("à remplir", "to be filled in")}
    if not kind:
        wrong["file"] = bench.say("choisissez une image PNG, JPEG ou WebP", "choose a picture: PNG, JPEG or WebP")
    elif len(data) > LARGEST_LOGO:
        wrong["file"] = bench.say("un mégaoctet au plus : réduisez-la", "one megabyte at most: make it smaller")
    if wrong or bench.path is None:
        return _ask(bench, wrong, name)
    folder = bench.path.parent / FOLDER
    folder.mkdir(mode=0o755, exist_ok=True)
    file = f"{slug_of(name) or 'logo'}{kind}"
    write_whole(folder / file, data, 0o644)
    return _shown(bench, name, f"{FOLDER}/{file}")


def _picture(filled: FormData) -> bytes:
    file = filled.get("file")
    return file.file.read(LARGEST_LOGO + 1) if isinstance(file, UploadFile) else b""


def _shown(bench: Bench, name: str, logo: str) -> HTMLResponse:
    assert bench.path is not None
    found = read(bench.path)
    values = values_of(found.text)
    event: Plain = values["event"]
    rows: list[Plain] = event.setdefault("supporters", [])
    row = next((one for one in rows if one.get("name") == name), None)
    if row is None:
        rows.append({"name": name, "logo": logo})
    else:
        row["logo"] = logo
    edit = Edit(path=bench.path, base=found.version, found=found, values=values)
    judged = edits.judge(bench.house, edit)
    if judged.settings is None:
        return drawn(bench, values, found.version, judged=judged)
    return review(bench, edit, judged.settings)
