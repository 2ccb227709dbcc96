"""Our meetings at Zoom: the Meetings port over the REST API. Keeps nothing; what Zoom says is read each time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from urllib.parse import quote

from orchestrator.core.attendance import Stay
from orchestrator.core.errors import MeetingGone
from orchestrator.core.meetings import Found, MeetingSpec, Pass, Registrant, Upcoming
from orchestrator.gateways.zoom import account, attendance, reading, registrants, starting, words
from orchestrator.gateways.zoom.api import ZoomApi
from orchestrator.gateways.zoom.shapes import Created, MeetingShape, MeetingsPage
from orchestrator.ports import Oddity


class ZoomMeetings:
    """Implements ports.Meetings. Creating and revising count together against 100 a day per host (Zoom's limit)."""

    def __init__(self, api: ZoomApi) -> None:
        self._api = api

    def find(self, host: str, tag: str) -> tuple[Found, ...]:
        # "scheduled", since "upcoming" ends six months from now. Lists cut the agenda at 250 characters.
        pages = self._api.pages(MeetingsPage, f"{_user(host)}/meetings", {"type": "scheduled"})
        ours = [meeting.id for page in pages for meeting in page.meetings if meeting.agenda.startswith(tag)]
        return tuple(self._still_there(ours, tag))

    def create(self, spec: MeetingSpec) -> str:
        return self._api.ask(Created, "POST", f"{_user(spec.host)}/meetings", json=words.created(spec)).id

    def read(self, zoom_id: str, tag: str) -> Found:
        return reading.found(self._api.ask(MeetingShape, "GET", _meeting(zoom_id)), tag)

    def revise(self, zoom_id: str, spec: MeetingSpec, changed: frozenset[str]) -> None:
        if changed:
            self._api.call("PATCH", _meeting(zoom_id), json=words.revised(spec, changed))

    def cancel(self, zoom_id: str) -> None:
        silently = {"cancel_meeting_reminder": "false", "schedule_for_reminder": "false"}
        try:
            self._api.call("DELETE", _meeting(zoom_id), params=silently)
        except MeetingGone:
            return

    def start_url(self, zoom_id: str) -> str:
        return starting.start_url(self._api, _meeting(zoom_id))

    def register(self, zoom_id: str, people: Sequence[Registrant]) -> tuple[Pass, ...]:
        """Register at most 30 people. Whoever Zoom would not take is not in the answer; registering them alone
        tells why. After any error, list before registering again: some may be in."""
        return registrants.register(self._api, _meeting(zoom_id), people)

    def registered(self, zoom_id: str) -> Iterator[Pass]:
        return registrants.registered(self._api, _meeting(zoom_id))

    def withdraw(self, zoom_id: str, passes: Sequence[Pass]) -> None:
        registrants.withdraw(self._api, _meeting(zoom_id), passes)

    def examine(self, host: str) -> tuple[Oddity, ...]:
        return account.examine(self._api, host, _user(host))

    def unable_to_host(self, emails: Iterable[str]) -> frozenset[str]:
        """Name those who are not licensed users of the account, and so cannot be alternative hosts."""
        return frozenset(email for email in emails if not account.is_licensed(self._api, _user(email)))

    def upcoming(self, host: str) -> tuple[Upcoming, ...]:
        """List the host's meetings that run or are to come."""
        pages = self._api.pages(MeetingsPage, f"{_user(host)}/meetings", {"type": "upcoming"})
        return tuple(reading.upcoming(meeting) for page in pages for meeting in page.meetings)

    def skew(self) -> timedelta | None:
        """Say how far our clock is ahead of Zoom's; None before any answer."""
        return self._api.skew()

    def attended(self, zoom_id: str) -> tuple[Stay, ...]:
        return attendance.stays(self._api, zoom_id)

    def replay(self, zoom_id: str) -> str:
        return attendance.replay(self._api, zoom_id)

    def capacity(self, host: str) -> int:
        """Return how many people the host's meetings take in at once; 0 if Zoom does not say."""
        return account.capacity(self._api, _user(host))

    def _still_there(self, ids: Sequence[str], tag: str) -> Iterator[Found]:
        for zoom_id in ids:
            try:
                yield self.read(zoom_id, tag)
            except MeetingGone:
                continue


def _meeting(zoom_id: str) -> str:
    return f"/meetings/{quote(zoom_id, safe='')}"


def _user(host: str) -> str:
    """Address a user by e-mail, never as `me`: Zoom does not allow it to Server-to-Server apps."""
    return f"/users/{quote(host, safe='@')}"
