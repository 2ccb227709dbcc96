"""Where settings come from: environment over secrets directory over the event's file over service.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic_settings import EnvSettingsSource, SettingsError

from orchestrator.core.errors import BadConfiguration
from orchestrator.settings.gate import Gate
from orchestrator.settings.lines import Loc, lines_of
from orchestrator.settings.words import Problem, unknown

PREFIX = "ORCHESTRATOR_"
SHARED = ("store", "web", "mail", "zoom", "privacy", "alarms", "bounces")
"""What service.toml holds for every event of a folder."""
OVERRIDES: Mapping[str, frozenset[str] | None] = {"mail": frozenset({"from", "reply_to"}), "zoom": None}
"""What an event may say all the same; None = every key."""
SINGLE = ("event", "seating", "registrations", "letters", "attendance", "after", *SHARED)
"""The sections that exist once, so that a variable can name their keys."""


@dataclass(frozen=True)
class Source:
    """Values, and where each of them stands."""

    values: dict[str, Any]
    named: Mapping[Loc, str] = field(default_factory=dict)
    end: str = ""
    """Where something could be added; empty where nobody would."""
    text: str = ""
    shown: str = ""
    """The file they come from, if they come from one, and what it is called."""

    @cached_property
    def places(self) -> Mapping[Loc, str]:
        """Where each key stands; of a file only looked up once something is wrong."""
        return self.named or {loc: f"{self.shown}:{line}" for loc, line in lines_of(self.text).items()}


def merged(sources: Iterable[Source]) -> dict[str, Any]:
    """Put sources over one another, the first on top; tables key by key, lists as a whole."""
    result: dict[str, Any] = {}
    for source in sources:
        result = _under(result, source.values)
    return result


def _under(top: dict[str, Any], below: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in top.items():
        both = isinstance(value, dict) and isinstance(below.get(key), dict)
        result[key] = _under(value, below[key]) if both else value
    return result


def place(problem: Problem, sources: tuple[Source, ...]) -> str:
    """The source and line to correct: the key's own or the nearest table above it, else a file's end."""
    for length in range(len(problem.loc), 0, -1):
        for source in reversed(sources) if problem.missing else sources:
            if problem.loc[:length] in source.places:
                return source.places[problem.loc[:length]]
    return next(source.end for source in reversed(sources) if source.end)


def read_file(path: Path, shown: str) -> Source:
    """Read one TOML file. Raises BadConfiguration with the line where its writing is wrong."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadConfiguration((f"{shown}: {_unreadable(error)}",)) from error
    except UnicodeDecodeError as error:
        remedy = "enregistrez-le en UTF-8 (« Enregistrer sous », encodage UTF-8)"
        raise BadConfiguration((f"{shown}: ce fichier n'est pas écrit en UTF-8 ; {remedy}",)) from error
    return understood(text.replace("\r\n", "\n"), shown)


def understood(text: str, shown: str) -> Source:
    """Read one TOML text. Raises BadConfiguration with the line where its writing is wrong."""
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadConfiguration((_misspelt(shown, text, error),)) from error
    return Source(values, end=f"{shown}:{max(1, len(text.splitlines()))}", text=text, shown=shown)


def _unreadable(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "fichier introuvable ; vérifiez son nom, ou créez-le avec `orchestrator init`"
    if isinstance(error, PermissionError):
        return "lecture refusée ; donnez à ce compte le droit de lire le fichier"
    return "ce fichier ne peut pas être lu ; vérifiez que c'est bien un fichier"


_HOUR = re.compile(r"=\s*\[?\s*\d{1,2}\s*[h:]\s*(\d{2})?\s*(#.*)?$")
_PLAIN = re.compile(r"""=\s*[^\s\d"'\[{+-](?!rue\b|alse\b)""")


def _misspelt(shown: str, text: str, error: Exception) -> str:
    found = re.search(r"at line (\d+)", str(error))
    rows = text.splitlines() or [""]
    line = int(found[1]) if found else len(rows)
    row = rows[min(line, len(rows)) - 1]
    return f"{shown}:{line}: l'écriture de cette ligne n'est pas comprise ; {_advice(row, str(error))}"


def _advice(row: str, error: str) -> str:
    if _HOUR.search(row):
        return "une heure s'écrit avec ses secondes, par exemple `09:30:00`"
    if "overwrite" in error or "Cannot declare" in error:
        return "cette clé ou cette section y est déjà ; gardez-en une seule"
    if _PLAIN.search(row):
        return 'un texte se met entre guillemets, par exemple `"Pôle ressources"`'
    return "vérifiez les guillemets, les crochets et le signe `=`, sur cette ligne et celle d'avant"


def from_environment(environ: Mapping[str, str]) -> tuple[Source, list[str]]:
    """Read `ORCHESTRATOR_<SECTION>__<KEY>`; an empty variable counts as left out."""
    named = {name: name for name in environ if name.upper().startswith(PREFIX) and "__" in name and environ[name]}
    return _from_variables({name: environ[name] for name in named}, named, PREFIX)


def from_secrets(folder: Path | None) -> tuple[Source, list[str]]:
    """Read files named `<section>__<key>`, such as `mail__password`."""
    if folder is None:
        return Source({}), []
    if not folder.is_dir():
        return Source({}), [f"{folder}: dossier de secrets introuvable ; vérifiez l'option `--secrets`"]
    texts, problems = {}, []
    for file in sorted(folder.glob("[!.]*__*")):
        try:
            texts[file.name] = file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            problems.append(f"{file}: secret illisible ; vérifiez ses droits et son encodage (UTF-8)")
    source, more = _from_variables(texts, {name: str(folder / name) for name in texts}, "")
    return source, problems + more


def _from_variables(texts: Mapping[str, str], shown: Mapping[str, str], prefix: str) -> tuple[Source, list[str]]:
    layers, problems = [], []
    places: dict[Loc, str] = {}
    for name, text in texts.items():
        loc = tuple(name[len(prefix) :].lower().split("__"))
        places[loc] = shown[name]
        if loc[0] not in SINGLE:
            said = unknown(loc[:1], SINGLE, "section inconnue", "sections possibles")
            problems.append(said.line(shown[name]))
            continue
        try:
            layers.append(Source(_variable(name, text, prefix)))
        except SettingsError:
            remedy = 'écrivez une liste comme `["…", "…"]`'
            problems.append(Problem(loc, "cette valeur ne peut pas être lue", remedy).line(shown[name]))
    return Source(merged(layers), places), problems


def _variable(name: str, text: str, prefix: str) -> dict[str, Any]:
    reader = EnvSettingsSource(Gate, case_sensitive=False, env_prefix=prefix)
    reader.env_vars = {name.lower(): text}
    return reader()


def misplaced(event: Source) -> Iterator[Problem]:
    """Refuse in an event's file what its folder's service.toml decides."""
    for section in SHARED:
        allowed, table = OVERRIDES.get(section, frozenset()), event.values.get(section)
        if allowed is not None and isinstance(table, dict):
            for key in sorted(table.keys() - allowed):
                yield Problem((section, key), "se règle dans service.toml pour tous les événements", "déplacez-la")


def intruders(service: Source) -> Iterator[Problem]:
    """Refuse in service.toml what belongs to one event."""
    for key in service.values:
        if key not in SHARED:
            what = "cette section n'est pas commune à tous les événements"
            yield Problem((key,), what, "déplacez-la dans le fichier de l'événement")
