"""Takes one relay's letters from the outbox to the relay over several lines, with group commits, until none is due.

One thread. Each round hears what the relay said on all lines, then in one transaction settles what was accepted, gives
back what was not and dots what is held, then sends those dots. A letter is claimed, committed, said up to its dot,
committed as dotted, dotted; its acceptance is committed before anything else is sent. No transaction is open across
the network.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from orchestrator.core.errors import MailError, OrchestratorError, RelayUnavailable
from orchestrator.jobs.relay_room import RelayRoom
from orchestrator.jobs.stock import Ready, Stock
from orchestrator.jobs.verdicts import Verdicts
from orchestrator.ports import News, Parcel, Reply
from orchestrator.store import Dotted, Settled, Step

log = logging.getLogger(__name__)

SOON = timedelta(seconds=1)
LOOK_SECONDS = 1.0
"""How long the lines are waited for before the outbox is looked at again."""
STUCK = timedelta(seconds=5)
"""How long a letter waits behind another one's dot before it goes by another line."""


class Courier:
    """One run over the outbox of a relay."""

    def __init__(self, room: RelayRoom, stop: threading.Event) -> None:
        self._room = room
        self._stop = stop
        self._by_second = room.goes_by_second
        self._lines = room.open_lines()
        self._verdicts = Verdicts(room, by_second=self._by_second)
        self._stock = Stock(room, self._verdicts)
        self._in_hand: dict[int, Ready] = {}
        self._held: dict[int, int] = {}
        """Line by letter that waits for its dot."""
        self._taken: dict[int, Reply] = {}
        self._load: Counter[int] = Counter()
        """How many letters each open line has to do with."""
        self._behind: dict[int, tuple[int, datetime]] = {}
        """The letter behind a dot, and since when, by line."""
        self._dotted: set[int] = set()
        self._opening = 0
        self._cap = room.connections
        self._dry = False

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
        if not (self._in_hand or self._opening or self._verdicts.waiting):
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
            self._dry = not self._stock.claim(self._most_lines)
        except OrchestratorError as error:
            if error.permanent or not self._in_hand:
                raise
            log.error("no further letter can be claimed now: %s", error.message)
            self._dry = True  # what is in hand goes on

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
        """Take the next letter, in words, while letters may leave."""
        if self._is_pausing or (ready := self._stock.next()) is None:
            return None
        self._in_hand[ready.delivery.id] = ready
        return ready

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
            self._verdicts.miss(self._in_hand.pop(news.key).delivery, news.error)

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

    def _free_the_stuck(self) -> None:
        """Send a letter by another line if the dot it waits behind is not answered."""
        now = self._room.clock.now()
        for line, (key, since) in list(self._behind.items()):
            if now - since > STUCK:
                del self._behind[line]
                self._lines.take_back(line)
                self._load[line] -= 1
                self._verdicts.give_back(self._in_hand.pop(key).delivery)

    # committing

    def _commit(self) -> None:
        """Write down what happened; until that has succeeded nothing is claimed and no dot is sent."""
        while self._taken or self._verdicts.waiting or self._held:
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
            self._verdicts.done(len(step.released))
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
        return Step(settled=settled, released=tuple(self._verdicts.waiting), dotted=dotted)

    def _let_go_of_the_late(self, now: datetime) -> None:
        """A letter that became worthless on its way gets no dot."""
        late = [key for key in self._held if now >= self._in_hand[key].delivery.void_at]
        for key in late:
            self._lose(key)
            self._verdicts.end(self._in_hand.pop(key).delivery, "void")

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
        self._stock.sent(len(settled))
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
        self._stock.give_back()
        for key in list(self._held):
            self._lose(key)
        for key, ready in self._in_hand.items():
            if key not in self._taken:
                self._verdicts.give_back(ready.delivery, in_doubt=key in self._dotted)
        if step := self._step():
            self._room.advance(step, self._room.clock.now())


def _dotted(ready: Ready) -> Dotted:
    written = ready.written
    return Dotted(delivery=ready.delivery, message=written.message, message_id=written.message_id, facts=written.facts)


def _parcel(ready: Ready) -> Parcel:
    written = ready.written
    return Parcel(key=ready.delivery.id, sender=written.sender, to=ready.delivery.address, message=written.message)
