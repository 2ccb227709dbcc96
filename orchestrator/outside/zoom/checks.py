"""What the body of a meeting or of a registration may hold: one check per field, and the refusal for those broken."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.outside.zoom.values import invalid

Check = Callable[[Any], bool]

_START = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def text(longest: int, shortest: int = 0) -> Check:
    return lambda value: isinstance(value, str) and shortest <= len(value.strip()) and len(value) <= longest


def whole(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def one_of(*allowed: str | int) -> Check:
    return lambda value: any(type(value) is type(one) and value == one for one in allowed)


def of(kind: type) -> Check:
    return lambda value: type(value) is kind


def email(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 128 and _EMAIL.fullmatch(value) is not None


@lru_cache(maxsize=512)
def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def zone(value: Any) -> bool:
    return isinstance(value, str) and _zone_exists(value)


def start(value: Any) -> bool:
    """Tell a start time Zoom documents: UTC with Z, or local without any offset."""
    if not isinstance(value, str) or not _START.fullmatch(value):
        return False
    try:
        return 2000 <= datetime.fromisoformat(value).year < 3000
    except ValueError:
        return False


def start_at(value: str, timezone: str) -> datetime:
    """Read a start time: with Z in UTC whatever the time zone says, without it on that zone's wall."""
    read = datetime.fromisoformat(value)
    return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)


def breakout_room(value: Any) -> bool:
    """Tell a pre-assignment: rooms with names and participants, at most 100 rooms and 1000 people."""
    if not isinstance(value, dict) or not isinstance(value.get("enable", True), bool):
        return False
    rooms = value.get("rooms", [])
    if not isinstance(rooms, list) or not all(isinstance(room, dict) for room in rooms):
        return False
    people = [room.get("participants", []) for room in rooms]
    return (
        all(isinstance(room.get("name"), str) and room["name"].strip() for room in rooms)
        and all(isinstance(some, list) and all(isinstance(one, str) for one in some) for some in people)
        and len(rooms) <= 100
        and sum(map(len, people)) <= 1000
    )


def custom_questions(value: Any) -> bool:
    answer = text(128)
    return isinstance(value, list) and all(
        isinstance(one, dict) and isinstance(one.get("title"), str) and answer(one.get("value", "")) for one in value
    )


MEETING: Mapping[str, Check] = {
    "topic": text(200),
    "agenda": text(2000),
    "type": one_of(1, 2, 3, 8, 10),
    "start_time": start,
    "duration": whole(1, 1440),
    "timezone": zone,
    "password": text(10),
    "default_password": of(bool),
    "schedule_for": of(str),
    "recurrence": of(dict),
    "settings": of(dict),
}

_FLAGS = (
    "allow_multiple_devices alternative_hosts_email_notification close_registration email_in_attendee_report"
    " email_notification focus_mode host_video join_before_host meeting_authentication mute_upon_entry"
    " participant_video private_meeting registrants_confirmation_email registrants_email_notification"
    " show_join_info show_share_button use_pmi waiting_room watermark"
)
SETTINGS: Mapping[str, Check] = {
    **dict.fromkeys(_FLAGS.split(), of(bool)),
    "alternative_hosts": of(str),
    "approval_type": one_of(0, 1, 2),
    "audio": one_of("both", "telephony", "voip", "thirdParty"),
    "authentication_exception": of(list),
    "auto_recording": one_of("local", "cloud", "none"),
    "breakout_room": breakout_room,
    "contact_email": of(str),
    "contact_name": of(str),
    "continuous_meeting_chat": of(dict),
    "encryption_type": one_of("enhanced_encryption", "e2ee"),
    "global_dial_in_countries": of(list),
    "jbh_time": one_of(0, 5, 10, 15),
    "language_interpretation": of(dict),
    "meeting_invitees": of(list),
    "registration_type": one_of(1, 2, 3),
    "waiting_room_options": lambda value: isinstance(value, dict) and value.get("mode") in ("follow_setting", "custom"),
}

BATCH_ROW: Mapping[str, Check] = {"email": email, "first_name": text(64, 1), "last_name": text(64)}
_ANSWERS = (
    "address city state zip country phone comments industry job_title no_of_employees org"
    " purchasing_time_frame role_in_purchase_process"
)
EXTRAS: Mapping[str, Check] = {
    **dict.fromkeys(_ANSWERS.split(), of(str)),
    "custom_questions": custom_questions,
}
REGISTRANT: Mapping[str, Check] = {
    **BATCH_ROW,
    **EXTRAS,
    "language": one_of(
        "en-US", "de-DE", "es-ES", "fr-FR", "jp-JP", "pt-PT", "ru-RU", "zh-CN", "zh-TW", "ko-KO", "it-IT", "vi-VN"
    ),
    "auto_approve": of(bool),
}  # fmt: skip


def problems(body: Mapping[str, Any], checks: Mapping[str, Check], prefix: str = "") -> list[tuple[str, str]]:
    """Name the fields of a body that break their check; fields without a check are not looked at."""
    return [(prefix + name, "Invalid field.") for name in checks if name in body and not checks[name](body[name])]


def known(body: Any, checks: Mapping[str, Check], *required: str, prefix: str = "") -> dict[str, Any]:
    """Return the fields of a body that have a check, dropping the others in silence as Zoom does."""
    if not isinstance(body, dict):
        raise invalid((prefix or "body", "Must be a JSON object."))
    missing = [(prefix + name, f"{name} is required.") for name in required if body.get(name) in (None, "")]
    wrong = missing or problems(body, checks, prefix)
    if wrong:
        raise invalid(*wrong)
    return {name: body[name] for name in checks if name in body}
