"""Our own record of the shapes of Zoom's operations we use, and a judge of traffic by it and by Zoom's description.

Kept by hand from Zoom's documentation (https://developers.zoom.us/docs/api/rest/reference/zoom-api/): only what is sent
and what is believed. Zoom's whole description, where a copy lies beside the checkout, is asked as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema  # type: ignore[import-untyped]  # has no stubs here

DESCRIPTION = Path(__file__).parents[3] / "shared" / "zoom" / "openapi-slice.json"
Schema = dict[str, Any]


def text(longest: int | None = None, **more: Any) -> Schema:
    return {"type": "string", **({} if longest is None else {"maxLength": longest}), **more}


def thing(required: str = "", *, closed: bool = False, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        **({"additionalProperties": False} if closed else {}),
    }


def several(items: Schema, most: int | None = None) -> Schema:
    return {"type": "array", "items": items, **({} if most is None else {"maxItems": most})}


FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
ZULU = text(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
URL = text(pattern=r"^https://")
ROOMS = thing(enable=FLAG, rooms=several(thing("name", name=text(), participants=several(text(), 1000)), 100))
FLAGS = (
    "allow_multiple_devices alternative_hosts_email_notification email_in_attendee_report email_notification"
    " join_before_host meeting_authentication mute_upon_entry private_meeting registrants_confirmation_email"
    " registrants_email_notification show_join_info use_pmi waiting_room"
)
SETTINGS = thing(
    closed=True,
    **dict.fromkeys(FLAGS.split(), FLAG),
    approval_type={"enum": [0, 1, 2]},
    auto_recording={"enum": ["local", "cloud", "none"]},
    alternative_hosts=text(),
    breakout_room=ROOMS,
    contact_email=text(),
    contact_name=text(),
    continuous_meeting_chat=thing(enable=FLAG),
    encryption_type={"enum": ["enhanced_encryption", "e2ee"]},
)
MEETING_SENT = thing(
    closed=True,
    topic=text(200),
    agenda=text(2000),
    type={"enum": [1, 2, 3, 8, 10]},
    start_time=ZULU,
    duration={"type": "integer", "minimum": 1, "maximum": 1440},
    timezone=text(),
    default_password=FLAG,
    settings=SETTINGS,
)
PERSON = thing(
    "email first_name",
    closed=True,
    email=text(128),
    first_name=text(64, minLength=1),
    last_name=text(64),
    auto_approve=FLAG,
)
ROW = thing("email first_name", closed=True, email=text(128), first_name=text(64, minLength=1), last_name=text(64))
MEETING = thing(
    "id uuid host_email topic type start_time duration timezone settings",
    id=WHOLE,
    uuid=text(),
    host_email=text(),
    topic=text(),
    type=WHOLE,
    status={"enum": ["waiting", "started"]},
    start_time=ZULU,
    duration=WHOLE,
    agenda=text(),
    settings=thing("approval_type", approval_type={"enum": [0, 1, 2]}, breakout_room=ROOMS, alternative_hosts=text()),
)
ADDED = thing("registrant_id", registrant_id=text(), join_url=URL, email=text(), participant_pin_code=WHOLE)
STAY = thing(
    "user_id name join_time leave_time duration status",
    user_id=text(),
    name=text(),
    user_email=text(),
    registrant_id=text(),
    join_time=ZULU,
    leave_time=ZULU,
    duration=WHOLE,
    status={"enum": ["in_meeting", "in_waiting_room"]},
)
PAGE: dict[str, Schema] = {"next_page_token": text(), "page_size": {"type": "integer", "maximum": 300}}
USER_SETTINGS = thing(
    "in_meeting feature",
    in_meeting=thing(breakout_room=FLAG, breakout_room_schedule=FLAG, show_a_join_from_your_browser_link=FLAG),
    feature=thing(meeting_capacity=WHOLE, large_meeting=FLAG),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation as we use it."""

    method: str
    path: str
    status: int
    query: str = ""
    sent: Schema | None = None
    answered: Schema | None = None

    def fits(self, method: str, path: str) -> bool:
        return method == self.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", self.path), path) is not None


def operation(method: str, path: str, status: int, query: str = "", **shapes: Schema) -> Operation:
    return Operation(method=method, path=path, status=status, query=query, **shapes)


OPERATIONS = (
    operation("GET", "/users/{userId}", 200, answered=thing("type", type=WHOLE, email=text(), status=text())),
    operation("GET", "/users/{userId}/settings", 200, answered=USER_SETTINGS),
    operation(
        "GET",
        "/users/{userId}/meetings",
        200,
        "type page_size next_page_token",
        answered=thing("meetings", meetings=several(thing("id", id=WHOLE, agenda=text(), start_time=ZULU)), **PAGE),
    ),
    operation("POST", "/users/{userId}/meetings", 201, sent=MEETING_SENT, answered=MEETING),
    operation("GET", "/meetings/{meetingId}", 200, answered=MEETING),
    operation("PATCH", "/meetings/{meetingId}", 204, sent=MEETING_SENT),
    operation("DELETE", "/meetings/{meetingId}", 204, "cancel_meeting_reminder schedule_for_reminder"),
    operation(
        "GET",
        "/meetings/{meetingId}/registrants",
        200,
        "status page_size next_page_token",
        answered=thing("registrants", registrants=several(thing("id email", id=text(), email=text())), **PAGE),
    ),
    operation("POST", "/meetings/{meetingId}/registrants", 201, sent=PERSON, answered=ADDED),
    operation(
        "POST",
        "/meetings/{meetingId}/batch_registrants",
        201,
        sent=thing(
            "registrants",
            closed=True,
            auto_approve=FLAG,
            registrants_confirmation_email=FLAG,
            registrants=several(ROW, 30),
        ),
        answered=thing("registrants", registrants=several(ADDED)),
    ),
    operation(
        "PUT",
        "/meetings/{meetingId}/registrants/status",
        204,
        sent=thing(
            "action registrants",
            closed=True,
            action={"enum": ["approve", "cancel", "deny"]},
            registrants=several(thing(closed=True, id=text(), email=text()), 30),
        ),
    ),
    operation(
        "GET",
        "/past_meetings/{meetingId}/instances",
        200,
        answered=thing("meetings", meetings=several(thing("uuid start_time", uuid=text(), start_time=ZULU))),
    ),
    operation(
        "GET",
        "/report/meetings/{meetingId}/participants",
        200,
        "include_fields page_size next_page_token",
        answered=thing("participants", participants=several(STAY), **PAGE),
    ),
)


def strangers(traffic: Iterable[Mapping[str, Any]]) -> list[str]:
    """Say what of some traffic fits neither record: unknown operations, fields and values. Logins are left out."""
    found: list[str] = []
    for line in traffic:
        path, _, query = line["path"].partition("?")
        path = path.removeprefix("/v2")
        if path.endswith("/oauth/token"):
            continue
        known = next((one for one in OPERATIONS if one.fits(line["method"], path)), None)
        if known is None:
            found.append(f"{line['method']} {path} is not in our record")
            continue
        found += [f"{line['method']} {known.path}: {what}" for what in _strange(known, query, line)]
    return sorted(set(found))


def _strange(known: Operation, query: str, line: Mapping[str, Any]) -> Iterable[str]:
    asked = {name for name, _ in parse_qsl(query)}
    yield from (f"parameter {name}" for name in asked - set(known.query.split()))
    if line["request"] is not None:
        yield from _wrong(line["request"], known.sent or {"type": "null"}, "sent")
    if line["status"] == known.status and line["response"] is not None:
        yield from _wrong(line["response"], known.answered or {"type": "null"}, "answered")
    if DESCRIPTION.exists():
        yield from _by_zoom(known, asked, line)


def _by_zoom(known: Operation, asked: set[str], line: Mapping[str, Any]) -> Iterable[str]:
    official = described()[known.path][known.method.lower()]
    names = {one["name"] for one in official.get("parameters", [])}
    yield from (f"Zoom knows no parameter {name}" for name in asked - names)
    if line["request"] is not None:
        schema = official["requestBody"]["content"]["application/json"]["schema"]
        yield from _wrong(line["request"], schema, "Zoom: sent")
        yield from (f"Zoom knows no field {name}" for name in unknown_fields(line["request"], schema))
    answer = official["responses"].get(str(line["status"]), {}).get("content")
    if answer and line["status"] < 300:
        schema = answer["application/json"]["schema"]
        schema = schema["oneOf"][0] if known.path.endswith("/settings") else schema  # its own example fits several
        yield from _wrong(line["response"], schema, "Zoom: answered")
        yield from (f"Zoom answers no field {name}" for name in unknown_fields(line["response"], schema))


@cache
def described() -> Any:
    return json.loads(DESCRIPTION.read_text())["paths"]


_validators: dict[int, tuple[Any, Any]] = {}
"""By the schema's identity, which is kept beside it."""


def _wrong(value: Any, schema: Any, what: str) -> Iterable[str]:
    if id(schema) not in _validators:
        made = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        _validators[id(schema)] = (schema, made)
    for error in _validators[id(schema)][1].iter_errors(value):
        yield f"{what} {error.json_path}: {error.message[:150]}"


def unknown_fields(value: Any, schema: Any) -> list[str]:
    """Name the fields no schema describes; lists by their items, objects by their properties."""
    if isinstance(value, list):
        return [name for one in value for name in unknown_fields(one, schema.get("items", {}))]
    if not isinstance(value, dict):
        return []
    known = _properties(schema)
    here = [name for name in value if name not in known] if known else []
    return here + [name for key in value if key in known for name in unknown_fields(value[key], known[key])]


def _properties(schema: Any) -> dict[str, Any]:
    merged = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        merged |= _properties(part)
    return merged
