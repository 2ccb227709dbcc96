"""Tables that a French Excel opens as they are, and in which nothing typed becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time

import xlsxwriter  # type: ignore[import-untyped]  # ships no types

Cell = str | int | float | bool | date | datetime | time | None
Rows = Iterable[Sequence[Cell]]
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
"""What a spreadsheet may take for the beginning of a formula (OWASP ASVS 1.2.10)."""
WIDEST = 60


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that begins like it gets an apostrophe before."""
    return f"'{text}" if text.startswith(FORMULA) else text


def as_csv(rows: Rows) -> bytes:
    """Semicolons and a byte order mark, as a French Excel expects; the first row is the header."""
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([_in_words(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Rows, title: str = "Feuille") -> bytes:
    """A workbook with one sheet: its header stays in view, texts stay texts, links are not made."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet(_sheet_name(title))
    bold, widths = book.add_format({"bold": True}), dict[int, int]()
    for n, row in enumerate(rows):
        for column, cell in enumerate(row):
            text = _in_words(cell)
            widths[column] = min(WIDEST, max(widths.get(column, 8), len(text) + 2))
            if isinstance(cell, int | float) and not isinstance(cell, bool):
                sheet.write_number(n, column, cell)
            elif text:
                sheet.write_string(n, column, text, bold if n == 0 else None)
    for column, width in widths.items():
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    book.close()
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
