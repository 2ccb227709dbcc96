"""What the organiser asks of the letters by hand: whom it concerns, before; how many letters it made, after."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime

from orchestrator.core.holds import Heap, Waiting, WaveKey, in_order, weigh
from orchestrator.core.model import Event
from orchestrator.core.notices import Notice, again
from orchestrator.core.recipients import FALLBACK
from orchestrator.core.sending import Wave
from orchestrator.jobs.control import meeting_again, plan_b, put_in_outbox
from orchestrator.jobs.holds import is_pending
from orchestrator.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`new` False: it was asked for already. `planned`: letters that are in the outbox now."""

    new: bool
    planned: int


def announce(event: Event, store: Store, relay: str, notice: Notice, now: datetime) -> Asked:
    """Have an announcement written to whom it concerns."""
    new = bool(store.notices.add(event.key, [notice]))
    return Asked(new=new, planned=put_in_outbox(event, store, relay, now))


def resend(event: Event, store: Store, relay: str, email: str, now: datetime) -> Asked:
    """Have somebody's link written to them once more; asked twice within a minute it is one letter."""
    new = bool(store.notices.add(event.key, [again(event, email, now)]))
    return Asked(new=new, planned=put_in_outbox(event, store, relay, now))


def plan_b_is_on(event: Event, store: Store) -> bool:
    return bool(store.memos.get(event.key, FALLBACK))


def plan_b_reaches(event: Event, store: Store, now: datetime, *, on: bool) -> int:
    """How many people are written to when plan B begins, or ends: then those who had been told."""
    return meeting_again(event, store, now, on=on)


def turn_plan_b(event: Event, store: Store, relay: str, now: datetime, *, on: bool) -> Asked:
    """Begin or end plan B, and have everybody it concerns written to at once."""
    if not plan_b(event, store, now, on=on):
        return Asked(new=False, planned=0)
    return Asked(new=True, planned=put_in_outbox(event, store, relay, now))


def still_to_leave(event: Event, store: Store, relay: str, now: datetime) -> list[tuple[Waiting, bool]]:
    """List the waves whose letters are in the outbox, by counts; and whether each waits for approval.

    `due_at` of each is when its first letter leaves: counted, an index answers.
    """
    holds, heaps = store.holds.all(event.key), defaultdict[WaveKey, list[Heap]](list)
    queued = store.traffic.queued(relay, event.quota, now)
    for one in queued:
        if one.event == event.key:
            heap = Heap(letters=one.letters, due_at=one.leave_from, void_at=one.void_at, domain=one.domain)
            heaps[WaveKey(one.kind, one.session, one.rule)].append(heap)
    others = Counter[Wave]()
    for one in queued:
        if one.event != event.key:
            others[one.wave(now)] += one.letters
    return [(one, is_pending(one, holds)) for one in in_order(weigh(event, heaps, now, others))]
