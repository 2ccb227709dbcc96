"""The page before an event's file is saved: what would be written, and what that would do to how many people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from fastapi.responses import HTMLResponse

from orchestrator.settings import Settings
from orchestrator.web.board import edits
from orchestrator.web.board.bench import Bench
from orchestrator.web.board.edits import Edit
from orchestrator.web.board.fields import LISTS, in_form_words, parts_of, said_of
from orchestrator.web.board.forms import as_form
from orchestrator.web.board.wording import OPTIONS


def review(bench: Bench, edit: Edit, settings: Settings) -> HTMLResponse:
    """Show what would be written and done, with the form kept in hidden fields."""
    return bench.show(
        "confirm.html",
        changes=[_in_words(bench, change) for change in edits.changes(edit)],
        result=_result(bench, settings),
        carried=as_form(edit.values),
        version=edit.found.version,
        conflicts=[said_of(parts_of(name)) for name in edit.conflicts],
        overtaken=edit.base != edit.found.version,
        is_new=bench.path is None,
        warnings=[in_form_words(line) for line in settings.warnings],
        title=settings.event.title,
    )


def _result(bench: Bench, settings: Settings) -> edits.Consequences:
    served = [one.world.event for one in bench.house.served.values()]
    found = edits.consequences(bench.house.store, bench.settings, settings, bench.now, served)
    if bench.path is None:  # the list of a new event comes afterwards
        return replace(found, lines=tuple(line for line in found.lines if not line.startswith("✗")))
    return found


def _in_words(bench: Bench, change: edits.Change) -> dict[str, Any]:
    said = said_of(change.path)
    section = said_of(change.path[:2] if ".".join(map(str, change.path[:2])) in LISTS else change.path[:1])
    row = next((part + 1 for part in change.path if isinstance(part, int)), None)
    return {
        "section": bench.say(section.fr, section.en) if len(change.path) > 1 else "",
        "row": row,
        "label": bench.say(said.fr, said.en) if not isinstance(change.path[-1], int) else "",
        "before": _said(change.before),
        "after": _said(change.after),
    }


def _said(value: Any) -> Any:
    if value in (None, "", []):
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, str):
        return OPTIONS[value][0] if value in OPTIONS else value
    return value if isinstance(value, date | datetime | time) else str(value)
