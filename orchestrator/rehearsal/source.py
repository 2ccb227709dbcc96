"""The form's file as it grows in a rehearsal: rows appear at their timestamps; the last version is the original."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from orchestrator.core.model import Answer, Answers, Event, identity
from orchestrator.gateways.registrations.contents import as_csv
from orchestrator.gateways.registrations.layout import Layout
from orchestrator.gateways.registrations.tables import Table, parse

BEFORE = timedelta(days=21)
"""Rows older than this before the first session are there from the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A row that appears; `answer` None = a row that cannot be used."""

    at: datetime
    line: int
    answer: Answer | None = None


def arrivals(event: Event, answers: Answers) -> list[Arrival]:
    """Say when each row appears: at its timestamp, else with the row above it; never after the last session."""
    earliest = event.first_start - BEFORE
    latest = event.last_end - timedelta(minutes=1)
    rows: list[tuple[int, Answer | None]] = [(a.line, a) for a in answers.rows]
    rows += [(r.line, None) for r in answers.refused if r.line not in {a.line for a in answers.rows}]
    result, before = [], earliest
    for line, answer in sorted(rows, key=lambda row: row[0]):
        stamp = answer.submitted_at if answer else None
        before = before if stamp is None else min(max(stamp, earliest), latest)
        result.append(Arrival(at=before, line=line, answer=answer))
    return sorted(result, key=lambda a: (a.at, a.line))


class GrowingFile:
    """Writes, at any instant, the rows that have appeared by then, in their own order and wording, and latecomers."""

    def __init__(
        self,
        original: bytes,
        laid_out: Callable[[Table], Layout],
        rows: Sequence[Arrival],
        late: Sequence[Arrival],
        path: Path,
    ) -> None:
        self._rows = sorted(rows, key=lambda a: a.line)
        self._original = as_csv(original, path.name)
        self._header, self._pieces = _pieces(self._original, [a.line for a in self._rows])
        table = parse(self._original.encode(), path.name)
        layout = laid_out(table)
        self._late = [(a.at, _as_row(table, layout, a.answer)) for a in late if a.answer is not None]
        self._path = path
        self._written: str | None = None

    def grow(self, now: datetime) -> None:
        """Bring the file to what it is at an instant; replaced whole, so that nobody reads half of it."""
        text = self._original
        if any(a.at > now for a in self._rows):
            here = (piece for a, piece in zip(self._rows, self._pieces, strict=True) if a.at <= now)
            text = self._header + "".join(here)
        late = [row for at, row in self._late if at <= now]
        if late and not text.endswith("\n"):
            text += "\n"
        text += "".join(late)
        if text == self._written:
            return
        self._written = text
        fresh = self._path.with_suffix(".new")
        fresh.write_text(text, "utf-8", newline="")
        fresh.replace(self._path)


def _as_row(table: Table, layout: Layout, answer: Answer) -> str:
    """Write an answer in the columns of a file: coming to every session, without wishes."""
    columns, sessions = layout.columns, layout.sessions
    cells = [""] * len(table.header)
    typed = {"email": answer.address, "first_name": answer.first_name, "last_name": answer.last_name}
    for name, value in typed.items():
        for index in layout.texts[name][:1]:
            cells[index] = value
    for question in sessions.yes.values():
        cells[question[0]] = columns.yes[0]
    for index in sessions.question[:1]:
        cells[index] = ", ".join(said[0] for said in columns.answers.values() if said) or "journée entière"
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=table.delimiter).writerow(cells)
    return out.getvalue()


def _pieces(original: str, starts: Sequence[int]) -> tuple[str, list[str]]:
    """Cut a file into its header and one piece a row; line numbers count from 1."""
    lines = list(io.StringIO(original, newline=""))
    if not starts:
        return original, []
    ends = [*starts[1:], len(lines) + 1]
    header = "".join(lines[: starts[0] - 1])
    return header, ["".join(lines[a - 1 : b - 1]) for a, b in zip(starts, ends, strict=True)]


def first_arrivals(rows: Sequence[Arrival]) -> dict[str, Arrival]:
    """The first usable row of everyone, by e-mail."""
    first: dict[str, Arrival] = {}
    for row in rows:
        if row.answer is not None:
            first.setdefault(identity(row.answer.address), row)
    return first
