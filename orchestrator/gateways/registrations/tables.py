"""Cuts the bytes of a CSV file into rows with the line each begins on, and finds the row of titles among rows."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import NamedTuple

from orchestrator.core.errors import UnreadableSource
from orchestrator.gateways.registrations.headers import meaning
from orchestrator.gateways.registrations.names import bare

MOST_ROWS = 200_000
LONGEST_CELL = 10_000
_SAMPLE = 1_000
LOOKED_AT = 5_000
"""How many rows are looked at to tell what a column holds."""
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
    rows: Collection[Row]
    delimiter: str = ""
    zone: str = ""
    """The zone of its hours where the source names one."""


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are without blank ones; each has at least as many cells as the header, which stands on `line`."""

    name: str
    header: tuple[str, ...]
    rows: Collection[Row]
    delimiter: str
    line: int = 1
    zone: str = ""
    _texts: list[list[str]] = field(default_factory=list, compare=False, repr=False)

    def texts(self, index: int) -> Sequence[str]:
        """What a column says, without the blanks, as far as its first 5,000 rows go: enough to recognise it by."""
        if not self._texts:
            self._texts.extend([] for _ in self.header)
            for row in islice(self.rows, LOOKED_AT):
                for texts, cell in zip(self._texts, row.cells, strict=False):  # some rows are longer than the titles
                    if text := cell.strip():
                        texts.append(text)
        return self._texts[index]


def parse(data: bytes, name: str, wanted: Iterable[str] = ()) -> Table:
    """Cut bytes into header and rows; `wanted` are titles the header is known to have. Raises UnreadableSource."""
    return titled(cut(data, name), wanted)


def titled(sheet: Sheet, wanted: Iterable[str] = ()) -> Table:
    """Find the row of titles: the one most of whose cells are understood, among the first. Raises UnreadableSource."""
    at = _title_row(sheet, frozenset(map(bare, wanted)))
    header = next(islice(sheet.rows, at, None))
    return Table(
        name=sheet.name,
        header=tuple(header.cells),
        rows=Below(sheet.rows, at + 1, len(header.cells)),
        delimiter=sheet.delimiter,
        line=header.line,
        zone=sheet.zone,
    )


@dataclass(frozen=True, slots=True)
class Below:
    """The rows below the titles, each filled up to their number."""

    rows: Collection[Row]
    start: int
    width: int

    def __len__(self) -> int:
        return len(self.rows) - self.start

    def __contains__(self, row: object) -> bool:
        return any(row == mine for mine in self)

    def __iter__(self) -> Iterator[Row]:
        for row in islice(self.rows, self.start, None):
            missing = self.width - len(row.cells)
            yield row if missing <= 0 else Row(row.line, (*row.cells, *[""] * missing))


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
        line = next(iter(sheet.rows)).line
        raise UnreadableSource(
            f"« {sheet.name} » n'a pas de titres de colonnes : la ligne {line} est déjà une réponse",
            remedy="ajouter au-dessus une ligne de titres, par exemple : Adresse e-mail, Prénom, Nom",
        )
    if max(known):
        return known.index(max(known))
    wide = [sum(bool(c.strip()) for c in cells) > 1 for cells in first]
    return wide.index(True) if any(wide) else 0


def cut(data: bytes, name: str) -> Sheet:
    """Cut the bytes of a CSV file into rows. Raises UnreadableSource."""
    data = _in_utf8(data, name)
    sample = list(islice(_lines(data), _SAMPLE))
    declared = re.fullmatch(r'"?sep=([,;|\t])"?\n?', sample[0], re.IGNORECASE)
    skipped = 1 if declared else 0
    delimiter = declared[1] if declared else _delimiter(sample)
    rows = Cut(data, delimiter, skipped, name)
    return Sheet(name, replace(rows, length=counted(rows, name)), delimiter)


@dataclass(frozen=True, slots=True)
class Cut:
    """The rows of a text, cut anew whenever they are asked for: of a large file only its bytes are kept."""

    data: bytes
    delimiter: str
    skipped: int
    name: str
    length: int = 0

    def __len__(self) -> int:
        return self.length

    def __contains__(self, row: object) -> bool:
        return any(row == mine for mine in self)

    def __iter__(self) -> Iterator[Row]:
        once: dict[str, str] = {}
        lines = islice(_lines(self.data), self.skipped, None)
        for row in _rows(lines, self.delimiter, self.skipped + 1, self.name):
            if _filled(row.cells):
                yield Row(row.line, tuple([once.get(cell) or _kept(once, cell) for cell in row.cells]))


def _lines(data: bytes) -> io.TextIOWrapper:
    """Read a text's lines one by one, each ended by a line feed: the whole of it is never in memory twice."""
    return io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=None)


def counted(rows: Iterable[Row], name: str) -> int:
    """Count the rows. Raises UnreadableSource for too many."""
    n = sum(1 for _ in islice(rows, MOST_ROWS + 1))
    if n > MOST_ROWS:
        message = f"« {name} » a plus de {MOST_ROWS} lignes"
        raise UnreadableSource(message, remedy="ne garder que les réponses de cet événement")
    return n


def _kept(once: dict[str, str], cell: str) -> str:
    """Keep each different cell once, among those seen lately: answers to a form's questions repeat."""
    if len(once) >= _ONCE:
        once.clear()
    cell = cell[:LONGEST_CELL]
    once[cell] = cell
    return cell


def decoded(data: bytes, name: str) -> str:
    """Decode a CSV file. Raises UnreadableSource for what is none."""
    return _in_utf8(data, name).decode()


def _in_utf8(data: bytes, name: str) -> bytes:
    """Bring a text to UTF-8: by its byte order mark, else as UTF-8, else each line as UTF-8 or cp1252 (Excel's).

    Raises UnreadableSource for what is no text.
    """
    begins = data[:1_000].removeprefix(_MARK).lstrip().lower()
    for start, what in _STRANGERS.items():
        if begins.startswith(start):
            raise UnreadableSource(f"« {name} » n'est pas une liste de réponses mais {what}", remedy=_AS_CSV)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", errors="replace").encode("utf-8", "replace")
    data = data.removeprefix(_MARK)
    if not _is_utf8(data):
        data = "".join(map(_decoded_line, data.splitlines(keepends=True))).encode()
    if data.count(b"\0") * 100 > len(data):
        raise UnreadableSource(f"« {name} » n'est ni un fichier CSV ni un classeur", remedy=_AS_CSV)
    data = data.replace(b"\0", b"") if b"\0" in data else data
    if not data.strip():
        raise _empty(name)
    return data


def _is_utf8(data: bytes) -> bool:
    """Decode piece by piece: the whole text would take two to four times the file."""
    decoder, piece = codecs.getincrementaldecoder("utf-8")(), 1 << 18
    try:
        for start in range(0, len(data), piece):
            decoder.decode(data[start : start + piece], final=start + piece >= len(data))
    except UnicodeDecodeError:
        return False
    return True


_MARK = b"\xef\xbb\xbf"


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


def _rows(lines: Iterable[str], delimiter: str, line: int, name: str) -> Iterator[Row]:
    reader = csv.reader(chain(lines, [_END]), delimiter=delimiter)
    start = line
    try:
        for cells in reader:
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
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
