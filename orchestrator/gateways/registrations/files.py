"""Reads a file whole, and never one that is being written."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.core.errors import UnreadableSource

LARGEST = 20_000_000


def fingerprint(path: Path) -> str:
    """Tell versions of the file apart by one stat. Raises UnreadableSource."""
    with _explained(path):
        found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        what = "un dossier" if stat.S_ISDIR(found.st_mode) else "un fichier spécial"
        raise UnreadableSource(f"« {path} » est {what}", remedy="donner le chemin du fichier CSV lui-même")
    if found.st_size > LARGEST:
        raise UnreadableSource(
            f"« {path.name} » est trop grand (plus de {LARGEST // 1_000_000} Mo)",
            remedy="ne garder que les réponses de cet événement",
        )
    return f"{found.st_mtime_ns}-{found.st_size}-{found.st_ino}"


def read(path: Path) -> bytes:
    """Read the whole file. Raises UnreadableSource."""
    return steadily(lambda: fingerprint(path), lambda: _bytes(path))


def steadily(sign: Callable[[], str], read: Callable[[], bytes]) -> bytes:
    """Read until the sign is the same before and after, three times at most. Raises UnreadableSource."""
    for _ in range(3):
        before, data = sign(), read()
        if sign() == before:
            return data
    raise UnreadableSource(
        "Le fichier des inscriptions est en train d'être écrit",
        remedy="rien à faire, il sera relu au passage suivant",
        permanent=False,
    )


def _bytes(path: Path) -> bytes:
    with _explained(path), path.open("rb") as file:
        return file.read(LARGEST + 1)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        message = f"Le fichier des inscriptions « {path} » n'existe pas"
        raise UnreadableSource(message, remedy="vérifier [registrations] path") from error
    except PermissionError as error:
        message = f"Le fichier des inscriptions « {path} » ne peut pas être lu"
        remedy = f"donner le droit de lecture à l'utilisateur du service (n° {os.geteuid()})"
        raise UnreadableSource(message, remedy=remedy) from error
    except OSError as error:
        message = f"Le fichier des inscriptions « {path} » ne peut pas être lu : {error.strerror}"
        raise UnreadableSource(message, remedy="vérifier le disque ou le partage", permanent=False) from error
