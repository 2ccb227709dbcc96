"""The links of the fake Zoom that are not a registrant's: the invitation's text, links with a name to show."""

from __future__ import annotations

import secrets

from orchestrator.outside.zoom import checks
from orchestrator.outside.zoom.desk import Request
from orchestrator.outside.zoom.values import Reply, invalid
from orchestrator.outside.zoom.views import meeting_view, personal_url


def read(request: Request) -> Reply:
    """GET /meetings/{meetingId}/invitation: the text holds the link anybody may use."""
    shown = meeting_view(request.meeting())
    lines = (
        f"{shown['host_email']} vous invite à une réunion Zoom planifiée.",
        f"Sujet: {shown['topic']}",
        f"Rejoindre Zoom Réunion\r\n{shown['join_url']}",
        f"ID de réunion: {shown['id']}\r\nCode secret: {shown['password']}",
    )
    return Reply(200, {"invitation": "\r\n\r\n".join(lines), "sip_links": []})


def create_links(request: Request) -> Reply:
    """POST /meetings/{meetingId}/invite_links: up to 500 links, each with the name to show."""
    meeting = request.meeting()
    fields = {"attendees": checks.of(list), "ttl": checks.whole(0, 7_776_000)}
    attendees = checks.known(request.body, fields, "attendees")["attendees"]
    if not 1 <= len(attendees) <= 500:
        raise invalid(("attendees", "Must hold between 1 and 500 attendees."))
    named = {"name": checks.text(64, 1)}
    names = [checks.known(one, named, "name", prefix="attendees.")["name"] for one in attendees]
    links = [{"name": name, "join_url": personal_url(meeting, secrets.token_urlsafe(32))} for name in names]
    return Reply(201, {"attendees": links})
