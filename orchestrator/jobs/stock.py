"""The letters claimed and not yet on a line: how many are taken at once, and each put in words when its turn comes."""

from __future__ import annotations

import logging
from bisect import insort
from dataclasses import dataclass
from datetime import datetime

from orchestrator.core.errors import OrchestratorError, UnwritableLetter
from orchestrator.jobs.relay_room import RelayRoom, Written
from orchestrator.jobs.verdicts import Verdicts
from orchestrator.jobs.words import NobodyThere
from orchestrator.store import Delivery

log = logging.getLogger(__name__)

CLAIM_MOST = 100
CLAIM_AHEAD = 0.5
"""Seconds' worth of letters to claim at once: what is claimed cannot be overtaken by somebody in more of a hurry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A letter in words, ready to be offered."""

    delivery: Delivery
    written: Written


class Stock:
    """One run's letters, the one wanted soonest first."""

    def __init__(self, room: RelayRoom, verdicts: Verdicts) -> None:
        self._room, self._verdicts = room, verdicts
        self._letters: list[Delivery] = []
        self._claimed_at: datetime | None = None
        self._sent_since = 0

    def __len__(self) -> int:
        return len(self._letters)

    def sent(self, number: int) -> None:
        """Note how fast letters leave."""
        self._sent_since += number

    def claim(self, least: int) -> int:
        """Claim what will leave in a moment; says how many letters that was."""
        claimed = self._room.claim(self._how_many(least))
        for delivery in claimed:
            insort(self._letters, delivery, key=_urgency)
        return len(claimed)

    def _how_many(self, least: int) -> int:
        """As many as will be gone in a moment, going by the last ones."""
        now, before = self._room.clock.now(), self._claimed_at
        sent, self._claimed_at, self._sent_since = self._sent_since, now, 0
        if before is None or not sent:
            return least
        elapsed = max((now - before).total_seconds(), 0.001)
        return max(least, min(CLAIM_MOST, int(sent / elapsed * CLAIM_AHEAD)))

    def next(self) -> Ready | None:
        """Take the first letter that may leave and put it in words, right before MAIL."""
        while self._letters:
            delivery = self._letters.pop(0)
            now = self._room.clock.now()
            if now >= delivery.void_at:
                self._verdicts.end(delivery, "void")
            elif delivery.lease_until is None or now >= delivery.lease_until:
                continue  # somebody else may have it by now
            elif (written := self._written(delivery, now)) is not None:
                return Ready(delivery=delivery, written=written)
        return None

    def _written(self, delivery: Delivery, now: datetime) -> Written | None:
        """Put a letter in words; what goes wrong there concerns this one only."""
        try:
            return self._room.write(delivery, now)
        except NobodyThere:
            self._verdicts.end(delivery, "withdrawn")
        except UnwritableLetter as error:
            log.error("letter %s cannot be written: %s", delivery.key, error.message)
            self._verdicts.refuse(delivery, 0, error.message)
        except OrchestratorError as error:
            log.error("letter %s cannot be written now: %s", delivery.key, error.message)
            self._verdicts.give_back(delivery)
        except Exception:  # one letter must never end the post: it is put off, and said with its traceback
            log.exception("letter %s failed unexpectedly", delivery.key)
            self._verdicts.put_off(delivery, 0, "erreur interne", in_doubt=False)
        return None

    def give_back(self) -> None:
        """Let all of them be due again."""
        for delivery in self._letters:
            self._verdicts.give_back(delivery)
        self._letters.clear()


def _urgency(delivery: Delivery) -> tuple[datetime, int]:
    return delivery.wanted_by, delivery.id
