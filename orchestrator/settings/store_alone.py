"""Where the store is, and nothing else: a copy of it must not wait until every event's file is right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from orchestrator.core.errors import BadConfiguration
from orchestrator.settings.build import store_url_in
from orchestrator.settings.gate import StoreSection
from orchestrator.settings.load import SERVICE
from orchestrator.settings.sources import from_environment, from_secrets, merged, read_file


def store_url(path: Path, *, secrets: Path | None = None, environ: Mapping[str, str]) -> str:
    """Read it from environment, secrets and service.toml, or the event's file. Raises BadConfiguration."""
    folder = path if path.is_dir() else path.parent
    files = [file for file in (path, folder / SERVICE) if file.is_file()]
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    given = secrets or (Path(credentials) if credentials else None)
    read = (read_file(file, str(file)) for file in files)
    sources = (from_environment(environ)[0], from_secrets(given)[0], *read)
    try:
        return store_url_in(StoreSection(**merged(sources).get("store", {})).url, folder.absolute())
    except (ValidationError, TypeError):
        raise BadConfiguration((f"{path}: store – cette section n'est pas comprise ; orchestrator check",)) from None
