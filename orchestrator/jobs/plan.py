"""Foresees what a beat would do now, without doing it: nothing is written, Zoom is not asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from orchestrator.core import intake
from orchestrator.core.asked import departed
from orchestrator.core.facts import almanac
from orchestrator.core.letters import Owed
from orchestrator.core.meetings import (
    Cancel,
    Change,
    Create,
    Pass,
    Revise,
    differences,
    meetings_of,
    registrants,
    spec_for,
    why_not_swapped,
)
from orchestrator.core.model import Event, Person, Refusal, Seat
from orchestrator.core.said import heeding
from orchestrator.core.schedule import QUIET, Traffic, load_of
from orchestrator.jobs.beat import by_person, seats_by_person
from orchestrator.jobs.drift import Drift, as_adopted, drifts
from orchestrator.jobs.owing import everything_owed, recipients
from orchestrator.jobs.seats import Places, places
from orchestrator.jobs.timetable import Group, timetable
from orchestrator.jobs.world import counted
from orchestrator.ports import Registrations
from orchestrator.store import Store

UNTIL_YOU_SAY = ": en attente de votre accord (apply --confirm-withdrawals)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What would be done."""

    new: int
    edited: int
    gone: int
    held: int
    refused: tuple[Refusal, ...]
    changes: tuple[Change, ...]
    to_register: int
    seats: Mapping[str, int]
    groups: tuple[Group, ...]
    unread: str = ""
    drifts: tuple[Drift, ...] = ()
    notes: tuple[str, ...] = ()
    """What cannot be done, and why."""
    letters: tuple[Owed, ...] = ()
    """All that have not left."""
    as_of: datetime

    def as_data(self) -> dict[str, Any]:
        return {
            "people": {"new": self.new, "edited": self.edited, "withdrawn": self.gone, "held": self.held},
            "refused_rows": [{"line": r.line, "reason": r.reason} for r in self.refused],
            "zoom": [str(change) for change in self.changes],
            "drift": [drift.as_data() for drift in self.drifts],
            "notes": list(self.notes),
            "to_register": self.to_register,
            "seats": dict(self.seats),
            "letters": [
                {
                    "kind": g.kind,
                    "session": g.session or None,
                    "rule": g.rule or None,
                    "leave_from": g.leave_from,
                    "last_at": g.last_at,
                    "count": g.letters,
                    "too_late": g.too_late or None,
                }
                for g in self.groups
            ],
            "source_problem": self.unread or None,
        }

    def in_words(self, local: Callable[[datetime], str]) -> list[str]:
        counts = (
            (self.new, "personne à ajouter", "personnes à ajouter"),
            (self.edited, "réponse à mettre à jour", "réponses à mettre à jour"),
            (self.gone, "personne à retirer", "personnes à retirer"),
            (self.held, f"personne disparue {UNTIL_YOU_SAY}", f"personnes disparues d'un coup {UNTIL_YOU_SAY}"),
            (self.to_register, "personne à inscrire chez Zoom", "personnes à inscrire chez Zoom"),
        )
        lines = [f"✗ {self.unread}"] if self.unread else []
        lines += [counted(*count) for count in counts if count[0]]
        lines += [f"ligne {r.line} inutilisable : {r.reason}" for r in self.refused]
        lines += [str(change) for change in self.changes]
        lines += [str(drift) for drift in self.drifts]
        lines += list(self.notes)
        lines += [f"{taken} places dans « {key} »" for key, taken in self.seats.items()]
        lines += [group.in_words(local) for group in self.groups]
        return lines or ["rien à faire"]


def foresee(event: Event, store: Store, source: Registrations, now: datetime) -> Foreseen:
    """Decide everything as a beat would, as if the relay had nothing else to do.

    Raises nothing for a source that cannot be read: it is said.
    """
    from orchestrator.core.errors import UnreadableSource

    known = store.people.registered(event.key)
    unread, found = "", intake.Intake(new=(), edited=(), gone=(), held=(), refused=())
    try:
        if now < event.last_end:
            answers = heeding(source.read(), store.pages.sayings(event.key))
            found = intake.decide_for(event, answers, known, now)
    except UnreadableSource as error:
        unread = str(error)
    people = _after(known, found)
    seats = places(event, now, people, store.seats.all(event.key), store.seats.merged(event.key))
    letters = _letters(event, store, people, seats, now)
    return Foreseen(
        new=len(found.new),
        edited=len(found.edited),
        gone=len(found.gone),
        held=len(found.held),
        refused=found.refused,
        changes=tuple(_changes(event, store, seats, now)),
        to_register=_to_register(event, store, people, seats),
        seats=dict(sorted(Counter(s.workshop for s in seats.values()).items())),
        groups=tuple(timetable(event, letters, now)),
        unread=unread,
        drifts=tuple(drifts(store, event.key)),
        notes=tuple(why_not_swapped(event, now)),
        letters=tuple(letters),
        as_of=now,
    )


def _after(known: Mapping[str, Person], found: intake.Intake) -> dict[str, Person]:
    changed = {p.email: p for p in (*found.new, *found.edited)}
    return {email: p for email, p in {**known, **changed}.items() if email not in found.gone}


def _changes(event: Event, store: Store, seats: Places, now: datetime) -> list[Change]:
    kept = store.meetings.all(event.key)
    changes: list[Change] = []
    for key in sorted(set(meetings_of(event)) | set(kept)):
        wanted, found = spec_for(event, key, now, seats.values()), kept.get(key)
        if wanted is not None and found is not None:
            wanted = as_adopted(found, wanted)
        if wanted is None:
            changes += [Cancel(meeting=key)] if found is not None and found.zoom_id else []
        elif now >= event.last_end:
            continue
        elif found is None or not found.zoom_id or found.applied is None:
            changes.append(Create(meeting=key, spec=wanted))
        elif changed := differences(wanted, found.applied):
            changes.append(Revise(meeting=key, spec=wanted, changed=changed))
    return changes


def _to_register(event: Event, store: Store, people: Mapping[str, Person], seats: Places) -> int:
    ways = store.meetings.ways(event.key)
    return sum(
        1
        for key in meetings_of(event)
        for r in registrants(event, key, people.values(), seats.values())
        if r.email not in ways.get(key, {})
    )


def _foretold(event: Event, seats: Places, now: datetime) -> list[Seat]:
    """The seats as they will be told by the letter `room`, if nothing changes."""
    at = event.seating.tell_at
    if now >= at:
        return list(seats.values())
    return [replace(s, told_at=at, told_by="room") if s.told_at is None else s for s in seats.values()]


def _letters(event: Event, store: Store, people: Mapping[str, Person], seats: Places, now: datetime) -> list[Owed]:
    """List the letters that would be open, as if Zoom had given everybody their link."""
    passes = by_person(store.meetings.ways(event.key))
    for key in meetings_of(event):
        for r in registrants(event, key, people.values(), seats.values()):
            passes.setdefault(r.email, {}).setdefault(key, Pass(email=r.email, registrant_id="", join_url=""))
    everybody = recipients(event, store, people, passes, seats_by_person(_foretold(event, seats, now)))
    letters = [*everything_owed(event, store, everybody, now, meetings_of(event))]
    letters += departed(almanac(event), store.outbox.told(event.key), store.pages.speakers_written_to(event.key), now)
    left = {d.key for d in store.outbox.all(event.key) if d.state in ("sent", "refused", "void")}
    return [letter for letter in letters if letter.key(event.key) not in left and letter.void_at > now]


def together(found: Mapping[str, tuple[Event, Foreseen]], beside: Traffic = QUIET) -> dict[str, Foreseen]:
    """Plan the letters of several events of one relay as the relay will have them; `beside`: what else it has to do."""
    loads = {key: load_of(one.letters, event.quota, one.as_of) for key, (event, one) in found.items()}
    result = {}
    for key, (event, one) in found.items():
        others = sum((load for other, load in loads.items() if other != key), Counter(beside.load))
        traffic = replace(beside, load=others)
        result[key] = replace(one, groups=tuple(timetable(event, one.letters, one.as_of, traffic)))
    return result
