"""Opens XLSX, XLS and ODS files and zipped CSV ones, in a process of its own that may not eat the machine."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from orchestrator.core.errors import UnreadableSource
from orchestrator.gateways.registrations.tables import LONGEST_CELL, Row, Sheet, counted

LARGEST = 2_000_000
"""Bytes of a zipped workbook (xlsx, ods)."""
LARGEST_UNPACKED = 50_000_000
MOST_MEMBERS = 500
SECONDS = 30
_CHILD = Path(__file__).with_name("workbook_child.py")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_TEXTS = (".csv", ".tsv", ".txt")


def is_packed(data: bytes) -> bool:
    """Tell whether bytes are a workbook or a zip file."""
    return data.startswith((_ZIP, _OLE))


def unpacked(data: bytes, name: str) -> tuple[bytes, str] | None:
    """Take the one CSV file out of a zip, as Google Forms gives it; None for a workbook. Raises UnreadableSource."""
    if not data.startswith(_ZIP):
        return None
    with _opened(data, name) as archive:
        _check(archive, data, name)
        texts = [i for i in archive.infolist() if i.filename.casefold().endswith(_TEXTS) and not _hidden(i.filename)]
        if len(texts) != 1 or "[Content_Types].xml" in archive.namelist():
            return None
        with archive.open(texts[0]) as member:
            return member.read(LARGEST_UNPACKED), Path(texts[0].filename).name


def sheets(data: bytes, name: str) -> list[Sheet]:
    """Read every visible sheet. Raises UnreadableSource; formulas are never run, their last values are read."""
    try:
        answer = subprocess.run(
            [sys.executable, "-I", str(_CHILD)], input=data, capture_output=True, timeout=SECONDS, check=True
        )
        found: dict[str, list[list[str]]] = json.loads(answer.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise _broken(name) from error
    tables = {title: list(_rows(rows)) for title, rows in found.items()}
    for rows in tables.values():
        counted(rows, name)
    return [Sheet(f"{name}, feuille {title}", rows) for title, rows in tables.items()]


def _rows(rows: Sequence[Sequence[str]]) -> Iterator[Row]:
    for line, cells in enumerate(rows, start=1):
        if any(cell and not cell.isspace() for cell in cells):
            yield Row(line, tuple(cell[:LONGEST_CELL] for cell in cells))


def _opened(data: bytes, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise _broken(name) from error


def _check(archive: zipfile.ZipFile, data: bytes, name: str) -> None:
    """Unpack everything once, counting, so that no member can lie about its size. Raises UnreadableSource."""
    members = archive.infolist()
    left = LARGEST_UNPACKED
    if len(data) > LARGEST:
        raise _too_large(name, f"plus de {LARGEST // 1_000_000} Mo")
    if len(members) > MOST_MEMBERS:
        raise _too_large(name, f"plus de {MOST_MEMBERS} fichiers à l'intérieur")
    try:
        for member in members:
            with archive.open(member) as stream:
                begins = b""
                while piece := stream.read(1 << 16):
                    begins = begins or piece[:2_000]
                    left -= len(piece)
                    if left < 0:
                        raise _too_large(name, f"plus de {LARGEST_UNPACKED // 1_000_000} Mo une fois décompressé")
                if b"<!ENTITY" in begins:
                    raise UnreadableSource(f"« {name} » déclare des entités XML", remedy=_SAVE_AGAIN)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise _broken(name) from error


_SAVE_AGAIN = "l'ouvrir dans Excel ou LibreOffice et l'enregistrer à nouveau"


def _hidden(path: str) -> bool:
    return path.startswith(("__MACOSX/", ".")) or "/." in path


def _too_large(name: str, why: str) -> UnreadableSource:
    return UnreadableSource(
        f"« {name} » est trop grand ({why})",
        remedy="ne garder que les réponses de cet événement, sans image, ou l'enregistrer au format CSV UTF-8",
    )


def _broken(name: str) -> UnreadableSource:
    return UnreadableSource(
        f"« {name} » est abîmé, protégé par un mot de passe ou pas encore écrit en entier",
        remedy=f"{_SAVE_AGAIN}, ou au format CSV UTF-8",
        permanent=False,
    )
