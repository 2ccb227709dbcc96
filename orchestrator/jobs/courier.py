"""Takes one relay's letters from the outbox to the relay over several lines, with group commits, until none is due.

One thread. Each round hears what the relay said on all lines, then in one transaction settles what was accepted, gives
back what was not and dots what is held, then sends those dots. A letter is claimed, committed, said up to its dot,
committed as dotted, dotted; its acceptance is committed before anything else is sent. No transaction is open across
the network.
"""

from __future__ import annotations

import logging
import threading
from bisect import insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from orchestrator.core.errors import (
    AddressRefused,
    LetterDeferred,
    MailError,
    OrchestratorError,
    RelayUnavailable,
    ReplyLost,
    UnwritableLetter,
)
from orchestrator.jobs.words import NobodyThere
from orchestrator.ports import News, Parcel, Reply
from orchestrator.store import Delivery, Dotted, Released, Settled, Step

if TYPE_CHECKING:
    from orchestrator.jobs.post import PostRoom, Written

log = logging.getLogger(__name__)

AGAIN = (60, 120, 310, 600)
"""Seconds before a letter that the relay put off is tried again (RFC 5321 §4.5.4.1 asks for patience)."""
SOON = timedelta(seconds=1)
LOOK_SECONDS = 1.0
"""How long the lines are waited for before the outbox is looked at again."""
CLAIM_MOST = 100
CLAIM_AHEAD = 0.5
"""Seconds' worth of letters to claim at once: what is claimed cannot be overtaken by somebody in more of a hurry."""
STUCK = timedelta(seconds=5)
"""How long a letter waits behind another one's dot before it goes by another line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A letter in words, ready to be offered."""

    delivery: Delivery
    written: Written


class Courier:
    """One run over the outbox of a relay."""

    def __init__(self, room: PostRoom, stop: threading.Event) -> None:
        self._room = room
        self._stop = stop
        self._by_second = room.goes_by_second
        self._lines = room.open_lines()
        self._stock: list[Delivery] = []
        """Claimed and not yet on a line, the one wanted soonest first."""
        self._in_hand: dict[int, Ready] = {}
        self._held: dict[int, int] = {}
        """Line by letter that waits for its dot."""
        self._taken: dict[int, Reply] = {}
        self._released: list[Released] = []
        self._load: Counter[int] = Counter()
        """How many letters each open line has to do with."""
        self._behind: dict[int, tuple[int, datetime]] = {}
        """The letter behind a dot, and since when, by line."""
        self._dotted: set[int] = set()
        self._opening = 0
        self._cap = room.connections
        self._dry = False
        self._claimed_at: datetime | None = None
        self._sent_since = 0

    def run(self) -> None:
        """Go on until nothing is due and nothing in hand; what is left in the end is given back."""
        try:
            while self._round():
                pass
        finally:
            self._give_everything_back()
            self._lines.close()

    def _round(self) -> bool:
        self._fill()
        self._offer()
        if not (self._in_hand or self._opening or self._released):
            return not self._is_pausing and (bool(self._stock) or not self._dry)
        waits = bool(self._in_hand or self._opening)
        news = self._lines.wait(LOOK_SECONDS) if waits else ()
        self._dry = self._dry and bool(news)
        for one in news:
            self._hear(one)
        self._free_the_stuck()
        self._commit()
        return True

    @property
    def _is_pausing(self) -> bool:
        return self._stop.is_set() or self._room.is_resting or self._room.goes_by_second != self._by_second

    @property
    def _most_lines(self) -> int:
        return min(self._cap, self._room.lines_allowed)

    # claiming

    def _fill(self) -> None:
        """Claim while there is little left in stock."""
        if self._is_pausing or len(self._stock) >= self._most_lines or (self._dry and self._in_hand):
            return
        try:
            claimed = self._room.claim(self._how_many())
        except OrchestratorError as error:
            if error.permanent or not self._in_hand:
                raise
            log.error("no further letter can be claimed now: %s", error.message)
            claimed = []  # what is in hand goes on
        self._dry = not claimed
        for delivery in claimed:
            insort(self._stock, delivery, key=_urgency)

    def _how_many(self) -> int:
        """As many as will be gone in a moment, going by the last ones."""
        now, before = self._room.clock.now(), self._claimed_at
        sent, self._claimed_at, self._sent_since = self._sent_since, now, 0
        if before is None or not sent:
            return self._most_lines
        elapsed = max((now - before).total_seconds(), 0.001)
        return max(self._most_lines, min(CLAIM_MOST, int(sent / elapsed * CLAIM_AHEAD)))

    # offering

    def _offer(self) -> None:
        """Offer letters on idle lines; open more lines where there are more letters."""
        idle = [line for line, load in self._load.items() if not load]
        for line in idle:
            if (ready := self._next()) is None:
                return
            self._load[line] += 1
            self._lines.offer(line, _parcel(ready))
        wanted = min(len(self._stock), self._most_lines - len(self._load)) - self._opening
        if wanted > 0 and not self._is_pausing:
            self._opening += wanted
            for _ in range(wanted):
                self._lines.open()

    def _next(self) -> Ready | None:
        """Take the next letter from the stock and put it in words, right before MAIL."""
        while self._stock and not self._is_pausing:
            delivery = self._stock.pop(0)
            now = self._room.clock.now()
            if now >= delivery.void_at:
                self._released.append(Released(delivery=delivery, state="void"))
            elif delivery.lease_until is None or now >= delivery.lease_until:
                continue  # somebody else may have it by now
            elif (written := self._written(delivery, now)) is not None:
                self._in_hand[delivery.id] = ready = Ready(delivery=delivery, written=written)
                return ready
        return None

    def _written(self, delivery: Delivery, now: datetime) -> Written | None:
        """Put a letter in words; what goes wrong there concerns this one only."""
        try:
            return self._room.write(delivery, now)
        except NobodyThere:
            self._released.append(Released(delivery=delivery, state="withdrawn"))
        except UnwritableLetter as error:
            log.error("letter %s cannot be written: %s", delivery.key, error.message)
            self._refuse(delivery, 0, error.message)
        except OrchestratorError as error:
            log.error("letter %s cannot be written now: %s", delivery.key, error.message)
            self._give_back(delivery)
        except Exception:  # one letter must never end the post: it is put off, and said with its traceback
            log.exception("letter %s failed unexpectedly", delivery.key)
            self._put_off(delivery, 0, "erreur interne", in_doubt=False)
        return None

    # hearing

    def _hear(self, news: News) -> None:
        if news.key is None:
            self._hear_of_line(news)
            return
        self._load[news.line] -= 1
        if news.what == "held":
            self._load[news.line] += 1
            self._held[news.key] = news.line
            return
        self._dotted.discard(news.key)
        behind = self._behind.get(news.line)
        if behind is not None and behind[0] != news.key:
            del self._behind[news.line]  # the dot before it is answered
        if news.what == "taken" and news.reply is not None:
            self._taken[news.key] = news.reply
        else:
            self._held.pop(news.key, None)
            self._miss(self._in_hand.pop(news.key).delivery, news.error)

    def _hear_of_line(self, news: News) -> None:
        if news.what == "opened":
            self._opening -= 1
            self._load[news.line] = 0
        elif news.line in self._load:
            del self._load[news.line]
            self._behind.pop(news.line, None)
        else:
            self._opening -= 1
            self._no_line(news.error)

    def _no_line(self, error: MailError | None) -> None:
        """The relay gives no further line: make do with those there are, if there are any."""
        if self._load:
            self._cap = len(self._load)
        elif isinstance(error, RelayUnavailable):
            self._room.relay_failed(error, by_second=self._by_second)

    def _miss(self, delivery: Delivery, error: MailError | None) -> None:
        if error is None:
            self._give_back(delivery)
        elif isinstance(error, AddressRefused) and error.code and self._room.is_suspect:
            self._put_off(delivery, error.code, error.reply, in_doubt=False)
            self._room.refuses_everybody(error.reply, by_second=self._by_second)
        elif isinstance(error, AddressRefused):
            log.warning("letter %s refused by the relay: %s", delivery.key, error.code)
            self._refuse(delivery, error.code, error.reply or error.message)
        elif isinstance(error, LetterDeferred | ReplyLost):
            log.warning("letter %s put off by the relay: %s", delivery.key, error.code)
            self._put_off(delivery, error.code, error.reply or error.message, in_doubt=isinstance(error, ReplyLost))
        elif isinstance(error, RelayUnavailable):
            self._give_back(delivery, error)
            self._room.relay_failed(error, by_second=self._by_second)

    def _refuse(self, delivery: Delivery, code: int, reply: str) -> None:
        self._released.append(Released(delivery=delivery, state="refused", code=code, reply=reply))
        self._room.count("refused", delivery)

    def _put_off(self, delivery: Delivery, code: int, reply: str, *, in_doubt: bool) -> None:
        now = self._room.clock.now()
        at = now + backoff(delivery, now)
        self._released.append(
            Released(delivery=delivery, state="due", not_before=at, code=code, reply=reply, in_doubt=in_doubt)
        )
        self._room.count("deferred", delivery)

    def _give_back(self, delivery: Delivery, error: RelayUnavailable | None = None) -> None:
        """Let a letter be due again as if nothing had been tried."""
        code, reply = (error.code, error.reply) if error is not None else (0, "")
        now = self._room.clock.now()
        self._released.append(
            Released(delivery=delivery, state="due", not_before=now, code=code, reply=reply, counted=False)
        )

    def _free_the_stuck(self) -> None:
        """Send a letter by another line if the dot it waits behind is not answered."""
        now = self._room.clock.now()
        for line, (key, since) in list(self._behind.items()):
            if now - since > STUCK:
                del self._behind[line]
                self._lines.take_back(line)
                self._load[line] -= 1
                self._give_back(self._in_hand.pop(key).delivery)

    # committing

    def _commit(self) -> None:
        """Write down what happened; until that has succeeded nothing is claimed and no dot is sent."""
        while self._taken or self._released or self._held:
            now = self._room.clock.now()
            self._let_go_of_the_late(now)
            step = self._step()
            try:
                ours = self._room.advance(step, now)
            except OrchestratorError as error:
                if error.permanent:
                    raise
                log.error("%s letters accepted but not noted yet: %s", len(self._taken), error.message)
                self._room.clock.wait(now + SOON)
                continue
            self._forget(step.settled)
            self._released = self._released[len(step.released) :]
            if any(one.state == "refused" and one.code for one in step.released):
                self._room.look_for_a_broken_relay()
            self._send_dots(ours)
            return

    def _step(self) -> Step:
        settled = []
        for key, reply in self._taken.items():
            written = self._in_hand[key].written
            settled.append(
                Settled(
                    delivery=self._in_hand[key].delivery,
                    facts=written.facts,
                    code=reply.code,
                    reply=reply.text,
                    as_of=written.as_of,
                )
            )
        dotted = [_dotted(self._in_hand[key]) for key in self._held]
        return Step(settled=settled, released=tuple(self._released), dotted=dotted)

    def _let_go_of_the_late(self, now: datetime) -> None:
        """A letter that became worthless on its way gets no dot."""
        late = [key for key in self._held if now >= self._in_hand[key].delivery.void_at]
        for key in late:
            self._lose(key)
            self._released.append(Released(delivery=self._in_hand.pop(key).delivery, state="void"))

    def _lose(self, key: int) -> None:
        """Hang up on the line a letter is held on: without its dot it is void."""
        line = self._held.pop(key)
        self._lines.let_go(line)
        del self._load[line]

    def _forget(self, settled: Sequence[Settled]) -> None:
        for one in settled:
            del self._taken[one.delivery.id], self._in_hand[one.delivery.id]
            self._room.count("sent", one.delivery)
            log.info("letter %s accepted by the relay: %s", one.delivery.key, one.code)
        self._sent_since += len(settled)
        if settled:
            self._room.relay_works()

    def _send_dots(self, ours: frozenset[int]) -> None:
        for key in [key for key in self._held if key not in ours]:
            self._lose(key)  # the lease ran out, somebody else has it
            del self._in_hand[key]
        self._dotted |= ours
        for line in self._held.values():
            then = self._next()
            if then is not None:
                self._load[line] += 1
                self._behind[line] = (then.delivery.id, self._room.clock.now())
            self._lines.finish(line, None if then is None else _parcel(then))
        self._held.clear()

    def _give_everything_back(self) -> None:
        """Whatever ended the run, nobody's letter stays in hand; what is at its dot may have been accepted."""
        for delivery in self._stock:
            self._give_back(delivery)
        for key in list(self._held):
            self._lose(key)
        now = self._room.clock.now()
        left = [
            Released(delivery=ready.delivery, state="due", not_before=now, in_doubt=key in self._dotted, counted=False)
            for key, ready in self._in_hand.items()
            if key not in self._taken
        ]
        self._stock.clear()
        step = Step(settled=self._step().settled, released=(*self._released, *left))
        if step:
            self._room.advance(step, now)


def backoff(delivery: Delivery, now: datetime) -> timedelta:
    """Wait longer each time, but never so long that the deadline passes without three more tries."""
    patient = timedelta(seconds=AGAIN[min(delivery.attempts, len(AGAIN)) - 1])
    return min(patient, (delivery.void_at - now) / 3)


def _urgency(delivery: Delivery) -> tuple[datetime, int]:
    return delivery.wanted_by, delivery.id


def _dotted(ready: Ready) -> Dotted:
    written = ready.written
    return Dotted(delivery=ready.delivery, data=written.data, message_id=written.message_id, facts=written.facts)


def _parcel(ready: Ready) -> Parcel:
    written = ready.written
    return Parcel(key=ready.delivery.id, sender=written.sender, to=ready.delivery.address, data=written.data)
