"""Tells how sessions are asked where the mapping does not say: a yes or no each, or one question for all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from orchestrator.core.model import Event
from orchestrator.gateways.registrations.columns import MOSTLY, Columns, Place, Places
from orchestrator.gateways.registrations.names import normal, starts_with_any
from orchestrator.gateways.registrations.spoken import GONE, Keys, is_no, speaker_of, tidy
from orchestrator.gateways.registrations.tables import Table

NO = ("non", "no", "n", "0", "false", "faux", "-")
ALSO_YES = ("vrai", "y", "o", "✓", "✔", "☑", "✅", "je participe", "je participerai", "présent", "présente", "ok")
"""What programs and people write besides the organiser's own words for yes."""
_BRACKET = re.compile(r"\[([^\[\]]+)\]\s*$")
_GENERAL = re.compile(
    r"\b(?:participer?\w*|participation|viendrez|venez|presence|serez-vous presente?s?|assister\w*|inscri\w+"
    r"|attend\w*|will you (?:come|join)|join us)\b"
)
_ABOUT_OTHERS = re.compile(
    r"\b(?:accept\w*|autoris\w*|consen\w*|photo\w*|image\w*|rgpd|donnees|data|agree|atelier\w*|workshop\w*)\b"
)


@dataclass(frozen=True, slots=True)
class SessionColumns:
    """`yes`: the yes/no question of each session; `question`: one for all, `meant` tells the sessions of an answer."""

    yes: Mapping[str, Place] = field(default_factory=dict)
    question: Place = ()
    meant: Callable[[str], Keys] = frozenset


def session_columns(table: Table, columns: Columns, places: Places, event: Event) -> SessionColumns:
    """Find the sessions' questions: where the mapping says, else by their words and answers."""
    spoken = speaker_of(event)
    if columns.sessions or columns.question:
        return SessionColumns(places.sessions, places.question, spoken)
    look = _Look(table, columns, event, spoken)
    free = [index for index in range(len(table.header)) if index not in places.taken]
    yes = look.questions(free)
    if not yes and (question := look.question(free)):
        return SessionColumns({}, question, spoken)
    return SessionColumns(yes or look.general(free), (), spoken)


class _Look:
    def __init__(self, table: Table, columns: Columns, event: Event, spoken: Callable[[str], Keys]) -> None:
        self.table, self.event, self.spoken = table, event, spoken
        self.answer = starts_with_any((*columns.yes, *ALSO_YES, *NO))

    def questions(self, free: list[int]) -> dict[str, Place]:
        """Find the one question that names each session; a session that none or several name is left out."""
        naming: dict[str, dict[str, Place]] = {}
        for index in filter(self.is_yes_or_no, free):
            named = self.named(index)
            if len(named) == 1:
                headers = naming.setdefault(next(iter(named)), {})
                header = normal(self.table.header[index])
                headers[header] = (*headers.get(header, ()), index)
        return {
            s.key: next(iter(naming[s.key].values())) for s in self.event.sessions if len(naming.get(s.key, ())) == 1
        }

    def named(self, index: int) -> Keys:
        header = self.table.header[index]
        bracket = _BRACKET.search(header)
        return (self.spoken(bracket[1]) if bracket else frozenset()) or self.spoken(header)

    def is_yes_or_no(self, index: int) -> bool:
        """Tell whether most of a column's answers are yes and no, or the ticked name of the session itself."""
        rows = self.table.texts(index)
        named = self.named(index) if rows else frozenset()
        fit = {
            t: self.answer.match(normal(t)) is not None or is_no(t) or self.spoken(t) == named != set()
            for t in set(rows)
        }
        return bool(rows) and (sum(fit[t] for t in rows) * 2 > len(rows) or (len(named) == 1 and self.is_asked(index)))

    def question(self, free: list[int]) -> Place:
        """Find the one question most of whose answers speak of sessions, several being told apart by them."""
        found: dict[str, Place] = {}
        for index in free:
            rows = self.table.texts(index)
            telling = {t: bool(self.spoken(t)) or is_no(t) or GONE.search(tidy(t)) is not None for t in set(rows)}
            short = all(len(t) < 200 for t in telling)
            if (
                rows
                and short
                and sum(telling[t] for t in rows) >= MOSTLY * len(rows)
                and any(map(self.spoken, telling))
            ):
                header = normal(self.table.header[index])
                found[header] = (*found.get(header, ()), index)
        return next(iter(found.values())) if len(found) == 1 else ()

    def general(self, free: list[int]) -> dict[str, Place]:
        """Find the one question whether somebody comes at all; it stands for every session."""
        found = [index for index in free if self.is_general(index)]
        return {s.key: (found[0],) for s in self.event.sessions} if len(found) == 1 else {}

    def is_general(self, index: int) -> bool:
        return self.is_asked(index) and self.is_yes_or_no(index)

    def is_asked(self, index: int) -> bool:
        """Tell whether a title asks somebody if they come."""
        header = tidy(self.table.header[index])
        return _GENERAL.search(header) is not None and _ABOUT_OTHERS.search(header) is None


def headers_of(table: Table, place: Place) -> Iterator[str]:
    """Yield the different titles of a place."""
    yield from dict.fromkeys(" ".join(table.header[index].split()) for index in place)
