"""Puts the rows of a table in our words, by the mapping of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.core.model import Answer, Answers, Event, Refusal, Wishes
from orchestrator.gateways.registrations.addresses import Unusable, usable
from orchestrator.gateways.registrations.choices import choice, workshop_choice
from orchestrator.gateways.registrations.columns import Columns, Place, Places, locate
from orchestrator.gateways.registrations.names import clean, normal, starts_with_any
from orchestrator.gateways.registrations.stamps import instant
from orchestrator.gateways.registrations.tables import Row, Table
from orchestrator.gateways.registrations.zones import zone_named

LONGEST_TEXT = 1_000
_LANGUAGES = {"fr": "fr", "français": "fr", "french": "fr", "en": "en", "anglais": "en", "english": "en"}


Understood = dict[tuple[str, ...], Answer | Unusable]
"""What rows came to, by their cells: a file that has grown by a row is not understood all over again."""


def understand(table: Table, columns: Columns, event: Event, known: Understood | None = None) -> Answers:
    """Read every row; one that cannot be used is refused with its reason. Raises UnreadableSource.

    `known` is brought up to date; it holds for the same header, columns and event only.
    """
    form = _Form(locate(table, columns), columns, event)
    known = {} if known is None else known
    before = dict(known)
    known.clear()
    for row in table.rows:
        cells = tuple(row.cells)
        known[cells] = before.get(cells) or form.read(row)
    found = [(row.line, known[tuple(row.cells)]) for row in table.rows]
    return Answers(
        rows=tuple(replace(answer, line=line) for line, answer in found if isinstance(answer, Answer)),
        refused=tuple(Refusal(line=line, reason=str(why)) for line, why in found if isinstance(why, Unusable)),
    )


class _Form:
    """A mapping bound to one table and one event."""

    def __init__(self, places: Places, columns: Columns, event: Event) -> None:
        self.places = places
        self.zone = event.zone
        self.keys = tuple(session.key for session in event.sessions)
        self.yes = starts_with_any(columns.yes)
        meant: dict[str, set[str]] = {}
        for session, answers in columns.answers.items():
            for answer in answers:
                meant.setdefault(answer, set()).add(session)
        self.meant = choice(meant, {})
        self.asked = columns.answers if places.question else places.sessions
        self.workshops = {key: workshop_choice(event.workshops_of(key)) for key in places.wishes}

    def read(self, row: Row) -> Answer | Unusable:
        try:
            return self.answer(row)
        except Unusable as why:
            return why

    def answer(self, row: Row) -> Answer:
        typed = {key: _first(row.cells, place) for key, place in self.places.texts.items()}
        address = usable(typed["email"])
        names = [clean(typed["first_name"]), clean(typed["last_name"])]
        first, last = names if names[0] else [names[1] or address.partition("@")[0], ""]
        return Answer(
            line=row.line,
            address=address,
            first_name=first,
            last_name=last,
            submitted_at=instant(typed["submitted_at"], self.zone),
            sessions=self.sessions(row.cells),
            wishes={key: wishes for key in self.workshops if (wishes := self.wishes(key, row.cells))},
            shown_as=clean(typed["shown_as"]),
            organisation=clean(typed["organisation"], LONGEST_TEXT),
            needs=clean(typed["needs"], LONGEST_TEXT),
            language=_LANGUAGES.get(normal(typed["language"]), ""),
            timezone=zone_named(typed["timezone"]),
        )

    def sessions(self, cells: Sequence[str]) -> tuple[str, ...]:
        """Name the sessions the person comes to, in the event's order."""
        if self.places.question:
            chosen = self.meant(_first(cells, self.places.question))
        else:
            places = self.places.sessions.items()
            chosen = frozenset(key for key, place in places if self.yes.match(normal(_first(cells, place))))
        return tuple(key for key in self.keys if key in chosen or key not in self.asked)

    def wishes(self, session: str, cells: Sequence[str]) -> Wishes:
        """Rank the workshops wished; one named twice keeps its best rank, the ticks of one cell are equal."""
        seen: set[str] = set()
        ranks: list[tuple[str, ...]] = []
        for place in self.places.wishes[session]:
            chosen = self.workshops[session](_first(cells, place)) - seen
            seen |= chosen
            ranks += [tuple(sorted(chosen))] if chosen else []
        return tuple(ranks)


def _first(cells: Sequence[str], place: Place) -> str:
    """Return the first of the columns that the row fills."""
    return next((text for index in place if (text := cells[index].strip())), "")
