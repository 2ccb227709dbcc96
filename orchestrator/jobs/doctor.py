"""What `registrations check` says of a list: who would be registered, which rows are not usable, what is odd."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from orchestrator.core import intake
from orchestrator.core.errors import UnreadableSource
from orchestrator.core.model import Answers, Event, Finding, Person, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """`readable` False: nothing could be read, and the one finding says why."""

    event: Event
    people: tuple[Person, ...] = ()
    refused: tuple[Refusal, ...] = ()
    findings: tuple[Finding, ...] = ()
    readable: bool = True

    def as_data(self) -> dict[str, Any]:
        return {
            "people": [
                person_as_data(person) | {"language": person.language or self.event.language} for person in self.people
            ],
            "refused": [{"line": r.line, "reason": r.reason} for r in self.refused],
            "findings": [
                {"line": f.line, "code": f.code, "message": f.message, "remedy": f.remedy} for f in self.findings
            ],
        }


def person_as_data(person: Person) -> dict[str, Any]:
    """One person as plain values; equal wishes stand one after the other."""
    return {
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "sessions": list(person.sessions),
        "wishes": {key: [w for rank in ranks for w in rank] for key, ranks in person.wishes.items()},
        "language": person.language,
        "needs": person.needs,
    }


def diagnose(event: Event, answers: Answers, now: datetime) -> Diagnosis:
    """Decide as an import into an empty store would; answers without a stamp count as come in time."""
    in_time = min(now, event.last_end, event.closes_at or event.last_end) - timedelta(seconds=1)
    found = intake.decide_for(event, answers, {}, in_time)
    return Diagnosis(
        event=event,
        people=tuple(sorted(found.new, key=lambda person: person.line)),
        refused=found.refused,
        findings=found.findings,
    )


def unreadable(event: Event, error: UnreadableSource) -> Diagnosis:
    """Say that nothing could be read."""
    finding = Finding(line=0, code="unreadable", message=error.message, remedy=error.remedy)
    return Diagnosis(event=event, findings=(finding,), readable=False)
