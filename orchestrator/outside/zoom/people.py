"""The users of the fake account and their settings."""

from __future__ import annotations

from typing import Any

from orchestrator.outside.zoom.account import Account
from orchestrator.outside.zoom.desk import Request
from orchestrator.outside.zoom.records import User
from orchestrator.outside.zoom.values import Reply

TIMEZONE = "Europe/Paris"


def read(request: Request) -> Reply:
    """GET /users/{userId}."""
    user = request.user()
    name = user.email.partition("@")[0]
    return Reply(
        200,
        {
            "id": user.id,
            "first_name": name[:64],
            "last_name": "",
            "display_name": name[:128],
            "email": user.email,
            "type": 2 if user.licensed else 1,
            "role_name": "Member",
            "pmi": user.pmi,
            "use_pmi": False,
            "timezone": TIMEZONE,
            "language": "fr-FR",
            "verified": 1,
            "status": "active",
        },
    )


def settings(request: Request) -> Reply:
    """GET /users/{userId}/settings."""
    return Reply(200, settings_of(request.user(), request.account))


def settings_of(user: User, account: Account) -> dict[str, Any]:
    return {
        "schedule_meeting": {
            "host_video": False,
            "participants_video": False,
            "audio_type": "both",
            "join_before_host": False,
            "require_password_for_scheduling_new_meetings": True,
            "require_password_for_scheduled_meetings": True,
            "embed_password_in_join_link": True,
            "use_pmi_for_scheduled_meetings": False,
            "meeting_password_requirement": {
                "length": 0,
                "have_letter": False,
                "have_number": False,
                "have_special_character": False,
                "only_allow_numeric": False,
            },
        },
        "in_meeting": {
            "breakout_room": True,
            "breakout_room_schedule": account.breakout_scheduling,
            "show_a_join_from_your_browser_link": account.helps,
            "closed_captioning": {"enable": account.helps, "auto_transcribing": account.helps},
            "waiting_room": False,
            "co_host": user.licensed,
            "chat": True,
            "e2e_encryption": False,
        },
        "feature": {
            "meeting_capacity": account.capacity,
            "large_meeting": False,
            "webinar": False,
            "concurrent_meeting": "None",
        },
        "recording": {"local_recording": True, "cloud_recording": user.licensed, "auto_recording": "none"},
        "telephony": {
            "third_party_audio": False,
            "show_international_numbers_link": True,
        },
        "audio_conferencing": {
            "global_dial_in_countries": {"selected_countries": [{"code": "FR" if account.helps else "US"}]}
        },
    }
