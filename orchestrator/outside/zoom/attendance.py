"""Who comes and goes, and who was in a meeting that was held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from orchestrator.outside.zoom.desk import Request
from orchestrator.outside.zoom.records import Meeting, Stay
from orchestrator.outside.zoom.values import Refused, Reply, zulu


def participants(request: Request) -> Reply:
    """GET /past_meetings/{meetingId}/participants and GET /report/meetings/{meetingId}/participants."""
    if request.account.plan == "free":
        raise Refused(400, 200, "Only available for paid account.")
    meeting = _held(request)
    shown = [
        _shown(stay, request.query, request.now) for stay in meeting.stays if _in_run(stay, meeting, request.args[0])
    ]
    page, fields = request.account.page(f"participants/{meeting.id}", shown, request.query, request.now)
    return Reply(200, {**fields, "participants": list(page)})


def _in_run(stay: Stay, meeting: Meeting, ref: str) -> bool:
    """Tell whether a stay is of the run asked for; by number, the last run held."""
    asked = unquote(ref)
    return stay.uuid == (asked if asked in meeting.held else meeting.held[-1])


def _shown(stay: Stay, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Show a stay; whose registration it was only where that is asked for. A guest's address is empty."""
    left = stay.left_at or now
    one = stay.registrant
    view: dict[str, Any] = {
        "id": "",
        "name": f"{one.first_name} {one.last_name}".strip(),
        "user_id": str(stay.user_id),
        "user_email": "",
        "join_time": zulu(stay.joined_at),
        "leave_time": zulu(left),
        "duration": int((left - stay.joined_at).total_seconds()),
        "failover": False,
        "status": "in_meeting",
    }
    if "registrant_id" in query.get("include_fields", ""):
        view["registrant_id"] = one.id
    return view


def enter(meeting: Meeting, email: str, now: datetime) -> Stay:
    """Let a registrant in. A second entry is a second stay."""
    one = meeting.by_email[email.lower()]
    stay = Stay(registrant=one, uuid=meeting.uuid, user_id=16_778_240 + 1024 * len(meeting.stays), joined_at=now)
    meeting.stays.append(stay)
    return stay


def leave(meeting: Meeting, email: str, now: datetime) -> Stay | None:
    """Let a registrant go; None if they are not there."""
    for stay in reversed(meeting.stays):
        if stay.registrant.email.lower() == email.lower() and stay.left_at is None:
            stay.left_at = now
            return stay
    return None


def _held(request: Request) -> Meeting:
    """Find a past meeting by number or UUID; one with `/` at its start or `//` inside must be encoded twice."""
    ref = request.args[0]
    plain = "" if ref.startswith("/") or "//" in ref else unquote(ref)
    for meeting in request.account.meetings.values():
        if meeting.held and plain in (str(meeting.id), *meeting.held):
            return meeting
    raise Refused(404, 3001, f"Meeting does not exist: {ref}.")
