"""Finds the columns of a table that the mapping names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from orchestrator.core.errors import UnreadableSource
from orchestrator.gateways.registrations.names import normal
from orchestrator.gateways.registrations.tables import Table

Place = tuple[int, ...]
"""The columns that hold one thing. Several: a form with branches repeats a question, and a row fills one of them."""

TEXTS = (
    "email",
    "first_name",
    "last_name",
    "shown_as",
    "submitted_at",
    "organisation",
    "needs",
    "language",
    "timezone",
)
RECOGNISED = {
    "email": (
        "adresse e-mail",
        "adresse email",
        "adresse mail",
        "adresse de messagerie",
        "adresse électronique",
        "courriel",
        "e-mail",
        "email",
        "mail",
        "email address",
        "nom d'utilisateur",
        "username",
    ),
    "first_name": ("prénom", "votre prénom", "first name"),
    "last_name": ("nom", "nom de famille", "votre nom", "last name"),
    "submitted_at": ("horodateur", "timestamp", "date de soumission"),
}
"""Headers understood without a mapping, the surest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which header holds what; "" = not mapped. A session without a question of its own is everybody's.

    `sessions` maps a session to its yes/no question; or `question` is one for the day, and `answers` maps a session to
    the answers that mean it. `wishes` maps a session to its questions, best rank first.
    """

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    shown_as: str = ""
    submitted_at: str = ""
    organisation: str = ""
    needs: str = ""
    language: str = ""
    timezone: str = ""
    sessions: Mapping[str, str] = field(default_factory=dict)
    question: str = ""
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wishes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    yes: tuple[str, ...] = ("oui", "yes", "x", "1", "true")


@dataclass(frozen=True, slots=True)
class Places:
    """Where each thing stands in one table."""

    texts: Mapping[str, Place]
    sessions: Mapping[str, Place]
    question: Place
    wishes: Mapping[str, tuple[Place, ...]]


def locate(table: Table, columns: Columns) -> Places:
    """Find every mapped column. Raises UnreadableSource, which names all that are missing and the nearest headers."""
    headers = _Headers(table.header)
    places = Places(
        texts={key: headers.text(key, getattr(columns, key)) for key in TEXTS},
        sessions={key: headers.place(header, f"sessions.{key}") for key, header in columns.sessions.items()},
        question=headers.place(columns.question, "sessions.question"),
        wishes={key: headers.ranks(ranked, f"wishes.{key}") for key, ranked in columns.wishes.items()},
    )
    if headers.missing:
        message = f"« {table.name} » n'a pas la colonne " + " ; ni ".join(dict.fromkeys(headers.missing))
        raise UnreadableSource(
            message, remedy="corriger [registrations.columns], ou rendre son titre à la colonne dans le fichier"
        )
    if not places.texts["email"]:
        raise UnreadableSource(
            f"Aucune colonne de « {table.name} » n'est reconnue comme celle des adresses e-mail",
            remedy='indiquer son titre dans [registrations.columns], email = "…"',
        )
    return places


class _Headers:
    def __init__(self, header: Sequence[str]) -> None:
        self.typed = {normal(cell): cell for cell in header}
        self.places: dict[str, Place] = {}
        self.missing: list[str] = []
        for index, cell in enumerate(header):
            self.places[normal(cell)] = (*self.places.get(normal(cell), ()), index)

    def place(self, header: str, key: str) -> Place:
        """Find a mapped header; "" is nowhere."""
        found = self.places.get(normal(header), ()) if header else ()
        if header and not found:
            self.miss(header, key)
        return found

    def text(self, key: str, header: str) -> Place:
        if header or key not in RECOGNISED:
            return self.place(header, key)
        return next((self.places[known] for known in RECOGNISED[key] if known in self.places), ())

    def ranks(self, ranked: tuple[str, ...], key: str) -> tuple[Place, ...]:
        """Find a ranked question's columns; a header named several times means the columns of that name in turn."""
        found = [self.place(header, key) for header in ranked]
        for rank, header in enumerate(ranked):
            if ranked.count(header) > 1 and found[rank]:
                turn = ranked[:rank].count(header)
                found[rank] = found[rank][turn : turn + 1]
                if not found[rank]:
                    self.miss(header, key)
        return tuple(found)

    def miss(self, header: str, key: str) -> None:
        near = get_close_matches(normal(header), filter(None, self.typed), n=1, cutoff=0.5)
        hint = f", la plus proche est « {' '.join(self.typed[near[0]].split())} »" if near else ""
        self.missing.append(f"« {header} » ({key}{hint})")
