"""The host of a rehearsal: opens the meetings at doors and ends them after the last session, unless told otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from orchestrator.core.meetings import meetings_of, tag_of
from orchestrator.core.model import Event, Session
from orchestrator.outside.zoom import FakeZoom
from orchestrator.rehearsal.faults import Trouble

MINUTE = timedelta(minutes=1)
LINGERS = timedelta(minutes=5)
"""How long after the last session the host ends the meeting."""
COMES_BACK = timedelta(minutes=10)
"""How soon a host who ended a session by mistake opens it again."""


class Host:
    """Sets the fake Zoom's meetings to what this host would have done by now; at lunch they restart a meeting once."""

    def __init__(self, event: Event, zoom: FakeZoom, troubles: Sequence[Trouble] = ()) -> None:
        self._event, self._zoom = event, zoom
        self._late = [t.begins for t in troubles if t.kind == "host-late" and t.begins]
        self._ended = [t.begins for t in troubles if t.kind == "ended-at" and t.begins]
        self._restarts = sorted(
            _between(a, b)
            for sessions in meetings_of(event).values()
            for a, b in pairwise(sorted(sessions, key=lambda s: s.starts_at))
            if b.doors_at - a.ends_at > 2 * LINGERS
        )
        self._deletions = sorted(t.begins for t in troubles if t.kind == "meeting-deleted" and t.begins)

    def instants(self) -> set[datetime]:
        """When this host does something."""
        found = {*self._late, *self._ended, *self._deletions, *self._restarts}
        for sessions in meetings_of(self._event).values():
            found |= {self._opens(sessions), _closes(sessions)}
            found |= {self._back(sessions, at) for at in self._ended}
        return found

    def act(self, now: datetime) -> None:
        """Do what is to be done by now; twice is the same as once."""
        while self._deletions and self._deletions[0] <= now:
            self._deletions.pop(0)
            for number, _, _ in self._zoom.statuses():
                self._zoom.delete_meeting(number)
        while self._restarts and self._restarts[0] <= now:
            self._restarts.pop(0)
            self._restart()
        wanted = {tag_of(self._event, key): self._is_on(s, now) for key, s in meetings_of(self._event).items()}
        for number, agenda, status in self._zoom.statuses():
            on = next((on for tag, on in wanted.items() if agenda.startswith(tag)), None)
            if on is True and status != "started":
                self._zoom.start_meeting(number)
            elif on is False and status == "started":
                self._zoom.end_meeting(number)

    def _restart(self) -> None:
        """End whatever is on for a moment: everybody who comes back is in another run of the meeting."""
        for number, _, status in self._zoom.statuses():
            if status == "started":
                self._zoom.end_meeting(number)
                self._zoom.start_meeting(number)

    def spans(self, key: str) -> list[tuple[datetime, datetime]]:
        """From when to when a meeting is on."""
        sessions = meetings_of(self._event)[key]
        opens, closes = self._opens(sessions), _closes(sessions)
        away = sorted((at, self._back(sessions, at)) for at in self._ended if opens < at < closes)
        edges = [opens, *(at for gap in away for at in gap), closes]
        return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]

    def _is_on(self, sessions: Sequence[Session], now: datetime) -> bool:
        away = any(at <= now < self._back(sessions, at) for at in self._ended)
        return self._opens(sessions) <= now < _closes(sessions) and not away

    def _opens(self, sessions: Sequence[Session]) -> datetime:
        first = min(sessions, key=lambda s: s.starts_at)
        return max([first.doors_at, *(at for at in self._late if first.doors_at <= at < first.ends_at)])

    def _back(self, sessions: Sequence[Session], ended: datetime) -> datetime:
        if any(s.starts_at <= ended < s.ends_at for s in sessions):
            return ended + COMES_BACK
        return min((s.doors_at for s in sessions if s.doors_at > ended), default=ended)


def _between(a: Session, b: Session) -> datetime:
    """The middle of a break, at a full minute."""
    return a.ends_at + (b.doors_at - a.ends_at) // 2 // MINUTE * MINUTE


def _closes(sessions: Sequence[Session]) -> datetime:
    return max(s.ends_at for s in sessions) + LINGERS
