"""`/registrations`: what the form brought, what could not be used, who vanished; a new export is looked at first."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import UploadFile

from orchestrator import wiring
from orchestrator.core import intake
from orchestrator.core.errors import BadConfiguration, Held, OrchestratorError
from orchestrator.core.model import Finding
from orchestrator.jobs.beat import Memory, beat
from orchestrator.settings.editing import HISTORY, write_whole
from orchestrator.store.listing import PAGE, Page
from orchestrator.web.board.decisions import offers
from orchestrator.web.board.desk import Desk, Looking, Working
from orchestrator.web.board.naming import rank_in_words
from orchestrator.web.board.wording.understood import COLUMNS
from orchestrator.web.security import Filled, Refused

router = APIRouter()
Number = Annotated[int, Query(ge=1, le=100_000)]
WAITING = ".uploads"
"""Where an upload waits for the organiser's word, beside the file it would replace."""
KINDS = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """An export that was uploaded, and what it would change."""

    token: str
    name: str
    found: intake.Intake
    people: int
    columns: tuple[tuple[str, str], ...]
    """The titles of the file, and what each was understood to be."""
    unused: tuple[str, ...]


@router.get("/registrations")
def registrations(desk: Looking, n: Number = 1) -> HTMLResponse:
    return _show(desk, n)


def _findings(desk: Desk, n: int) -> Page[tuple[Finding, tuple[str, ...]]]:
    """Some of what is odd in the list, what can be decided first."""
    found = sorted(desk.reading.findings if desk.reading else (), key=lambda one: (not one.address, one.line))
    n = min(n, max(1, -(-len(found) // PAGE)))
    shown = found[(n - 1) * PAGE : n * PAGE]
    return Page(items=tuple((one, offers(one)) for one in shown), total=len(found), number=n)


def _show(desk: Desk, n: int = 1, **values: object) -> HTMLResponse:
    reading = desk.reading
    known = desk.store.people.registered(desk.key) if reading and reading.held else {}
    return desk.show(
        "registrations.html",
        reading=reading,
        alarm=None if desk.awaits_list else desk.alarms.get("source"),
        held=[known[email] for email in (reading.held if reading else ()) if email in known],
        source=desk.settings.registrations,
        findings=_findings(desk, n),
        registered=desk.roll.registered(desk.key),
        withdrawn=desk.roll.withdrawn(desk.key),
        **({"problem": "", "deposit": None} | values),
    )


@router.post("/registrations/upload")
def upload(desk: Working, filled: Filled) -> HTMLResponse:
    """Read an export as it would be read, and say what it would change. Nothing is replaced yet."""
    file = filled.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return _show(desk, problem=desk.say("Choisissez d'abord un fichier.", "Choose a file first."))
    suffix = Path(file.filename).suffix.lower()
    if suffix not in KINDS:
        kinds = ", ".join(KINDS)
        return _show(desk, problem=desk.say(f"Ce n'est pas un tableau ({kinds}).", f"This is no table ({kinds})."))
    folder = _folder(desk)
    folder.mkdir(mode=0o700, exist_ok=True)
    token = secrets.token_hex(12)
    staged = folder / f"{token}{suffix}"
    write_whole(staged, file.file.read(), 0o600)
    try:
        deposit = _look(desk, staged, file.filename)
    except OrchestratorError as error:
        staged.unlink()
        problem = error.problems[0] if isinstance(error, BadConfiguration) else str(error)
        return _show(desk, problem=problem.replace(staged.name, file.filename).replace(str(folder), ""))
    return _show(desk, deposit=deposit)


def _look(desk: Desk, staged: Path, name: str) -> Deposit:
    settings = replace(desk.settings, registrations=replace(desk.settings.registrations, path=staged))
    answers = wiring.registrations(settings, desk.event).read()
    found = intake.decide_for(desk.event, answers, desk.store.people.registered(desk.key), desk.now)
    columns = tuple((title, _understood(desk, key)) for key, title in answers.columns.items())
    unused = tuple(title for title in answers.header if title and title not in answers.columns.values())
    people = len({a.address for a in answers.rows})
    return Deposit(token=staged.name, name=name, found=found, people=people, columns=columns, unused=unused)


def _understood(desk: Desk, key: str) -> str:
    """Say what a column was understood to be."""
    if key in COLUMNS:
        return desk.say(*COLUMNS[key])
    what, _, about = key.partition(".")
    about, _, rank = about.partition(".")
    title = next((s.title for s in desk.event.sessions if s.key == about), about)
    if what == "wishes":
        return f"{rank_in_words(desk, int(rank or 1))} – {title}"
    return desk.say("la venue : ", "coming to: ") + title if what == "sessions" else key


@router.post("/registrations/keep")
def keep(desk: Working, filled: Filled) -> Response:
    """Put the export that was looked at in the place of the source; the old file is kept."""
    staged = _folder(desk) / Path(str(filled.get("deposit", ""))).name
    target = desk.settings.registrations.path
    if not staged.is_file() or desk.settings.registrations.source != "file":
        raise Refused(409, "Ce dépôt n'est plus là : recommencez.", "This upload is gone: start again.")
    if staged.suffix != target.suffix.lower() and target.suffix.lower() in KINDS:
        raise Refused(
            409,
            f"La configuration attend un fichier {target.suffix} : changez « Fichier des réponses ».",
            f"The configuration expects a {target.suffix} file: change “File of answers”.",
        )
    if target.exists():
        history = target.parent / HISTORY
        history.mkdir(mode=0o700, exist_ok=True)
        write_whole(history / f"{target.stem}-{desk.now:%Y%m%d-%H%M%S}{target.suffix}", target.read_bytes(), 0o600)
    write_whole(target, staged.read_bytes(), 0o640)
    staged.unlink()
    desk.store.alarms.set(desk.key, {}, "source", desk.now)  # it was about the list before; the next beat says anew
    desk.note("upload", target.name)
    desk.house.changed()
    return desk.go("/registrations", done="kept")


@router.post("/registrations/drop")
def drop(desk: Working, filled: Filled) -> Response:
    """Throw an upload away."""
    (_folder(desk) / Path(str(filled.get("deposit", ""))).name).unlink(missing_ok=True)
    return desk.go("/registrations")


@router.post("/registrations/withdraw")
def withdraw(desk: Working) -> Response:
    """Agree that those who vanished from the list have withdrawn."""
    world = replace(desk.world, owner=wiring.owner())  # not the daemon's name: its lease must keep us out
    try:
        report = beat(world, Memory(), confirmed=True)
    except Held as error:
        raise Refused(
            409,
            "Un passage est en cours : réessayez dans quelques secondes.",
            "A pass is under way: try again in some seconds.",
        ) from error
    desk.note("withdrawals-confirmed", note=f"{report.gone} personnes")
    desk.house.changed()
    return desk.go("/registrations", done="withdrawn")


def _folder(desk: Desk) -> Path:
    return desk.settings.registrations.path.parent / WAITING
