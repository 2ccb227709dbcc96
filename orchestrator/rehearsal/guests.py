"""Brings the crowd of a rehearsal into the fake Zoom's meetings as its script says, as far as the host lets it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from orchestrator.core.meetings import meeting_of, meetings_of, tag_of
from orchestrator.core.model import Event, identity
from orchestrator.outside.zoom import FakeZoom, Visit
from orchestrator.rehearsal.crowd import MINUTE, Coming, Script
from orchestrator.rehearsal.host import Host


class Guests:
    """What the script says has happened by now, put where Zoom's report will tell of it."""

    def __init__(self, event: Event, script: Script, zoom: FakeZoom, host: Host) -> None:
        self._event, self._zoom = event, zoom
        self._tags = {s.key: tag_of(event, meeting_of(event, s.key)) for s in event.sessions}
        self._coming = sorted(
            (part for one in script.comings for part in _let_in(one, host.spans(meeting_of(event, one.session)))),
            key=lambda one: one.left_at,
        )
        self._hosts = {key: host.spans(key) for key in meetings_of(event)}
        self.given: list[Coming] = []

    def act(self, now: datetime) -> None:
        """Put in the visits that are over; twice is the same as once."""
        if not self._coming or self._coming[0].left_at > now:
            return
        meetings = {one["agenda"].partition("]")[0] + "]": one["id"] for one in self._zoom.meetings()}
        guests = {tag: self._registered(number) for tag, number in meetings.items()}
        while self._coming and self._coming[0].left_at <= now:
            one = self._coming.pop(0)
            tag = self._tags[one.session]
            registrant = guests.get(tag, {}).get(one.link_of, "")
            if tag in meetings and (registrant or not one.link_of):
                self._zoom.visit(meetings[tag], _visit(one, registrant))
                self.given.append(one)
        self._let_the_host_in(meetings, now)

    def _registered(self, number: int) -> dict[str, str]:
        people = self._zoom.registrants(number)
        return {identity(one["email"]): one["id"] for one in people if one["status"] == "approved"}

    def _let_the_host_in(self, meetings: dict[str, int], now: datetime) -> None:
        """The host signs in instead of registering: Zoom gives their address."""
        for key, spans in self._hosts.items():
            if (number := meetings.get(tag_of(self._event, key))) is None:
                continue
            for a, b in [span for span in spans if span[1] <= now + MINUTE]:
                spans.remove((a, b))
                visit = Visit(name="Animation", email=self._event.zoom.host, joined_at=a, left_at=b)
                self._zoom.visit(number, visit)


def _let_in(one: Coming, spans: Sequence[tuple[datetime, datetime]]) -> Iterator[Coming]:
    """The parts of a coming in which the meeting is on."""
    for a, b in spans:
        joined, left = max(a, one.joined_at), min(b, one.left_at)
        if joined < left:
            yield replace(one, joined_at=joined, left_at=left)


def _visit(one: Coming, registrant: str) -> Visit:
    return Visit(name=one.name, joined_at=one.joined_at, left_at=one.left_at, registrant_id=registrant, room=one.room)
