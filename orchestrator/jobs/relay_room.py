"""What a courier asks and tells: one relay's letters, their words, its quota, its health, and what came of it all."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from orchestrator.core.errors import OrchestratorError, RelayUnavailable
from orchestrator.core.message import Message
from orchestrator.jobs.words import Words
from orchestrator.jobs.world import World
from orchestrator.ports import Clock, Lines
from orchestrator.store import Delivery, Step

log = logging.getLogger(__name__)

SECOND_FOR = timedelta(minutes=10)
"""How long letters leave by the second relay before the first is tried again."""
BROKEN = timedelta(minutes=1)
"""How long those whom a broken relay refused wait, so that others are tried first."""
REST = (5, 10, 20, 40, 60)
"""Seconds before a relay that failed is tried again."""


@dataclass(slots=True)
class Tally:
    """What the post did, by kind."""

    sent: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    deferred: Counter[str] = field(default_factory=Counter)
    trouble: str = ""
    remedy: str = ""

    def add(self, other: Tally) -> None:
        """Add what a further drain did; the trouble is that of the last one."""
        self.sent += other.sent
        self.refused += other.refused
        self.deferred += other.deferred
        self.trouble, self.remedy = other.trouble, other.remedy

    def as_data(self) -> dict[str, Any]:
        """What was sent, as plain values."""
        return {
            "sent": dict(self.sent),
            "refused": dict(self.refused),
            "deferred": dict(self.deferred),
            "trouble": self.trouble,
            "remedy": self.remedy,
        }

    def in_words(self) -> list[str]:
        """What was sent, for the organiser."""
        counts = ((self.sent, "parties"), (self.refused, "refusées par le relais"), (self.deferred, "à réessayer"))
        lines = [
            f"lettres {done} : " + ", ".join(f"{n} {kind}" for kind, n in sorted(counter.items()))
            for counter, done in counts
            if counter
        ]
        if self.trouble:
            lines.append(f"✗ {self.trouble}" + (f"\n    → {self.remedy}" if self.remedy else ""))
        return lines or ["aucune lettre à envoyer maintenant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A letter's bytes, what they tell, and the event's version they were written from (None = an earlier one)."""

    message: Message
    facts: Mapping[str, str | None]
    message_id: str
    sender: str
    as_of: int | None = None


class RelayRoom:
    """One relay's letters, words, quota and health, for any number of events."""

    def __init__(self, worlds: Mapping[str, World]) -> None:
        first = next(iter(worlds.values()))
        self.relay, self.connections = first.relay, first.connections
        self._first = first
        self._worlds = dict(worlds)
        self._words = {key: Words(world) for key, world in worlds.items()}
        self._resting_until: datetime | None = None
        self._failures = 0
        self._is_well = False  # until it has taken a letter: an earlier process may have raised an alarm
        self._lock = threading.Lock()
        self.is_suspect = False
        """Whether the relay has refused everybody lately, and taken nothing since."""
        self._by_second_until: datetime | None = None
        self.tally = Tally()

    def warm_up(self) -> None:
        """Get ready for letters: the first must not wait for templates to be read."""
        for scribe in {id(world.scribe): world.scribe for world in self._worlds.values()}.values():
            scribe.warm_up()

    def recover(self) -> int:
        """Take back the letters of workers that died or fell silent."""
        store = self._first.store
        return store.outbox.recover(self.relay, self._first.clock.now(), store.leases.alive)

    def next_at(self) -> datetime | None:
        """When there is something to do next."""
        world = self._first
        at = world.store.outbox.next_at(self.relay, self._worlds, world.event.quota, world.clock.now())
        resting = self._resting_until
        return at if at is None or resting is None else max(at, resting)

    def due(self) -> int:
        """How many letters may leave now, the quota apart."""
        world = self._first
        now = world.clock.now()
        if self._resting_until is not None and now < self._resting_until:
            return 0
        return world.store.outbox.due(self.relay, self._worlds, now, world.event.quota)

    @property
    def clock(self) -> Clock:
        """The clock all of it goes by."""
        return self._first.clock

    def quota_frees_at(self) -> datetime | None:
        """When the next letter that is due may leave, where only the relay's quota holds it back."""
        now = self.clock.now()
        if self.is_resting or not self._first.store.outbox.due(self.relay, self._worlds, now):
            return None
        at = self.next_at()
        return at if at is not None and at > now else None

    # what a courier asks

    def open_lines(self) -> Lines:
        """Lines to the relay, or to the second one while the first is at fault."""
        second = self._first.second
        return second.lines() if second is not None and self.goes_by_second else self._first.post.lines()

    @property
    def goes_by_second(self) -> bool:
        """Whether letters leave by the second relay for now."""
        until = self._by_second_until
        return self._first.second is not None and until is not None and self.clock.now() < until

    @property
    def lines_allowed(self) -> int:
        """How many connections there may be: one, until a relay that failed has taken a letter again."""
        return 1 if self._failures else self.connections

    @property
    def is_resting(self) -> bool:
        """Whether the relay has failed and is left alone for a while."""
        return self._resting_until is not None and self.clock.now() < self._resting_until

    def claim(self, most: int = 1) -> list[Delivery]:
        """Take the letters wanted soonest, with what their words need; none while the relay rests."""
        if self.is_resting:
            return []
        world, now = self._first, self.clock.now()
        claimed = world.store.outbox.claim(
            self.relay, self._worlds, world.owner, now, world.patience.letter_lease, world.event.quota, most
        )
        by_event: dict[str, list[Delivery]] = {}
        for delivery in claimed:
            by_event.setdefault(delivery.event, []).append(delivery)
        for event, letters in by_event.items():
            with suppress(OrchestratorError):  # then each is read for when it is written
                self._words[event].gather(letters)
        return claimed

    def write(self, delivery: Delivery, now: datetime) -> Written:
        """Put a letter in words as of now; one in doubt goes out again exactly as it did."""
        world = self._worlds[delivery.event]
        sender = bare(world.event.mail_from)
        if delivery.in_doubt and (message := world.store.outbox.message_of(delivery)) is not None:
            return Written(message=message, facts=delivery.facts or {}, message_id=delivery.message_id, sender=sender)
        worded = self._words[delivery.event].letter(delivery, now)
        return Written(
            message=world.scribe.write(worded.letter),
            facts=worded.facts,
            message_id=worded.letter.message_id,
            sender=sender,
            as_of=worded.as_of,
        )

    def advance(self, step: Step, now: datetime) -> frozenset[int]:
        """Write down how letters go on; returns the ids that may get their dot."""
        world = self._first
        return world.store.outbox.advance(world.owner, now, world.patience.letter_lease, step)

    # how the relay fares

    def relay_failed(self, error: RelayUnavailable, *, by_second: bool = False) -> None:
        """Let everybody rest for a while: the relay is at fault, no letter and no address is."""
        now = self.clock.now()
        with self._lock:
            if by_second != self.goes_by_second:
                return  # another connection has said so already, and letters take the other way
            self.tally.trouble, self.tally.remedy = error.message, error.remedy
            if self._resting_until is not None and now < self._resting_until:
                return  # another connection has said so already
            goes_by_second, self._by_second_until = self.goes_by_second, now + SECOND_FOR
            pause = 0 if self._first.second and not goes_by_second else REST[min(self._failures, len(REST) - 1)]
            if goes_by_second:
                self._by_second_until = None
            self._failures, self._is_well = self._failures + 1, False
            self._resting_until = now + timedelta(seconds=pause)
        log.warning("relay unavailable at %s (code %s), resting %s s", error.stage, error.code, pause)
        self._raise_alarm({f"relay:{self.relay}": (error.message, error.remedy)})

    def look_for_a_broken_relay(self) -> None:
        """The same refusal to everybody is the relay's fault: what it refused is due again, and somebody must look."""
        now = self.clock.now()
        words = self._first.store.outbox.reopen(self.relay, now, now + BROKEN)
        if words:
            self.is_suspect = True
            self.refuses_everybody(words, by_second=self.goes_by_second)

    def refuses_everybody(self, words: str, *, by_second: bool) -> None:
        """Rest: the relay answers everybody alike."""
        self.relay_failed(
            RelayUnavailable(
                f"Le relais refuse toutes les lettres (« {words} ») ; elles restent à envoyer.",
                stage="rcpt",
                permanent=True,
                remedy="demandez à l'hébergeur du relais pourquoi (quota, blocage, identifiants), ou changez de relais",
            ),
            by_second=by_second,
        )

    def relay_works(self) -> None:
        """A letter was accepted: the relay is well, or the second one stands in for it."""
        if self.goes_by_second:
            with self._lock:
                self._failures, self._resting_until = 0, None
            return
        self.is_suspect = False
        with self._lock:
            was_well, self._is_well = self._is_well, True
            self._failures, self._resting_until = 0, None
            if not was_well:
                self.tally.trouble = self.tally.remedy = ""
        if not was_well:
            self._raise_alarm({})

    def _raise_alarm(self, alarms: dict[str, tuple[str, str]]) -> None:
        found = dict.fromkeys(self._worlds, alarms)
        self._first.store.alarms.set_everywhere(found, self._worlds, "relay:", self._first.clock.now())

    def count(self, outcome: Literal["sent", "refused", "deferred"], delivery: Delivery) -> None:
        counter: Counter[str] = getattr(self.tally, outcome)
        counter[delivery.kind] += 1


def bare(sender: str) -> str:
    return sender.rpartition("<")[2].rstrip("> ").strip()
