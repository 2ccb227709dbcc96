"""The event page as it is drawn: the questions with what the file says, and what is wrong beside each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.responses import HTMLResponse

from orchestrator.settings.editing import WAS, Plain
from orchestrator.web.board import edits
from orchestrator.web.board.bench import Bench
from orchestrator.web.board.edits import Judged
from orchestrator.web.board.fields import Field, Group, groups, parts_of, said_of
from orchestrator.web.board.forms import raw, shown
from orchestrator.web.board.wording import ADD, FOLDED, OPTIONS


def drawn(
    bench: Bench, values: Plain, version: str, *, judged: Judged | None = None, at: str = ""
) -> HTMLResponse:  # fmt: skip
    judged = judged or Judged()
    without = edits.shared_keys(bench.house, bench.path) if bench.path else frozenset()
    there = [group for group in groups(values) if group.name not in without]
    asked = [field for group in there for field in _fields(group)]
    known, wrong = {field.name for field in asked}, _beside(asked, judged.wrong)
    return bench.show(
        "event.html",
        status=422 if wrong or judged.other else 200,
        groups=there,
        values=values,
        version=version,
        shown=lambda field: shown(field, values),
        in_words=lambda field: raw(field, values) if field.kind in ("date", "moment") else None,
        row_of=lambda row: _row_of(values, row.path),
        wrong=wrong,
        labels={key: bench.say(*said_of(parts_of(key))[:2]) for key in wrong},
        strays=[f"{key} : {what}" for key, what in wrong.items() if key not in known] + list(judged.other),
        option=lambda code: OPTIONS.get(code, (code, code)),
        opened=at,
        adding=lambda group: ADD[group.name],
        folded=[group.name for group in there if group.name in FOLDED and not _holds(group, {*wrong, at})],
        is_new=bench.path is None,
        without=sorted(without),
    )


def _beside(asked: list[Field], wrong: Mapping[str, str]) -> dict[str, str]:
    """Say what is missing as a whole beside each of its required fields."""
    found: dict[str, str] = {}
    for key, what in wrong.items():
        inside = [field.name for field in asked if field.required and field.name.startswith(f"{key}.")]
        found |= dict.fromkeys(inside, "à remplir") if inside and what.startswith("à remplir") else {key: what}
    return found


def _holds(group: Group, names: set[str]) -> bool:
    """Whether any of these is this section, or is inside it."""
    return any(name == group.name or name.startswith(f"{group.name}.") for name in names)


def _row_of(values: Plain, path: tuple[str | int, ...]) -> str:
    """Where a row stands in the file, "new" where it does not yet."""
    there: Any = values
    for part in path:
        there = there[part]
    return "new" if there.get(WAS) is None else str(there[WAS])


def _fields(group: Group) -> list[Field]:
    return [*group.fields, *(field for row in group.rows for field in _fields(row))]
