"""What is wrong with the settings, in the organiser's words: one `Problem` each, never with a secret in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from orchestrator.settings.gate import Gate
from orchestrator.settings.lines import Loc

SECRETS = frozenset(
    {
        "client_secret",
        "password",
        "ping_url",
        "service_key",
        "url",
        "webhook_secret",
        "webhook_secret_before",
        "webhook_url",
    }
)
"""Keys whose value is never shown; a database's `url` may hold a password, a spreadsheet's a token."""

_EXAMPLES = {
    "key": '"matin"',
    "title": '"Le titre que tout le monde lira"',
    "date": "2021-06-24",
    "timezone": '"Europe/Paris"',
    "organiser": '{ name = "Pôle ressources", email = "contact@exemple.fr" }',
    "start": "09:30:00",
    "end": "12:15:00",
    "session": '"matin"',
    "sessions": '["matin"]',
    "at": "09:30:00",
    "code": '"A"',
    "seats": "60",
    "name": '"Pôle ressources"',
    "email": '"contact@exemple.fr"',
    "role": '"speaker"',
    "from": '"Pôle ressources <contact@exemple.fr>"',
}
_HOSTS = {"zoom": '"webinaires@exemple.fr"', "mail": '"smtp.exemple.fr"'}

_SAYINGS = {
    "string_type": ("un texte est attendu", "mettez-le entre guillemets"),
    "string_unicode": ("un texte lisible est attendu", "retapez-le"),
    "int_type": ("un nombre entier est attendu", "écrivez-le sans guillemets, par exemple `60`"),
    "int_parsing": ("un nombre entier est attendu", "écrivez-le sans guillemets, par exemple `60`"),
    "int_parsing_size": ("ce nombre est trop grand", ""),
    "bool_type": ("oui ou non est attendu", "écrivez `true` (oui) ou `false` (non)"),
    "bool_parsing": ("oui ou non est attendu", "écrivez `true` (oui) ou `false` (non)"),
    "tuple_type": ("une liste est attendue", 'écrivez-la entre crochets, par exemple `["…", "…"]`'),
    "dict_type": ("un groupe de clés est attendu", "écrivez `clé = valeur` sous un titre entre crochets"),
    "model_type": ("un groupe de clés est attendu", "écrivez `clé = valeur` sous un titre entre crochets"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`what` is wrong with the key at `loc`; `missing` keys are looked for where they should be added."""

    loc: Loc
    what: str
    remedy: str = ""
    missing: bool = False

    def line(self, place: str) -> str:
        key = ".".join(map(str, self.loc))
        remedy = f" ; {self.remedy}" if self.remedy else ""
        return f"{place}: {key} – {self.what}{remedy}" if key else f"{place}: {self.what}{remedy}"


def problems_of(error: ValidationError) -> Iterator[Problem]:
    """Put each of pydantic's findings in words."""
    return (_problem(found) for found in error.errors(include_url=False))


def _problem(found: ErrorDetails) -> Problem:
    loc, kind, context = found["loc"], found["type"], found.get("ctx", {})
    if kind == "missing":
        return Problem(loc, "cette clé manque", _add(loc), missing=True)
    if kind == "extra_forbidden":
        return unknown(loc, known_keys(loc[:-1]))
    what, remedy = _said(kind, context, found["input"])
    if kind == "tuple_type" and len(loc) == 1:
        remedy = f"écrivez son titre avec deux crochets : `[[{loc[0]}]]`"
    return Problem(loc, f"{what}{received(loc, found['input'])}", remedy)


def _said(kind: str, context: Mapping[str, Any], value: object) -> tuple[str, str]:
    if kind == "refusal":
        return context["what"], context["remedy"]
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        return "valeur inconnue", _choice(str(value), allowed, "valeurs possibles")
    if kind == "greater_than_equal":
        return f"doit être au moins {context['ge']}", ""
    if kind == "less_than_equal":
        return f"doit être au plus {context['le']}", ""
    return _SAYINGS.get(kind, ("cette valeur ne convient pas", ""))


def _add(loc: Loc) -> str:
    *above, name = loc
    if not above:
        return f"ajoutez `[[{name}]]`" if name == "sessions" else f"ajoutez la section `[{name}]`"
    example = _HOSTS.get(str(above[0])) if name == "host" else _EXAMPLES.get(str(name))
    return f"ajoutez-la, par exemple `{name} = {example or '…'}`"


def received(loc: Loc, value: object) -> str:
    """Show a value as it was written; secrets, tables and lists are not shown."""
    if SECRETS.intersection(map(str, loc)):
        return ""
    if isinstance(value, bool):
        return f" (reçu : {str(value).lower()})"
    if isinstance(value, str):
        short = value if len(value) <= 60 else f"{value[:59]}…"
        return f" (reçu : « {' '.join(_shown(short).split())} »)"
    if isinstance(value, (int, float, date, time, datetime)):
        return f" (reçu : {value})" if not isinstance(value, int) or abs(value) < 10**18 else ""
    return ""


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def unknown(loc: Loc, known: Iterable[str], what: str = "clé inconnue", choices: str = "clés possibles") -> Problem:
    """Refuse a name, with the nearest known one."""
    return Problem(loc, what, _choice(str(loc[-1]), list(known), choices))


def _choice(name: str, known: list[str], choices: str) -> str:
    """The nearest known name, or all of them."""
    folded = {choice.casefold(): choice for choice in known}
    if near := get_close_matches(name.casefold(), folded, n=1, cutoff=0.6):
        return f"voulez-vous dire `{folded[near[0]]}` ?"
    return f"{choices} : {', '.join(f'`{choice}`' for choice in known)}" if known else ""


def nearest(loc: Loc, name: str, known: Iterable[str], what: str) -> Problem:
    """Refuse a value that names nothing, with the nearest name there is."""
    return Problem(loc, f"{what} (reçu : « {name} »)", _choice(name, list(known), "possibles"))


def known_keys(loc: Loc) -> tuple[str, ...]:
    """The keys a table may hold, as they are written in the file."""
    model: type[BaseModel] | None = Gate
    for part in loc:
        if model and isinstance(part, str):
            found = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
            model = _model_in(found.get(part))
    return tuple(field.alias or name for name, field in model.model_fields.items()) if model else ()


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The table inside `X`, `X | None` or `tuple[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for inner in get_args(annotation) if (model := _model_in(inner))), None)
