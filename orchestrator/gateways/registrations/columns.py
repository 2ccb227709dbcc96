"""Finds what each column of a table holds: by the mapping where it names it, else by its header and its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from orchestrator.core.errors import UnreadableSource
from orchestrator.gateways.registrations.headers import Meaning, meaning
from orchestrator.gateways.registrations.names import bare, normal
from orchestrator.gateways.registrations.tables import Table, looks_like_address

Place = tuple[int, ...]
"""The columns that hold one thing. Several: a form with branches repeats a question, and a row fills one of them."""

TEXTS = (
    *("email", "first_name", "last_name", "shown_as", "submitted_at"),
    *("organisation", "needs", "language", "timezone", "next_invitation"),
)
UNMAPPED = ("full_name", "withdrawal", "status", "last_page")
"""What no key of the mapping names, but a header may mean."""
MOSTLY = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which header holds what; "" = not mapped. A session without a question of its own is everybody's.

    `sessions` maps a session to its yes/no question; or `question` is one for the day, and `answers` maps a session to
    the answers that mean it. `wishes` maps a session to its questions, best rank first. `extra` maps a header that is
    kept to the purpose it is kept for.
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
    next_invitation: str = ""
    sessions: Mapping[str, str] = field(default_factory=dict)
    question: str = ""
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wishes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    yes: tuple[str, ...] = ("oui", "yes", "x", "1", "true")

    @property
    def named(self) -> tuple[str, ...]:
        """Every header the mapping names."""
        texts = [header for key in TEXTS if (header := getattr(self, key))]
        ranked = [header for headers in self.wishes.values() for header in headers]
        return (*texts, *self.sessions.values(), *filter(None, [self.question]), *ranked, *self.extra)


@dataclass(frozen=True, slots=True)
class Places:
    """Where each thing stands in one table."""

    texts: Mapping[str, Place]
    sessions: Mapping[str, Place]
    question: Place
    wishes: Mapping[str, tuple[Place, ...]]
    extra: Mapping[str, Place] = field(default_factory=dict)

    @property
    def taken(self) -> frozenset[int]:
        """Every column that is understood already."""
        found = [*self.texts.values(), *self.sessions.values(), self.question, *self.extra.values()]
        found += [place for ranked in self.wishes.values() for place in ranked]
        return frozenset(index for place in found for index in place)


def locate(table: Table, columns: Columns) -> Places:
    """Find what mapping and headers name. Raises UnreadableSource, which names all that are missing and the nearest
    headers."""
    headers = _Headers(table)
    mapped = {key: headers.place(getattr(columns, key), key) for key in TEXTS}
    places = Places(
        texts=mapped,
        sessions={key: headers.place(header, f"sessions.{key}") for key, header in columns.sessions.items()},
        question=headers.place(columns.question, "sessions.question"),
        wishes={key: headers.ranks(ranked, f"wishes.{key}") for key, ranked in columns.wishes.items()},
        extra={header: headers.place(header, "extra") for header in columns.extra},
    )
    if headers.missing:
        message = f"« {table.name} » n'a pas la colonne " + " ; ni ".join(dict.fromkeys(headers.missing))
        raise UnreadableSource(
            message, remedy="corriger [registrations.columns], ou rendre son titre à la colonne dans le fichier"
        )
    recognised = _recognised(table, places)
    texts = {key: place or recognised.get(key, ()) for key, place in mapped.items()}
    texts |= {key: recognised.get(key, ()) for key in UNMAPPED}
    if not texts["email"]:
        raise UnreadableSource(
            f"Aucune colonne de « {table.name} » n'est reconnue comme celle des adresses e-mail",
            remedy='indiquer son titre dans [registrations.columns], email = "…"',
        )
    if texts["first_name"] or texts["last_name"]:
        texts["full_name"] = ()
    return Places(texts, places.sessions, places.question, places.wishes, places.extra)


def _recognised(table: Table, mapped: Places) -> dict[str, Place]:
    """Find the columns that no mapping names by what their headers mean, the surest first."""
    free = [index for index in range(len(table.header)) if index not in mapped.taken]
    meant: dict[str, list[tuple[int, int]]] = {}
    for index in free:
        found = meaning(table.header[index]) if table.header[index].strip() else None
        if found is not None:
            meant.setdefault(found.key, []).append((found.sure, index))
    result = {key: tuple(index for _, index in sorted(found)) for key, found in meant.items() if key != "email"}
    for key in (
        "first_name",
        "last_name",
        "submitted_at",
        "started_at",
        "needs",
        "shown_as",
        "language",
        "next_invitation",
    ):
        result[key] = _alike(table, result.get(key, ()))
    result["submitted_at"] = result["submitted_at"] or result.get("started_at", ())
    named = tuple(index for _, index in sorted(meant.get("email", [])))
    payer = result.get("payer", ())
    result["email"] = _addresses(table, named) or _addresses(table, payer) or _only_addresses(table, free) or named
    return result


def _alike(table: Table, place: Place) -> Place:
    """Keep the surest column and those of the very same title, which a form with branches repeats.

    Microsoft Forms numbers repeated titles: « Nom », « Nom2 ».
    """
    if not place:
        return ()
    surest = bare(table.header[place[0]])
    same = [index for index in place if bare(table.header[index]).rstrip("0123456789") == surest]
    return tuple(sorted({place[0], *same}))


def _addresses(table: Table, candidates: Sequence[int]) -> Place:
    """Keep the columns whose cells are addresses, as far as they are filled: « anonymous » is none."""
    return tuple(index for index in candidates if _share_of_addresses(table, index) in (None, 0.5, 1.0))


def _only_addresses(table: Table, free: Sequence[int]) -> Place:
    """Find the one column that holds nothing but addresses, whatever its title."""
    found = [i for i in free if _share_of_addresses(table, i) == 1.0 and _is_theirs(table.header[i])]
    return (found[0],) if len(found) == 1 else ()


def _is_theirs(header: str) -> bool:
    found: Meaning | None = meaning(f"{header} e-mail")
    return found is not None and found.key == "email"


def _share_of_addresses(table: Table, index: int) -> float | None:
    """Return None for a column without any text, else 0, 0.5 (at least half of the cells) or 1 (most of them)."""
    said = table.texts(index)
    share = sum(map(looks_like_address, said)) / len(said) if said else None
    return share if share is None else 1.0 if share >= MOSTLY else 0.5 if share >= 0.5 else 0.0


class _Headers:
    def __init__(self, table: Table) -> None:
        self.typed = {normal(cell): cell for cell in table.header}
        self.places: dict[str, Place] = {}
        self.missing: list[str] = []
        for index, cell in enumerate(table.header):
            for spelled in {normal(cell), f"\0{bare(cell)}"}:
                self.places[spelled] = (*self.places.get(spelled, ()), index)

    def place(self, header: str, key: str) -> Place:
        """Find a mapped header, accents and marks apart if need be; "" is nowhere."""
        found = self.places.get(normal(header)) or self.places.get(f"\0{bare(header)}", ()) if header else ()
        if header and not found:
            self.miss(header, key)
        return found

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
