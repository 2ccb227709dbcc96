"""The outside of a rehearsal: the fake Zoom, the relay and the growing file, with the faults asked for."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from types import TracebackType
from typing import Any

from orchestrator.core.model import Event, identity
from orchestrator.outside.relay import Accepted, Moment, Relay, Verdict
from orchestrator.outside.zoom import BUSY, Call, Drop, Exchange, FakeZoom, Fault
from orchestrator.rehearsal.clock import SharedClock
from orchestrator.rehearsal.faults import Trouble

ZOOM_TAKES = timedelta(milliseconds=150)
RELAY_TAKES = timedelta(milliseconds=200)
"""How long an exchange with Zoom and the acceptance of a letter last in a rehearsal."""

Line = dict[str, Any]


def stamp(at: datetime) -> str:
    """ISO 8601 in UTC with Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Stage:
    """Keeps every letter and every exchange; `strike` is asked whether the service is to be killed right now."""

    def __init__(
        self, event: Event, clock: SharedClock, troubles: Sequence[Trouble], out: Path, strike: Callable[[], bool]
    ) -> None:
        self.clock, self.out = clock, out
        self._troubles, self._strike = troubles, strike
        self._draw = random.Random(event.key)  # the same faults every time
        self._lock = threading.Lock()
        self.letters: list[Line] = []
        self.exchanges: list[Line] = []
        (out / "mail").mkdir(parents=True, exist_ok=True)
        licensed = [identity(s.email) for s in event.speakers if s.role == "alternative-host"]
        self.zoom = FakeZoom(
            now=clock.now,
            host=identity(event.zoom.host),
            hear=self._hear,
            temper=self._zoom_temper,
            licensed_users=licensed,
            capacity=1000,
            rates=False,
        )
        self.relay = Relay(now=clock.now, keep=self._keep, temper=self._relay_temper)

    def __enter__(self) -> Stage:
        self.zoom.start()
        self.relay.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.relay.stop()
        self.zoom.stop()

    def _on(self, kind: str) -> bool:
        now = self.clock.now()
        return any(t.kind == kind and t.holds(now) for t in self._troubles)

    def _zoom_temper(self, _call: Call) -> Fault | None:
        self.clock.advance(ZOOM_TAKES)
        if self._strike() or self._on("zoom-down"):
            return Drop()
        return BUSY if self._on("zoom-429") else None

    def _relay_temper(self, moment: Moment) -> Verdict | None:
        if self._on("smtp-down"):
            return Verdict(drop=True)
        if moment.stage == "rcpt" and self._is_in_a_mood():
            return Verdict(reply=(451, "4.3.0 try again later"))
        if moment.stage == "dot":
            self.clock.advance(RELAY_TAKES)
        if moment.stage == "accepted" and self._strike():
            return Verdict(drop=True)
        return None

    def _is_in_a_mood(self) -> bool:
        with self._lock:
            return any(t.percent and self._draw.random() * 100 < t.percent for t in self._troubles)

    def _hear(self, exchange: Exchange) -> None:
        line: Line = {
            "at": stamp(exchange.at),
            "method": exchange.method,
            "path": exchange.path,
            "status": exchange.status,
            "request": exchange.request,
            "response": exchange.response,
        }
        if exchange.lost or not exchange.status:
            line["lost"] = True
        self.exchanges.append(line)

    def _keep(self, accepted: Accepted) -> None:
        """Write the raw bytes the relay accepted; the kind stands first in the message id."""
        name = str(message_from_bytes(accepted.data)["Message-ID"] or "")
        kind = name.lstrip("<").partition(".")[0]
        file = f"mail/{len(self.letters) + 1:05d}-{kind}.eml"
        (self.out / file).write_bytes(accepted.data)
        self.letters.append(
            {
                "at": stamp(accepted.at),
                "to": accepted.to,
                "kind": kind,
                "session": None,
                "rule": None,
                "message_id": name,
                "file": file,
            }
        )


def write_lines(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
