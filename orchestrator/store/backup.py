"""A copy of a SQLite database while it is being written: the online backup API, then a check of the copy."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from orchestrator.core.errors import OrchestratorError

PAGES = 1000
"""How much is copied at a time; the service may write in between."""


def copy(source: Path, target: Path) -> int:
    """Write a consistent copy, readable by its owner alone, whole or not at all; returns its bytes.

    Raises OrchestratorError; a file of that name is never replaced.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            _copy(source, part)
            os.link(part, target)  # unlike a rename it refuses where there is one already
        finally:
            part.unlink()
        _sync(target.parent)
    except FileExistsError as error:
        raise OrchestratorError(f"{error.filename} existe déjà", remedy="choisissez un autre nom") from error
    except (OSError, sqlite3.Error) as error:
        raise OrchestratorError(
            f"la copie de {source} n'a pas pu être faite ({error})",
            remedy="vérifiez le dossier, ses droits et la place",
        ) from error
    return target.stat().st_size


def _copy(source: Path, part: Path) -> None:
    address = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as ours, closing(sqlite3.connect(part)) as theirs:
        ours.backup(theirs, pages=PAGES)
        theirs.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        found = theirs.execute("PRAGMA quick_check").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)
    _sync(part)


def _sync(path: Path) -> None:
    """Have it on the disk, not in memory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
