"""Who was in a meeting that was held. The fake Zoom lets nobody in, so the lists are empty."""

from __future__ import annotations

from urllib.parse import unquote

from orchestrator.outside.zoom.desk import Request
from orchestrator.outside.zoom.records import Meeting
from orchestrator.outside.zoom.values import Refused, Reply


def participants(request: Request) -> Reply:
    """GET /past_meetings/{meetingId}/participants and GET /report/meetings/{meetingId}/participants."""
    if request.account.plan == "free":
        raise Refused(400, 200, "Only available for paid account.")
    meeting = _held(request)
    _, fields = request.account.page(f"participants/{meeting.id}", [], request.query, request.now)
    return Reply(200, {**fields, "participants": []})


def _held(request: Request) -> Meeting:
    """Find a past meeting by number or UUID; one with `/` at its start or `//` inside must be encoded twice."""
    ref = request.args[0]
    plain = "" if ref.startswith("/") or "//" in ref else unquote(ref)
    for meeting in request.account.meetings.values():
        if meeting.held and plain in (str(meeting.id), *meeting.held):
            return meeting
    raise Refused(404, 3001, f"Meeting does not exist: {ref}.")
