"""The host's sheet as a page to print, as lines, and as the file Zoom imports."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestrator import shipped
from orchestrator.core.model import Event
from orchestrator.core.sheet import Guest, Sheet, SheetRoom, import_rows, is_formula

HEADER = ("Pre-assign Room Name", "Email Address")
"""Zoom's own (zoom.us → Meetings → edit → Breakout Room pre-assign → Import from CSV)."""


def page(event: Event, sheets: Sequence[Sheet]) -> str:
    """Draw the sheets as one page to print, a session a leaf, which loads nothing."""
    pages = Environment(
        loader=FileSystemLoader(shipped.templates() / "web"), autoescape=True, undefined=StrictUndefined
    )
    return pages.get_template("sheet.html").render(event=event, sheets=sheets, zone=event.zone)


def zoom_csv(event: Event, found: Sheet) -> tuple[bytes, tuple[str, ...]]:
    """Write Zoom's import file; returns it with the addresses left out, which a spreadsheet would run as formulas."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADER)
    refused = []
    for row in import_rows(event, found):
        if any(is_formula(cell) for cell in row):
            refused.append(row[1])
        else:
            writer.writerow(row)
    return out.getvalue().encode(), tuple(refused)


def as_data(found: Sheet) -> dict[str, Any]:
    return {
        "session": found.session,
        "title": found.title,
        "starts_at": found.starts_at,
        "rooms": [
            {
                "code": room.code,
                "name": room.name,
                "title": room.title,
                "seats": room.seats,
                "opens_at": room.opens_at,
                "facilitators": list(room.facilitators),
                "people": [_guest(guest) for guest in room.guests],
            }
            for room in found.rooms
        ],
        "without_room": [_guest(guest) for guest in found.elsewhere],
    }


def _guest(guest: Guest) -> dict[str, str]:
    return {"shown": guest.shown, "email": guest.email}


def in_words(event: Event, found: Sheet) -> list[str]:
    """Write the sheet as lines of text."""
    lines = [f"{found.title}"]
    for room in found.rooms:
        lines += ["", _heading(event, room), *(f"  {clean(guest.shown)}" for guest in room.guests)]
    if found.elsewhere:
        lines += ["", f"Sans salle ({len(found.elsewhere)})", *(f"  {clean(g.shown)}" for g in found.elsewhere)]
    return lines


def _heading(event: Event, room: SheetRoom) -> str:
    led = f", avec {', '.join(room.facilitators)}" if room.facilitators else ""
    opens = f"{room.opens_at.astimezone(event.zone):%Hh%M}"
    return f"{room.name} ({len(room.guests)} sur {room.seats}), ouverture {opens}{led}"


def clean(text: str) -> str:
    """Leave out what a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)
