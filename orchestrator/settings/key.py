"""The key that addresses of people's pages are made with: given as a secret, or a file beside the store."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from orchestrator.core.errors import OrchestratorError
from orchestrator.settings.values import Web

SHORTEST = 16


def service_key(web: Web | None, store_url: str, beside: Path) -> bytes:
    """Return the key, made and written the first time. Raises OrchestratorError where it is open to others.

    Its file lies beside an SQLite store, else beside the event's file; several hosts share it as a secret.
    """
    given = web.service_key.get_secret_value() if web else ""
    if given:
        if len(given) < SHORTEST:
            raise OrchestratorError(
                f"web.service_key – cette clé est trop courte ({SHORTEST} caractères au moins)",
                remedy="laissez-la vide : une clé sûre est créée à côté de la base ; ou : openssl rand -hex 32",
            )
        return given.encode()
    file = store_url.removeprefix("sqlite:///")
    path = beside.with_name("orchestrator.key") if file == store_url else Path(file).with_suffix(".key")
    return _read(path) if path.exists() else _made(path)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_mode & 0o077:
            raise OrchestratorError(f"{path.name} est lisible par d'autres comptes", remedy=f"chmod 600 {path}")
        key = path.read_bytes().strip()
    except OSError as error:
        raise OrchestratorError(
            f"la clé des pages ({path.name}) ne peut pas être lue", remedy=f"donnez à ce compte le droit de lire {path}"
        ) from error
    if len(key) < SHORTEST:
        raise OrchestratorError(
            f"la clé des pages ({path.name}) est abîmée",
            remedy="remettez celle de la sauvegarde : sans elle les adresses déjà envoyées ne marchent plus",
        )
    return key


def _made(path: Path) -> bytes:
    """Write a new key as a whole or not at all; another process may be as quick, then its key counts."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_hex(32).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(name)
    except OSError as error:
        raise OrchestratorError(
            f"la clé des pages ({path.name}) ne peut pas être écrite", remedy=f"vérifiez les droits de {path.parent}"
        ) from error
    return _read(path)
