"""The fake Zoom's meetings: created, listed, read, changed, ended and deleted, with what Zoom drops in silence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orchestrator.outside.zoom import checks
from orchestrator.outside.zoom.account import Account, is_number
from orchestrator.outside.zoom.desk import Request
from orchestrator.outside.zoom.people import TIMEZONE
from orchestrator.outside.zoom.records import Meeting, User, digits, emails_in, new_uuid
from orchestrator.outside.zoom.values import Refused, Reply, invalid
from orchestrator.outside.zoom.views import listed, meeting_view

DEFAULTS: dict[str, Any] = {
    "allow_multiple_devices": False,
    "alternative_hosts": "",
    "alternative_hosts_email_notification": True,
    "approval_type": 2,
    "audio": "both",
    "auto_recording": "none",
    "breakout_room": {"enable": False},
    "close_registration": False,
    "email_in_attendee_report": False,
    "email_notification": True,
    "encryption_type": "enhanced_encryption",
    "focus_mode": False,
    "host_video": False,
    "jbh_time": 0,
    "join_before_host": False,
    "meeting_authentication": False,
    "mute_upon_entry": False,
    "participant_video": False,
    "private_meeting": False,
    "registrants_confirmation_email": True,
    "registrants_email_notification": True,
    "show_join_info": False,
    "show_share_button": False,
    "use_pmi": False,
    "waiting_room": False,
    "watermark": False,
    "global_dial_in_countries": ["FR"],
}
LIST_TYPES = ("scheduled", "live", "upcoming", "upcoming_meetings", "previous_meetings")


def create(request: Request) -> Reply:
    """POST /users/{userId}/meetings. A start in the past, or none, becomes now."""
    account, now, host = request.account, request.now, request.user()
    account.limits.spend_save(host.id, now)
    body = _body_of(request, host)
    kind = body.get("type", 2)
    if kind == 8 and "recurrence" not in body:
        raise invalid(("recurrence", "recurrence is required."))
    defaults = {**DEFAULTS, "contact_name": host.email.partition("@")[0], "contact_email": host.email}
    meeting = Meeting(
        host=host,
        topic=body.get("topic") or "Zoom Meeting",
        agenda=body.get("agenda", ""),
        type=kind,
        starts_at=max(_start_of(body, TIMEZONE) or now, now).replace(microsecond=0),
        duration=body.get("duration", 60),
        timezone=body.get("timezone", TIMEZONE),
        created_at=now,
        password=body.get("password") or ("" if body.get("default_password") is False else digits(6)),
        settings=_merged(defaults, body.get("settings", {}), kind, account),
        extras={"recurrence": body["recurrence"]} if "recurrence" in body else {},
    )
    account.meetings[meeting.id] = meeting
    return Reply(201, meeting_view(meeting))


def change(request: Request) -> Reply:
    """PATCH /meetings/{meetingId}. What is not sent stays; a start in the past is ignored."""
    meeting, account, now = request.meeting(), request.account, request.now
    account.limits.spend_save(meeting.host.id, now)
    body = _body_of(request, meeting.host)
    starts_at = _start_of(body, meeting.timezone)
    if starts_at and starts_at >= now:
        meeting.starts_at = starts_at
    for name in ("topic", "agenda", "type", "duration", "timezone", "password"):
        setattr(meeting, name, body.get(name, getattr(meeting, name)))
    if "recurrence" in body:
        meeting.extras = {**meeting.extras, "recurrence": body["recurrence"]}
    meeting.settings = _merged(meeting.settings, body.get("settings", {}), meeting.type, account)
    return Reply(204)


def read(request: Request) -> Reply:
    """GET /meetings/{meetingId}."""
    return Reply(200, meeting_view(request.meeting()))


def list_all(request: Request) -> Reply:
    """GET /users/{userId}/meetings, agendas cut to 250 characters as lists do."""
    user, now, account = request.user(), request.now, request.account
    kind = request.query.get("type", "scheduled")
    if kind not in LIST_TYPES:
        raise invalid(("type", "Invalid field."))
    found = [m for m in account.meetings.values() if m.host is user and not m.deleted and _in_list(m, kind, now)]
    found.sort(key=lambda meeting: (meeting.starts_at, meeting.id))
    page, fields = account.page(f"meetings/{user.id}/{kind}", found, request.query, now)
    return Reply(200, {**fields, "meetings": [listed(meeting) for meeting in page]})


def delete(request: Request) -> Reply:
    """DELETE /meetings/{meetingId}."""
    meeting = request.meeting()
    if meeting.status == "started":
        raise Refused(400, 3002, "Sorry, you cannot delete this meeting since it's in progress.")
    meeting.deleted, meeting.deleted_at = True, request.now
    return Reply(204)


def set_status(request: Request) -> Reply:
    """PUT /meetings/{meetingId}/status: end a running meeting, recover a deleted one."""
    action = checks.known(request.body, {"action": checks.one_of("end", "recover")}, "action")["action"]
    if action == "recover":
        _recover(request)
    else:
        end(request.meeting())
    return Reply(204)


def edit(meeting: Meeting, changes: dict[str, Any]) -> None:
    """Change a meeting as its host does in Zoom's pages; no limit counts that."""
    meeting.settings = {**meeting.settings, **changes.pop("settings", {})}
    for name, value in changes.items():
        setattr(meeting, name, value)


def start(meeting: Meeting) -> None:
    """Let the meeting run."""
    meeting.status = "started"


def end(meeting: Meeting) -> bool:
    """End the meeting if it runs; the next run has another UUID, the number and the links stay."""
    if meeting.status != "started":
        return False
    meeting.status = "waiting"
    meeting.held.append(meeting.uuid)
    meeting.uuid = new_uuid()
    return True


def _recover(request: Request) -> None:
    ref = request.args[0]
    request.account.empty_bin(request.now)
    gone = request.account.meetings.get(int(ref)) if is_number(ref) else None
    if gone is not None:
        gone.deleted = False
    request.meeting()


def _in_list(meeting: Meeting, kind: str, now: datetime) -> bool:
    live = meeting.status == "started"
    ahead = live or meeting.recurring or now < meeting.ends_at
    return {"scheduled": True, "live": live, "previous_meetings": not ahead}.get(kind, ahead)


def _body_of(request: Request, host: User) -> dict[str, Any]:
    body = checks.known(request.body, checks.MEETING)
    if "settings" in body:
        body["settings"] = checks.known(body["settings"], checks.SETTINGS, prefix="settings.")
        _check_alternative_hosts(body["settings"].get("alternative_hosts", ""), request.account)
    if body.get("schedule_for", host.email) not in (host.email, host.id):
        raise Refused(400, 3000, f"You cannot schedule a meeting for {body['schedule_for']}")
    return body


def _check_alternative_hosts(wanted: str, account: Account) -> None:
    """Refuse the whole call for one alternative host who is not a licensed user of the account."""
    for email in emails_in(wanted):
        user = account.users.get(email.lower())
        if user is None or not user.licensed:
            raise Refused(400, 1114, f"Could not find Zoom user for alternative host: {email}")


def _start_of(body: dict[str, Any], timezone: str) -> datetime | None:
    if "start_time" not in body:
        return None
    return checks.start_at(body["start_time"], body.get("timezone", timezone))


def _merged(old: dict[str, Any], sent: dict[str, Any], kind: int, account: Account) -> dict[str, Any]:
    """Merge settings as Zoom does: key by key, the list of rooms as a whole."""
    merged = {**old, **sent}
    rooms = {"rooms": [], **old["breakout_room"], **sent.get("breakout_room", {})}
    merged["breakout_room"] = _rooms(rooms, kept=account.breakout_scheduling)
    if merged["waiting_room"]:
        merged["join_before_host"] = False
    if kind not in (2, 8):
        merged["approval_type"] = 2  # only meetings with a fixed time take registrations
    return merged


def _rooms(wanted: dict[str, Any], *, kept: bool) -> dict[str, Any]:
    """Keep the rooms, or drop them without a word where the host's settings do not let them be scheduled."""
    if not (kept and wanted["enable"]):
        return {"enable": False}
    rooms = [{"name": room["name"], "participants": room.get("participants", [])} for room in wanted["rooms"]]
    return {"enable": True, "rooms": rooms}
