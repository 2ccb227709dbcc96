"""The questions of the event page, drawn from the gate itself: what the config may say can be said here."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from orchestrator.settings.editing import Plain
from orchestrator.settings.gate import Gate, SessionColumns
from orchestrator.web.board.wording import LABELS, RARE, Said

Kind = Literal[
    "text", "email", "url", "date", "time", "moment", "number", "decimal", "flag", "choice", "secret", "several",
    "lines", "groups", "named", "pairs",
]  # fmt: skip
SOURCES = ("file", "google-forms", "google-sheets", "url")
"""The sources that are shipped; the file may name another one."""
LISTS = ("sessions", "programme", "workshops", "speakers", "reminders", "event.supporters", "mail.domains")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question. `path` leads to its key from the top of the file, rows by their number."""

    path: tuple[str | int, ...]
    kind: Kind
    said: Said
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    default: str = ""
    rare: bool = False

    @property
    def name(self) -> str:
        return ".".join(map(str, self.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A section, or one row of a list of sections."""

    path: tuple[str | int, ...]
    said: Said
    fields: tuple[Field, ...]
    rows: tuple[Group, ...] = ()
    repeats: bool = False
    title: str = ""

    @property
    def name(self) -> str:
        return ".".join(map(str, self.path))


def groups(values: Plain) -> list[Group]:
    """Every section of the file with its questions, and a row for each session, workshop, speaker…"""
    return [_group((name,), info, values.get(name), values) for name, info in ordered(Gate)]


_FIRST = (
    "event",
    "sessions",
    "programme",
    "workshops",
    "speakers",
    "registrations",
    "seating",
    "reminders",
    "zoom",
    "mail",
    "after",
)


def ordered(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    infos = dict(model.model_fields)
    return [(name, infos.pop(name)) for name in _FIRST if name in infos] + list(infos.items())


def _group(path: tuple[str | int, ...], info: FieldInfo, value: Any, values: Plain) -> Group:
    model, many = _model_of(info.annotation)
    assert model is not None, path
    if not many:
        fields = tuple(_as_required(info, _fields(path, model, values)))
        inner = tuple(_rows_inside(path, model, value, values))
        return Group(path=path, said=said_of(path), fields=fields, rows=inner)
    rows = tuple(_row((*path, n), model, row, values) for n, row in enumerate(value or ()))
    return Group(path=path, said=said_of(path), fields=(), rows=rows, repeats=True)


def _row(path: tuple[str | int, ...], model: type[BaseModel], row: Plain, values: Plain) -> Group:
    return Group(
        path=path, said=said_of(path[:-1]), fields=tuple(_fields(path, model, values)), title=_title(row, values)
    )


def _title(row: Plain, values: Plain) -> str:
    """How a row is named while it is folded: by its title, or what tells it from its neighbours."""
    if said := next((str(row[key]) for key in ("title", "name", "key") if row.get(key)), ""):
        return said
    at, before, days = row.get("at"), row.get("before"), row.get("days_before")
    if not (at or before):
        return ""
    hour = f"{at.hour}h{at.minute:02}" if isinstance(at, time) else str(at or before)
    titles = dict(_named_rows(values, "sessions"))
    return f"{hour}{f' (J−{days})' if days else ''} – {titles.get(str(row.get('session')), '')}"


def _rows_inside(path: tuple[str | int, ...], model: type[BaseModel], value: Any, values: Plain) -> Iterator[Group]:
    for name, info in _named(model):
        inner, many = _model_of(info.annotation)
        if inner is not None and many:
            yield _group((*path, name), info, (value or {}).get(name), values)


def _fields(path: tuple[str | int, ...], model: type[BaseModel], values: Plain) -> Iterator[Field]:
    for name, info in _named(model):
        here = (*path, name)
        inner, many = _model_of(info.annotation)
        if inner is SessionColumns:
            yield from _session_columns(here, values)
        elif inner is not None and not many:
            yield from _as_required(info, _fields(here, inner, values))
        elif inner is None and get_origin(info.annotation) is dict and name == "wishes":
            titles = dict(_named_rows(values, "sessions"))
            yield from (_about(_field((*here, key), "lines", ""), key, titles.get(key, key)) for key in _seated(values))
        elif inner is None:
            yield _of(here, info, values)


def _as_required(table: FieldInfo, fields: Iterator[Field]) -> Iterator[Field]:
    """Nothing must be filled in of a table that may be left out as a whole."""
    return (replace(field, required=field.required and table.is_required()) for field in fields)


def _session_columns(path: tuple[str | int, ...], values: Plain) -> Iterator[Field]:
    named = _named_rows(values, "sessions")
    yield from (_about(_field((*path, key), "text", ""), key, title) for key, title in named)
    yield _field((*path, "question"), "text", "")
    yield from (_about(_field((*path, "answers", key), "lines", ""), key, title) for key, title in named)


def _about(field: Field, key: str, title: str) -> Field:
    """Ask by a session's title where its key would be said."""
    fr, en, *hints = field.said
    return replace(
        field, said=Said(fr.replace(f"« {key} »", f"« {title} »"), en.replace(f"“{key}”", f"“{title}”"), *hints)
    )


def _of(path: tuple[str | int, ...], info: FieldInfo, values: Plain) -> Field:
    kind, options = _kind(path, info.annotation, values)
    told = not info.is_required() and info.default is not PydanticUndefined and info.default not in (None, "", ())
    default = text_of(info.default) if told else ""
    if kind == "flag" and info.default is None:
        default = text_of(False)
    return _field(path, kind, default, options, required=info.is_required())


def _field(
    path: tuple[str | int, ...],
    kind: Kind,
    default: str,
    options: tuple[tuple[str, str], ...] = (),
    *,
    required: bool = False,
) -> Field:
    return Field(
        path=path,
        kind=kind,
        said=said_of(path),
        required=required and path[-1] != "key",
        options=options,
        default=default,
        rare=_pattern(path) in RARE or "answers" in path,
    )


def _kind(path: tuple[str | int, ...], annotation: Any, values: Plain) -> tuple[Kind, tuple[tuple[str, str], ...]]:
    bare = _bare(annotation)
    name = str(path[-1])
    if name == "session":
        return "choice", _named_rows(values, "sessions")
    if path == ("registrations", "source"):
        return "choice", tuple((one, one) for one in SOURCES)
    if name in ("sessions", "workshops") and get_origin(bare) is tuple:
        return "several", _named_rows(values, name)
    if get_origin(bare) is Literal:
        return "choice", tuple((one, one) for one in get_args(bare))
    simple: dict[Any, Kind] = {
        bool: "flag",
        int: "number",
        float: "decimal",
        datetime: "moment",
        date: "date",
        time: "time",
        SecretStr: "secret",  # pragma: allowlist secret
    }
    if bare in simple:
        return simple[bare], ()
    if get_origin(bare) is dict:
        return "named" if get_origin(_bare(get_args(bare)[1])) is tuple else "pairs", ()
    if get_origin(bare) is tuple:
        return "groups" if get_origin(_bare(get_args(bare)[0])) is tuple else "lines", ()
    if path[:2] == ("registrations", "columns"):
        return "text", ()
    if name in ("email", "reply_to", "dpo") or path[-2:] == ("zoom", "host"):
        return "email", ()
    return ("url" if name.endswith("url") and path[0] != "store" else "text"), ()


def _named(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """The keys of a table as they are written in the file."""
    return ((info.alias or name, info) for name, info in model.model_fields.items())


def _model_of(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The table inside `X`, `X | None` or `tuple[X, ...]`, and whether it repeats."""
    bare = _bare(annotation)
    many = get_origin(bare) is tuple
    inner = get_args(bare)[0] if many else bare
    return (inner, many) if isinstance(inner, type) and issubclass(inner, BaseModel) else (None, many)


def _bare(annotation: Any) -> Any:
    """The type without `| None` and without what pydantic is told beside it."""
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    return get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation


def _keys(values: Plain, name: str) -> list[str]:
    return [str(row["key"]) for row in values.get(name, ()) if isinstance(row, dict) and row.get("key")]


def _seated(values: Plain) -> list[str]:
    """Sessions with workshops, and those the file names all the same."""
    held = {row.get("session") for row in values.get("workshops", ()) if isinstance(row, dict)}
    said = values.get("registrations", {}).get("columns", {}).get("wishes", {})
    return [key for key in _keys(values, "sessions") if key in held or key in said]


def _named_rows(values: Plain, name: str) -> tuple[tuple[str, str], ...]:
    rows = [row for row in values.get(name, ()) if isinstance(row, dict) and row.get("key")]
    return tuple((str(row["key"]), str(row.get("title") or row["key"])) for row in rows)


def _pattern(path: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in path if isinstance(part, str))


def parts_of(name: str) -> list[str | int]:
    """The path a field's name was made from."""
    return [int(part) if part.isdigit() else part for part in name.split(".")]


def said_of(path: Sequence[str | int]) -> Said:
    """How a key is asked for; one nobody has worded yet goes by its own name."""
    pattern = _pattern(path)
    if pattern in LABELS:
        return LABELS[pattern]
    above, _, last = pattern.rpartition(".")
    if f"{above}.*" in LABELS:
        said = LABELS[f"{above}.*"]
        return Said(f"{said.fr} « {last} »", f"{said.en} “{last}”", said.hint_fr, said.hint_en)
    return Said(last.replace("_", " "), last.replace("_", " "))


def in_form_words(text: str) -> str:
    """Leave out the keys that a remark names in brackets: whoever reads it fills in a form, not a file."""
    return re.sub(r" \(`[a-z_]+(?:\.[a-z_]+)+`\)", "", text)


def _on_a_line(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, SecretStr):
        return ""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="minutes")
    if isinstance(value, time):
        return f"{value:%H:%M}" if not value.second else value.isoformat()
    if isinstance(value, dict):
        return "\n".join(f"{name} : {_on_a_line(inside)}" for name, inside in value.items())
    if isinstance(value, (list, tuple)):
        return "\n".join(map(_on_a_line, value))
    return "" if value is None else str(value)
