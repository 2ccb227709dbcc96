"""The operations of the fake Zoom, with the rate label and the scopes Zoom documents for each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from orchestrator.outside.zoom import attendance, invitations, meetings, people, registrants
from orchestrator.outside.zoom.desk import Request
from orchestrator.outside.zoom.values import Refused, Reply


@dataclass(frozen=True, slots=True)
class Route:
    """One operation, its rate label and its granular scope."""

    method: str
    path: str
    label: str
    scope: str
    work: Callable[[Request], Reply]
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", re.compile("/v2" + self.path.replace("{}", "([^/]+)")))

    @property
    def granular(self) -> str:
        return f"{self.scope}:admin"

    @property
    def classic(self) -> str:
        """The scope that older apps have instead, `meeting:read:admin`; it will do as well."""
        area, action = self.scope.split(":")[:2]
        return f"{area}:{'read' if action == 'read' else 'write'}:admin"


ROUTES = (
    Route("GET", "/users/{}", "Light", "user:read:user", people.read),
    Route("GET", "/users/{}/settings", "Medium", "user:read:settings", people.settings),
    Route("GET", "/users/{}/meetings", "Medium", "meeting:read:list_meetings", meetings.list_all),
    # Light, Medium or Heavy in three of Zoom's pages.
    Route("POST", "/users/{}/meetings", "Medium", "meeting:write:meeting", meetings.create),
    Route("GET", "/meetings/{}", "Light", "meeting:read:meeting", meetings.read),
    Route("PATCH", "/meetings/{}", "Light", "meeting:update:meeting", meetings.change),
    Route("DELETE", "/meetings/{}", "Light", "meeting:delete:meeting", meetings.delete),
    Route("PUT", "/meetings/{}/status", "Light", "meeting:update:status", meetings.set_status),
    Route("GET", "/meetings/{}/invitation", "Light", "meeting:read:invitation", invitations.read),
    Route("POST", "/meetings/{}/invite_links", "Light", "meeting:write:invite_links", invitations.create_links),
    Route("GET", "/meetings/{}/registrants", "Medium", "meeting:read:list_registrants", registrants.list_all),
    Route("POST", "/meetings/{}/registrants", "Light", "meeting:write:registrant", registrants.add),
    Route(
        "PUT", "/meetings/{}/registrants/status", "Medium", "meeting:update:registrant_status", registrants.set_status
    ),
    Route("GET", "/meetings/{}/registrants/{}", "Light", "meeting:read:registrant", registrants.read),
    Route("DELETE", "/meetings/{}/registrants/{}", "Light", "meeting:delete:registrant", registrants.delete),
    Route("POST", "/meetings/{}/batch_registrants", "Heavy", "meeting:write:batch_registrants", registrants.add_batch),
    Route("GET", "/past_meetings/{}/instances", "Medium", "meeting:read:list_past_instances", attendance.instances),
    Route(
        "GET", "/meetings/{}/recordings", "Light", "cloud_recording:read:list_recording_files", attendance.recordings
    ),
    Route(
        "GET",
        "/past_meetings/{}/participants",
        "Medium",
        "meeting:read:list_past_participants",
        attendance.participants,
    ),
    Route(
        "GET",
        "/report/meetings/{}/participants",
        "Heavy",
        "report:read:list_meeting_participants",
        attendance.participants,
    ),
)
SCOPES = frozenset(route.granular for route in ROUTES)


def route_for(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    """Find the operation of a path without query, and the parts of it that vary, decoded once."""
    for route in ROUTES:
        if route.method == method and (match := route.pattern.fullmatch(path)):
            return route, tuple(unquote(part) for part in match.groups())
    raise Refused(404, 2300, "This API endpoint is not recognized.")
