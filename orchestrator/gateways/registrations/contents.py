"""Turns the bytes of a file, whatever program wrote it, into one table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from orchestrator.core.errors import UnreadableSource
from orchestrator.gateways.registrations.headers import meaning
from orchestrator.gateways.registrations.names import bare
from orchestrator.gateways.registrations.tables import Sheet, Table, cut, decoded, titled
from orchestrator.gateways.registrations.workbooks import is_packed, sheets, unpacked


def table_of(data: bytes, name: str, wanted: Iterable[str] = ()) -> Table:
    """Read a file as a table; of a workbook, the first sheet that holds addresses. Raises UnreadableSource."""
    return _chosen(_sheets(data, name), tuple(wanted), name)


def sheet_of(data: bytes, name: str) -> Sheet:
    """Read a file that holds one sheet; of a workbook, the first. Raises UnreadableSource."""
    return next(iter(_sheets(data, name)))


def as_csv(data: bytes, name: str) -> str:
    """Return a file's text; a workbook's as CSV, each row on the line it has there. Raises UnreadableSource."""
    if not is_packed(data):
        return decoded(data, name)
    sheet = next(s for s in _sheets(data, name) if s.name == table_of(data, name).name)
    if sheet.delimiter:
        inner = unpacked(data, name)
        return decoded(*inner) if inner else ""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    line = 1
    for row in sheet.rows:
        out.write("\n" * (row.line - line))
        writer.writerow([" ".join(cell.split()) for cell in row.cells])
        line = row.line + 1
    return out.getvalue()


def _sheets(data: bytes, name: str) -> Sequence[Sheet]:
    if not is_packed(data):
        return [cut(data, name)]
    inner = unpacked(data, name)
    return [cut(*inner)] if inner else sheets(data, name)


def _chosen(found: Sequence[Sheet], wanted: tuple[str, ...], name: str) -> Table:
    tables, problem = [], UnreadableSource(f"« {name} » est vide", remedy="y exporter les réponses, titres compris")
    for sheet in found:
        try:
            tables.append(titled(sheet, wanted))
        except UnreadableSource as error:
            problem = error if sheet.rows else problem
    if not tables:
        raise problem
    names = set(map(bare, wanted))
    return next((t for t in tables if _has_addresses(t, names)), tables[0])


def _has_addresses(table: Table, wanted: set[str]) -> bool:
    found = [meaning(cell) for cell in table.header]
    return any(m and m.key == "email" for m in found) or bool(wanted & set(map(bare, table.header)))
