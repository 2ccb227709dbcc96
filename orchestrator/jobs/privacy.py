"""Ends what has had its time, here and at Zoom, and forgets a person who asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from orchestrator.core.errors import MeetingGone, OrchestratorError, ZoomError
from orchestrator.core.model import Answers, identity
from orchestrator.core.retention import (
    attendance_ends_at,
    invitations_end_at,
    letters_end_before,
    links_end_at,
    purged_at,
    zoom_ends,
)
from orchestrator.jobs.world import Problem, Report, World, counted
from orchestrator.store import Tombs

SWEEP = timedelta(hours=1)
"""How often at most texts are forgotten: those that end in the meantime go together."""


def expire(world: World, now: datetime, report: Report) -> bool:
    """Forget what has had its time; True once nobody of the event is known any more."""
    event, privacy = world.event, world.store.privacy
    _leave_zoom(world, now, report)
    if now >= purged_at(event):
        for key in world.store.meetings.all(event.key):
            if world.store.memos.get(event.key, _gone(key)):
                world.store.meetings.forget(event.key, key)
        if privacy.holds_people(event.key):
            privacy.note_purge(event.key, privacy.purge(event.key), now)
            report.changes.append("données des personnes effacées, leur durée de conservation est passée")
        if now >= attendance_ends_at(event) and world.store.attendance.forget(event.key):
            report.changes.append("présences et attestations effacées, leur durée de conservation est passée")
        if now >= invitations_end_at(event) and privacy.forget_invitations(event.key):
            report.changes.append("liste de la prochaine invitation effacée, sa durée de conservation est passée")
        if report.changes:
            privacy.compact()
        return True
    if now >= links_end_at(event) and (links := privacy.end_links(event.key)):
        report.changes.append(f"{counted(links, 'lien personnel effacé', 'liens personnels effacés')}")
    return False


def end_letters(world: World, now: datetime, report: Report) -> datetime:
    """Forget the text of letters that have had their time; returns when the next ones can have had theirs."""
    event, privacy = world.event, world.store.privacy
    if letters := privacy.end_letters(event.key, letters_end_before(event, now)):
        report.changes.append(f"texte de {counted(letters, 'lettre effacé', 'lettres effacé')} ; l'envoi reste noté")
    lasting = timedelta(days=event.letters_days)
    return max(privacy.next_letters_end(event.key, lasting) or now + lasting, now + SWEEP)


def _leave_zoom(world: World, now: datetime, report: Report) -> None:
    """Delete the meetings that have had their time at Zoom, and with them everybody registered there."""
    event, ends = world.event, zoom_ends(world.event)
    for key, kept in sorted(world.store.meetings.all(event.key).items()):
        if now < ends.get(key, purged_at(event)) or world.store.memos.get(event.key, _gone(key)):
            continue
        try:
            if kept.zoom_id:
                _delete(world, kept.zoom_id, kept.tag)
                report.changes.append(f"réunion {key} supprimée chez Zoom avec ses inscrits")
        except ZoomError as error:
            what = f"Zoom garde encore la réunion {key} et ses inscrits : {error.message}"
            remedy = error.remedy or "supprimez-la dans Zoom, Réunions, Précédentes"
            report.problems.append(
                Problem(key=f"zoom:{key}:purge", what=what, remedy=remedy, again=not error.permanent)
            )
            continue
        world.store.memos.set(event.key, _gone(key), "1", now)


def _gone(key: str) -> str:
    """The memo that a meeting is deleted at Zoom; what is known of it here stays until people are purged."""
    return f"zoom-gone:{key}"


def _delete(world: World, zoom_id: str, tag: str) -> None:
    """Delete a meeting and read back that it is gone."""
    world.meetings.cancel(zoom_id)
    try:
        world.meetings.read(zoom_id, tag)
    except MeetingGone:
        return
    raise ZoomError("Zoom la montre encore après sa suppression")


def living(answers: Answers, tombs: Tombs) -> Answers:
    """The answers without those of people who asked to be forgotten; one given since then counts."""
    if not tombs.since:
        return answers

    def counts(address: str, submitted_at: datetime | None) -> bool:
        erased_at = tombs.erased_at(identity(address))
        return erased_at is None or (submitted_at is not None and submitted_at > erased_at)

    return replace(answers, rows=tuple(row for row in answers.rows if counts(row.address, row.submitted_at)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure did: rows here, registrations at Zoom, and why Zoom still knows the person, if it does."""

    rows: int
    registrations: int
    problem: str = ""
    remedy: str = ""


def erase(world: World, email: str, now: datetime) -> Erased:
    """Forget a person at Zoom and here. Where Zoom cannot be reached nothing is erased here either, so that it can
    be tried again. Raises Held while another process beats."""
    key = world.event.key
    with world.store.leases.held(f"beat:{key}", world.owner, now, world.patience.beat_lease):
        try:
            registrations = _cancel_at_zoom(world, email)
        except OrchestratorError as error:
            return Erased(rows=0, registrations=0, problem=error.message, remedy=error.remedy)
        rows = world.store.privacy.erase(key, email, now)
    world.store.privacy.compact()
    return Erased(rows=rows, registrations=registrations)


def _cancel_at_zoom(world: World, email: str) -> int:
    """Cancel a person's registrations and read back that they are gone."""
    done = 0
    for key, kept in world.store.meetings.all(world.event.key).items():
        way = world.store.meetings.ways(world.event.key).get(key, {}).get(email)
        if way is None or not kept.zoom_id:
            continue
        try:
            found = [one for one in world.meetings.registered(kept.zoom_id) if identity(one.email) == email]
            if found:
                world.meetings.withdraw(kept.zoom_id, found)
                if any(identity(one.email) == email for one in world.meetings.registered(kept.zoom_id)):
                    raise ZoomError(
                        "Zoom montre encore cette inscription après son annulation",
                        remedy="réessayez ; sinon annulez-la dans les pages de Zoom (la réunion → Inscriptions)",
                    )
            done += len(found)
        except MeetingGone:
            continue
    return done


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is still held of an event's people, and when it ends."""

    rows: Mapping[str, int]
    kept: Mapping[str, int]
    """The counts that outlive them."""
    links_end_at: datetime
    letters_days: int
    purged_at: datetime
    attendance_ends_at: datetime

    def as_data(self) -> dict[str, Any]:
        """The same, as plain values."""
        return {
            "rows": dict(self.rows),
            "counts_kept": dict(self.kept),
            "links_end_at": self.links_end_at,
            "letters_days": self.letters_days,
            "purged_at": self.purged_at,
            "attendance_ends_at": self.attendance_ends_at,
        }

    def in_words(self, local: Callable[[datetime], str]) -> list[str]:
        """The same, for the organiser."""
        people = self.rows.get("person", 0)
        if not self.rows:
            return ["plus aucune donnée de personne n'est conservée"]
        if not people:
            return [f"présences et attestations : effacées le {local(self.attendance_ends_at)}"]
        return [
            f"{counted(people, 'personne', 'personnes')}, {counted(self.rows.get('letter', 0), 'lettre', 'lettres')}"
            f" : effacées le {local(self.purged_at)}",
            f"liens personnels : effacés le {local(self.links_end_at)}",
            f"présences et attestations : effacées le {local(self.attendance_ends_at)}",
            f"texte des lettres : effacé {self.letters_days} jours après l'envoi",
        ]


def forecast(world: World) -> Forecast:
    """Say what is held of an event's people and when it ends."""
    event, privacy = world.event, world.store.privacy
    rows = {name: n for name, n in privacy.perishable(event.key).items() if name not in ("alarm", "memo")}
    return Forecast(
        rows=rows,
        kept=privacy.figures(event.key),
        links_end_at=links_end_at(event),
        letters_days=event.letters_days,
        purged_at=purged_at(event),
        attendance_ends_at=attendance_ends_at(event),
    )
