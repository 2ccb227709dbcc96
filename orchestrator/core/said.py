"""What somebody said on their page, against what their row of the form says: the later word counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.core.model import Answer, Answers, Wishes, identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """`sessions` they come to, () = none, None = as in the form; `wishes` by session, None = as in the form."""

    at: datetime
    sessions: tuple[str, ...] | None = None
    wishes: Mapping[str, Wishes] | None = None


def heeding(answers: Answers, sayings: Mapping[str, Said]) -> Answers:
    """Put what people said on their page over what the form says; a form sent later is their newest word."""
    if not sayings:
        return answers
    heard = (_heeding_one(row, sayings.get(identity(row.address))) for row in answers.rows)
    return replace(answers, rows=tuple(row for row in heard if row is not None))


def _heeding_one(row: Answer, said: Said | None) -> Answer | None:
    if said is None or (row.submitted_at is not None and row.submitted_at > said.at):
        return row
    sessions = row.sessions if said.sessions is None else said.sessions
    if not sessions:
        return None
    return replace(row, sessions=sessions, wishes=row.wishes if said.wishes is None else {**row.wishes, **said.wishes})
