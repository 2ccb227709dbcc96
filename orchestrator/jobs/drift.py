"""Where Zoom holds something else than what was sent: says it, and keeps it or sets it right when told to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from orchestrator.core.errors import OrchestratorError
from orchestrator.core.meetings import MeetingSpec, Room, differences, spec_for
from orchestrator.jobs.world import Problem, World, counted
from orchestrator.store import Adopted, Kept, Store

IN_WORDS = {
    "rooms": "les salles de discussion",
    "alternative_hosts": "les co-animateurs (alternative hosts)",
    "starts_at": "l'heure de début",
    "minutes": "la durée",
    "topic": "le titre",
    "agenda": "la description",
    "tag": "la marque de ce service au début de la description",
    "waiting_room": "la salle d'attente",
    "recording": "l'enregistrement",
    "several_devices": "la connexion depuis plusieurs appareils",
    "timezone": "le fuseau horaire",
    "contact_name": "le nom du contact",
    "contact_email": "l'adresse du contact",
    "people": "les inscrits",
}
NEVER_KEPT = ("tag", "host")
"""What a meeting could not be recognised without."""
CHOICE = (
    "page Zoom du tableau de bord, ou orchestrator drift : --restore {field} le remet, --adopt {field} garde ce que "
    "montre Zoom"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One field of one meeting that is not as it was sent."""

    meeting: str
    field: str
    wanted: str
    found: str

    def as_data(self) -> dict[str, Any]:
        return {"meeting": self.meeting, "field": self.field, "wanted": self.wanted, "found": self.found}

    def __str__(self) -> str:
        name = IN_WORDS.get(self.field, self.field)
        choice = CHOICE.format(field=self.field)
        return f"écart sur Zoom, {name} : « {self.found} » au lieu de « {self.wanted} » → {choice}"


def drifts(store: Store, event: str) -> list[Drift]:
    """List every difference between what was last sent and what was last read."""
    removed = store.meetings.removed(event)
    found = []
    for key, kept in sorted(store.meetings.all(event).items()):
        found += [
            Drift(meeting=key, field=f, wanted=_said(kept.applied, f), found=_said(kept.found.spec, f))
            for f in sorted(_fields(kept))
            if kept.applied is not None and kept.found is not None
        ]
        if gone := removed.get(key):
            text = counted(len(gone), "retiré", "retirés")
            found.append(Drift(meeting=key, field="people", wanted="inscrits", found=text))
    return found


def _fields(kept: Kept) -> frozenset[str]:
    if kept.applied is None or kept.found is None:
        return frozenset()
    return differences(kept.applied, kept.found.spec)


def _said(spec: MeetingSpec, field: str) -> str:
    value = getattr(spec, field)
    if field == "rooms":
        return ", ".join(_room(room) for room in value) or "aucune"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _room(room: Room) -> str:
    return f"{room.name} ({len(room.emails)})"


def say(kept: Kept) -> Iterator[Problem]:
    """Report what Zoom did not keep of a meeting, once setting it right has been tried."""
    for field in sorted(_fields(kept)):
        yield Problem(
            key=f"zoom:{kept.key}:{field}",
            what=f"Zoom n'a pas gardé {IN_WORDS.get(field, field)} de la réunion",
            remedy=_remedy(field),
        )
    for n, oddity in enumerate(kept.found.oddities if kept.found else ()):
        yield Problem(key=f"zoom:{kept.key}:oddity-{n}", what=oddity)


def _remedy(field: str) -> str:
    if field == "rooms":
        return (
            "dans Zoom, activez Paramètres → En réunion (avancé) → Salle de discussion → « Attribuer les participants "
            "aux salles lors de la programmation » ; sinon la feuille de l'animateur (orchestrator sheet) fait foi"
        )
    return (
        "un réglage peut être verrouillé dans les paramètres du compte ; si quelqu'un l'a changé dans les pages de "
        "Zoom : " + CHOICE.format(field=field)
    )


def as_adopted(kept: Kept, wanted: MeetingSpec) -> MeetingSpec:
    """Take what the organiser adopted from Zoom's pages, where the config has not changed its mind since."""
    adopted = kept.adopted
    if adopted is None:
        return wanted
    same = [f for f in adopted.fields if getattr(wanted, f) == getattr(adopted.over, f)]
    return replace(wanted, **{f: getattr(adopted.value, f) for f in same})


def adopt(world: World, fields: Collection[str], now: datetime) -> list[Drift]:
    """Keep what Zoom shows of these fields; returns what was adopted. Raises OrchestratorError."""
    chosen = _chosen(world, fields)
    kept = world.store.meetings.all(world.event.key)
    for key in {d.meeting for d in chosen}:
        _adopt_one(world, kept[key], {d.field for d in chosen if d.meeting == key}, now)
    world.store.meetings.say_something_changed(world.event.key)
    return chosen


def _adopt_one(world: World, kept: Kept, fields: set[str], now: datetime) -> None:
    if "people" in fields:
        removed = world.store.meetings.removed(world.event.key)[kept.key]
        gone = [replace(w, state="out") for w in removed]
        world.store.meetings.record_ways(world.event.key, gone)
    fields = fields - {"people"}
    wanted = spec_for(world.event, kept.key, now, world.store.seats.all(world.event.key).values())
    if not fields or kept.applied is None or kept.found is None or wanted is None:
        return
    seen = kept.found.spec
    before = kept.adopted or Adopted(fields=frozenset(), over=wanted, value=seen)
    over = replace(before.over, **{f: getattr(wanted, f) for f in fields})
    value = replace(before.value, **{f: getattr(seen, f) for f in fields})
    world.store.meetings.record(
        world.event.key,
        replace(
            kept,
            applied=replace(kept.applied, **{f: getattr(seen, f) for f in fields}),
            adopted=Adopted(fields=before.fields | fields, over=over, value=value),
            restored=kept.restored - fields,
        ),
    )


def restore(world: World, fields: Collection[str]) -> list[Drift]:
    """Let the next beat send these fields again; returns what it will set right. Raises OrchestratorError."""
    chosen = _chosen(world, fields)
    kept = world.store.meetings.all(world.event.key)
    for drift in chosen:
        if drift.field == "people":
            gone = world.store.meetings.removed(world.event.key)[drift.meeting]
            asked = [replace(w, state="asked", registrant_id="", join_url="") for w in gone]
            world.store.meetings.record_ways(world.event.key, asked)
        else:
            one = kept[drift.meeting]
            kept[drift.meeting] = replace(one, restored=one.restored - {drift.field})
            world.store.meetings.record(world.event.key, kept[drift.meeting])
    world.store.meetings.say_something_changed(world.event.key)
    return chosen


def _chosen(world: World, fields: Collection[str]) -> list[Drift]:
    found = drifts(world.store, world.event.key)
    known = sorted({d.field for d in found})
    if unknown := sorted(set(fields) - set(known)):
        raise OrchestratorError(
            f"pas d'écart sur Zoom à ce nom : {', '.join(unknown)}",
            remedy=f"écarts du moment : {', '.join(known) or 'aucun'}",
        )
    if kept_ours := sorted(set(fields) & set(NEVER_KEPT)):
        raise OrchestratorError(f"{', '.join(kept_ours)} ne peut pas être gardé", remedy="remettez-le : --restore")
    return [d for d in found if d.field in fields]
