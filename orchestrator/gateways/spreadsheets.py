"""Writes tables that a French Excel opens well, and in which nothing that somebody typed can run as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from pathlib import Path

_FORMULA = re.compile(r"\s*[=+\-@\t\r\0＝＋－＠]")
"""How a cell begins that a spreadsheet would run (OWASP, CSV injection)."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What XML, and so XLSX, cannot hold."""
LONGEST = 32_767
"""Characters a cell of Excel takes."""
Cell = str | int | float | bool | date | datetime | time | None
Rows = Iterable[Sequence[Cell]]


def harmless(cell: str) -> str:
    """Return a cell's text so that it stays text: what would be a formula gets an apostrophe before it."""
    return f"'{_CONTROL.sub('', cell)}" if _FORMULA.match(cell) else _CONTROL.sub("", cell)


def write(path: Path, rows: Rows, title: str = "Feuille") -> None:
    """Write a table as its file's name says, XLSX or CSV, for its owner alone; replaces the file as a whole."""
    fresh = path.with_name(f".{path.name}.part")
    fresh.write_bytes(as_xlsx(rows, title) if path.suffix.casefold() == ".xlsx" else as_csv(rows))
    fresh.chmod(0o600)
    fresh.replace(path)


def as_csv(rows: Rows) -> bytes:
    """With semicolons and a byte order mark: what a double click opens in columns, accents right."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerows([_in_words(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Rows, title: str = "Feuille") -> bytes:
    """A workbook with one sheet: its header stays in view, numbers are numbers, texts stay texts and no links."""
    import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

    out = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, plain) as book:
        sheet, bold = book.add_worksheet(_sheet_name(title)), book.add_format({"bold": True})
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if isinstance(cell, int | float) and not isinstance(cell, bool):
                    sheet.write_number(r, c, cell)
                else:
                    sheet.write_string(r, c, _in_words(cell)[:LONGEST], None if r else bold)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
    return out.getvalue()


def _in_words(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y %H:%M}"
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, time):
        return f"{cell:%H:%M}"
    return harmless(cell) if isinstance(cell, str) else str(cell)


def _sheet_name(title: str) -> str:
    """Excel takes 31 characters, and none of these."""
    return "".join(c for c in title if c not in "[]:*?/\\'")[:31] or "Feuille"
