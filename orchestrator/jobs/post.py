"""The post: claims the letter wanted soonest, puts it in words, hands it to the relay, settles it on the relay's 250.

One letter a transaction; claim, commit, offer, commit `dotted`, final dot, commit `sent`. Never holds a transaction
open across the network.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from orchestrator.core.errors import (
    AddressRefused,
    LetterDeferred,
    MailError,
    OrchestratorError,
    RelayUnavailable,
    ReplyLost,
    UnwritableLetter,
)
from orchestrator.jobs.words import NobodyThere, Words
from orchestrator.jobs.world import World
from orchestrator.ports import Clock, Line, Reply
from orchestrator.store import Delivery

log = logging.getLogger(__name__)

AGAIN = (60, 120, 310, 600)
"""Seconds before a letter that the relay put off is tried again (RFC 5321 §4.5.4.1 asks for patience)."""
REST = (5, 10, 20, 40, 60)
"""Seconds before a relay that failed is tried again."""
SOON = timedelta(seconds=1)


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

    data: bytes
    facts: Mapping[str, str | None]
    message_id: str
    as_of: int | None = None


class PostRoom:
    """All sending through one relay, for any number of events."""

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
        self.tally = Tally()

    # what a drain and a pool have in common

    def drain(self, stop: threading.Event | None = None) -> Tally:
        """Send everything that is due now over several connections; waits for nothing."""
        self.tally = Tally()
        stop = stop or threading.Event()
        self.recover()
        waiting = self.due()
        threads = [
            threading.Thread(target=self._until_idle, args=(stop,)) for _ in range(min(waiting, self.connections) - 1)
        ]
        for thread in threads:
            thread.start()
        if waiting:
            self._until_idle(stop)
        for thread in threads:
            thread.join()
        return self.tally

    def _until_idle(self, stop: threading.Event) -> None:
        with ExitStack() as open_line:
            worker = Worker(self, open_line)
            while not stop.is_set() and worker.turn():
                pass

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
        return world.store.outbox.due(self.relay, self._worlds, now)

    @property
    def clock(self) -> Clock:
        return self._first.clock

    def quota_frees_at(self) -> datetime | None:
        """When the next letter that is due may leave, where only the relay's quota holds it back."""
        world, now = self._first, self.clock.now()
        if not self.due():
            return None
        return world.store.outbox.quota_frees_at(self.relay, world.event.quota, now)

    def claim(self) -> Delivery | None:
        world = self._first
        now = world.clock.now()
        if self._resting_until is not None and now < self._resting_until:
            return None
        return world.store.outbox.claim(
            self.relay, self._worlds, world.owner, now, world.patience.letter_lease, world.event.quota
        )

    def world(self, delivery: Delivery) -> World:
        return self._worlds[delivery.event]

    def words(self, delivery: Delivery) -> Words:
        return self._words[delivery.event]

    # how the relay fares

    def relay_failed(self, error: RelayUnavailable) -> None:
        """Let everybody rest for a while: the relay is at fault, no letter and no address is."""
        now = self.clock.now()
        with self._lock:
            self.tally.trouble, self.tally.remedy = error.message, error.remedy
            if self._resting_until is not None and now < self._resting_until:
                return  # another connection has said so already
            pause = REST[min(self._failures, len(REST) - 1)]
            self._failures, self._is_well = self._failures + 1, False
            self._resting_until = now + timedelta(seconds=pause)
        log.warning("relay unavailable at %s (code %s), resting %s s", error.stage, error.code, pause)
        self._raise_alarm({f"relay:{self.relay}": (error.message, error.remedy)})

    def relay_works(self) -> None:
        with self._lock:
            was_well, self._is_well = self._is_well, True
            self._failures, self._resting_until = 0, None
            if not was_well:
                self.tally.trouble = self.tally.remedy = ""
        if not was_well:
            self._raise_alarm({})

    def _raise_alarm(self, alarms: dict[str, tuple[str, str]]) -> None:
        now = self._first.clock.now()
        for key, world in self._worlds.items():
            world.store.alarms.set(key, alarms, "relay:", now)

    def count(self, counter: Callable[[Tally], Counter[str]], delivery: Delivery) -> None:
        with self._lock:
            counter(self.tally)[delivery.kind] += 1


def rooms(worlds: Sequence[World]) -> list[PostRoom]:
    """Open one post room a relay."""
    by_relay: dict[str, dict[str, World]] = {}
    for world in worlds:
        by_relay.setdefault(world.relay, {})[world.event.key] = world
    return [PostRoom(group) for group in by_relay.values()]


class Worker:
    """One connection's work."""

    def __init__(self, room: PostRoom, open_line: ExitStack) -> None:
        self._room = room
        self._open_line = open_line
        self._line: Line | None = None

    def turn(self) -> bool:
        """Take one letter as far as it goes; False when there is none, or the relay rests."""
        delivery = self._room.claim()
        if delivery is None:
            return False
        world = self._room.world(delivery)
        try:
            self._send(world, delivery)
        except NobodyThere:
            world.store.outbox.withdraw(delivery, world.owner)
        except UnwritableLetter as error:
            log.error("letter %s cannot be written: %s", delivery.key, error.message)
            world.store.outbox.refuse(delivery, world.owner, 0, error.message)
            self._room.count(lambda tally: tally.refused, delivery)
        except AddressRefused as error:
            log.warning("letter %s refused by the relay: %s", delivery.key, error.code)
            world.store.outbox.refuse(delivery, world.owner, error.code, error.reply or error.message)
            self._room.count(lambda tally: tally.refused, delivery)
        except LetterDeferred as error:
            self._defer(world, delivery, error, in_doubt=False)
        except ReplyLost as error:
            self.close()
            self._defer(world, delivery, error, in_doubt=True)
        except RelayUnavailable as error:
            self.close()
            now = world.clock.now()
            world.store.outbox.defer(delivery, world.owner, now, code=error.code, reply=error.reply, counted=False)
            self._room.relay_failed(error)
            return False
        except Exception:  # one letter must never end the post: it is put off, and said with its traceback
            log.exception("letter %s failed unexpectedly", delivery.key)
            self.close()
            later = world.clock.now() + _backoff(delivery, world.clock.now())
            world.store.outbox.defer(delivery, world.owner, later, reply="erreur interne", in_doubt=True)
            self._room.count(lambda tally: tally.deferred, delivery)
        return True

    def _send(self, world: World, delivery: Delivery) -> None:
        written = self._written(world, delivery)
        line = self._connected(world)
        now = world.clock.now()
        if now >= delivery.void_at:
            world.store.outbox.void(delivery, world.owner)
            return
        if delivery.lease_until is None or now >= delivery.lease_until:
            self.close()
            return
        held = line.offer(bare(world.event.mail_from), delivery.address, written.data)
        now = world.clock.now()
        if not world.store.outbox.dot(delivery, world.owner, written.data, written.message_id, written.facts, now):
            self.close()
            return
        reply = held.finish()
        self._settle(world, delivery, written, reply)
        self._room.relay_works()
        self._room.count(lambda tally: tally.sent, delivery)
        log.info("letter %s accepted by the relay: %s", delivery.key, reply.code)

    def _written(self, world: World, delivery: Delivery) -> Written:
        """Put the letter in words as of now; one in doubt goes out again exactly as it did."""
        if delivery.in_doubt and delivery.data is not None:
            return Written(data=delivery.data, facts=delivery.facts or {}, message_id=delivery.message_id)
        version, _ = world.store.events.versions(delivery.event)
        letter, facts = self._room.words(delivery).letter(delivery, world.clock.now())
        data = world.scribe.write(letter)
        return Written(data=data, facts=facts, message_id=letter.message_id, as_of=version)

    def _connected(self, world: World) -> Line:
        if self._line is None:
            self._line = self._open_line.enter_context(world.post.connect())
        return self._line

    def _settle(self, world: World, delivery: Delivery, written: Written, reply: Reply) -> None:
        """Note the acceptance, and claim nothing more until that has succeeded: the letter must not go twice."""
        while True:
            try:
                world.store.outbox.settle(
                    delivery, written.facts, reply.code, reply.text, world.clock.now(), written.as_of
                )
                return
            except OrchestratorError as error:
                if error.permanent:
                    raise
                log.error("letter %s accepted but not noted yet: %s", delivery.key, error.message)
                world.clock.wait(world.clock.now() + SOON)

    def _defer(self, world: World, delivery: Delivery, error: MailError, *, in_doubt: bool) -> None:
        now = world.clock.now()
        at = now + _backoff(delivery, now)
        log.warning("letter %s put off by the relay: %s", delivery.key, error.code)
        world.store.outbox.defer(
            delivery, world.owner, at, code=error.code, reply=error.reply or error.message, in_doubt=in_doubt
        )
        self._room.count(lambda tally: tally.deferred, delivery)

    def close(self) -> None:
        """Give the connection up; the next letter opens another."""
        self._line = None
        self._open_line.close()


def _backoff(delivery: Delivery, now: datetime) -> timedelta:
    """Wait longer each time, but never so long that the deadline passes without three more tries."""
    patient = timedelta(seconds=AGAIN[min(delivery.attempts, len(AGAIN)) - 1])
    return min(patient, (delivery.void_at - now) / 3)


def bare(sender: str) -> str:
    return sender.rpartition("<")[2].rstrip("> ").strip()
