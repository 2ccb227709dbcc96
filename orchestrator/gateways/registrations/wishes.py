"""Tells which columns hold the wishes for a session's workshops, and how: one a rank, one a workshop, or ticks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from orchestrator.core.model import Event
from orchestrator.gateways.registrations.choices import Choice, workshop_choice
from orchestrator.gateways.registrations.columns import MOSTLY, Place, Places
from orchestrator.gateways.registrations.headers import unaccented
from orchestrator.gateways.registrations.names import bare, normal
from orchestrator.gateways.registrations.ranks import rank_of
from orchestrator.gateways.registrations.tables import LOOKED_AT, Table

NO = re.compile(
    r"(?:non|no|n|0|false|faux|-|aucune?|sans preference|peu importe|indifferente?|none|any)(?!\w).*", re.DOTALL
)
_TICK = re.compile(r"(?:oui|yes|x|y|o|1|true|vrai|✓|✔|☑|✅)", re.IGNORECASE)
_ASKED = re.compile(r"\b(?:ateliers?|workshops?|choix|voeux?|souhaits?|groupes?|tables?|preferences?|choices?|wish)")
_BRACKET = re.compile(r"\[([^\[\]]+)\]\s*$")
_TELLING = 8
"""Letters of a title from which on it is recognised inside a question."""


@dataclass(frozen=True, slots=True)
class WishColumns:
    """How one session's wishes are asked. `ranked`: best rank first, the cells name workshops; `each`: one column a
    workshop, the cells hold its rank or a tick."""

    ranked: tuple[Place, ...] = ()
    each: Mapping[str, Place] = field(default_factory=dict)


def wish_columns(table: Table, places: Places, event: Event) -> dict[str, WishColumns]:
    """Find each session's wishes: where the mapping says, else by the workshops that titles and cells name."""
    found: dict[str, WishColumns] = {}
    for session in event.sessions:
        if event.workshops_of(session.key):
            look = _Look(table, event, session.key)
            mapped = places.wishes.get(session.key)
            found[session.key] = look.sorted_out(mapped) if mapped is not None else look.recognised(places.taken)
    unknown = {key: WishColumns(ranked=ranked) for key, ranked in places.wishes.items() if key not in found}
    return {key: columns for key, columns in (found | unknown).items() if columns.ranked or columns.each}


class _Look:
    """One table, looked through for the wishes of one session."""

    def __init__(self, table: Table, event: Event, session: str) -> None:
        self.table, self.session = table, session
        self.workshops = event.workshops_of(session)
        self.names: Choice = workshop_choice(self.workshops)
        self.elsewhere = [workshop_choice(event.workshops_of(s.key)) for s in event.sessions if s.key != session]
        self.said = {index: set(table.texts(index)) for index in range(len(table.header))}

    def sorted_out(self, ranked: tuple[Place, ...]) -> WishColumns:
        """Tell, of the mapped columns, those that stand for one workshop each."""
        each = {key: place for place in ranked if (key := self.workshop_of(place[0])) and self.is_marked(place[0])}
        return WishColumns(tuple(p for p in ranked if p not in each.values()), each)

    def recognised(self, taken: frozenset[int]) -> WishColumns:
        free = [index for index in range(len(self.table.header)) if index not in taken]
        each: dict[str, Place] = {}
        for index in free:
            if (key := self.workshop_of(index)) and self.is_marked(index):
                each[key] = (*each.get(key, ()), index)
        if each:
            return WishColumns((), each)
        return WishColumns(tuple(self.in_order([i for i in free if self.is_wish(i)])))

    def workshop_of(self, index: int) -> str:
        """Return the one workshop a column's title names, or ""."""
        header = self.table.header[index]
        bracket = _BRACKET.search(header)
        text = bracket[1] if bracket else header
        named = self.names(text) or frozenset(
            w.key for w in self.workshops if self.is_told_in(text, w.title, *w.aliases)
        )
        return next(iter(named)) if len(named) == 1 else ""

    def is_told_in(self, text: str, *spellings: str) -> bool:
        return any(len(bare(s)) >= _TELLING and bare(s) in bare(text) for s in spellings)

    def is_marked(self, index: int) -> bool:
        """Tell whether a column's cells are ranks or ticks, at least one of them not a no."""
        said = self.said[index]
        marks = [
            text
            for text in said
            if rank_of(text) or _TICK.fullmatch(text) or self.names(text) == {self.workshop_of(index)}
        ]
        return bool(marks) and all(text in marks or NO.fullmatch(unaccented(normal(text))) for text in said)

    def is_wish(self, index: int) -> bool:
        """Tell whether most of what a column's cells say names workshops of this session, and of no other."""
        said, header = self.said[index], unaccented(normal(self.table.header[index]))
        told = [text for text in said if not NO.fullmatch(unaccented(normal(text)))]
        mine = sum(bool(self.names(text)) for text in told)
        if not mine or mine < MOSTLY / 2 * len(told):
            return False
        if any(sum(bool(names(text)) for text in told) >= mine for names in self.elsewhere):
            return self.is_told_in_session(header)
        return bool(_ASKED.search(header)) or any(len(bare(text)) >= _TELLING for text in told if self.names(text))

    def is_told_in_session(self, header: str) -> bool:
        """Tell whether a title names this session, where the same workshops are offered in several."""
        return bare(self.session) in bare(header)

    def in_order(self, found: Sequence[int]) -> Iterator[Place]:
        """Order columns by the rank their titles name, else as they stand; those a form's branches repeat are one."""
        by_rank: dict[tuple[int, str], list[int]] = {}
        for index in found:
            rank = rank_of((_BRACKET.search(self.table.header[index]) or ["", self.table.header[index]])[1])
            by_rank.setdefault((rank, "" if rank else normal(self.table.header[index])), []).append(index)
        for _, indices in sorted(by_rank.items(), key=lambda item: (item[0][0] or 99, item[1][0])):
            if self.exclude_each_other(indices):
                yield tuple(indices)
            else:
                yield from ((index,) for index in indices)

    def exclude_each_other(self, indices: Sequence[int]) -> bool:
        return all(sum(bool(row.cells[i].strip()) for i in indices) < 2 for row in islice(self.table.rows, LOOKED_AT))
