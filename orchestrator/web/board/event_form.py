"""The event page as it is drawn: the questions with what the file says, and what is wrong beside each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastapi.responses import HTMLResponse

from orchestrator.settings.editing import WAS, Plain
from orchestrator.web.board import edits
from orchestrator.web.board.bench import Bench
from orchestrator.web.board.edits import Judged
from orchestrator.web.board.fields import LISTS, Field, Group, groups, parts_of, said_of
from orchestrator.web.board.forms import raw, shown
from orchestrator.web.board.wording import ADD, FOLDED, OPTIONS
from orchestrator.web.board.wording.refusals import in_both


def drawn(
    bench: Bench, values: Plain, version: str, *, judged: Judged | None = None, at: str = ""
) -> HTMLResponse:  # fmt: skip
    judged = judged or Judged()
    without = edits.shared_keys(bench.house, bench.path) if bench.path else frozenset()
    there = [group for group in groups(values) if group.name not in without]
    asked = [field for group in there for field in _fields(group)]
    known = {field.name for field in asked if field.kind != "secret"}
    wrong = {key: bench.say(*in_both(what)) for key, what in _beside(asked, judged.wrong, known).items()}
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
        labels={key: _place(bench, key, there) for key in wrong},
        anchors=known | {group.name for group in there} | {row.name for row in _all_rows(there)},
        strays=judged.other,
        option=lambda code: OPTIONS.get(code, (code, code)),
        opened=at,
        adding=lambda group: ADD[group.name],
        folded=[group.name for group in there if group.name in FOLDED and not _holds(group, {*wrong, at})],
        is_new=bench.path is None,
        without=sorted(without),
    )


def _beside(asked: list[Field], wrong: Mapping[str, str], known: set[str]) -> dict[str, str]:
    """Say what is missing as a whole beside each of its required fields, and what is wrong inside a field beside it."""
    found: dict[str, str] = {}
    for key, what in wrong.items():
        inside = [field.name for field in asked if field.required and field.name.startswith(f"{key}.")]
        if inside and what.startswith("à remplir"):
            found |= dict.fromkeys(inside, "à remplir")
        else:
            name = _field_of(key, known)
            found[name] = f"{found[name]} ; {what}" if name in found else what
    return found


def _field_of(key: str, known: set[str]) -> str:
    """The field that a key is filled in with: `speakers.0.sessions.1` is one of the boxes of `speakers.0.sessions`."""
    above = key
    while above and above not in known:
        above = above.rpartition(".")[0]
    return above or key


def _place(bench: Bench, key: str, there: list[Group]) -> str:
    """Where a field is: its section, the row with the name it goes by, and what it is asked as."""
    parts, said = parts_of(key), said_of(parts_of(key))
    section = said_of(parts[:2] if ".".join(map(str, parts[:2])) in LISTS else parts[:1])
    words = [bench.say(section.fr, section.en)] if len(parts) > 1 else []
    at = next((n for n, part in enumerate(parts) if isinstance(part, int)), None)
    if at is not None:
        words.append(_row_in_words(bench, ".".join(map(str, parts[: at + 1])), there))
    if not isinstance(parts[-1], int):
        words.append(bench.say(said.fr, said.en))
    return ", ".join(words)


def _row_in_words(bench: Bench, name: str, there: list[Group]) -> str:
    n = int(name.rpartition(".")[2]) + 1
    title = next((row.title for row in _all_rows(there) if row.name == name), "")
    words = bench.say(f"ligne {n}", f"row {n}")
    return f"{words} ({title})" if title else words


def _all_rows(there: Iterable[Group]) -> Iterator[Group]:
    for group in there:
        yield from group.rows
        yield from _all_rows(group.rows)


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
