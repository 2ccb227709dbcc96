"""Run as a program: reads a workbook on stdin and writes its visible sheets' cells as JSON on stdout, within limits.

It imports nothing of the project, so that it starts in a few hundredths of a second.
"""

from __future__ import annotations

import datetime
import io
import json
import resource
import sys

MEMORY = 1_500_000_000
"""Bytes of address space: a sheet with one cell in its last corner would otherwise take all there is."""
PROCESSOR_SECONDS = 20
MOST_COLUMNS = 1_000


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook

    book = load_workbook(io.BytesIO(sys.stdin.buffer.read()))
    shown = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ]
    found = {}
    for name in shown:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        found[name] = [[written(cell) for cell in row[:MOST_COLUMNS]] for row in rows]
    sys.stdout.write(json.dumps(found))


def written(cell: object) -> str:
    """Write a cell as a form's export would: whole numbers without a point, instants in ISO 8601."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, (datetime.datetime, datetime.date, datetime.time)):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime.datetime) else cell.isoformat()
    return str(cell)


if __name__ == "__main__":
    main()
