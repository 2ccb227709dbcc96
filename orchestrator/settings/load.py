"""Read one event's file, or a folder of them, into Settings; or say everything that is wrong with it at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from orchestrator.core.errors import BadConfiguration
from orchestrator.settings.build import settings_of
from orchestrator.settings.checks import problems_between
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
)
from orchestrator.settings.values import Settings
from orchestrator.settings.words import Problem, problems_of

SERVICE = "service.toml"
_DECISIONS = re.compile(r"(?:.*\.)?corrections\.toml").fullmatch
"""The organiser's decisions on answers lie beside the events' files."""


def load(path: Path, *, secrets: Path | None = None, environ: Mapping[str, str]) -> tuple[Settings, ...]:
    """Read a file into one Settings, a folder into one per event. Raises BadConfiguration with every problem.

    `secrets` defaults to systemd's `$CREDENTIALS_DIRECTORY`.
    """
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    variables, wrong = from_environment(environ)
    files, unreadable = from_secrets(secrets or (Path(credentials) if credentials else None))
    problems = wrong + unreadable
    loaded = list(_each(path, (variables, files), problems))
    problems += _clashes(loaded)
    if problems:
        raise BadConfiguration(tuple(dict.fromkeys(problems)))
    return tuple(settings for _, settings in loaded)


Loaded = tuple[tuple[Source, ...], Settings]


def _each(path: Path, above: tuple[Source, ...], problems: list[str]) -> Iterator[Loaded]:
    """Read every event there is; a problem in one file does not hide those of the others."""
    service = path / SERVICE
    below: tuple[Source, ...] = ()
    if service.exists():
        below = (read_file(service, str(service)),)
        problems.extend(_lines(intruders(below[0]), below))
    for file in _files(path):
        try:
            yield _one(file, above, below)
        except BadConfiguration as error:
            problems.extend(error.problems)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    if files := sorted(file for file in path.glob("*.toml") if file.name != SERVICE and not _DECISIONS(file.name)):
        return files
    raise BadConfiguration((f"{path}: aucun fichier d'événement (*.toml) ; créez-en un avec `orchestrator init`",))


def _one(file: Path, above: tuple[Source, ...], below: tuple[Source, ...]) -> Loaded:
    source = read_file(file, str(file))
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
