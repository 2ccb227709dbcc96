"""What a table's columns were found to hold, all together; and how to say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from orchestrator.core.model import Event
from orchestrator.gateways.registrations.columns import Columns, Place, Places
from orchestrator.gateways.registrations.headers import meaning
from orchestrator.gateways.registrations.recognition import SessionColumns, session_columns
from orchestrator.gateways.registrations.stamps import is_month_first
from orchestrator.gateways.registrations.tables import Table
from orchestrator.gateways.registrations.wishes import WishColumns, wish_columns

Said = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands in one table. `said`: what is odd about the columns themselves."""

    columns: Columns
    texts: Mapping[str, Place]
    sessions: SessionColumns
    wishes: Mapping[str, WishColumns]
    extra: Mapping[str, Place]
    width: int
    month_first: bool = False
    titles: Mapping[str, str] = field(default_factory=dict)
    """Our key → the title it is read under."""
    said: tuple[Said, ...] = ()

    @property
    def wish_columns(self) -> tuple[int, ...]:
        found = [p for w in self.wishes.values() for p in (*w.ranked, *w.each.values())]
        return tuple(index for place in found for index in place)

    @property
    def signature(self) -> str:
        """Change with what rows are understood by."""
        meant = [self.columns, self.texts, self.sessions.yes, self.sessions.question, self.wishes, self.extra]
        return repr([*meant, self.width, self.month_first])

    def answers_by_session(self, table: Table, event: Event) -> dict[str, tuple[str, ...]]:
        """Of the one question for all sessions: which of the answers given mean which session."""
        said = sorted({text for index in self.sessions.question for text in table.texts(index)})
        means = {text: self.sessions.meant(text) for text in said}
        return {s.key: tuple(t for t in said if s.key in means[t]) for s in event.sessions}


def layout_of(table: Table, columns: Columns, places: Places, event: Event) -> Layout:
    """Find wishes, then sessions, among the columns that nothing else has taken."""
    wishes = wish_columns(table, places, event)
    ranked = {key: (*w.ranked, *w.each.values()) for key, w in wishes.items()}
    sessions = session_columns(
        table, columns, Places(places.texts, places.sessions, places.question, ranked, places.extra), event
    )
    stamps = [text for index in places.texts["submitted_at"] for text in table.texts(index)]
    return Layout(
        columns=columns,
        texts=places.texts,
        sessions=sessions,
        wishes=wishes,
        extra=places.extra,
        width=len(table.header),
        month_first=is_month_first(stamps, event.zone),
        titles=dict(_titles(table, places, sessions, wishes)),
        said=tuple(_odd(table, places, columns)),
    )


def _titles(
    table: Table, places: Places, sessions: SessionColumns, wishes: Mapping[str, WishColumns]
) -> Iterator[tuple[str, str]]:
    def title(place: Place) -> str:
        """The column's title; of several that hold one thing, of the one most filled."""
        most = max(place, key=lambda index: len(table.texts(index))) if len(place) > 1 else place[0]
        return " ".join(table.header[most].split())

    for key, place in places.texts.items():
        if place:
            yield key, title(place)
    for key, place in sessions.yes.items():
        yield f"sessions.{key}", title(place)
    if sessions.question:
        yield "sessions.question", title(sessions.question)
    for key, columns in wishes.items():
        for n, place in enumerate((*columns.ranked, *columns.each.values())):
            yield f"wishes.{key}.{n + 1}", title(place)
    for header, place in places.extra.items():
        yield f"extra.{header}", title(place)


def _odd(table: Table, places: Places, columns: Columns) -> Iterator[Said]:
    title = " ".join(table.header[places.texts["email"][0]].split())
    found = meaning(title)
    if not columns.email and found and found.key == "payer":
        yield (
            "payer-address",
            f"« {title} » est l'adresse de qui a payé, pas toujours celle de qui participe",
            "demander l'adresse de chaque personne dans le formulaire",
        )
    elif not columns.email and found is None:
        yield (
            "column-guessed",
            f"« {title} » est prise pour la colonne des adresses, parce qu'elle en contient",
            f'le confirmer : email = "{title}" sous [registrations.columns]',
        )
