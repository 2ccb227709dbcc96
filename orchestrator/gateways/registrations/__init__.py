"""Reads the registrations where the form writes them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from orchestrator.core.model import Answers, Event
from orchestrator.gateways.registrations import files
from orchestrator.gateways.registrations.answers import Understood, understand
from orchestrator.gateways.registrations.columns import Columns
from orchestrator.gateways.registrations.recognition import session_questions
from orchestrator.gateways.registrations.tables import parse

__all__ = ["Columns", "CsvRegistrations"]


@dataclass(frozen=True, slots=True)
class CsvRegistrations:
    """Answers in a CSV file, as forms export it and as spreadsheets save it again."""

    path: Path
    columns: Columns
    event: Event
    _known: dict[tuple[str, ...], Understood] = field(default_factory=dict, compare=False, repr=False)
    """What the rows came to, by the header and the questions they were read under."""

    def fingerprint(self) -> str:
        """Change with the file, and with what decides how it is read. Raises UnreadableSource."""
        reading = repr((self.columns, self.event.sessions, self.event.workshops, self.event.timezone))
        return f"{files.fingerprint(self.path)}-{hashlib.blake2s(reading.encode(), digest_size=8).hexdigest()}"

    def read(self) -> Answers:
        """Read the whole file. Raises UnreadableSource; a row that cannot be used is refused, the others are read."""
        table = parse(files.read(self.path), self.path.name)
        columns = self.columns
        if not columns.sessions and not columns.question:
            columns = replace(columns, sessions=session_questions(table, columns, self.event))
        form = (*table.header, *columns.sessions, *columns.sessions.values())
        known = self._known.get(form, {})
        self._known.clear()
        self._known[form] = known
        return understand(table, columns, self.event, known)
