"""An edit of an event's file on its way: what was filled in, joined with others' saves, judged; what it would do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

from orchestrator import wiring
from orchestrator.core.errors import BadConfiguration, OrchestratorError
from orchestrator.core.model import Event
from orchestrator.jobs.departing import late_elsewhere
from orchestrator.jobs.plan import Foreseen, foresee, together
from orchestrator.settings import Settings
from orchestrator.settings.editing import WAS, Draft, Plain, merge, past, read, rewrite, values_of
from orchestrator.settings.lines import Loc
from orchestrator.settings.load import SERVICE, files_of
from orchestrator.settings.sources import OVERRIDES, SHARED
from orchestrator.store import Store
from orchestrator.web.board.forms import posted
from orchestrator.web.house import House

BLANK = """# Cet événement est tenu depuis le tableau de bord ; on peut aussi modifier ce fichier à la main.

[event]

[registrations]

[seating]

[zoom]

[mail]

[web]
"""
_LINE = re.compile(r"^(?P<file>.+?):\d+: (?P<key>[\w.-]+) – (?P<what>.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the settings say of a text: usable, or what is wrong with it, by key where it has one."""

    settings: Settings | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)
    other: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What somebody filled in. `conflicts` names what somebody else has meanwhile saved otherwise."""

    path: Path
    base: str
    """The version the form was made from."""
    found: Draft
    values: Plain
    conflicts: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return rewrite(self.found.text or BLANK, self.values)

    @property
    def is_new(self) -> bool:
        return not self.found.version


def files(house: House) -> list[Path]:
    """Every event's file there is."""
    return [file for root in house.configs for file in files_of(root) if file.exists()]


def root_of(house: House, path: Path) -> Path:
    """The file or folder the service was started with that a file belongs to."""
    return next((root for root in house.configs if path in (root, root / path.name)), path)


def place_for(house: House, key: str) -> Path:
    """Where a new event's file goes. Raises OrchestratorError where there is one of that name."""
    root = next((root for root in house.configs if root.is_dir() or not root.exists()), house.configs[0].parent)
    path = root / f"{key}.toml" if root.is_dir() else root
    if path.exists():
        raise OrchestratorError(f"{path.name} existe déjà", remedy="donnez un autre nom court à l'événement")
    return path


def shared_keys(house: House, path: Path) -> frozenset[str]:
    """Keys that `service.toml` decides for all events of a folder: they are not asked for here."""
    if not (path.parent / SERVICE).exists() or root_of(house, path) == path:
        return frozenset()
    return frozenset(name for name in SHARED if OVERRIDES.get(name, frozenset()) is not None)


def filled_in(path: Path, form: Mapping[str, Any], lists: Mapping[str, Sequence[Any]], without: frozenset[str]) -> Edit:
    """Read a form, and join it with what was saved since it was made."""
    base, found = str(form.get("version", "")), read(path)
    text = found.text if found.version == base else past(path, base)
    before = values_of(text or "")
    mine = {name: value for name, value in posted(form, lists, before).items() if name not in without}
    if found.version == base or text is None:
        return Edit(path=path, base=base, found=found, values=mine)
    joined, conflicts = merge(_as_asked(before, mine), mine, _as_asked(values_of(found.text), mine))
    return Edit(path=path, base=base, found=found, values=joined, conflicts=tuple(map(_named, conflicts)))


def _as_asked(said: Any, mine: Any) -> Any:
    """What a file says of the keys a form asks for, in the form's shape: a missing key is None."""
    if isinstance(mine, dict):
        table = said if isinstance(said, dict) else {}
        return {key: _as_asked(table.get(key), value) for key, value in mine.items()}
    if isinstance(said, list) and said and isinstance(said[0], dict):
        model = mine[0] if isinstance(mine, list) and mine and isinstance(mine[0], dict) else {}
        keys = [key for key in model if key != WAS]
        return [{**dict.fromkeys(keys), **row} for row in said]
    if said in ("", []) and mine is None:
        return None
    return [] if said is None and isinstance(mine, list) else said


def _named(loc: Loc) -> str:
    return ".".join(map(str, loc))


def judge(house: House, edit: Edit) -> Judged:
    """Read the text as the service would, without writing it."""
    try:
        text = edit.text
        found = house.load(root_of(house, edit.path), {edit.path: text})
    except BadConfiguration as error:
        return _wrong(edit.path, error.problems)
    settings = next((one for one in found if one.path == edit.path), None)
    return Judged(settings=settings)


def _wrong(path: Path, problems: Sequence[str]) -> Judged:
    wrong: dict[str, str] = {}
    other = []
    for problem in problems:
        match = _LINE.match(problem)
        if match and Path(match["file"]) == path:
            key, what = match["key"], _plainly(match["what"])
            wrong[key] = f"{wrong[key]} ; {what}" if key in wrong else what
        else:
            other.append(problem.removeprefix(f"{path.parent}/"))
    return Judged(wrong=wrong, other=tuple(other))


def _plainly(what: str) -> str:
    """Say what is missing to somebody who fills in a form, not a file."""
    if not what.startswith("cette clé manque"):
        return what
    example = re.search(r'= "([^"]+)"', what)
    return f"à remplir, par exemple « {example[1]} »" if example else "à remplir"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What saving would do: lines that are new in the plan, and how many letters would leave at once."""

    lines: tuple[str, ...]
    at_once: int


def consequences(
    store: Store, before: Settings | None, after: Settings, now: datetime, others: Iterable[Event] = ()
) -> Consequences:
    """Foresee what a beat would do with the new settings that it would not do with the old ones, to the letters of
    other events of the relay too."""
    elsewhere = tuple(one for one in others if one.key != after.event.key)
    new = _foreseen(store, after, now)
    if isinstance(new, str):
        return Consequences(lines=(new,), at_once=0)
    old = _foreseen(store, before, now) if before is not None else None
    known: set[str] = set()
    if isinstance(old, Foreseen) and before is not None:
        known.update(_lines(store, before, old, elsewhere))
    lines = tuple(line for line in _lines(store, after, new, elsewhere) if line not in known)
    hastily = _at_once(new) - (_at_once(old) if isinstance(old, Foreseen) else 0)
    return Consequences(lines=lines, at_once=max(0, hastily))


def _foreseen(store: Store, settings: Settings, now: datetime) -> Foreseen | str:
    event = settings.event
    try:
        found = foresee(event, store, wiring.registrations(settings, event), now)
    except BadConfiguration as error:
        return error.problems[0]
    beside = store.traffic.beside(wiring.relay_name(settings), [event.key], event.quota, now)
    return together({event.key: (event, found)}, beside)[event.key]


def _lines(store: Store, settings: Settings, found: Foreseen, others: Sequence[Event]) -> list[str]:
    event, relay = settings.event, wiring.relay_name(settings)
    late = late_elsewhere(store, relay, event, found.letters, others, found.as_of)
    return [
        *(_by_titles(line, event) for line in found.in_words(partial(_local, event=event))),
        *(f"« {other.title} » : {problem.what}" for other, problem in late),
    ]


def _by_titles(line: str, event: Event) -> str:
    """Name sessions by their titles, and count one as one."""
    for session in event.sessions:
        line = line.replace(f"pour « {session.key} »", f"pour « {session.title} »")
    return re.sub(r"^1 (lettre|rappel)s\b", r"1 \1", line)


def _local(at: datetime, event: Event) -> str:
    there = at.astimezone(event.zone)
    return f"le {there:%d/%m} à {there.hour}h{there.minute:02}"


def _at_once(found: Foreseen) -> int:
    return sum(group.letters for group in found.groups if group.leave_from is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One key before and after, as texts."""

    path: tuple[str | int, ...]
    before: Any
    after: Any


def changes(edit: Edit) -> list[Change]:
    """What the edit changes in the file."""
    return list(_differences((), _as_asked(values_of(edit.found.text), edit.values), edit.values))


def _differences(path: tuple[str | int, ...], before: Any, after: Any) -> list[Change]:
    if before == after or (before in (None, "", []) and after in (None, "", [])):
        return []
    if isinstance(after, dict):
        table = before if isinstance(before, dict) else {}
        keys = [key for key in after if key != WAS]
        return [c for key in keys for c in _differences((*path, key), table.get(key), after[key])]
    if isinstance(after, list) and any(isinstance(row, dict) for row in (*after, *(before or ()))):
        return _rows(path, before or [], after)
    return [Change(path=path, before=before, after=after)]


def _rows(path: tuple[str | int, ...], before: list[Plain], after: list[Plain]) -> list[Change]:
    found: list[Change] = []
    for n, row in enumerate(after):
        was = row.get(WAS)
        if was is None or was >= len(before):
            found.append(Change(path=(*path, n), before=None, after=_title(row)))
        else:
            found += _differences((*path, n), before[was], row)
    kept = {row.get(WAS) for row in after}
    gone = [row for row in before if row.get(WAS) not in kept]
    return found + [Change(path=path, before=_title(row), after=None) for row in gone]


def _title(row: Plain) -> str:
    said = next((str(row[key]) for key in ("title", "name", "key") if row.get(key)), "")
    if said:
        return said
    return ", ".join(_plain(value) for key, value in row.items() if key != WAS and value not in (None, [], ""))


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y} {value.hour}h{value.minute:02}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, time):
        return f"{value.hour}h{value.minute:02}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def fresh(day: date) -> Plain:
    """What a new event starts from: a morning on some day, a reminder, and pages on this machine."""
    return {
        "event": {"date": day, "timezone": "Europe/Paris", "language": "fr"},
        "sessions": [{"key": "matin", "title": "Matin", "start": time(9, 30), "end": time(12)}],
        "reminders": [{"session": "matin", "before": "30 min"}],
        "registrations": {"path": "inscriptions.csv"},
        "web": {"bind": "127.0.0.1:8080"},
    }
