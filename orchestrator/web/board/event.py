"""`/event`: everything of an event's file as a form; saving shows first what it would do, and to how many people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from orchestrator.core.errors import OrchestratorError
from orchestrator.settings import Settings
from orchestrator.settings.editing import HISTORY, Plain, read, save, values_of
from orchestrator.web.board import edits
from orchestrator.web.board.bench import Bench, Reading, Writing
from orchestrator.web.board.edits import Edit, Judged
from orchestrator.web.board.event_form import drawn
from orchestrator.web.board.event_review import review
from orchestrator.web.board.fields import LISTS
from orchestrator.web.house import House
from orchestrator.web.security import Filled, Refused

router = APIRouter()


@router.get("/event")
def event(bench: Reading) -> Response:
    if bench.path is None:
        return RedirectResponse("/event/new", status_code=303)
    draft = read(bench.path)
    try:
        values = values_of(draft.text)
    except ValueError:
        raise _unreadable(bench.path, bench.house.unserved.get(bench.path, ())) from None
    return drawn(bench, values, draft.version)


def _unreadable(path: Path, problems: Sequence[str]) -> Refused:
    """Why a file cannot be edited here, and where its last good texts lie."""
    why = f" {problems[0]}." if problems else ""
    copies = f"{path.parent.name}/{HISTORY}"
    return Refused(
        409,
        f"{path.name} n'est pas écrit correctement : corrigez-le d'abord à la main, ou remettez l'une des versions "
        f"gardées dans {copies}.{why} L'événement continue avec sa dernière version correcte.",
        f"{path.name} is not written correctly: correct it by hand first, or put back one of the versions kept in "
        f"{copies}.{why} The event goes on with its last good version.",
    )


@router.get("/event/new")
def new(bench: Writing) -> HTMLResponse:
    values = edits.fresh(bench.now.date() + timedelta(days=30)) | _inherited(bench.house)
    return drawn(bench, values, "")


def _inherited(house: House) -> Plain:
    """What another event of the same service must share with a new one."""
    other = next(iter(house.served.values()), None)
    if other is None:
        return {"web": {"organisers": list(house.web.organisers)}} if house.web.organisers else {}
    said = values_of(read(other.settings.path).text)
    return {name: said[name] for name in ("zoom", "mail", "web", "privacy", "store") if name in said}


@router.post("/event")
def fill(bench: Writing, filled: Filled) -> Response:
    return _answer(bench, filled)


@router.post("/event/new")
def fill_new(bench: Writing, filled: Filled) -> Response:
    return _answer(bench, filled)


def _answer(bench: Bench, filled: FormData) -> Response:
    """Do what the button says: another row, one row less, a look at the consequences, or save."""
    form = {name: value for name, value in filled.items() if isinstance(value, str)}
    lists = {name: filled.getlist(name) for name in form}
    do = form.get("do", "look")
    if do.startswith("drop:"):
        form.pop(f"{do.removeprefix('drop:')}.row", None)
    elif do.startswith("add:") and do.removeprefix("add:") in LISTS:
        form[f"{do.removeprefix('add:')}.9999.row"] = "new"
    edit = _edit(bench, form, lists)
    if do.startswith(("add:", "drop:")) or do == "back":
        return drawn(bench, edit.values, edit.base, at=do.partition(":")[2])
    judged = edits.judge(bench.house, edit)
    if judged.settings is None:
        return drawn(bench, edit.values, edit.base, judged=_but_for_the_key(judged))
    if do == "save" and edit.base == edit.found.version:
        return _save(bench, edit, judged.settings)
    return review(bench, edit, judged.settings)


def _but_for_the_key(judged: Judged) -> Judged:
    """A short name follows from the title: where that is missing it is the only one to be asked for."""
    if "event.title" not in judged.wrong:
        return judged
    return replace(judged, wrong={key: what for key, what in judged.wrong.items() if key != "event.key"})


def _edit(bench: Bench, form: Mapping[str, Any], lists: Mapping[str, Any]) -> Edit:
    if bench.path is not None:
        return edits.filled_in(bench.path, form, lists, edits.shared_keys(bench.house, bench.path))
    nowhere = Path("/nonexistent/new.toml")
    edit = edits.filled_in(nowhere, form, lists, frozenset())
    _settle_in(bench, edit.values)
    key = edit.values["event"].get("key") or ""
    if not key:
        return replace(edit, path=bench.house.configs[0].parent / "nouveau.toml")
    try:
        return replace(edit, path=edits.place_for(bench.house, key))
    except OrchestratorError as error:
        raise Refused(409, str(error), str(error)) from error


def _settle_in(bench: Bench, values: Plain) -> None:
    """Let a new event's pages be where they are now, and its organiser come in."""
    web, served = values.setdefault("web", {}), bench.house.web
    if not bench.house.served:
        web["bind"] = web.get("bind") or f"{served.host}:{served.port}"
        contact = values["event"].get("organiser", {}).get("email")
        web["organisers"] = web.get("organisers") or ([contact] if contact else None)


def _save(bench: Bench, edit: Edit, settings: Settings) -> Response:
    """Write the file, note who did, and let the service read it."""
    try:
        save(edit.path, edit.text, edit.base, bench.now)
    except OSError as error:
        raise Refused(
            409,
            f"{edit.path.name} n'a pas pu être écrit : donnez au service le droit d'écrire dans son dossier.",
            f"{edit.path.name} could not be written: let the service write in its folder.",
        ) from error
    key, who = settings.event.key, bench.visitor.email
    n = len(edits.changes(edit))
    bench.house.store.journal.note(
        key,
        bench.now,
        who=who,
        what="event-saved",
        about=edit.path.name,
        note=f"{n} réglage{'s' if n > 1 else ''}",
    )
    bench.house.reload()
    if key not in bench.house.served:
        return RedirectResponse(bench.at("/start"), status_code=303)
    return RedirectResponse(bench.at("/", done="saved", e=key if len(bench.house.served) > 1 else ""), status_code=303)
