"""Cuts the bytes of a CSV file into rows with the line each begins on, and finds the row of titles among rows."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from orchestrator.core.errors import UnreadableSource
from orchestrator.gateways.registrations.headers import meaning
from orchestrator.gateways.registrations.names import bare

MOST_ROWS = 200_000
LONGEST_CELL = 10_000
_SAMPLE = 1_000
_ABOVE = 20
"""How far down the titles may stand."""
_ONCE = 20_000
_END = "\ue000"
"""Read after the last line: if it does not come back alone, a quotation mark was never closed."""
csv.field_size_limit(20_000_000)  # an endless cell is cut short like any other, it does not stop the reading
_AS_CSV = "l'ouvrir dans Excel ou LibreOffice, puis « Enregistrer sous » au format CSV UTF-8"
_STRANGERS = {  # how the files begin that are sent instead of answers, in lower case
    b"%pdf": "un PDF",
    b"<!doctype": "une page web",
    b"<html": "une page web",
}


class Row(NamedTuple):
    """`line` is the physical line of the file on which the row begins, counted from 1."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows as they lie in the source, blank ones left out; `delimiter` "" where it is no text."""

    name: str
    rows: Sequence[Row]
    delimiter: str = ""
    zone: str = ""
    """The zone of its hours where the source names one."""


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are without blank ones; each has at least as many cells as the header, which stands on `line`."""

    name: str
    header: tuple[str, ...]
    rows: Sequence[Row]
    delimiter: str
    line: int = 1
    zone: str = ""


def parse(data: bytes, name: str, wanted: Iterable[str] = ()) -> Table:
    """Cut bytes into header and rows; `wanted` are titles the header is known to have. Raises UnreadableSource."""
    return titled(cut(data, name), wanted)


def titled(sheet: Sheet, wanted: Iterable[str] = ()) -> Table:
    """Find the row of titles: the one most of whose cells are understood, among the first. Raises UnreadableSource."""
    at = _title_row(sheet, frozenset(map(bare, wanted)))
    header = sheet.rows[at]
    width = len(header.cells)
    return Table(
        name=sheet.name,
        header=tuple(header.cells),
        rows=[
            row if len(row.cells) >= width else Row(row.line, [*row.cells, *[""] * (width - len(row.cells))])
            for row in islice(sheet.rows, at + 1, None)
        ],
        delimiter=sheet.delimiter,
        line=header.line,
        zone=sheet.zone,
    )


def _title_row(sheet: Sheet, wanted: frozenset[str]) -> int:
    """Where nothing is understood: below a lone title if there is one, else the first row."""
    if not sheet.rows:
        raise _empty(sheet.name)
    first = [row.cells for row in islice(sheet.rows, _ABOVE)]
    known = [sum(bool(c) and (bare(c) in wanted or meaning(c) is not None) for c in cells) for cells in first]
    for at, cells in enumerate(first):
        if any(looks_like_address(cell) for cell in cells):
            known, first = known[:at], first[:at]
            break
    if not first:
        raise UnreadableSource(
            f"« {sheet.name} » n'a pas de titres de colonnes : la ligne {sheet.rows[0].line} est déjà une réponse",
            remedy="ajouter au-dessus une ligne de titres, par exemple : Adresse e-mail, Prénom, Nom",
        )
    if max(known):
        return known.index(max(known))
    wide = [sum(bool(c.strip()) for c in cells) > 1 for cells in first]
    return wide.index(True) if any(wide) else 0


def cut(data: bytes, name: str) -> Sheet:
    """Cut the bytes of a CSV file into rows. Raises UnreadableSource."""
    text = decoded(data, name)
    lines = list(io.StringIO(text, newline=None))
    declared = re.fullmatch(r'"?sep=([,;|\t])"?\n?', lines[0], re.IGNORECASE)
    skipped = 1 if declared else 0
    delimiter = declared[1] if declared else _delimiter(lines)
    rows = (row for row in _rows(lines[skipped:], delimiter, skipped + 1, name) if _filled(row.cells))
    return Sheet(name, limited(rows, name), delimiter)


def limited(rows: Iterable[Row], name: str) -> list[Row]:
    """Take the rows, each different short cell kept in memory once. Raises UnreadableSource for too many."""
    kept: list[Row] = []
    once: dict[str, str] = {}
    for row in rows:
        kept.append(Row(row.line, [once.get(cell) or _kept(once, cell) for cell in row.cells]))
        if len(kept) > MOST_ROWS:
            message = f"« {name} » a plus de {MOST_ROWS} lignes"
            raise UnreadableSource(message, remedy="ne garder que les réponses de cet événement")
    return kept


def _kept(once: dict[str, str], cell: str) -> str:
    if len(once) < _ONCE and len(cell) < LONGEST_CELL:
        once[cell] = cell
    return cell[:LONGEST_CELL]


def decoded(data: bytes, name: str) -> str:
    """Decode a CSV file. Raises UnreadableSource for what is none."""
    begins = data[:1_000].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, what in _STRANGERS.items():
        if begins.startswith(start):
            raise UnreadableSource(f"« {name} » n'est pas une liste de réponses mais {what}", remedy=_AS_CSV)
    text = _decoded(data)
    if text.count("\0") * 100 > len(text):
        raise UnreadableSource(f"« {name} » n'est ni un fichier CSV ni un classeur", remedy=_AS_CSV)
    if not text.strip("\0 \r\n\t"):
        raise _empty(name)
    return text.replace("\0", "")


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
    """Choose the delimiter that sets addresses apart and gives the same number of columns on the most rows.

    Never « . » or « : », which stand in hours and in questions.
    """

    def agreement(delimiter: str) -> tuple[int, int, int]:
        rows = islice(csv.reader(lines, delimiter=delimiter), _SAMPLE)
        try:
            wide = [cells for cells in rows if len(cells) > 1 and _filled(cells)]
        except csv.Error:
            return 0, 0, 0
        apart = sum(any(map(looks_like_address, cells)) for cells in wide)
        widths = Counter(map(len, wide))
        return (apart, *max(((rows, width) for width, rows in widths.items()), default=(0, 0)))

    return max(",;\t", key=agreement)


def looks_like_address(cell: str) -> bool:
    return "@" in cell and _ADDRESS.fullmatch(cell.strip()) is not None


_ADDRESS = re.compile(r"[^\s@,;<>()]+@[^\s@,;<>()]+\.[^\s@,;<>().\d]{2,}")


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
