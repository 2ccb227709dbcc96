"""How the fake Zoom shows a meeting and a registrant."""

from __future__ import annotations

import secrets
from typing import Any

from orchestrator.outside.zoom.records import Meeting, Registrant
from orchestrator.outside.zoom.values import zulu

HOME = "https://us02web.zoom.us"
DIAL_IN = [
    {"country": "FR", "country_name": "France", "city": "Paris", "number": number, "type": "toll"}
    for number in ("+33 1 7037 2246", "+33 1 7037 9729")
]
LISTED = ("uuid", "id", "host_id", "topic", "type", "start_time", "duration", "timezone", "created_at", "join_url")
AGENDA_IN_LISTS = 250


def meeting_view(meeting: Meeting) -> dict[str, Any]:
    """Show a meeting to its host. `start_url` holds a fresh key each time: whoever has it acts as the host."""
    view = {
        "uuid": meeting.uuid,
        "id": meeting.id,
        "host_id": meeting.host.id,
        "host_email": meeting.host.email,
        "topic": meeting.topic,
        "type": meeting.type,
        "status": meeting.status,
        "start_time": zulu(meeting.starts_at),
        "duration": meeting.duration,
        "timezone": meeting.timezone,
        "agenda": meeting.agenda,
        "created_at": zulu(meeting.created_at),
        "start_url": f"{HOME}/s/{meeting.id}?zak={secrets.token_urlsafe(48)}",
        "join_url": join_url(meeting),
        "password": meeting.password,
        "h323_password": meeting.password,
        "pstn_password": meeting.password,
        "encrypted_password": meeting.pwd if meeting.password else "",
        "dynamic_host_key": meeting.host_key,
        "settings": {**meeting.settings, "global_dial_in_numbers": DIAL_IN},
        "creation_source": "open_api",
        "pre_schedule": False,
        **meeting.extras,
    }
    if meeting.type in (1, 3):
        del view["start_time"]
    if meeting.registration:
        view["registration_url"] = f"{HOME}/meeting/register/{meeting.uuid.translate(_URL_SAFE)}"
    return view


_URL_SAFE = str.maketrans("+/", "-_", "=")


def listed(meeting: Meeting) -> dict[str, Any]:
    """Show a meeting in a list."""
    view = meeting_view(meeting)
    return {**{name: view[name] for name in LISTED if name in view}, "agenda": meeting.agenda[:AGENDA_IN_LISTS]}


def join_url(meeting: Meeting) -> str:
    """The link anybody may use."""
    return f"{HOME}/j/{meeting.id}" + (f"?pwd={meeting.pwd}" if meeting.password else "")


def personal_url(meeting: Meeting, token: str) -> str:
    """The link of one person."""
    pwd = f"&pwd={meeting.pwd}" if meeting.password else ""
    return f"{HOME}/w/{meeting.id}?tk={token}.DQ{pwd}"


def registrant_view(registrant: Registrant) -> dict[str, Any]:
    """Show a registrant; only the approved have a link."""
    view = {
        "id": registrant.id,
        "email": registrant.email,
        "first_name": registrant.first_name,
        "last_name": registrant.last_name,
        **registrant.extras,
        "status": registrant.status,
        "create_time": zulu(registrant.create_time),
        "participant_pin_code": registrant.pin,
    }
    if registrant.status == "approved":
        view["join_url"] = registrant.join_url
    return view
