"""Says where an event stands: the lines an organiser looks at before going to bed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.core.letters import KINDS
from orchestrator.core.meetings import meeting_of, signing_in
from orchestrator.core.model import Event, Person
from orchestrator.jobs.world import counted
from orchestrator.store import Store, Way

In = Callable[[datetime], str]
NAMES = {
    "link": "liens personnels",
    "room": "annonces de salle",
    "reminder": "rappels",
    "host": "lettres aux intervenants",
    "moved": "lettres de changement",
    "cancelled": "lettres d'annulation",
    "released": "lettres aux intervenants retirés",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an event stands. `without_link`: people nobody has promised a way in yet."""

    known: bool
    people: int
    without_link: tuple[str, ...]
    refused_rows: int
    read_at: datetime | None
    meetings: int
    letters: dict[str, Counter[str]]
    in_doubt: int
    refused: tuple[tuple[str, str], ...]
    """Addresses the relay refuses, and its words."""
    workshops: dict[str, tuple[int, int]]
    alarms: tuple[tuple[str, str, datetime], ...]
    next_letter: datetime | None

    @property
    def is_well(self) -> bool:
        return not (self.alarms or self.refused or self.without_link)

    def as_data(self) -> dict[str, Any]:
        return {
            "known": self.known,
            "people": self.people,
            "without_link": len(self.without_link),
            "refused_rows": self.refused_rows,
            "read_at": self.read_at,
            "meetings": self.meetings,
            "letters": {kind: dict(counts) for kind, counts in self.letters.items()},
            "in_doubt": self.in_doubt,
            "refused": [{"to": to, "reply": reply} for to, reply in self.refused],
            "workshops": {key: {"taken": taken, "seats": seats} for key, (taken, seats) in self.workshops.items()},
            "alarms": [{"what": what, "remedy": remedy, "since": since} for what, remedy, since in self.alarms],
            "next_letter": self.next_letter,
        }

    def in_words(self, local: In) -> list[tuple[bool, str]]:
        """Each line with whether it is good."""
        if not self.known:
            return [(True, "pas encore servi : lancez « orchestrator apply » ou « orchestrator run »")]
        read = f", liste lue le {local(self.read_at)}" if self.read_at else ""
        lines = [(True, counted(self.people, "personne inscrite", "personnes inscrites") + read)]
        missing = len(self.without_link)
        lines.append(
            (
                not missing,
                counted(missing, "personne sans lien", "personnes sans lien")
                if missing
                else "tout le monde a son lien",
            )
        )
        if self.refused_rows:
            lines.append(
                (
                    False,
                    counted(self.refused_rows, "ligne inutilisable", "lignes inutilisables")
                    + " (voir orchestrator check)",
                )
            )
        lines.append((not missing or bool(self.meetings), counted(self.meetings, "réunion", "réunions") + " chez Zoom"))
        for kind in KINDS:
            if counts := self.letters.get(kind):
                lines.append((not counts["refused"], f"{NAMES[kind]} : {_states(counts)}"))
        lines += [(True, f"« {key} » : {taken} places sur {seats}") for key, (taken, seats) in self.workshops.items()]
        if self.in_doubt:
            lines.append((True, f"{self.in_doubt} lettres peut-être reçues deux fois (copies identiques)"))
        lines += [(False, f"adresse refusée par le relais : {to} ({reply})") for to, reply in self.refused]
        lines += [
            (False, f"depuis le {local(since)} : {what}" + (f" → {remedy}" if remedy else ""))
            for what, remedy, since in self.alarms
        ]
        if self.next_letter:
            lines.append((True, f"prochaine lettre : {local(self.next_letter)}"))
        return lines


def _states(counts: Counter[str]) -> str:
    names = (("sent", "parties"), ("refused", "refusées"), ("void", "périmées"))
    parts = [f"{counts[state]} {name}" for state, name in names if counts[state]]
    waiting = counts["due"] + counts["claimed"] + counts["dotted"]
    return ", ".join(parts + ([f"{waiting} à venir"] if waiting else [])) or "aucune"


def stand(event: Event, store: Store, now: datetime) -> Standing:
    """Look at the store; changes nothing."""
    people, reading = store.people.registered(event.key), store.people.reading(event.key)
    deliveries, taken = store.outbox.all(event.key), store.seats.taken(event.key)
    waiting = [d for d in deliveries if d.state == "due" and d.void_at > now]
    return Standing(
        known=store.events.is_known(event.key),
        people=len(people),
        without_link=tuple(sorted(_without_link(event, people, store.meetings.ways(event.key), now))),
        refused_rows=len(reading.refused) if reading else 0,
        read_at=reading.read_at if reading else None,
        meetings=sum(1 for kept in store.meetings.all(event.key).values() if kept.zoom_id),
        letters=store.outbox.counts(event.key),
        in_doubt=sum(1 for d in deliveries if d.in_doubt),
        refused=tuple((d.address, d.reply) for d in deliveries if d.state == "refused"),
        workshops={w.key: (taken.get(w.key, 0), w.seats) for w in event.workshops},
        alarms=tuple(store.alarms.all(event.key).values()),
        next_letter=min((max(d.leave_from, d.not_before or d.leave_from) for d in waiting), default=None),
    )


def _without_link(event: Event, people: dict[str, Person], ways: dict[str, dict[str, Way]], now: datetime) -> set[str]:
    missing = set()
    for person in people.values():
        if person.email in signing_in(event):
            continue  # they enter by signing in to Zoom
        for key in person.sessions:
            way = ways.get(meeting_of(event, key), {}).get(person.email)
            ahead = event.session(key).ends_at > now and not event.is_cancelled(key)
            if ahead and (way is None or way.state != "open"):
                missing.add(person.email)
    return missing
