"""Cuts the bytes of a CSV file into rows with the line each begins on; knows nothing of what the columns mean."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from orchestrator.core.errors import UnreadableSource

MOST_ROWS = 200_000
_SAMPLE = 1_000
_END = "\ue000"
"""Read after the last line: if it does not come back alone, a quotation mark was never closed."""
_AS_CSV = "l'ouvrir dans Excel ou LibreOffice, puis « Enregistrer sous » au format CSV UTF-8"
_STRANGERS = {  # how the files begin that are sent instead of a CSV, in lower case
    b"pk\x03\x04": "un classeur (xlsx ou ods)",
    b"\xd0\xcf\x11\xe0": "un classeur (xls)",
    b"%pdf": "un PDF",
    b"<!doctype": "une page web",
    b"<html": "une page web",
}


class Row(NamedTuple):
    """`line` is the physical line of the file on which the row begins, counted from 1."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are without blank ones; each has at least as many cells as the header."""

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    delimiter: str


def parse(data: bytes, name: str) -> Table:
    """Cut bytes into header and rows. Raises UnreadableSource."""
    text = decoded(data, name)
    lines = list(io.StringIO(text, newline=None))
    declared = re.fullmatch(r'"?sep=([,;|\t])"?\n?', lines[0], re.IGNORECASE)
    skipped = 1 if declared else 0
    delimiter = declared[1] if declared else _delimiter(lines)
    rows = (row for row in _rows(lines[skipped:], delimiter, skipped + 1, name) if _filled(row.cells))
    header = next(rows, None)
    if header is None:
        raise _empty(name)
    width = len(header.cells)
    kept = tuple(Row(line, [*cells, *[""] * (width - len(cells))]) for line, cells in islice(rows, MOST_ROWS + 1))
    if len(kept) > MOST_ROWS:
        raise UnreadableSource(f"« {name} » a plus de {MOST_ROWS} lignes", remedy="ne garder que cet événement")
    return Table(name, tuple(header.cells), kept, delimiter)


def decoded(data: bytes, name: str) -> str:
    """Decode a CSV file. Raises UnreadableSource for what is none."""
    begins = data[:1_000].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, what in _STRANGERS.items():
        if begins.startswith(start):
            raise UnreadableSource(f"« {name} » n'est pas un fichier CSV mais {what}", remedy=_AS_CSV)
    text = _decoded(data)
    if "\0" in text:
        raise UnreadableSource(f"« {name} » n'est pas un fichier CSV", remedy=_AS_CSV)
    if not text.strip():
        raise _empty(name)
    return text


def _decoded(data: bytes) -> str:
    """Decode by the byte order mark, else as UTF-8, else each line by itself as UTF-8 or cp1252 (Excel's)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "".join(map(_decoded_line, data.splitlines(keepends=True)))


def _decoded_line(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _delimiter(lines: Sequence[str]) -> str:
    """Choose the delimiter that gives the same number of columns on the most rows; never « . » or « : »."""

    def agreement(delimiter: str) -> tuple[int, int]:
        rows = islice(csv.reader(lines, delimiter=delimiter), _SAMPLE)
        try:
            widths = Counter(len(cells) for cells in rows if len(cells) > 1 and _filled(cells))
        except csv.Error:
            return 0, 0
        return max(((rows, width) for width, rows in widths.items()), default=(0, 0))

    return max(",;\t", key=agreement)


def _rows(lines: Sequence[str], delimiter: str, line: int, name: str) -> Iterator[Row]:
    reader = csv.reader(chain(lines, [_END]), delimiter=delimiter)
    start = line
    try:
        for cells in reader:
            if cells == [_END]:
                return
            if reader.line_num > len(lines):
                break
            yield Row(start, cells)
            start = line + reader.line_num
    except csv.Error as error:
        message = f"« {name} » ne peut pas être lu à partir de la ligne {start} ({error})"
        raise UnreadableSource(message, remedy="vérifier les guillemets de cette ligne") from error
    message = f"« {name} » : un guillemet ouvert à la ligne {start} n'est jamais refermé"
    raise UnreadableSource(message, remedy="le refermer, ou attendre que le fichier soit écrit", permanent=False)


def _filled(cells: Sequence[str]) -> bool:
    return any(cell and not cell.isspace() for cell in cells)


def _empty(name: str) -> UnreadableSource:
    return UnreadableSource(f"« {name} » est vide", remedy="y exporter les réponses, titres des colonnes compris")
