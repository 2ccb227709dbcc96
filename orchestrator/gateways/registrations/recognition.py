"""Recognises the yes/no question of each session where the mapping names none: by its answers, then by its words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.core.model import Event, Session
from orchestrator.gateways.registrations.columns import Columns
from orchestrator.gateways.registrations.names import bare, normal, starts_with_any
from orchestrator.gateways.registrations.tables import Table

NO = ("non", "no", "n", "0", "false", "faux", "-")
TELLING = 4
"""A session's key tells something in a question from this many letters on."""


def session_questions(table: Table, columns: Columns, event: Event) -> dict[str, str]:
    """Find the one question that names each session; a session that none or several name is left out."""
    asked = [header for header in _yes_or_no(table, columns) if header not in _mapped(columns)]
    found: dict[str, str] = {}
    for session in event.sessions:
        naming = [header for header in asked if _names(header, session, event)]
        if len(naming) == 1:
            found[session.key] = naming[0]
    return {key: header for key, header in found.items() if list(found.values()).count(header) == 1}


def _mapped(columns: Columns) -> set[str]:
    return {header for ranked in columns.wishes.values() for header in ranked}


def _yes_or_no(table: Table, columns: Columns) -> Iterator[str]:
    answer = starts_with_any((*columns.yes, *NO))
    for index, header in enumerate(table.header):
        said = [normal(row.cells[index]) for row in table.rows if row.cells[index].strip()]
        if said and all(answer.match(text) for text in said):
            yield header


def _names(header: str, session: Session, event: Event) -> bool:
    text, starts_at = bare(header), session.starts_at.astimezone(event.zone)
    named = bare(session.title) in text or (len(bare(session.key)) >= TELLING and bare(session.key) in text)
    hour = rf"(?<!\d)0?{starts_at.hour}\s?(?:h|:)\s?{starts_at.minute:02}(?!\d)"
    return named or _part_of_day(starts_at.hour) in text or re.search(hour, normal(header)) is not None


def _part_of_day(hour: int) -> str:
    return "matin" if hour < 12 else "apresmidi" if hour < 18 else "soir"
