"""Writes tables that a French Excel opens well, and in which nothing that somebody typed can run as a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

_FORMULA = re.compile(r"\s*[=+\-@\t\r\0＝＋－＠]")
"""How a cell begins that a spreadsheet would run (OWASP, CSV injection)."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What XML, and so XLSX, cannot hold."""
Rows = Iterable[Sequence[str]]


def harmless(cell: str) -> str:
    """Return a cell's text so that it stays text: what would be a formula gets an apostrophe before it."""
    return f"'{_CONTROL.sub('', cell)}" if _FORMULA.match(cell) else _CONTROL.sub("", cell)


def write(path: Path, header: Sequence[str], rows: Rows) -> None:
    """Write a table as its file's name says, XLSX or CSV; a file that is there is replaced whole."""
    fresh = path.with_name(f".{path.name}.part")
    if path.suffix.casefold() == ".xlsx":
        _write_xlsx(fresh, [header, *rows])
    else:
        _write_csv(fresh, [header, *rows])
    fresh.chmod(0o600)
    fresh.replace(path)


def _write_csv(path: Path, rows: Rows) -> None:
    """With semicolons and a byte order mark: what a double click opens in columns, accents right."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows([harmless(c) for c in row] for row in rows)


def _write_xlsx(path: Path, rows: Rows) -> None:
    import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Inscriptions")
        bold = book.add_format({"bold": True})
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                sheet.write_string(r, c, harmless(cell)[:32_767], None if r else bold)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
