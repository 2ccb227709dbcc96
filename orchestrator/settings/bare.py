"""What can be known of a folder that holds no event yet: where its pages and its store will be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from orchestrator.core.errors import BadConfiguration
from orchestrator.settings.build import store_url_in, web_of
from orchestrator.settings.gate import StoreSection, WebSection
from orchestrator.settings.load import SERVICE, files_of, secrets_folder
from orchestrator.settings.sources import from_environment, from_secrets, merged, read_file
from orchestrator.settings.values import Web


def is_empty(path: Path) -> bool:
    """Tell whether this is a folder without an event's file."""
    return path.is_dir() and not files_of(path)


def bare(folder: Path, *, secrets: Path | None, environ: Mapping[str, str]) -> tuple[Web, str]:
    """The `[web]` and the store's address a folder would be served with. Raises BadConfiguration."""
    variables, wrong = from_environment(environ)
    files, unreadable = from_secrets(secrets or secrets_folder(folder, environ))
    if wrong or unreadable:
        raise BadConfiguration((*wrong, *unreadable))
    service = [read_file(folder / SERVICE, str(folder / SERVICE))] if (folder / SERVICE).exists() else []
    said = merged((variables, files, *service))
    try:
        web, store = WebSection(**said.get("web", {})), StoreSection(**said.get("store", {}))
    except ValidationError:
        raise BadConfiguration((f"{folder / SERVICE}: [web] ou [store] n'est pas compris ; corrigez-le",)) from None
    return web_of(web, folder), store_url_in(store.url, folder)
