"""Read one event's file, or a folder of them, into Settings; or say everything that is wrong with it at once."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from orchestrator.core.errors import BadConfiguration
from orchestrator.settings.build import settings_of
from orchestrator.settings.checks import problems_between
from orchestrator.settings.editing import SECRETS
from orchestrator.settings.event import event_of
from orchestrator.settings.gate import Gate
from orchestrator.settings.sources import (
    Source,
    from_environment,
    from_secrets,
    intruders,
    merged,
    misplaced,
    place,
    read_file,
    understood,
)
from orchestrator.settings.values import Settings
from orchestrator.settings.words import Problem, problems_of

SERVICE = "service.toml"
_DECISIONS = re.compile(r"(?:.*\.)?corrections\.toml").fullmatch
"""The organiser's decisions on answers lie beside the events' files."""


Loaded = tuple[tuple[Source, ...], Settings]
Texts = Mapping[Path, str]
"""What is read in the place of files: edits that are not written yet."""


def load(
    path: Path, *, secrets: Path | None = None, environ: Mapping[str, str], instead: Texts = MappingProxyType({})
) -> tuple[Settings, ...]:
    """Read a file into one Settings, a folder into one per event. Raises BadConfiguration with every problem.

    `secrets` defaults to systemd's `$CREDENTIALS_DIRECTORY`, else to a folder `secrets` beside the file.
    """
    above, wrong = _above(path, secrets, environ)
    problems = list(wrong)
    loaded = list(_each(path, above, problems, instead))
    problems += _clashes(loaded)
    if problems:
        raise BadConfiguration(tuple(dict.fromkeys(problems)))
    return tuple(settings for _, settings in loaded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a path held when it was read: the events that can be served, and what is wrong with each other file."""

    good: tuple[Settings, ...]
    broken: Mapping[Path, tuple[str, ...]]


def from_text(text: str, path: Path, *, secrets: Path | None = None, environ: Mapping[str, str]) -> Settings:
    """Read an event's text as if it stood in a file. Raises BadConfiguration."""
    above, _ = _above(path, secrets, environ)
    below, _ = _service(path.parent)
    return _one(path, above, below, {path: text})[1]


@dataclass(slots=True)
class Shelf:
    """What files were read into, by their text, for as long as all that stands over and under them is the same."""

    around: tuple[Source, ...] = ()
    read: dict[Path, tuple[bytes, Settings]] = field(default_factory=dict)

    def one(self, file: Path, above: tuple[Source, ...], below: tuple[Source, ...]) -> Settings:
        """Read a file unless its bytes are those of the last time. Raises BadConfiguration."""
        if self.around != (*above, *below):
            self.around, self.read = (*above, *below), {}
        mark = _mark(file)
        if file not in self.read or self.read[file][0] != mark:
            self.read[file] = (mark, _one(file, above, below, {})[1])
        return self.read[file][1]


def shelved(path: Path, known: Iterable[Settings], *, secrets: Path | None, environ: Mapping[str, str]) -> Shelf:
    """Put on a shelf what the files of a path were just read into."""
    above, _ = _above(path, secrets, environ)
    below, _ = _service(path)
    files = {Path(os.path.abspath(file)): file for file in files_of(path)}
    read = {files[one.path]: (_mark(one.path), one) for one in known if one.path in files}
    return Shelf((*above, *below), read)


def _mark(file: Path) -> bytes:
    try:
        return hashlib.blake2s(file.read_bytes()).digest()
    except OSError:  # reading it says what is wrong
        return b""


def look(path: Path, *, secrets: Path | None = None, environ: Mapping[str, str], shelf: Shelf | None = None) -> Found:
    """Read a file or a folder; a broken file keeps no other from being served. Raises BadConfiguration where what all
    of them share is wrong: the environment, the secrets or service.toml. What is on the `shelf` is not read again."""
    above, wrong = _above(path, secrets, environ)
    below, intruding = _service(path)
    if problems := (*wrong, *intruding):
        raise BadConfiguration(tuple(dict.fromkeys(problems)))
    shelf = Shelf() if shelf is None else shelf
    good: dict[str, Settings] = {}
    broken: dict[Path, tuple[str, ...]] = {}
    for file in files_of(path):
        try:
            settings = shelf.one(file, above, below)
        except BadConfiguration as error:
            broken[file] = error.problems
            continue
        model = next(iter(good.values()), settings)
        if clashes := list(_clash(settings, good, model)):
            broken[file] = _lines(clashes, _one(file, above, below, {})[0])
        else:
            good[settings.event.key] = settings
    return Found(good=tuple(good.values()), broken=broken)


def _above(path: Path, secrets: Path | None, environ: Mapping[str, str]) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """What stands over every file: the environment, then the secrets; and what is wrong with them."""
    variables, wrong = from_environment(environ)
    files, unreadable = from_secrets(secrets or secrets_folder(path, environ))
    return (variables, files), (*wrong, *unreadable)


def _service(path: Path) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    file = (path if path.is_dir() else path.parent) / SERVICE
    if not file.exists():
        return (), ()
    below = (read_file(file, str(file)),)
    return below, _lines(intruders(below[0]), below)


def files_of(path: Path) -> list[Path]:
    """The events' files of a folder, none if there is none; a file is its own."""
    return sorted(file for file in path.glob("*.toml") if _is_event(file.name)) if path.is_dir() else [path]


def _is_event(name: str) -> bool:
    """Whether a file of this name in a folder of events is an event's, and not what all share or what was decided."""
    return name != SERVICE and not name.startswith(".") and not _DECISIONS(name)


def secrets_folder(path: Path, environ: Mapping[str, str]) -> Path | None:
    """Where secrets lie when nobody says it."""
    if credentials := environ.get("CREDENTIALS_DIRECTORY"):
        return Path(credentials)
    beside = (path if path.is_dir() else path.parent) / SECRETS
    return beside if beside.is_dir() else None


def _each(path: Path, above: tuple[Source, ...], problems: list[str], instead: Texts) -> Iterator[Loaded]:
    """Read every event there is; a problem in one file does not hide those of the others."""
    below, intruding = _service(path)
    problems.extend(intruding)
    for file in _files(path, instead):
        try:
            yield _one(file, above, below, instead)
        except BadConfiguration as error:
            problems.extend(error.problems)


def _files(path: Path, instead: Texts) -> list[Path]:
    if files := sorted({*instead, *files_of(path)}) if path.is_dir() else [path]:
        return files
    raise BadConfiguration((f"{path}: aucun fichier d'événement (*.toml) ; créez-en un avec `orchestrator init`",))


def _one(file: Path, above: tuple[Source, ...], below: tuple[Source, ...], instead: Texts) -> Loaded:
    source = understood(instead[file], str(file)) if file in instead else read_file(file, str(file))
    sources = (*above, source, *below)
    found = list(misplaced(source)) if below else []
    try:
        gate = Gate(**merged(sources))
    except ValidationError as error:
        raise BadConfiguration(_lines([*found, *problems_of(error)], sources)) from None
    event = event_of(gate)
    if found := found + list(problems_between(gate, event)):
        raise BadConfiguration(_lines(found, sources))
    return sources, settings_of(gate, event, Path(os.path.abspath(file)))


def _lines(problems: Iterable[Problem], sources: tuple[Source, ...]) -> tuple[str, ...]:
    return tuple(problem.line(place(problem, sources)) for problem in problems)


def _clashes(loaded: list[Loaded]) -> Iterator[str]:
    """Refuse two events of one key, and in one folder two stores or two servers."""
    first: dict[str, Settings] = {}
    for sources, settings in loaded:
        yield from _lines(_clash(settings, first, loaded[0][1]), sources)
        first.setdefault(settings.event.key, settings)


def _clash(settings: Settings, first: Mapping[str, Settings], model: Settings) -> Iterator[Problem]:
    if other := first.get(settings.event.key):
        what = f"désigne déjà l'événement de {other.path.name} (reçu : « {settings.event.key} »)"
        yield Problem(("event", "key"), what, "donnez à chaque événement la sienne")
    pairs = {"store": (settings.store_url, model.store_url), "web": (settings.web, model.web)}
    for section, (mine, theirs) in pairs.items():
        if mine != theirs:
            what = f"diffère de celle de {model.path.name}, mais un seul service les sert tous"
            yield Problem((section,), what, f"mettez-la dans {SERVICE}")
