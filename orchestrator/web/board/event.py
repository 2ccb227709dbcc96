"""`/event`: everything of an event's file as a form; saving shows first what it would do, and to how many people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from orchestrator.core.errors import OrchestratorError
from orchestrator.settings import Settings
from orchestrator.settings.editing import HISTORY, SECRETS, WAS, Plain, read, save, values_of, write_secret
from orchestrator.web.board import edits
from orchestrator.web.board.edits import Edit, Judged
from orchestrator.web.board.fields import LISTS, Field, groups, said_of
from orchestrator.web.board.forms import as_form, raw, shown
from orchestrator.web.board.wording import OPTIONS
from orchestrator.web.house import House
from orchestrator.web.pages import house_of, language_of, page
from orchestrator.web.security import Filled, Organising, Refused, Viewing, Visitor

router = APIRouter()
KEYS = {
    "zoom__account_id": ("Account ID de Zoom", "Zoom Account ID"),
    "zoom__client_id": ("Client ID de Zoom", "Zoom Client ID"),
    "zoom__client_secret": ("Client Secret de Zoom", "Zoom Client Secret"),
    "mail__password": ("Mot de passe du serveur d'envoi", "Password of the mail server"),
}
"""What is kept in the secrets folder, by file."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One request to the event page, about one file."""

    request: Request
    house: House
    visitor: Visitor
    path: Path | None
    """None: an event that has no file yet."""

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    @property
    def settings(self) -> Settings | None:
        return next((one.settings for one in self.house.served.values() if one.settings.path == self.path), None)

    def say(self, french: str, english: str) -> str:
        return french if language_of(self.request) == "fr" else english

    def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        events = [one.world.event for one in self.house.served.values()]
        mine = self.settings
        given = {
            "desk": None,
            "event": mine.event if mine else None,
            "events": events,
            "at": self.at,
            "done": self.request.query_params.get("done", ""),
            "file": self.path.name if self.path else "",
        }
        return page(self.request, f"board/{template}", status=status, **(given | values))

    def at(self, path: str, **query: Any) -> str:
        from urllib.parse import urlencode

        mine = self.settings
        if mine is not None and len(self.house.served) > 1:
            query["e"] = mine.event.key
        elif mine is None and self.path is not None and path == "/event":
            query["f"] = self.path.name
        said = {name: value for name, value in query.items() if value}
        return f"{path}?{urlencode(said)}" if said else path


def _bench(request: Request, visitor: Visitor) -> Bench:
    house = house_of(request)
    served = {key: one.settings.path for key, one in house.served.items()}
    named = request.query_params.get("f", "")
    asked = request.query_params.get("e", "")
    there = {path.name: path for path in edits.files(house)}
    if request.url.path == "/event/new":
        path = None
    elif named:
        path = there.get(named)
    else:
        path = served.get(asked) or next(iter(served.values()), None) or next(iter(there.values()), None)
    if path is None and (named or asked):
        raise Refused(404, "Cet événement n'est pas ici.", "This event is not here.")
    return Bench(request=request, house=house, visitor=visitor, path=path)


def reading(request: Request, visitor: Viewing) -> Bench:
    return _bench(request, visitor)


def writing(request: Request, visitor: Organising) -> Bench:
    return _bench(request, visitor)


Reading = Annotated[Bench, Depends(reading)]
Writing = Annotated[Bench, Depends(writing)]


@router.get("/start")
def start(bench: Reading) -> HTMLResponse:
    """Nothing is served yet: what is missing, step by step."""
    house = bench.house
    return bench.show("start.html", files=edits.files(house), unserved=house.unserved, kept=_kept(house), keys=KEYS)


@router.get("/event")
def event(bench: Reading) -> Response:
    if bench.path is None:
        return RedirectResponse("/event/new", status_code=303)
    draft = read(bench.path)
    try:
        values = values_of(draft.text)
    except ValueError:
        raise _unreadable(bench.path, bench.house.unserved.get(bench.path, ())) from None
    return _form(bench, values, draft.version)


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
    return _form(bench, values, "")


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
        return _form(bench, edit.values, edit.base, at=do.partition(":")[2])
    judged = edits.judge(bench.house, edit)
    if judged.settings is None:
        return _form(bench, edit.values, edit.base, judged=_but_for_the_key(judged))
    if do == "save" and edit.base == edit.found.version:
        return _save(bench, edit, judged.settings)
    return _confirm(bench, edit, judged.settings)


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


def _form(
    bench: Bench, values: Plain, version: str, *, judged: Judged | None = None, at: str = ""
) -> HTMLResponse:  # fmt: skip
    judged = judged or Judged()
    without = edits.shared_keys(bench.house, bench.path) if bench.path else frozenset()
    drawn = [group for group in groups(values) if group.name not in without]
    asked = [field for group in drawn for field in _fields(group)]
    known, wrong = {field.name for field in asked}, _beside(asked, judged.wrong)
    return bench.show(
        "event.html",
        status=422 if wrong or judged.other else 200,
        groups=drawn,
        values=values,
        version=version,
        shown=lambda field: shown(field, values),
        in_words=lambda field: raw(field, values) if field.kind in ("date", "moment") else None,
        row_of=lambda row: _row_of(values, row.path),
        wrong=wrong,
        labels={key: bench.say(*said_of(_parts(key))[:2]) for key in wrong},
        strays=[f"{key} : {what}" for key, what in wrong.items() if key not in known] + list(judged.other),
        option=lambda code: OPTIONS.get(code, (code, code)),
        opened=at,
        is_new=bench.path is None,
        without=sorted(without),
    )


def _beside(asked: list[Field], wrong: Mapping[str, str]) -> dict[str, str]:
    """Say what is missing as a whole beside each of its required fields."""
    found: dict[str, str] = {}
    for key, what in wrong.items():
        inside = [field.name for field in asked if field.required and field.name.startswith(f"{key}.")]
        found |= dict.fromkeys(inside, "à remplir") if inside and what.startswith("à remplir") else {key: what}
    return found


def _row_of(values: Plain, path: tuple[str | int, ...]) -> str:
    """Where a row stands in the file, "new" where it does not yet."""
    there: Any = values
    for part in path:
        there = there[part]
    return "new" if there.get(WAS) is None else str(there[WAS])


def _fields(group: Any) -> list[Field]:
    return [*group.fields, *(field for row in group.rows for field in _fields(row))]


def _confirm(bench: Bench, edit: Edit, settings: Settings) -> HTMLResponse:
    """Show what would be written and done, with the form kept in hidden fields."""
    return bench.show(
        "confirm.html",
        changes=[_in_words(bench, change) for change in edits.changes(edit)],
        result=_result(bench, settings),
        carried=as_form(edit.values),
        version=edit.found.version,
        conflicts=[said_of(_parts(name)) for name in edit.conflicts],
        overtaken=edit.base != edit.found.version,
        is_new=bench.path is None,
        warnings=settings.warnings,
        title=settings.event.title,
    )


def _result(bench: Bench, settings: Settings) -> edits.Consequences:
    served = [one.world.event for one in bench.house.served.values()]
    found = edits.consequences(bench.house.store, bench.settings, settings, bench.now, served)
    if bench.path is None:  # the list of a new event comes afterwards
        return replace(found, lines=tuple(line for line in found.lines if not line.startswith("✗")))
    return found


def _parts(name: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in name.split(".")]


def _in_words(bench: Bench, change: edits.Change) -> dict[str, Any]:
    said = said_of(change.path)
    section = said_of(change.path[:1])
    row = next((part + 1 for part in change.path if isinstance(part, int)), None)
    return {
        "section": bench.say(section.fr, section.en) if len(change.path) > 1 else "",
        "row": row,
        "label": bench.say(said.fr, said.en) if not isinstance(change.path[-1], int) else "",
        "before": _said(change.before),
        "after": _said(change.after),
    }


def _said(value: Any) -> Any:
    if value in (None, "", []):
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, str):
        return OPTIONS[value][0] if value in OPTIONS else value
    return value if isinstance(value, date | datetime | time) else str(value)


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
    lines = len(edits.changes(edit))
    bench.house.store.journal.note(
        key, bench.now, who=who, what="event-saved", about=edit.path.name, note=f"{lines} réglages"
    )
    bench.house.reload()
    if key not in bench.house.served:
        return RedirectResponse("/start", status_code=303)
    query = f"&e={key}" if len(bench.house.served) > 1 else ""
    return RedirectResponse(f"/?done=saved{query}", status_code=303)


@router.post("/event/keys")
def keys(bench: Writing, filled: Filled) -> Response:
    """Keep the keys that were typed in, each in a file of its own; they are never shown again."""
    folder = _folder(bench.house)
    given = {name: str(filled.get(name, "")).strip() for name in KEYS}
    try:
        for name, value in given.items():
            if value:
                write_secret(folder, name, value)
    except OSError as error:
        raise Refused(
            409,
            "Le dossier des secrets ne peut pas être écrit : demandez à votre service informatique.",
            "The folder of secrets cannot be written: ask your IT service.",
        ) from error
    for key in bench.house.served or ("",):
        names = ", ".join(name for name, value in given.items() if value)
        bench.house.store.journal.note(key, bench.now, who=bench.visitor.email, what="keys-saved", about=names)
    bench.house.reload()
    return RedirectResponse(bench.at("/start", done="keys"), status_code=303)


def _folder(house: House) -> Path:
    if house.secrets is not None:
        return house.secrets
    root = house.configs[0]
    return (root if root.is_dir() else root.parent) / SECRETS


def _kept(house: House) -> frozenset[str]:
    """Which keys are there already."""
    folder = _folder(house)
    return frozenset(name for name in KEYS if (folder / name).is_file())
