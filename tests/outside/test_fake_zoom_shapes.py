"""The fake Zoom's answers against Zoom's own description, where a copy of it lies beside the checkout."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # has no stubs here
import pytest

from .fake_zoom_client import HOST, MEETING, Client, asking

DESCRIPTION = Path(__file__).parents[3] / "shared" / "zoom" / "openapi-slice.json"
pytestmark = pytest.mark.skipif(not DESCRIPTION.exists(), reason="Zoom's description is not beside the checkout")
ROOMS = {"enable": True, "rooms": [{"name": "A – Lire", "participants": ["ana@exemple.fr"]}]}
SETTINGS = {"approval_type": 0, "breakout_room": ROOMS, "waiting_room_options": {"mode": "follow_setting"}}


@cache
def described() -> Any:
    return json.loads(DESCRIPTION.read_text())["paths"]


def schema_of(method: str, path: str, status: int) -> Any:
    schema = described()[path][method.lower()]["responses"][str(status)]["content"]["application/json"]["schema"]
    return schema["oneOf"][0] if path.endswith("/settings") else schema  # Zoom's own example fits several


def journey(client: Client) -> list[tuple[str, str, Any]]:
    """Ask everything that has an answer: (method, path as described, status and body)."""
    meeting = client.create(settings=SETTINGS)
    mine = f"/meetings/{meeting['id']}"
    client.batch(meeting, "bo@exemple.fr")
    person = {"email": "ana@exemple.fr", "first_name": "Ana", "custom_questions": [{"title": "a", "value": "b"}]}
    added = client.said("POST", f"{mine}/registrants", person)
    one = f"{mine}/registrants/{added[1]['registrant_id']}"
    client.zoom.start_meeting(meeting["id"])
    client.zoom.end_meeting(meeting["id"])
    batch = {"registrants": [{"email": "cy@exemple.fr", "first_name": "Cy"}]}
    links = {"attendees": [{"name": "Ana"}]}
    return [
        ("GET", "/users/{userId}", client.said("GET", f"/users/{HOST}")),
        ("GET", "/users/{userId}/settings", client.said("GET", f"/users/{HOST}/settings")),
        ("GET", "/users/{userId}/meetings", client.said("GET", f"/users/{HOST}/meetings")),
        ("POST", "/users/{userId}/meetings", client.said("POST", f"/users/{HOST}/meetings", MEETING)),
        ("GET", "/meetings/{meetingId}", client.said("GET", mine)),
        ("GET", "/meetings/{meetingId}/invitation", client.said("GET", f"{mine}/invitation")),
        ("POST", "/meetings/{meetingId}/invite_links", client.said("POST", f"{mine}/invite_links", links)),
        ("POST", "/meetings/{meetingId}/registrants", added),
        ("GET", "/meetings/{meetingId}/registrants", client.said("GET", f"{mine}/registrants")),
        ("GET", "/meetings/{meetingId}/registrants/{registrantId}", client.said("GET", one)),
        ("POST", "/meetings/{meetingId}/batch_registrants", client.said("POST", f"{mine}/batch_registrants", batch)),
        ("GET", "/past_meetings/{meetingId}/participants", client.said("GET", f"/past_{mine[1:]}/participants")),
        ("GET", "/report/meetings/{meetingId}/participants", client.said("GET", f"/report{mine}/participants")),
    ]


def test_every_answer_fits_zooms_description() -> None:
    with asking(licensed_users=["bo2@exemple.fr"]) as client:
        for method, path, (status, body) in journey(client):
            schema = schema_of(method, path, status)
            jsonschema.validate(body, schema, format_checker=jsonschema.FormatChecker())


def test_no_answer_holds_a_field_zoom_does_not_describe() -> None:
    with asking() as client:
        for method, path, (status, body) in journey(client):
            assert unknown_fields(body, schema_of(method, path, status)) == [], path


def unknown_fields(value: Any, schema: Any) -> list[str]:
    """Name the fields no schema describes; lists by their items, objects by their properties."""
    if isinstance(value, list):
        return [name for one in value for name in unknown_fields(one, items_of(schema))]
    if not isinstance(value, dict):
        return []
    known = properties_of(schema)
    here = [name for name in value if name not in known] if known else []
    below = [unknown_fields(value[name], known[name]) for name in value if name in known]
    return here + [name for names in below for name in names]


def properties_of(schema: Any) -> dict[str, Any]:
    merged = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        merged |= properties_of(part)
    return merged


def items_of(schema: Any) -> Any:
    return schema.get("items", {})
