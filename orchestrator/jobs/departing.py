"""Lets each wave of a relay leave when it must, whichever event it is of, and says which will be late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from orchestrator.core.letters import Owed
from orchestrator.core.model import Event, Quota
from orchestrator.core.schedule import load_of
from orchestrator.core.sending import Departure, Load, Wave, departures, duration, windows
from orchestrator.jobs.names import NAMES
from orchestrator.jobs.world import Problem, Report, World
from orchestrator.store import Queued, Store

LATE = "plan:"
"""How the keys of its alarms begin."""
REMEDY = "relevez les limites de [mail] si le relais le permet, prenez-en un autre, ou avancez l'heure du rappel"


def see_off(worlds: Sequence[World], now: datetime, report: Report | None = None) -> None:
    """Let everything that waits for the one relay of some events leave when it must; which waves will be late is said
    in the report, and is an alarm."""
    store, relay, quota = worlds[0].store, worlds[0].relay, worlds[0].event.quota
    planned = set_out(store, relay, quota, now)
    troubles: dict[str, dict[str, tuple[str, str]]] = {}
    for world in worlds:
        for problem in late(world.event, planned, now):
            troubles.setdefault(world.event.key, {})[problem.key] = (problem.what, problem.remedy)
            if report is not None:
                report.problems.append(problem)
    store.alarms.set_everywhere(troubles, {world.event.key for world in worlds}, LATE, now)


def set_out(store: Store, relay: str, quota: Quota, now: datetime) -> list[tuple[Queued, Departure]]:
    """Plan everything that waits for a relay and write down when it leaves; returns what was planned.

    A wave that has begun to leave goes on.
    """
    queued = store.traffic.queued(relay, quota, now)
    load: Counter[Wave] = Counter()
    for one in queued:
        load[one.wave(now)] += one.letters
    taken = store.traffic.taken(relay, quota, now) if is_limited(quota) else ()
    plan = departures(load, quota, now, taken)
    found = [(one, plan[one.wave(now)]) for one in queued]
    moved = [
        (one, at.leave_from)
        for one, at in found
        if one.may_leave_early and one.leave_from > now and at.leave_from != one.leave_from
    ]
    store.traffic.leave(relay, quota, moved)
    return found


def beside(store: Store, relay: str, event: Event, now: datetime) -> Load:
    """What a relay that keeps letters waiting has to do for other events."""
    return store.traffic.beside(relay, [event.key], event.quota, now).load if is_limited(event.quota) else {}


def is_limited(quota: Quota) -> bool:
    """Tell whether a relay keeps letters waiting at all."""
    return bool(windows(quota) or quota.per_hour_to)


def late_elsewhere(
    store: Store, relay: str, mine: Event, letters: Iterable[Owed], others: Iterable[Event], now: datetime
) -> Iterator[tuple[Event, Problem]]:
    """Name what a relay would be too late with of other events, if these were the letters of one."""
    queued = [one for one in store.traffic.queued(relay, mine.quota, now) if one.event != mine.key]
    load = load_of(letters, mine.quota, now)
    for one in queued:
        load[one.wave(now)] += one.letters
    plan = departures(load, mine.quota, now, store.traffic.taken(relay, mine.quota, now))
    planned = [(one, plan[one.wave(now)]) for one in queued]
    for event in others:
        yield from ((event, problem) for problem in late(event, planned, now))


def late(event: Event, planned: list[tuple[Queued, Departure]], now: datetime) -> Iterator[Problem]:
    """Name the waves of an event whose last letter will be too late, with the numbers."""
    for one, found in planned:
        wave = one.wave(now)
        if one.event == event.key and (one.may_leave_early or one.kind == "room") and found.last_at > wave.finish_by:
            what = f"{one.letters} {NAMES[one.kind]}{_about(event, one.session)} : "
            what += too_late(event, wave, found, one.letters)
            yield Problem(key=f"{LATE}{one.kind}/{one.session}/{one.rule}/{one.domain}", what=what, remedy=REMEDY)


def _about(event: Event, session: str) -> str:
    return next((f" pour « {s.title} »" for s in event.sessions if s.key == session), "")


def too_late(event: Event, wave: Wave, found: Departure, letters: int) -> str:
    """Say why a wave cannot be through in time: what the limits ask for, and what there is."""
    quota = event.quota
    rates = [(quota.per_hour_to.get(wave.domain, 0), f"par heure chez {wave.domain}")]
    rates += [(limit, f"par {_TIMES[window]}") for limit, window in windows(quota)]
    asked = [f"{limit} {time}" for limit, time in rates if limit]
    needs = duration(letters, quota, wave.domain)
    return (
        f"impossible : {letters} lettres à {' et '.join(asked)} demandent {lasting(needs)}"
        f" ; la dernière partirait {in_short(event, found.last_at)},"
        f" pour {in_short(event, wave.finish_by)} au plus tard"
    )


_TIMES = {timedelta(minutes=1): "minute", timedelta(hours=1): "heure", timedelta(days=1): "jour"}


def lasting(time: timedelta) -> str:
    """Say a length of time: `4 h 30`, `12 min`."""
    hours, minutes = divmod(-(-int(time.total_seconds()) // 60), 60)
    return f"{hours} h {minutes:02}" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"


def in_short(event: Event, instant: datetime) -> str:
    """Say an instant in the event's zone, with its day where that is not the event's: `9h00`, `le 23/06 à 17h00`."""
    there = instant.astimezone(event.zone)
    hour = f"{there.hour}h{there.minute:02}"
    return hour if there.date() == event.date else f"le {there:%d/%m} à {hour}"
