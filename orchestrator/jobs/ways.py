"""Gives everyone their personal link: registers people at Zoom once each, and cancels those who withdrew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from orchestrator.core.errors import MeetingGone, RegistrantRefused, ZoomBusy, ZoomError, ZoomUnavailable
from orchestrator.core.meetings import BATCH, Pass, Registrant, meetings_of, registrants
from orchestrator.core.model import Person, Seat
from orchestrator.jobs.convergence import problem_of
from orchestrator.jobs.drift import CHOICE
from orchestrator.jobs.world import Problem, Report, World
from orchestrator.store import Kept, Way

LISTED_BEFORE = (timedelta(minutes=60), timedelta(minutes=10))


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
            report.problems.append(problem_of(f"zoom:{key}:people", error))
        _say_who_is_refused(key, now, wanted, known, report)
        _say_who_is_removed(key, known, report)
    return ways


def _settle_meeting(
    world: World, now: datetime, kept: Kept, wanted: Sequence[Registrant], known: dict[str, Way], report: Report
) -> None:
    _drop(world, known, [w for w in known.values() if w.zoom_id != kept.zoom_id])
    _adopt(world, now, kept, known, report)
    today = now.astimezone(UTC).date().isoformat()
    missing = [r for r in wanted if _is_missing(known.get(r.email), today)]
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


def _is_missing(way: Way | None, today: str) -> bool:
    """Tell who is to be registered; whoever Zoom refused is tried again another day."""
    return way is None or way.state == "asked" or (way.state == "refused" and way.adds_day != today)


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
    except (RegistrantRefused, ZoomBusy) as error:
        _take_back(world, known, before)
        if isinstance(error, ZoomBusy) and error.whose != "registrant":
            raise
        if len(batch) == 1:
            _refuse(world, kept, batch[0], error, known, today)
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


def _refuse(world: World, kept: Kept, one: Registrant, error: ZoomError, known: dict[str, Way], today: str) -> None:
    way = Way(
        email=one.email,
        meeting=kept.key,
        zoom_id=kept.zoom_id,
        state="refused",
        problem=error.message,
        adds_day=today,
    )
    if isinstance(error, ZoomBusy):  # added too often today: again tomorrow, by Zoom's count
        way = replace(way, state="asked", problem="", adds=world.patience.adds_a_day)
    _record(world, known, [way])


def _open(world: World, kept: Kept, passes: Iterable[Pass], known: dict[str, Way], report: Report) -> None:
    opened = []
    for p in passes:
        base = known.get(p.email) or Way(email=p.email, meeting=kept.key, zoom_id=kept.zoom_id, state="open")
        if p.join_url:
            opened.append(replace(base, state="open", registrant_id=p.registrant_id, join_url=p.join_url, problem=""))
    _record(world, known, opened)
    report.registered += len(opened)


def _adopt(world: World, now: datetime, kept: Kept, known: dict[str, Way], report: Report) -> None:
    """Where an earlier answer was lost, see who is registered before adding anybody again.

    An hour and 10 minutes before each session, see too whether somebody was removed or put back in Zoom's pages.
    """
    waiting = {w.email for w in known.values() if w.state == "asked"}
    listing = _listing_is_due(world, kept, now) and any(w.state == "open" for w in known.values())
    if not waiting and not listing:
        return
    found = {p.email: p for p in world.meetings.registered(kept.zoom_id)}
    _open(world, kept, [p for p in found.values() if _is_news(known.get(p.email), p)], known, report)
    if listing:
        gone = [replace(w, state="removed") for w in known.values() if w.state == "open" and w.email not in found]
        _record(world, known, gone)
        world.store.meetings.record(world.event.key, replace(kept, people_at=now))


def _is_news(way: Way | None, found: Pass) -> bool:
    """Tell whether a link is to be taken: none was seen yet, or another was given in Zoom's pages."""
    if way is None or way.state in ("refused", "out"):
        return False
    return way.state != "open" or way.registrant_id != found.registrant_id


def _listing_is_due(world: World, kept: Kept, now: datetime) -> bool:
    starts = [s.starts_at for s in meetings_of(world.event).get(kept.key, ())]
    marks = [start - lead for start in starts for lead in LISTED_BEFORE]
    return any(mark <= now and (kept.people_at is None or kept.people_at < mark) for mark in marks)


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


def _say_who_is_refused(
    key: str, now: datetime, wanted: Sequence[Registrant], known: dict[str, Way], report: Report
) -> None:
    tomorrow = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
    refused = [known[r.email] for r in wanted if r.email in known and known[r.email].state == "refused"]
    for reason in sorted({w.problem for w in refused}):
        count = sum(w.problem == reason for w in refused)
        report.problems.append(
            Problem(
                key=f"zoom:{key}:refused:{reason[:40]}",
                what=f"Zoom refuse d'inscrire {count} personne{'s' if count > 1 else ''} : {reason}",
                remedy="corrigez l'adresse dans le formulaire, ou prévenez-les par téléphone",
                until=tomorrow,
            )
        )


def _say_who_is_removed(key: str, known: dict[str, Way], report: Report) -> None:
    if count := sum(w.state == "removed" for w in known.values()):
        report.problems.append(
            Problem(
                key=f"zoom:{key}:removed",
                what=f"{count} personne{'s' if count > 1 else ''} ont été retirées dans les pages de Zoom"
                if count > 1
                else "1 personne a été retirée dans les pages de Zoom",
                remedy="leur lien ne marche plus ; " + CHOICE.format(field="people"),
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
