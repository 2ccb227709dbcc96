"""The event page's answers: what a form shows of a file, and what a form that was sent back says to the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from orchestrator.settings.editing import WAS, Plain
from orchestrator.settings.fields import slug_of
from orchestrator.settings.gate import Gate
from orchestrator.web.board.fields import LISTS, Field, Group, groups, ordered, text_of


def raw(field: Field, values: Plain) -> date | None:
    """The day, or the day and hour, a field holds; None where it holds none that can be read."""
    there: Any = values
    for part in field.path:
        try:
            there = there[part]
        except (KeyError, IndexError, TypeError):
            return None
    return there if isinstance(there, date) else None


def shown(field: Field, values: Plain) -> Any:
    """What a field shows: a text, True or False, or the list of those chosen."""
    value: Any = values
    for part in field.path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            value = None
    if field.kind == "several":
        return [str(one) for one in value] if isinstance(value, list) else []
    if field.kind == "flag":
        return value if isinstance(value, bool) else field.default == "true"
    return text_of(value)


def as_form(values: Plain) -> list[tuple[str, str]]:
    """Every field as a form would post it."""
    found = []
    for group in groups(values):
        for inner in _all_groups(group):
            if inner.path and isinstance(inner.path[-1], int):
                was = _at(values, inner.path).get(WAS)
                found.append((f"{inner.name}.row", "new" if was is None else str(was)))
            for field in inner.fields:
                value = shown(field, values)
                texts = value if isinstance(value, list) else [text_of(value)]
                found += [(field.name, text) for text in texts]
    return found


def _at(values: Plain, path: Sequence[str | int]) -> Any:
    there: Any = values
    for part in path:
        there = there[part]
    return there


def _all_groups(group: Group) -> Iterator[Group]:
    yield group
    for row in group.rows:
        yield from _all_groups(row)


def posted(form: Mapping[str, Any], lists: Mapping[str, Sequence[Any]], before: Plain) -> Plain:
    """What was filled in, as plain values of the file; an empty field is no key at all.

    `lists` holds every value of a name, for boxes that are ticked; `before` is what the file said: a default that is
    not written there need not be now.
    """
    rows = _rows_of(form)
    values: Plain = {}
    for name, numbers in rows.items():
        _put(values, tuple(name.split(".")), [{WAS: _was(form, f"{name}.{n}")} for n in numbers])
    for name in ("sessions", "workshops"):  # their keys are what others refer to
        for n, number in enumerate(rows.get(name, ())):
            key = str(form.get(f"{name}.{number}.key", "")).strip() or slug_of(
                str(form.get(f"{name}.{number}.title", ""))
            )
            values[name][n]["key"] = key
    event = values.setdefault("event", {})
    event["key"] = str(form.get("event.key", "")).strip() or slug_of(str(form.get("event.title", "")))
    places = {f"{name}.{number}": f"{name}.{n}" for name, numbers in rows.items() for n, number in enumerate(numbers)}
    for group in groups(values):
        for field in _all_fields(group):
            if field.kind != "secret":
                value = _read(field, _given(field, places), form, lists)
                idle = value is not None and text_of(value) == field.default and not _stands(before, field.path, values)
                _put(values, field.path, None if idle else _whole_table(value, before, field.path))
    return {name: values[name] for name, _ in ordered(Gate) if name in values}


def _whole_table(value: Any, before: Plain, path: Sequence[str | int]) -> Any:
    """A table of names with None for those that are there no more: what is not named in a file stays."""
    there: Any = before
    for part in path:
        there = there.get(part) if isinstance(there, dict) else None
    return {**dict.fromkeys(there), **(value or {})} if isinstance(there, dict) else value


def _stands(before: Plain, path: Sequence[str | int], values: Plain) -> bool:
    """Whether the file has a key already; rows are looked up where they stood."""
    there: Any = before
    here: Any = values
    for part in path:
        if isinstance(part, int):
            was = here[part].get(WAS)
            if was is None or was >= len(there):
                return False
            there, here = there[was], here[part]
        elif isinstance(there, dict) and part in there:
            there, here = there[part], here.get(part, {}) if isinstance(here, dict) else {}
        else:
            return False
    return True


def _given(field: Field, places: Mapping[str, str]) -> str:
    """The name a field was posted under: rows keep the numbers the page gave them."""
    back = {now: then for then, now in places.items()}
    parts = field.name.split(".")
    for end in range(len(parts), 0, -1):
        if (head := ".".join(parts[:end])) in back:
            return ".".join([back[head], *parts[end:]])
    return field.name


def _all_fields(group: Group) -> Iterator[Field]:
    yield from group.fields
    for row in group.rows:
        yield from _all_fields(row)


def _rows_of(form: Mapping[str, Any]) -> dict[str, list[int]]:
    """The rows of each list, by the numbers they had on the page."""
    found: dict[str, set[int]] = {}
    for name in form:
        if match := re.fullmatch(r"([a-z_]+(?:\.[a-z_]+)?)\.(\d{1,4})\.row", name):
            found.setdefault(match[1], set()).add(int(match[2]))
    return {name: sorted(found.get(name, ())) for name in dict.fromkeys([*LISTS, *found])}


def _was(form: Mapping[str, Any], row: str) -> int | None:
    said = str(form.get(f"{row}.row", ""))
    return int(said) if said.isdigit() else None


def _read(field: Field, name: str, form: Mapping[str, Any], lists: Mapping[str, Sequence[Any]]) -> Any:
    if field.kind == "several":
        return [str(one) for one in lists.get(name, ())] or None
    if field.kind == "secret":
        return None
    said = str(form.get(name, "")).replace("\r\n", "\n").strip()
    if field.kind == "flag":
        return said == "true" if said else None
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if field.kind == "lines":
        return lines or None
    if field.kind == "groups":
        return [_listed(line) for line in lines] or None
    if field.kind == "named":
        return {head.strip(): _listed(tail) for head, _, tail in (line.rpartition(":") for line in lines)} or None
    if field.kind == "pairs":
        return {head.strip(): tail.strip() for head, _, tail in (line.rpartition(":") for line in lines)} or None
    if not said:
        return None
    return _typed(field, said)


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _typed(field: Field, said: str) -> Any:
    """A value of the kind the file wants; what cannot be read stays as typed, for the gate to say so."""
    readers: dict[str, Any] = {
        "date": date.fromisoformat, "moment": datetime.fromisoformat, "time": _clock, "number": _whole,
        "decimal": _decimal,
    }  # fmt: skip
    try:
        return readers[field.kind](said) if field.kind in readers else said
    except ValueError:
        return said


def _whole(text: str) -> int:
    return int(re.sub(r"[\s\u202f\u00a0]", "", text))


def _decimal(text: str) -> float:
    return float(text.replace(",", "."))


def _clock(text: str) -> time:
    if match := re.fullmatch(r"(\d{1,2})\s?[hH:]\s?(\d{2})?(?::(\d{2}))?", text):
        hour, minute, second = (int(part or 0) for part in match.groups())
        return time(hour, minute, second)
    raise ValueError(text)


def _put(values: Plain, path: Sequence[str | int], value: Any) -> None:
    table: Any = values
    for part in path[:-1]:
        table = table[part] if isinstance(part, int) else table.setdefault(part, {})
    if isinstance(path[-1], str) and not (value is None and isinstance(table, dict) and path[-1] in table):
        table[path[-1]] = value
