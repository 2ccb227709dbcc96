"""The host of a rehearsal: opens the meetings at doors and ends them after the last session, unless told otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from orchestrator.core.meetings import meetings_of, tag_of
from orchestrator.core.model import Event, Session
from orchestrator.outside.zoom import FakeZoom
from orchestrator.rehearsal.faults import Trouble

LINGERS = timedelta(minutes=5)
"""How long after the last session the host ends the meeting."""
COMES_BACK = timedelta(minutes=10)
"""How soon a host who ended a session by mistake opens it again."""


class Host:
    """Sets the fake Zoom's meetings to what this host would have done by now."""

    def __init__(self, event: Event, zoom: FakeZoom, troubles: Sequence[Trouble] = ()) -> None:
        self._event, self._zoom = event, zoom
        self._late = [t.begins for t in troubles if t.kind == "host-late" and t.begins]
        self._ended = [t.begins for t in troubles if t.kind == "ended-at" and t.begins]
        self._deletions = sorted(t.begins for t in troubles if t.kind == "meeting-deleted" and t.begins)

    def instants(self) -> set[datetime]:
        """When this host does something."""
        found = {*self._late, *self._ended, *self._deletions}
        for sessions in meetings_of(self._event).values():
            found |= {self._opens(sessions), _closes(sessions)}
            found |= {self._back(sessions, at) for at in self._ended}
        return found

    def act(self, now: datetime) -> None:
        """Do what is to be done by now; twice is the same as once."""
        while self._deletions and self._deletions[0] <= now:
            self._deletions.pop(0)
            for one in self._zoom.meetings():
                self._zoom.delete_meeting(one["id"])
        wanted = {tag_of(self._event, key): self._is_on(s, now) for key, s in meetings_of(self._event).items()}
        for one in self._zoom.meetings():
            on = next((on for tag, on in wanted.items() if one["agenda"].startswith(tag)), None)
            if on is True and one["status"] != "started":
                self._zoom.start_meeting(one["id"])
            elif on is False and one["status"] == "started":
                self._zoom.end_meeting(one["id"])

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


def _closes(sessions: Sequence[Session]) -> datetime:
    return max(s.ends_at for s in sessions) + LINGERS
