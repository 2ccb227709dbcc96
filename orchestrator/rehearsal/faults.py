"""What a rehearsal breaks on purpose: `smtp-down=08:50-09:20`, `kill=09:00:03`, … read and kept as values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal

from orchestrator.core.errors import BadConfiguration
from orchestrator.core.model import Event
from orchestrator.jobs.whatif import NoSuchSeat, workshop_named

Kind = Literal[
    "smtp-down",
    "smtp-4xx",
    "zoom-down",
    "zoom-429",
    "latecomer",
    "merge",
    "kill",
    "host-late",
    "ended-at",
    "meeting-deleted",
]

SPANS = ("smtp-down", "zoom-down", "zoom-429")
INSTANTS = ("latecomer", "kill", "host-late", "ended-at", "meeting-deleted")
LABELS = {
    "smtp-down": "relais de courrier en panne",
    "smtp-4xx": "relais de courrier hésitant",
    "zoom-down": "Zoom en panne",
    "zoom-429": "Zoom surchargé (429)",
    "latecomer": "inscription de dernière minute",
    "merge": "ateliers réunis",
    "kill": "processus tué",
    "host-late": "hôte en retard",
    "ended-at": "réunion fermée pour tous",
    "meeting-deleted": "réunion supprimée dans Zoom",
}
FORMS = (
    "smtp-down=08:50-09:20, smtp-4xx=10%, zoom-down=07:00-09:00, zoom-429=08:00-08:30, latecomer=09:20, kill=09:00:03,"
    " merge=09:40/B/A, host-late=09:40, ended-at=12:16, meeting-deleted=08:20"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One fault: over a span, at an instant, or for a share of the letters."""

    kind: Kind
    begins: datetime | None = None
    ends: datetime | None = None
    percent: int = 0
    workshops: tuple[str, str] = ("", "")
    """Of a merge: the keys of the one whose people move, and of the one they join."""

    def holds(self, now: datetime) -> bool:
        """Tell whether a span is on."""
        return self.begins is not None and self.ends is not None and self.begins <= now < self.ends

    @property
    def label(self) -> str:
        return LABELS[self.kind] + (f" ({self.percent} %)" if self.percent else "")


def read(specs: Sequence[str], event: Event) -> tuple[Trouble, ...]:
    """Read fault specs; times are the wall clock of the event's day. Raises BadConfiguration."""
    problems, troubles = [], []
    for spec in specs:
        try:
            troubles.append(_one(spec, event))
        except ValueError as error:
            problems.append(f"--fault {spec} – {error} ; formes possibles : {FORMS}")
    if problems:
        raise BadConfiguration(tuple(problems))
    return tuple(troubles)


def _one(spec: str, event: Event) -> Trouble:
    kind, separator, value = spec.partition("=")
    if not separator or kind not in LABELS:
        raise ValueError("panne inconnue")
    if kind == "smtp-4xx":
        if not re.fullmatch(r"\d{1,3}%", value) or not 0 < int(value[:-1]) <= 100:
            raise ValueError("un pourcentage de 1% à 100% est attendu")
        return Trouble(kind="smtp-4xx", percent=int(value[:-1]))
    if kind == "merge":
        return _merge(value, event)
    if kind in SPANS:
        begins, separator, ends = value.partition("-")
        if not separator:
            raise ValueError("une durée est attendue, par exemple 08:50-09:20")
        span = Trouble(kind=kind, begins=_at(begins, event), ends=_at(ends, event))  # type: ignore[arg-type]  # in SPANS
        if not span.begins or not span.ends or span.begins >= span.ends:
            raise ValueError("la fin doit suivre le début")
        return span
    return Trouble(kind=kind, begins=_at(value, event))  # type: ignore[arg-type]  # in INSTANTS


def _merge(value: str, event: Event) -> Trouble:
    hour, *names = value.split("/")
    if len(names) != 2:
        raise ValueError("une heure et deux ateliers sont attendus, par exemple 09:40/B/A")
    try:
        one, other = (workshop_named(event, name) for name in names)
    except NoSuchSeat as error:
        raise ValueError(str(error)) from None
    if one.session != other.session or one.key == other.key:
        raise ValueError("deux ateliers d'une même session sont attendus")
    return Trouble(kind="merge", begins=_at(hour, event), workshops=(one.key, other.key))


def _at(text: str, event: Event) -> datetime:
    try:
        wall = time.fromisoformat(text)
    except ValueError:
        raise ValueError(f"une heure est attendue (reçu : « {text} »)") from None
    if wall.tzinfo is not None:
        raise ValueError("une heure sans fuseau est attendue")
    first = min(session.day for session in event.sessions)
    return datetime.combine(first, wall, tzinfo=event.zone).astimezone(event.first_start.tzinfo)
