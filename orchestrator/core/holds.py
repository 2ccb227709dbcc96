"""Waves of letters that wait for the organiser's word: which, until when, and what is said while they wait."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from orchestrator.core.letters import Owed
from orchestrator.core.model import Event, IfSilent
from orchestrator.core.schedule import limited
from orchestrator.core.sending import MARGIN, Load, Wave, latest_departures

WARNINGS = (timedelta(hours=4), timedelta(hours=1))
"""How long before its latest departure a wave that waits is called to mind."""
PAUSE_LASTS = timedelta(minutes=15)
"""A pause holds at least this long, even where that is too late for a wave."""
NOTHING: Load = MappingProxyType({})
LEAVES_ALL_THE_SAME = ("link", "host", "reminder")
"""Kinds that no silence may stop, unless the organiser says so."""


class WaveKey(NamedTuple):
    """Letters that leave together."""

    kind: str
    session: str = ""
    rule: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in self if part)


PAUSE = WaveKey("*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A wave of letters that have not left. `latest` is when it must leave so that its last letter is in time."""

    wave: WaveKey
    letters: int
    due_at: datetime | None
    latest: datetime
    if_silent: IfSilent
    needs_approval: bool

    def leaves_at(self, paused_since: datetime | None) -> datetime | None:
        """When it leaves all the same; None = never without a word."""
        if self.if_silent == "hold" or self.wave.kind not in LEAVES_ALL_THE_SAME:
            return None
        return self.latest if paused_since is None else max(self.latest, paused_since + PAUSE_LASTS)

    def instants(self, paused_since: datetime | None) -> Iterator[datetime]:
        """When there is something to say or to do about it."""
        yield from (self.latest - early for early in WARNINGS)
        yield self.latest
        if (at := self.leaves_at(paused_since)) is not None:
            yield at

    def warning(self, now: datetime) -> str:
        """Name the warning that holds now: "", `4h` or `1h`; past its latest departure it is late."""
        if now >= self.latest:
            return "late"
        return next(
            (f"{early // timedelta(hours=1)}h" for early in reversed(WARNINGS) if now >= self.latest - early), ""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """Letters of one wave that have not left, to one domain where that has a limit of its own; of `due_at` and
    `void_at` the earliest."""

    letters: int
    due_at: datetime | None
    void_at: datetime
    domain: str = ""


Heaps = Mapping[WaveKey, Sequence[Heap]]


def waves(event: Event, letters: Iterable[Owed], now: datetime, beside: Load = NOTHING) -> dict[WaveKey, Waiting]:
    """Group letters that have not left into waves, each with its latest departure as the relay's quota has it."""
    grouped: dict[WaveKey, dict[str, list[Owed]]] = defaultdict(lambda: defaultdict(list))
    for letter in letters:
        if letter.void_at > now:
            key = WaveKey(letter.kind, letter.session, letter.rule)
            grouped[key][limited(letter.email, event.quota)].append(letter)
    heaps = {key: [_heap(found, domain) for domain, found in to.items()] for key, to in grouped.items()}
    return weigh(event, heaps, now, beside)


def _heap(letters: list[Owed], domain: str) -> Heap:
    due_at = min((letter.due_at for letter in letters if letter.due_at is not None), default=None)
    void_at = min(letter.void_at for letter in letters)
    return Heap(letters=len(letters), due_at=due_at, void_at=void_at, domain=domain)


def weigh(event: Event, heaps: Heaps, now: datetime, beside: Load = NOTHING) -> dict[WaveKey, Waiting]:
    """Find the latest departure of each wave by the relay's quota, and what its silence means.

    `beside`: what else the relay has to do, of other events.
    """
    waves_of = {key: [_wave(event, key, heap, now) for heap in found] for key, found in heaps.items()}
    load: Counter[Wave] = Counter(beside)
    for key, found in heaps.items():
        for wave, heap in zip(waves_of[key], found, strict=True):
            load[wave] += heap.letters
    latest = latest_departures(load, event.quota)
    return {key: _waiting(event, key, found, min(latest[w] for w in waves_of[key])) for key, found in heaps.items()}


def _wave(event: Event, key: WaveKey, heap: Heap, now: datetime) -> Wave:
    """What the wave asks of the relay: all of it before the session it is about, or before the next one."""
    ahead = [s for s in event.sessions if s.starts_at > now and key.session in ("", s.key)]
    deadline = min([heap.void_at, *(s.starts_at for s in ahead)])
    return Wave(due_at=heap.due_at or now, finish_by=deadline - MARGIN, wanted_by=deadline, domain=heap.domain)


def _waiting(event: Event, key: WaveKey, heaps: Sequence[Heap], latest: datetime) -> Waiting:
    others = "speakers" if key.kind == "reminder" else "registrants"
    asked = [r for r in event.reminders if (r.session, r.rule.name) == (key.session, key.rule) and r.audience != others]
    strict = any(r.if_silent == "hold" for r in asked) if asked else event.letters.if_silent == "hold"
    return Waiting(
        wave=key,
        letters=sum(heap.letters for heap in heaps),
        due_at=min((heap.due_at for heap in heaps if heap.due_at is not None), default=None),
        latest=latest,
        if_silent="hold" if strict else "send",
        needs_approval=any(r.approve for r in asked) or (key.kind == "room" and event.letters.approve_rooms),
    )


def in_order(found: Mapping[WaveKey, Waiting]) -> list[Waiting]:
    """List waves by their latest departure."""
    return sorted(found.values(), key=lambda one: (one.latest, one.wave))
