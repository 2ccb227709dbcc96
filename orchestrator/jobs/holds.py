"""Keeps waves of letters waiting for the organiser's word, calls them to mind, and lets them go when it is too late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from orchestrator.core.holds import PAUSE, Waiting, WaveKey, in_order, waves
from orchestrator.core.letters import Owed
from orchestrator.core.model import Event
from orchestrator.jobs.departing import beside
from orchestrator.jobs.names import NAMES
from orchestrator.jobs.world import Problem, Report, World
from orchestrator.store import Hold, Store

GONE = ("sent", "refused", "void", "dotted", "claimed")


def keep_holds(world: World, now: datetime, letters: Iterable[Owed], report: Report) -> None:
    """Write down, before letters are planned, which waves may not leave yet; an event without any costs one query."""
    event, store = world.event, world.store
    found = store.holds.all(event.key)
    if not found and not asks(event):
        return
    paused = found.get(PAUSE)
    paused_since = None if paused is None else paused.since
    ahead = waiting(event, store, world.relay, letters, now)
    wanted: dict[WaveKey, str] = {}
    for one in in_order(ahead):
        if not _is_stopped(one, found, paused_since):
            continue
        leaves_at = one.leaves_at(paused_since)
        is_overdue = leaves_at is not None and now >= leaves_at
        if is_overdue or one.needs_approval:
            wanted[one.wave] = "overdue" if is_overdue else "held"
        _say(event, one, now, report, is_overdue=is_overdue)
        for at in one.instants(paused_since):
            if at > now:
                report.decide_again(at)
    _write(store, event, found, wanted, ahead, now)


def asks(event: Event) -> bool:
    """Tell whether any wave of an event waits for approval."""
    return event.letters.approve_rooms or any(r.approve for r in event.reminders)


def waiting(event: Event, store: Store, relay: str, letters: Iterable[Owed], now: datetime) -> dict[WaveKey, Waiting]:
    """Group the letters that have not left, as the relay they share with other events will take them."""
    left = {d.key for d in store.outbox.all(event.key) if d.state in GONE}
    ahead = (letter for letter in letters if letter.key(event.key) not in left)
    return waves(event, ahead, now, beside(store, relay, event, now))


def is_pending(one: Waiting, found: Mapping[WaveKey, Hold]) -> bool:
    """Tell whether a wave waits for the organiser's approval."""
    return one.needs_approval and (one.wave not in found or found[one.wave].state == "held")


def _is_stopped(one: Waiting, found: Mapping[WaveKey, Hold], paused_since: datetime | None) -> bool:
    return paused_since is not None or (
        one.needs_approval and (one.wave not in found or found[one.wave].state != "approved")
    )


def _write(
    store: Store,
    event: Event,
    found: Mapping[WaveKey, Hold],
    wanted: Mapping[WaveKey, str],
    ahead: Mapping[WaveKey, Waiting],
    now: datetime,
) -> None:
    news = {wave: state for wave, state in wanted.items() if wave not in found or found[wave].state != state}
    news = {wave: state for wave, state in news.items() if state == "overdue" or wave not in found}
    kept = {PAUSE, *wanted, *(wave for wave, one in ahead.items() if one.needs_approval)}
    done = [wave for wave, hold in found.items() if wave not in kept and hold.state != "approved"]
    if news or done:
        store.holds.keep(event.key, news, done, now)


def _say(event: Event, one: Waiting, now: datetime, report: Report, *, is_overdue: bool) -> None:
    warning = one.warning(now)
    if not warning:
        return
    what = f"{one.letters} {in_words(event, one)}"
    if is_overdue:
        report.problems.append(
            Problem(key=f"hold:left:{one.wave}", what=f"{what} : parties sans votre accord, il était temps")
        )
        return
    latest = one.latest.astimezone(event.zone)
    text = f"{what} : en attente de votre accord, à donner avant {latest.hour}h{latest.minute:02} pour arriver à temps"
    if one.needs_approval:
        remedy = f"orchestrator approve {one.wave}"
    else:
        remedy = "orchestrator resume"
    if one.leaves_at(None) is not None:
        remedy += " ; sans réponse, l'envoi part de lui-même"
    report.problems.append(Problem(key=f"hold:{warning}:{one.wave}", what=text, remedy=remedy))


def in_words(event: Event, one: Waiting) -> str:
    """Name a wave as the organiser does."""
    about = next((f" pour « {s.title} »" for s in event.sessions if s.key == one.wave.session), "")
    return NAMES[one.wave.kind] + about
