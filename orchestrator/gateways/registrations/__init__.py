"""Reads the registrations where the form writes them: any source that gives a table, understood in one way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from orchestrator.core.model import Answers, Event
from orchestrator.gateways.registrations import corrections, files
from orchestrator.gateways.registrations.answers import Progress, Understood, understand
from orchestrator.gateways.registrations.columns import Columns, locate
from orchestrator.gateways.registrations.contents import table_of
from orchestrator.gateways.registrations.layout import Layout, layout_of
from orchestrator.gateways.registrations.tables import Table

__all__ = ["Columns", "FileTable", "Register", "Tables", "in_file"]


class Tables(Protocol):
    """Where a table of answers is found. Never written to."""

    def fingerprint(self) -> str:
        """A cheap sign that changes when the table does. Raises UnreadableSource."""

    def table(self, wanted: tuple[str, ...]) -> Table:
        """Read the whole table; `wanted` are titles it should have. Raises UnreadableSource."""


@dataclass(frozen=True, slots=True)
class FileTable:
    """A file, or the newest file of a folder, as forms export it and as spreadsheets save it again."""

    path: Path
    wait: Callable[[float], None] | None = None

    def fingerprint(self) -> str:
        return files.fingerprint(self.path)

    def table(self, wanted: tuple[str, ...]) -> Table:
        return table_of(*files.read(self.path, self.wait), wanted)


@dataclass(frozen=True)
class Register:
    """The registrations of one event: a source's table, put in our words, with the organiser's decisions applied."""

    source: Tables
    columns: Columns
    event: Event
    corrections: Path | None = None
    _known: dict[str, Understood] = field(default_factory=dict, compare=False, repr=False)
    """What the rows came to, by the layout and the decisions they were read under."""

    @cached_property
    def _reading(self) -> str:
        """What decides how the source is read, as a digest: made once, asked at every beat."""
        reading = repr((self.columns, self.event.sessions, self.event.workshops, self.event.timezone))
        return hashlib.blake2s(reading.encode(), digest_size=8).hexdigest()

    def fingerprint(self) -> str:
        """Change with the source, and with what decides how it is read. Raises UnreadableSource."""
        return f"{self.source.fingerprint()}-{self._reading}{corrections.fingerprint(self.corrections)}"

    def read(self, progress: Progress | None = None) -> Answers:
        """Read everything. Raises UnreadableSource; a row that cannot be used is refused, the others are read."""
        table = self.source.table(self.columns.named)
        layout, decided = self.laid_out(table), corrections.read(self.corrections)
        form = f"{layout.signature}{decided}"
        known = self._known.get(form, {})
        self._known.clear()
        self._known[form] = known
        return understand(table, layout, self.event, decided, known, progress)

    def laid_out(self, table: Table) -> Layout:
        """Say where everything stands. Raises UnreadableSource."""
        return layout_of(table, self.columns, locate(table, self.columns), self.event)


def in_file(path: Path, columns: Columns, event: Event, decided: Path | None = None) -> Register:
    """Read the registrations from a file, or from the newest of a folder."""
    return Register(FileTable(path), columns, event, decided)
