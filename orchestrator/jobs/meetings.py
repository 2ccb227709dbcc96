"""Brings Zoom's meetings to what they should be: find or create, read back, revise, within the day's limits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from orchestrator.core.errors import MeetingGone, ZoomError, ZoomRefusesLogin
from orchestrator.core.hosting import is_polled, polls_from
from orchestrator.core.meetings import (
    MeetingSpec,
    differences,
    meetings_of,
    rooms_frozen,
    spec_for,
    tag_of,
    with_rooms_of,
)
from orchestrator.core.model import Seat
from orchestrator.jobs import drift
from orchestrator.jobs.convergence import HOSTS, BudgetSpent, Convergence, problem_of
from orchestrator.jobs.drift import IN_WORDS
from orchestrator.jobs.hosting import note_status
from orchestrator.jobs.world import Problem, Report, World
from orchestrator.store import Kept

__all__ = ["BudgetSpent", "Convergence", "converge", "next_read", "watch"]

NEAR = timedelta(days=1)
BEFORE_SESSION = (timedelta(minutes=60), timedelta(minutes=30), timedelta(minutes=10))


def converge(world: World, now: datetime, seats: Collection[Seat], report: Report) -> dict[str, Kept]:
    """Bring every meeting of the event to its spec; returns those that exist at Zoom, by key."""
    kept = world.store.meetings.all(world.event.key)
    found = {}
    for key in sorted(set(meetings_of(world.event)) | set(kept)):
        start = kept.get(key) or Kept(key=key, tag=tag_of(world.event, key))
        one = Convergence(world, now, report, start)
        try:
            if not report.locked_out:
                _converge_one(one, spec_for(world.event, key, now, seats))
        except ZoomRefusesLogin as error:
            report.locked_out = True
            report.problems.append(Problem(key="zoom:login", what=error.message, remedy=error.remedy, again=True))
        except ZoomError as error:
            report.problems.append(problem_of(f"zoom:{key}", error))
        if one.kept.zoom_id:
            found[key] = one.kept
    return found


def watch(world: World, now: datetime, report: Report) -> None:
    """Read those meetings whose reading is due; what differs from the last reading is for the next full pass."""
    for key, kept in sorted(world.store.meetings.all(world.event.key).items()):
        one = Convergence(world, now, report, kept)
        try:
            if kept.zoom_id and _read_is_due(one):
                _read(one)
        except ZoomError as error:
            report.problems.append(problem_of(f"zoom:{key}", error))
        report.wake(next_read(world, one.kept, now))


def _converge_one(one: Convergence, wanted: MeetingSpec | None) -> None:
    if wanted is None:
        _cancel(one)
        return
    if one.now >= wanted.starts_at + timedelta(minutes=wanted.minutes):
        return
    wanted = drift.as_adopted(one.kept, wanted)
    if one.kept.left_out:
        one.look_at_left_out(wanted)
    wanted = one.without_left_out(wanted)
    if not one.kept.zoom_id:
        _find_or_create(one, wanted)
    if _read_is_due(one):
        try:
            _read(one)
        except MeetingGone:
            one.report.changes.append(f"réunion disparue de Zoom : « {wanted.topic} »")
            one.save(zoom_id="", found=None, applied=None, intent="", read_at=None, restored=frozenset())
            _find_or_create(one, wanted)
    _revise(one, one.without_left_out(wanted))
    one.say_left_out()
    one.report.problems += drift.say(one.kept)
    one.report.wake(next_read(one.world, one.kept, one.now))


def _cancel(one: Convergence) -> None:
    if not one.kept.zoom_id and one.kept.intent == "create":  # its answer was lost: it may be there all the same
        ours = one.world.meetings.find(one.world.event.zoom.host, one.kept.tag)
        one.save(zoom_id=ours[0].zoom_id if ours else "", intent="")
    if one.kept.zoom_id:
        one.save(intent="cancel", intent_at=one.now)
        one.world.meetings.cancel(one.kept.zoom_id)
        one.report.changes.append(f"réunion supprimée : {one.kept.key}")
    if one.kept.tag and one.kept.key in one.world.store.meetings.all(one.world.event.key):
        one.world.store.meetings.forget(one.world.event.key, one.kept.key)
    one.kept = replace(one.kept, zoom_id="")


def _find_or_create(one: Convergence, wanted: MeetingSpec) -> None:
    """Adopt the meeting that carries our tag, else create it: a lost answer or a lost store makes no second one."""
    ours = one.world.meetings.find(wanted.host, wanted.tag)
    if len(ours) > 1:
        numbers = ", ".join(found.zoom_id for found in ours[1:])
        one.report.problems.append(
            Problem(
                key=f"zoom:{one.kept.key}:extra",
                what=f"Zoom a plusieurs réunions pour cet événement ; en trop : {numbers}",
                remedy="supprimez-les dans les pages de Zoom après vérification",
            )
        )
    if ours:
        one.save(zoom_id=ours[0].zoom_id, intent="", applied=ours[0].spec, found=ours[0], read_at=one.now)
        one.report.changes.append(f"réunion retrouvée : « {wanted.topic} »")
        return
    one.write(wanted, lambda spec: _create(one, spec))


def _create(one: Convergence, wanted: MeetingSpec) -> None:
    patience = one.world.patience
    refused_before = one.kept.rest_for not in ("", HOSTS)  # such tries must not use up what is kept for repairs
    one.spend(patience.changes_a_day if refused_before else patience.repairs_a_day)
    one.save(intent="create", intent_at=one.now)
    zoom_id = one.world.meetings.create(wanted)
    rooms = {"rooms_at": one.now} if wanted.rooms else {}
    one.save(zoom_id=zoom_id, intent="", applied=wanted, found=None, read_at=None, **rooms)
    one.report.changes.append(f"réunion créée : « {wanted.topic} »")
    _read(one)


def _read(one: Convergence) -> None:
    found = one.world.meetings.read(one.kept.zoom_id, one.kept.tag)
    one.note_reading(found)
    note_status(one.world, one.kept.key, found, one.now)


def _read_is_due(one: Convergence) -> bool:
    at = next_read(one.world, one.kept, one.now)
    return at is not None and at <= one.now


def next_read(world: World, kept: Kept, now: datetime) -> datetime | None:
    """When Zoom is next asked about a meeting: every 10 minutes, and 60, 30 and 10 minutes before its sessions.

    Until a day before its first session once an hour is enough. From doors to the last end: is it on? Every minute
    while it is not, every other while it is.
    """
    sessions = meetings_of(world.event).get(kept.key, ())
    if not sessions or now >= max(s.ends_at for s in sessions):
        return None
    if kept.read_at is None:
        return now
    marks = [s.starts_at - lead for s in sessions for lead in BEFORE_SESSION] + [polls_from(s) for s in sessions]
    ahead = [mark for mark in marks if mark > kept.read_at]
    near = min(s.starts_at for s in sessions) - NEAR
    patience = world.patience
    if is_polled(sessions, now):
        on = kept.found is not None and kept.found.status == "started"
        return min([kept.read_at + patience.zoom_polls * (2 if on else 1), *ahead])
    every = patience.zoom_reads if kept.read_at >= near else min(patience.zoom_reads_early, near - kept.read_at)
    return min([kept.read_at + every, *ahead])


def _revise(one: Convergence, wanted: MeetingSpec) -> None:
    kept, found = one.kept, one.kept.found
    applied = kept.applied
    if applied is None or found is None:
        return
    wanted = _with_patience_for_rooms(one, wanted, applied)
    asked = differences(wanted, applied)
    lost = differences(applied, found.spec) - kept.restored - asked
    changed = asked | lost
    if not changed:
        return
    if found.status == "started":
        changed -= {"starts_at"}
    one.write(wanted, lambda spec: _patch(one, spec, changed, lost))


def _patch(one: Convergence, wanted: MeetingSpec, changed: frozenset[str], lost: frozenset[str]) -> None:
    kept = one.kept
    one.spend(one.world.patience.repairs_a_day if lost else one.world.patience.changes_a_day)
    one.save(intent="revise", intent_at=one.now)
    one.world.meetings.revise(kept.zoom_id, wanted, changed)
    rooms = _count_rooms(one) if "rooms" in changed else {}
    one.save(intent="", applied=wanted, restored=(kept.restored - (changed - lost)) | lost, **rooms)
    one.report.changes.append("réunion modifiée : " + ", ".join(IN_WORDS.get(f, f) for f in sorted(changed)))
    _read(one)


def _count_rooms(one: Convergence) -> dict[str, object]:
    today = one.now.astimezone(UTC).date().isoformat()
    sent = one.kept.rooms_sent if one.kept.rooms_day == today else 0
    return {"rooms_at": one.now, "rooms_day": today, "rooms_sent": sent + 1}


def _with_patience_for_rooms(one: Convergence, wanted: MeetingSpec, applied: MeetingSpec) -> MeetingSpec:
    """Hold room changes back: 10 minutes apart, 20 a day, none once frozen (the host sheet is the truth then)."""
    if wanted.rooms == applied.rooms:
        return wanted
    kept, patience = one.kept, one.world.patience
    if rooms_frozen(one.world.event, kept.key, one.now):
        return with_rooms_of(wanted, applied)
    earliest = kept.rooms_at + patience.rooms_between if kept.rooms_at and kept.rooms_sent else one.now
    today = one.now.astimezone(UTC).date()
    if kept.rooms_day == today.isoformat() and kept.rooms_sent >= patience.rooms_a_day:
        earliest = datetime.combine(today + timedelta(days=1), time(), tzinfo=UTC)
    if one.now < earliest:
        one.report.unfinished = True
        one.report.wake(earliest)
        return with_rooms_of(wanted, applied)
    return wanted
