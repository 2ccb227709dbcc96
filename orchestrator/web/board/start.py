"""`/start`: what is missing before an event is served, step by step, and where its keys are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator import wiring
from orchestrator.core.errors import OrchestratorError
from orchestrator.settings.editing import SECRETS, read, values_of, write_secret
from orchestrator.web.board import edits
from orchestrator.web.board.bench import Reading, Writing
from orchestrator.web.house import House
from orchestrator.web.security import Filled, Refused

router = APIRouter()
KEYS = {
    "zoom__account_id": ("Account ID de Zoom", "Zoom Account ID"),
    "zoom__client_id": ("Client ID de Zoom", "Zoom Client ID"),
    "zoom__client_secret": ("Client Secret de Zoom", "Zoom Client Secret"),
    "mail__password": ("Mot de passe du serveur d'envoi", "Password of the mail server"),
}
"""What is kept in the secrets folder, by file."""


@router.get("/start")
def start(bench: Reading) -> HTMLResponse:
    """Nothing is served yet: what is missing, step by step."""
    house = bench.house
    return bench.show(
        "start.html", files=[_step(house, file) for file in edits.files(house)], kept=_kept(house), keys=KEYS
    )


def _step(house: House, file: Path) -> dict[str, Any]:
    """How far one event has come: served, waiting for Zoom's keys alone, or what is wrong with its file."""
    wrong = house.unserved.get(file, ())
    waits = bool(wrong) and all(wiring.NO_ACCESS in line for line in wrong)
    return {"name": file.name, "title": _title(file), "waits": waits, "wrong": () if waits else wrong}


def _title(file: Path) -> str:
    try:
        return str(values_of(read(file).text)["event"]["title"])
    except (OrchestratorError, ValueError, LookupError, TypeError):
        return file.name


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
