"""Who plays in a rehearsal: the people of a file, or invented ones, those who come late, and when each appears."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from orchestrator import wiring
from orchestrator.core.model import Answer, Event, Person, identity
from orchestrator.gateways.registrations import Columns, Register, in_file
from orchestrator.gateways.registrations.files import newest
from orchestrator.rehearsal import people
from orchestrator.rehearsal.faults import Trouble
from orchestrator.rehearsal.source import Arrival, GrowingFile, arrivals
from orchestrator.settings import Settings

INVENTED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who registers: the file to read, its columns, and whether the people are invented."""

    file: Path
    columns: Columns
    invented: bool = False

    def arrivals(self, event: Event) -> list[Arrival]:
        """Every row and when it appears."""
        return arrivals(event, self._register(event).read())

    def growing(self, event: Event, rows: Sequence[Arrival], late: Sequence[Arrival], path: Path) -> GrowingFile:
        """The file as the service will see it grow, at a path of the rehearsal's own."""
        return GrowingFile(newest(self.file).read_bytes(), self._register(event).laid_out, rows, late, path)

    def _register(self, event: Event) -> Register:
        return in_file(self.file, self.columns, event)


def cast(settings: Settings, registrations: Path | None, folder: Path) -> Cast:
    """Take the file given, else the config's, else invent people; a real source is never written to."""
    source = settings.registrations
    columns = wiring.columns(settings)
    if registrations is not None:
        return Cast(file=registrations, columns=columns)
    if source.source == "file" and source.path.exists():
        return Cast(file=source.path, columns=columns)
    event = settings.event
    file = folder / "inscriptions-inventees.csv"
    people.write_csv(people.invent(event, INVENTED, event.key, event.first_start - timedelta(hours=12)), file)
    named = people.columns_for(event)
    return Cast(file=file, columns=Columns(**named), invented=True)


def registered(rows: Iterable[Arrival]) -> list[Person]:
    """Everybody who answers the form, as they answered last."""
    last = {identity(row.answer.address): row.answer for row in rows if row.answer is not None}
    return [
        Person(
            email=email,
            address=said.address,
            first_name=said.first_name,
            last_name=said.last_name,
            sessions=said.sessions,
        )
        for email, said in last.items()
        if not said.withdrawn
    ]


def latecomers(event: Event, troubles: Sequence[Trouble]) -> list[Arrival]:
    """People of the rehearsal's own, who come to everything."""
    hours = [t.begins for t in troubles if t.kind == "latecomer" and t.begins]
    return [Arrival(at=at, line=0, answer=_latecomer(event, n, at)) for n, at in enumerate(hours, start=1)]


def _latecomer(event: Event, n: int, at: datetime) -> Answer:
    return Answer(
        line=0,
        address=f"retardataire{n}@exemple.fr",
        first_name="Camille",
        last_name=f"Retardataire {n}",
        submitted_at=at,
        sessions=tuple(s.key for s in event.sessions),
    )
