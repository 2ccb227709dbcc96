"""The fake Zoom's registrants: added one by one or thirty at once, listed, approved, denied, cancelled."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.outside.zoom import checks
from orchestrator.outside.zoom.desk import Request
from orchestrator.outside.zoom.records import Meeting, Registrant
from orchestrator.outside.zoom.values import Refused, Reply, invalid, zulu
from orchestrator.outside.zoom.views import personal_url, registrant_view

Row = Mapping[str, Any]

BATCH = 30
MOST = 4_999
"""Registrants a meeting can have (https://support.zoom.com, registration for meetings)."""
AFTER = {"approve": "approved", "deny": "denied", "cancel": "cancelled"}


def add(request: Request) -> Reply:
    """POST /meetings/{meetingId}/registrants. Somebody already registered is given back as they are."""
    meeting = request.meeting(missing=1001)
    _check_open(request, meeting, disabled=300)
    row = checks.known(request.body, checks.REGISTRANT, "email", "first_name")
    one = _register(request, meeting, [row], row.get("auto_approve", False))[0]
    about = {"id": meeting.id, "topic": meeting.topic, "start_time": zulu(meeting.starts_at)}
    return Reply(201, {**about, **_result(one)})


def add_batch(request: Request) -> Reply:
    """POST /meetings/{meetingId}/batch_registrants: all rows or none, three fields each, others dropped."""
    meeting = request.meeting()
    if meeting.type != 2:
        raise Refused(
            400,
            303,
            "This API can only be used for scheduled meeting(meeting type: 2)."
            " Batch registration is not supported for other meeting types.",
        )
    _check_open(request, meeting, disabled=404)
    flags = {"auto_approve": checks.of(bool), "registrants_confirmation_email": checks.of(bool)}
    body = checks.known(request.body, {**flags, "registrants": checks.of(list)}, "registrants")
    if not 1 <= len(body["registrants"]) <= BATCH:
        raise invalid(("registrants", f"Must hold between 1 and {BATCH} registrants."))
    rows = [
        checks.known(row, checks.BATCH_ROW, "email", "first_name", prefix=f"registrants[{place}].")
        for place, row in enumerate(body["registrants"])
    ]
    added = _register(request, meeting, rows, body.get("auto_approve", False))
    return Reply(201, {"registrants": [{"email": one.email, **_result(one)} for one in added]})


def list_all(request: Request) -> Reply:
    """GET /meetings/{meetingId}/registrants: the approved unless another status is asked for."""
    meeting, status = request.meeting(), request.query.get("status", "approved")
    if status not in ("approved", "pending", "denied"):
        raise invalid(("status", "Invalid field."))
    found = [one for one in meeting.by_email.values() if one.status == status]
    what = f"registrants/{meeting.id}/{status}"
    page, fields = request.account.page(what, found, request.query, request.now)
    return Reply(200, {**fields, "registrants": [registrant_view(one) for one in page]})


def read(request: Request) -> Reply:
    """GET /meetings/{meetingId}/registrants/{registrantId}."""
    return Reply(200, registrant_view(_living(request, request.meeting())))


def delete(request: Request) -> Reply:
    """DELETE /meetings/{meetingId}/registrants/{registrantId}."""
    meeting = request.meeting()
    _check_registration(request, meeting, disabled=300)
    _move(meeting, _living(request, meeting), "cancelled")
    return Reply(204)


def set_status(request: Request) -> Reply:
    """PUT /meetings/{meetingId}/registrants/status. Those it does not know are passed over in silence."""
    meeting = request.meeting()
    _check_registration(request, meeting, disabled=300)
    fields = {"action": checks.one_of(*AFTER), "registrants": checks.of(list)}
    body = checks.known(request.body, fields, "action", "registrants")
    if not 1 <= len(body["registrants"]) <= BATCH:
        raise invalid(("registrants", f"Must hold between 1 and {BATCH} registrants."))
    named = {"id": checks.of(str), "email": checks.of(str)}
    rows = [checks.known(row, named, prefix="registrants.") for row in body["registrants"]]
    found = {one.id: one for row in rows if (one := _meant(meeting, row)) is not None}
    request.account.limits.spend_status_updates(meeting.id, found, request.now)
    for one in found.values():
        _move(meeting, one, AFTER[body["action"]])
    return Reply(204)


def cancel(meeting: Meeting, email: str) -> None:
    """Cancel somebody's registration, as the host does in Zoom's pages."""
    _move(meeting, meeting.by_email[email.lower()], "cancelled")


def _check_registration(request: Request, meeting: Meeting, *, disabled: int) -> None:
    if not meeting.host.licensed:
        raise Refused(400, 200, f"Only available for paid users: {meeting.host.id}.")
    if not meeting.registration:
        raise Refused(400, disabled, f"Registration has not been enabled for this meeting: {request.args[0]}.")


def _check_open(request: Request, meeting: Meeting, *, disabled: int) -> None:
    _check_registration(request, meeting, disabled=disabled)
    if meeting.over(request.now):
        raise Refused(
            400,
            3038,
            "Meeting is over, you can not register now. If you have any questions, please contact the Meeting host.",
        )


def _register(request: Request, meeting: Meeting, rows: Sequence[Row], approve: bool) -> list[Registrant]:
    """Register all rows or none."""
    emails = [row["email"].lower() for row in rows]
    if meeting.hosts().intersection(emails):
        raise Refused(400, 3027, "Host can not register")
    if len(meeting.by_email.keys() | set(emails)) > MOST:
        raise Refused(400, 3043, "Meeting has reached maximum attendee capacity.")
    request.account.limits.spend_adds(meeting.id, emails, request.now)
    pending = meeting.settings["approval_type"] == 1 and not approve
    return [_registrant(request, meeting, row, "pending" if pending else "approved") for row in rows]


def _registrant(request: Request, meeting: Meeting, row: Row, status: str) -> Registrant:
    known = meeting.by_email.get(row["email"].lower())
    if known is not None:
        return known
    one = Registrant(
        email=row["email"],
        first_name=row["first_name"],
        last_name=row.get("last_name", ""),
        status=status,
        create_time=request.now,
        join_url=personal_url(meeting, secrets.token_urlsafe(32)),
        extras={name: row[name] for name in checks.EXTRAS if name in row},
    )
    meeting.registrants[one.id] = meeting.by_email[one.email.lower()] = one
    return one


def _result(one: Registrant) -> dict[str, Any]:
    view = registrant_view(one)
    link = {"join_url": view["join_url"]} if "join_url" in view else {}
    return {"registrant_id": one.id, **link, "participant_pin_code": one.pin}


def _living(request: Request, meeting: Meeting) -> Registrant:
    one = meeting.registrants.get(request.args[1])
    if one is None or one.status == "cancelled":
        raise Refused(
            400,
            300,
            "The value that you entered for the Registrant ID field is invalid. Enter a valid value and try again.",
        )
    return one


def _meant(meeting: Meeting, row: Mapping[str, str]) -> Registrant | None:
    """Find whom a row means: by id, or by e-mail where there is no id; both must agree; never the cancelled."""
    email = row.get("email", "").lower()
    one = meeting.registrants.get(row["id"]) if row.get("id") else meeting.by_email.get(email)
    agreed = one is not None and one.status != "cancelled" and email in ("", one.email.lower())
    return one if agreed else None


def _move(meeting: Meeting, one: Registrant, status: str) -> None:
    one.status = status
    if status == "cancelled":
        del meeting.by_email[one.email.lower()]
