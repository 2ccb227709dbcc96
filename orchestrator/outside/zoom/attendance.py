"""Who comes and goes, who was in a meeting that was held, run by run; and its recording."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from orchestrator.outside.zoom.desk import Request
from orchestrator.outside.zoom.records import Meeting, Stay, Visit
from orchestrator.outside.zoom.values import Refused, Reply, zulu

SETTLES = timedelta(minutes=10)
"""How long after somebody has left their duration is still 0 (seen after large meetings)."""


def instances(request: Request) -> Reply:
    """GET /past_meetings/{meetingId}/instances."""
    meeting = request.meeting()
    runs = [{"uuid": uuid, "start_time": _utc(_started(meeting, uuid))} for uuid in meeting.held]
    return Reply(200, {"meetings": runs})


def participants(request: Request) -> Reply:
    """GET /past_meetings/{meetingId}/participants and GET /report/meetings/{meetingId}/participants."""
    if request.account.plan == "free":
        raise Refused(400, 200, "Only available for paid account.")
    meeting, run = _held(request)
    with_registrants = request.query.get("include_fields") == "registrant_id"
    rows = [_row(one, request.now, with_registrants) for one in meeting.visits.get(run, [])]
    rows += [_shown(stay, request.query, request.now) for stay in meeting.stays if stay.uuid == run]
    page, fields = request.account.page(f"participants/{run}", rows, request.query, request.now)
    return Reply(200, {**fields, "participants": list(page)})


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


def recordings(request: Request) -> Reply:
    """GET /meetings/{meetingId}/recordings."""
    meeting = request.meeting()
    if not meeting.recording:
        raise Refused(404, 3301, f"This recording does not exist: {meeting.id}.")
    file = {"id": "1", "file_type": "MP4", "play_url": meeting.recording, "status": "completed"}
    return Reply(200, {"id": meeting.id, "uuid": meeting.uuid, "recording_count": 1, "recording_files": [file]})


def _row(one: Visit, now: datetime, with_registrants: bool) -> dict[str, Any]:
    """A row as the report gives it; rejoining, or entering a room, makes another one."""
    known = now >= one.left_at + SETTLES
    left_at = one.left_at if known else one.joined_at
    row = {
        "id": "",
        "user_id": one.user_id,
        "name": one.name,
        "user_email": one.email,
        "join_time": _utc(one.joined_at),
        "leave_time": _utc(left_at),
        "duration": int((left_at - one.joined_at).total_seconds()),
        "failover": False,
        "status": "in_waiting_room" if one.waiting else "in_meeting",
    }
    if one.room:
        row["bo_mtg_id"] = one.room
    if with_registrants:
        row["registrant_id"] = one.registrant_id
    return row


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _started(meeting: Meeting, uuid: str) -> datetime:
    return min((one.joined_at for one in meeting.visits.get(uuid, ())), default=meeting.starts_at)


def _held(request: Request) -> tuple[Meeting, str]:
    """Find a run by its UUID, or a meeting's last one by its number; a UUID with `/` at its start or `//` inside must
    be encoded twice."""
    ref = request.args[0]
    plain = "" if ref.startswith("/") or "//" in ref else unquote(ref)
    for meeting in request.account.meetings.values():
        if meeting.held and not meeting.deleted and plain in (str(meeting.id), *meeting.held):
            return meeting, plain if plain in meeting.held else meeting.held[-1]
    raise Refused(404, 3001, f"Meeting does not exist: {ref}.")
