"""What becomes of the letters that no relay accepted this time: refused, put off, given back, void or withdrawn."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from orchestrator.core.errors import AddressRefused, LetterDeferred, MailError, RelayUnavailable, ReplyLost
from orchestrator.jobs.relay_room import RelayRoom
from orchestrator.store import Delivery, Released

log = logging.getLogger(__name__)

AGAIN = (60, 120, 310, 600)
"""Seconds before a letter that the relay put off is tried again (RFC 5321 §4.5.4.1 asks for patience)."""


class Verdicts:
    """Collects them until they are written down."""

    def __init__(self, room: RelayRoom, *, by_second: bool) -> None:
        self._room, self._by_second = room, by_second
        self.waiting: list[Released] = []

    def done(self, number: int) -> None:
        """Forget the first ones: they are written down."""
        self.waiting = self.waiting[number:]

    def miss(self, delivery: Delivery, error: MailError | None) -> None:
        """Decide what a failure means for a letter; none: it was not tried."""
        if error is None:
            self.give_back(delivery)
        elif isinstance(error, AddressRefused) and error.code and self._room.is_suspect:
            self.put_off(delivery, error.code, error.reply, in_doubt=False)
            self._room.refuses_everybody(error.reply, by_second=self._by_second)
        elif isinstance(error, AddressRefused):
            log.warning("letter %s refused by the relay: %s", delivery.key, error.code)
            self.refuse(delivery, error.code, error.reply or error.message)
        elif isinstance(error, LetterDeferred | ReplyLost):
            log.warning("letter %s put off by the relay: %s", delivery.key, error.code)
            self.put_off(delivery, error.code, error.reply or error.message, in_doubt=isinstance(error, ReplyLost))
        elif isinstance(error, RelayUnavailable):
            self.give_back(delivery, error)
            self._room.relay_failed(error, by_second=self._by_second)

    def end(self, delivery: Delivery, state: str) -> None:
        """It is of no use any more: `void` or `withdrawn`."""
        self.waiting.append(Released(delivery=delivery, state=state))

    def refuse(self, delivery: Delivery, code: int, reply: str) -> None:
        """It can never leave."""
        self.waiting.append(Released(delivery=delivery, state="refused", code=code, reply=reply))
        self._room.count("refused", delivery)

    def put_off(self, delivery: Delivery, code: int, reply: str, *, in_doubt: bool) -> None:
        """Try it again later; an attempt was made."""
        now = self._room.clock.now()
        at = now + backoff(delivery, now)
        self.waiting.append(
            Released(delivery=delivery, state="due", not_before=at, code=code, reply=reply, in_doubt=in_doubt)
        )
        self._room.count("deferred", delivery)

    def give_back(self, delivery: Delivery, error: RelayUnavailable | None = None, *, in_doubt: bool = False) -> None:
        """Let a letter be due again as if nothing had been tried."""
        code, reply = (error.code, error.reply) if error is not None else (0, "")
        now = self._room.clock.now()
        self.waiting.append(
            Released(
                delivery=delivery,
                state="due",
                not_before=now,
                code=code,
                reply=reply,
                in_doubt=in_doubt,
                counted=False,
            )
        )


def backoff(delivery: Delivery, now: datetime) -> timedelta:
    """Wait longer each time, but never so long that the deadline passes without three more tries."""
    patient = timedelta(seconds=AGAIN[min(delivery.attempts, len(AGAIN)) - 1])
    return min(patient, (delivery.void_at - now) / 3)
