"""Says what each column of a list was taken for, and writes it as the mapping for the config."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

_NAMES = {
    "email": "adresse e-mail",
    "first_name": "prénom",
    "last_name": "nom",
    "full_name": "prénom et nom ensemble",
    "shown_as": "nom à montrer dans Zoom",
    "submitted_at": "horodateur",
    "organisation": "structure",
    "needs": "besoins particuliers",
    "language": "langue",
    "next_invitation": "veut la prochaine invitation",
    "withdrawal": "ne vient plus",
    "status": "statut de la commande",
    "last_page": "réponse terminée ou non",
    "sessions.question": "question sur les sessions",
}
_MAPPED = (
    "email",
    "first_name",
    "last_name",
    "shown_as",
    "submitted_at",
    "organisation",
    "needs",
    "language",
    "next_invitation",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """`titles`: our key → the title it is read under; `header`: every title, in the order of the columns."""

    header: Sequence[str]
    titles: Mapping[str, str]
    line: int
    rows: int
    answers: Mapping[str, Sequence[str]]
    """Of the one question for all sessions: session → the answers that mean it."""

    NOT_KEPT: ClassVar[str] = "non conservée"

    def as_data(self) -> dict[str, Any]:
        return {
            "header_line": self.line,
            "rows": self.rows,
            "columns": [{"header": title, "means": list(keys)} for title, keys in self.by_title()],
            "toml": self.as_toml(),
        }

    def by_title(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for title in dict.fromkeys(" ".join(cell.split()) for cell in self.header):
            if title:
                yield title, tuple(key for key, said in self.titles.items() if said == title)

    def in_words(self) -> Iterator[tuple[str, str]]:
        for title, keys in self.by_title():
            yield title, " ; ".join(map(_in_words, keys)) or self.NOT_KEPT

    def as_toml(self) -> str:
        """Write the mapping; titles are quoted as TOML does, which is as JSON."""
        lines = ["[registrations.columns]"]
        lines += [f"{key} = {_quoted(self.titles[key])}" for key in _MAPPED if key in self.titles]
        lines += _section("sessions", self._sessions())
        lines += _section("wishes", self._wishes())
        return "\n".join(lines) + "\n"

    def _sessions(self) -> dict[str, str]:
        if question := self.titles.get("sessions.question"):
            answers = ", ".join(f"{key} = {_quoted(list(said))}" for key, said in self.answers.items())
            return {"question": _quoted(question), "answers": f"{{ {answers} }}"}
        found = {key.partition(".")[2]: title for key, title in self.titles.items() if key.startswith("sessions.")}
        return {key: _quoted(title) for key, title in found.items()}

    def _wishes(self) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for key, title in self.titles.items():
            if key.startswith("wishes."):
                found.setdefault(key.split(".")[1], []).append(title)
        return {key: _quoted(titles) for key, titles in found.items()}


def _in_words(key: str) -> str:
    kind, _, rest = key.partition(".")
    if key in _NAMES:
        return _NAMES[key]
    if kind == "sessions":
        return f"vient à « {rest} », oui ou non"
    if kind == "wishes":
        session, _, rank = rest.rpartition(".")
        return f"vœu n° {rank} pour « {session} »"
    return "conservée, avec son but"


def _section(name: str, pairs: Mapping[str, str]) -> list[str]:
    return (
        ["", f"[registrations.columns.{name}]", *(f"{key} = {value}" for key, value in pairs.items())] if pairs else []
    )


def _quoted(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)
