"""Reads a file whole, and never one that is being written."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.core.errors import UnreadableSource

LARGEST = 20_000_000
READABLE = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".zip")
_UNFINISHED = ("~$", ".~", ".")
"""How the names begin of what editors and downloads keep beside a file."""
Wait = Callable[[float], None]
"""Waits so many seconds."""
SETTLING = 2.0
"""Seconds that a file which looks cut off is given to be written to its end."""


def newest(path: Path) -> Path:
    """Return the file itself, or the newest readable one of a watched folder. Raises UnreadableSource."""
    if not path.is_dir():
        return path
    with _explained(path):
        found = [
            (file.stat().st_mtime_ns, file.name, file)
            for file in path.iterdir()
            if file.suffix.casefold() in READABLE and not file.name.startswith(_UNFINISHED) and file.is_file()
        ]
    if not found:
        raise UnreadableSource(
            f"Le dossier des inscriptions « {path} » ne contient aucune liste",
            remedy=f"y déposer l'export du formulaire ({', '.join(READABLE)})",
        )
    return max(found)[2]


def fingerprint(path: Path) -> str:
    """Tell versions of the file apart by one stat; of a folder, by those of its files. Raises UnreadableSource."""
    path = newest(path)
    with _explained(path):
        found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableSource(f"« {path} » est un fichier spécial", remedy="donner le chemin du fichier lui-même")
    if found.st_size > LARGEST:
        raise UnreadableSource(
            f"« {path.name} » est trop grand (plus de {LARGEST // 1_000_000} Mo)",
            remedy="ne garder que les réponses de cet événement",
        )
    return f"{found.st_mtime_ns}-{found.st_size}-{found.st_ino}"


def read(path: Path, wait: Wait | None = None) -> tuple[bytes, str]:
    """Read the newest file whole; returns its bytes and its name. Raises UnreadableSource.

    One that ends in the middle of a line is given a moment where there is a way to `wait`.
    """
    file = newest(path)
    data = steadily(lambda: fingerprint(file), lambda: _bytes(file))
    if wait is not None and _looks_cut_off(data):
        wait(SETTLING)
        data = steadily(lambda: fingerprint(file), lambda: _bytes(file))
    return data, file.name


def _looks_cut_off(data: bytes) -> bool:
    """Tell whether the last line of a text has no end, and fewer columns than the first."""
    first, last = data.split(b"\n", 1)[0], data.rsplit(b"\n", 1)[-1]
    if not last.strip(b"\0\r ") or b"\r" in last or last == data:
        return False
    mark = max((b",", b";", b"\t"), key=first.count)
    return last.count(mark) < first.count(mark)


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
