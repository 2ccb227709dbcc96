"""An event's file edited in place: comments and order kept, only what changed is touched, nobody's work overwritten."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT, Array
from tomlkit.items import Item as TomlItem

from orchestrator.core.errors import OrchestratorError
from orchestrator.settings.lines import Loc

WAS = "_was"
"""In a row of wanted values: the row of the file it was read from; none = a new row."""
HISTORY = ".history"
SECRETS = "secrets"  # pragma: allowlist secret
Plain = dict[str, Any]


class ChangedMeanwhile(OrchestratorError):
    """Somebody else has saved the file since it was read."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A file's text as it was read; `version` changes with every byte, empty = there is no file yet."""

    text: str
    version: str


def read(path: Path) -> Draft:
    """Read an event's file to edit it. Raises OrchestratorError where that cannot be done."""
    try:
        data = path.read_bytes()
        return Draft(data.decode("utf-8-sig").replace("\r\n", "\n"), _version(data))
    except FileNotFoundError:
        return Draft("", "")
    except (OSError, UnicodeDecodeError) as error:
        raise OrchestratorError(f"{path.name} ne peut pas être lu", remedy="vérifiez ses droits") from error


def values_of(text: str) -> Plain:
    """What a file says, as plain values; every row of a list knows where it stands."""
    plain: Plain = tomlkit.parse(text).unwrap()
    numbered: Plain = _numbered(plain)
    return numbered


def _numbered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbered(inner) for key, inner in value.items()}
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return [{**_numbered(row), WAS: n} for n, row in enumerate(value)]
    return value


def rewrite(text: str, wanted: Mapping[str, Any]) -> str:
    """Bring a file to the wanted values. Keys that are not named stay; a value of None takes its key out."""
    document = tomlkit.parse(text)
    _rewrite_table(document, wanted)
    return tomlkit.dumps(document)


def _rewrite_table(table: Any, wanted: Mapping[str, Any]) -> None:
    for key, value in wanted.items():
        if key == WAS:
            continue
        if value is None or value == []:
            if key in table and _plain(table[key]) not in ("", []):
                del table[key]
        elif isinstance(value, Mapping):
            _rewrite_section(table, key, value)
        elif _are_rows(value):
            _rewrite_rows(table, key, value)
        elif key not in table or _plain(table[key]) != value or type(_plain(table[key])) is not type(value):
            table[key] = _like(table.get(key), value)


def _rewrite_section(table: Any, key: str, value: Mapping[str, Any]) -> None:
    if key in table:
        _rewrite_table(table[key], value)
    elif kept := _without_nothing(value):
        inline = key == "organiser"
        fresh: Any = tomlkit.inline_table() if inline else tomlkit.table()
        _rewrite_table(fresh, kept)
        table[key] = fresh


def _rewrite_rows(table: Any, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    before = table.get(key)
    if not isinstance(before, AoT):
        _rewrite_inline_rows(table, key, rows)
        return
    kept = {row[WAS] for row in rows if row.get(WAS) is not None}
    for row in rows:
        if (was := row.get(WAS)) is not None:
            _rewrite_table(before[was], row)
    for n in reversed(range(len(before))):
        if n not in kept:
            del before[n]
    for row in rows:
        if row.get(WAS) is None:
            before.append(_fresh(row))


def _rewrite_inline_rows(table: Any, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A list written on one line, or none yet: sections of their own at the top, one line within a section."""
    wanted = [_without_nothing(row) for row in rows]
    if key in table and _plain(table[key]) == wanted:
        return
    if isinstance(table, tomlkit.TOMLDocument):
        fresh = tomlkit.aot()
        for row in wanted:
            fresh.append(_fresh(row))
        if key in table:
            del table[key]
        table.append(key, fresh)
        return
    array = tomlkit.array()
    for row in wanted:
        inline = tomlkit.inline_table()
        inline.update(row)
        array.append(inline)
    table[key] = array


def _fresh(row: Mapping[str, Any]) -> tomlkit.items.Table:
    table = tomlkit.table()
    _rewrite_table(table, _without_nothing(row))
    table.add(tomlkit.nl())
    return table


def _without_nothing(value: Mapping[str, Any]) -> Plain:
    kept = {key: _without_nothing(v) if isinstance(v, Mapping) else v for key, v in value.items() if key != WAS}
    return {key: v for key, v in kept.items() if v not in (None, "", [], {})}


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _plain(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value


def _like(before: Any, value: Any) -> TomlItem:
    """Keep the remark behind a value, and a list's own layout where it has one."""
    item: TomlItem = tomlkit.item(value)
    if isinstance(item, Array) and isinstance(before, Array) and "\n" in before.as_string():
        item.multiline(True)
    if before is not None and hasattr(before, "trivia"):
        item.trivia.comment_ws, item.trivia.comment = before.trivia.comment_ws, before.trivia.comment
        item.trivia.trail = before.trivia.trail
    return item


def merge(base: Any, mine: Any, theirs: Any, loc: Loc = ()) -> tuple[Any, list[Loc]]:
    """Join two edits of one file; where both changed the same thing differently mine stands, and it is named."""
    if mine in (base, theirs):
        return theirs, []
    if theirs == base:
        return mine, []
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return _merge_tables(base if isinstance(base, dict) else {}, mine, theirs, loc)
    if (
        _are_rows(mine)
        and _are_rows(theirs)
        and _are_rows(base)
        and _same_rows(base, theirs)
        and _same_rows(base, mine)
    ):
        joined = [merge(*three, (*loc, n)) for n, three in enumerate(zip(base, mine, theirs, strict=True))]
        return [value for value, _ in joined], [where for _, found in joined for where in found]
    return mine, [loc]


def _merge_tables(base: Plain, mine: Plain, theirs: Plain, loc: Loc) -> tuple[Plain, list[Loc]]:
    result, conflicts = {}, []
    for key in dict.fromkeys((*theirs, *mine)):
        value, found = merge(base.get(key), mine.get(key, base.get(key)), theirs.get(key), (*loc, key))
        conflicts += found
        if value is not None or key in mine:
            result[key] = value
    return result, conflicts


def _same_rows(one: Sequence[Plain], other: Sequence[Plain]) -> bool:
    return [row.get(WAS) for row in one] == [row.get(WAS) for row in other]


def save(path: Path, text: str, version: str, now: datetime) -> str:
    """Write a file whole or not at all, its last text kept in `.history`; returns the new version.

    Raises ChangedMeanwhile where the file is not the one of `version` any more.
    """
    with _alone(path.parent):
        found = read(path)
        if found.version != version:
            raise ChangedMeanwhile(
                f"{path.name} a été enregistré par quelqu'un d'autre entre-temps",
                remedy="reprenez à partir de sa version",
            )
        if found.text == text:
            return version
        if found.version:
            _keep(path, found, now)
        mode = path.stat().st_mode & 0o777 if found.version else 0o640
        return _version(write_whole(path, text.encode(), mode))


def _keep(path: Path, draft: Draft, now: datetime) -> None:
    folder = path.parent / HISTORY
    folder.mkdir(mode=0o700, exist_ok=True)
    name = f"{path.stem}-{now:%Y%m%d-%H%M%S}-{draft.version}.toml.old"
    write_whole(folder / name, draft.text.encode(), 0o600)


def past(path: Path, version: str) -> str | None:
    """The text a file had at a version, if it is still there or was kept."""
    current = read(path)
    if current.version == version:
        return current.text
    kept = (path.parent / HISTORY).glob(f"{path.stem}-*.toml.old") if version else ()
    return next((file.read_text("utf-8") for file in kept if file.name.endswith(f"-{version}.toml.old")), None)


def write_secret(folder: Path, name: str, value: str) -> None:
    """Keep a secret in a file of its own that nobody else may read; `name` is like `mail__password`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    write_whole(folder / name, value.encode(), 0o600)


def write_whole(path: Path, data: bytes, mode: int) -> bytes:
    """Put a file in the place of another at once, on disk before it is seen."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            file.write(data)
            file.flush()
            os.fsync(handle)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return data


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer at a time in a folder, whichever process it is in."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
