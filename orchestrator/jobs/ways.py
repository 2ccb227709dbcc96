"""Gives everyone their personal link: registers people at Zoom once each, and cancels those who withdrew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from orchestrator.core.errors import MeetingGone, RegistrantRefused, ZoomError, ZoomUnavailable
from orchestrator.core.meetings import BATCH, Pass, Registrant, meetings_of, registrants
from orchestrator.core.model import Person, Seat
from orchestrator.jobs.world import Problem, Report, World
from orchestrator.store import Kept, Way


def register(
    world: World,
    now: datetime,
    meetings: dict[str, Kept],
    people: Collection[Person],
    seats: Collection[Seat],
    report: Report,
) -> dict[str, dict[str, Way]]:
    """Register whoever is missing, a bounded number a beat; returns the ways in by meeting and e-mail."""
    ways = world.store.meetings.ways(world.event.key)
    for key, kept in sorted(meetings.items()):
        if now >= max((s.ends_at for s in meetings_of(world.event).get(key, ())), default=now):
            continue  # it is over: nobody enters any more, nobody is put out
        wanted = registrants(world.event, key, people, seats)
        known = ways.setdefault(key, {})
        try:
            if report.locked_out:
                continue
            _settle_meeting(world, now, kept, wanted, known, report)
        except ZoomError as error:
            if isinstance(error, MeetingGone):
                world.store.meetings.record(world.event.key, replace(kept, read_at=None))
            report.problems.append(
                Problem(key=f"zoom:{key}:people", what=error.message, remedy=error.remedy, again=True)
            )
        _say_who_is_refused(key, wanted, known, report)
    return ways


def _settle_meeting(
    world: World, now: datetime, kept: Kept, wanted: Sequence[Registrant], known: dict[str, Way], report: Report
) -> None:
    _drop(world, known, [w for w in known.values() if w.zoom_id != kept.zoom_id])
    _adopt(world, kept, known, report)
    missing = [r for r in wanted if r.email not in known or known[r.email].state == "asked"]
    today = now.astimezone(UTC).date().isoformat()
    may = [r for r in missing if _may_add(known.get(r.email), today, world.patience.adds_a_day)]
    for n, batch in enumerate(_batches(may)):
        if n == world.patience.batches_a_beat:
            report.unfinished = True
            report.wake(now)
            break
        _add(world, now, kept, batch, known, today, report)
    emails = {r.email for r in wanted}
    _say_who_waits(kept.key, sum(w.state == "asked" for w in known.values() if w.email in emails), report)
    _withdraw(world, kept, known, [w for w in known.values() if w.email not in emails], report)


def _may_add(way: Way | None, today: str, most: int) -> bool:
    return way is None or way.adds_day != today or way.adds < most


def _batches(people: Sequence[Registrant]) -> Iterable[Sequence[Registrant]]:
    return (people[i : i + BATCH] for i in range(0, len(people), BATCH))


def _add(
    world: World,
    now: datetime,
    kept: Kept,
    batch: Sequence[Registrant],
    known: dict[str, Way],
    today: str,
    report: Report,
) -> None:
    before = {r.email: known.get(r.email) for r in batch}
    _ask(world, kept, batch, known, today)
    try:
        passes = world.meetings.register(kept.zoom_id, batch)
    except RegistrantRefused as error:
        _take_back(world, known, before)
        if len(batch) == 1:
            _refuse(world, kept, batch[0], error, known)
        for one in batch if len(batch) > 1 else ():
            _add(world, now, kept, [one], known, today, report)
        return
    except ZoomError as error:
        if not (isinstance(error, ZoomUnavailable) and error.uncertain):
            _take_back(world, known, before)
        raise
    _open(world, kept, passes, known, report)


def _ask(world: World, kept: Kept, batch: Sequence[Registrant], known: dict[str, Way], today: str) -> None:
    asked = []
    for r in batch:
        before = known.get(r.email)
        adds = before.adds if before and before.adds_day == today else 0
        asked.append(
            Way(
                email=r.email,
                meeting=kept.key,
                zoom_id=kept.zoom_id,
                state="asked",
                adds_day=today,
                adds=adds + 1,
            )
        )
    _record(world, known, asked)


def _take_back(world: World, known: dict[str, Way], before: dict[str, Way | None]) -> None:
    """Zoom did nothing: what was known before holds."""
    _record(world, known, [w for w in before.values() if w is not None])
    _drop(world, known, [known[email] for email, w in before.items() if w is None and email in known])


def _refuse(world: World, kept: Kept, one: Registrant, error: ZoomError, known: dict[str, Way]) -> None:
    way = Way(email=one.email, meeting=kept.key, zoom_id=kept.zoom_id, state="refused", problem=error.message)
    _record(world, known, [way])


def _open(world: World, kept: Kept, passes: Iterable[Pass], known: dict[str, Way], report: Report) -> None:
    opened = []
    for p in passes:
        base = known.get(p.email) or Way(email=p.email, meeting=kept.key, zoom_id=kept.zoom_id, state="open")
        if p.join_url:
            opened.append(replace(base, state="open", registrant_id=p.registrant_id, join_url=p.join_url, problem=""))
    _record(world, known, opened)
    report.registered += len(opened)


def _adopt(world: World, kept: Kept, known: dict[str, Way], report: Report) -> None:
    """Where an earlier answer was lost, see who is registered before adding anybody again."""
    waiting = {w.email for w in known.values() if w.state == "asked"}
    if waiting:
        found = [p for p in world.meetings.registered(kept.zoom_id) if p.email in waiting]
        _open(world, kept, found, known, report)


def _withdraw(world: World, kept: Kept, known: dict[str, Way], gone: Sequence[Way], report: Report) -> None:
    leaving = [w for w in gone if w.registrant_id]
    for i in range(0, len(leaving), BATCH):
        chunk = leaving[i : i + BATCH]
        world.meetings.withdraw(kept.zoom_id, [w.as_pass for w in chunk])
        _drop(world, known, chunk)
        report.unregistered += len(chunk)
    _drop(world, known, [w for w in gone if not w.registrant_id])


def _record(world: World, known: dict[str, Way], ways: Sequence[Way]) -> None:
    world.store.meetings.record_ways(world.event.key, ways)
    known.update({w.email: w for w in ways})


def _drop(world: World, known: dict[str, Way], ways: Sequence[Way]) -> None:
    world.store.meetings.remove_ways(world.event.key, ways)
    for w in ways:
        known.pop(w.email, None)


def _say_who_is_refused(key: str, wanted: Sequence[Registrant], known: dict[str, Way], report: Report) -> None:
    refused = [known[r.email] for r in wanted if r.email in known and known[r.email].state == "refused"]
    for reason in sorted({w.problem for w in refused}):
        count = sum(w.problem == reason for w in refused)
        report.problems.append(
            Problem(
                key=f"zoom:{key}:refused:{reason[:40]}",
                what=f"Zoom refuse d'inscrire {count} personne{'s' if count > 1 else ''} : {reason}",
                remedy="corrigez l'adresse dans le formulaire, ou prévenez-les par téléphone",
            )
        )


def _say_who_waits(key: str, count: int, report: Report) -> None:
    if count:
        report.problems.append(
            Problem(
                key=f"zoom:{key}:waiting",
                what=f"Zoom n'a pas donné leur lien à {count} personne{'s' if count > 1 else ''}",
                remedy="si cela dure, inscrivez-les dans les pages de Zoom : leur lien en sera repris",
                again=True,
            )
        )
