"""Our meetings in Zoom's words: what is sent. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC
from typing import Any

from orchestrator.core.errors import ZoomError
from orchestrator.core.meetings import TOPIC_LENGTH, MeetingSpec, Room
from orchestrator.core.model import identity

SCHEDULED = 2
AGENDA_LENGTH = 2000
Body = dict[str, Any]

POLICY: Body = {
    "approval_type": 1,  # registration on, nobody enters without our approval
    "registrants_email_notification": False,
    "registrants_confirmation_email": False,
    "email_notification": False,
    "alternative_hosts_email_notification": False,
    "meeting_authentication": False,  # or guests without a Zoom account stay outside
    "join_before_host": False,
    "use_pmi": False,  # a personal meeting id cannot have registration
    "private_meeting": True,
    "mute_upon_entry": True,
    "show_join_info": False,
    "email_in_attendee_report": True,
    "encryption_type": "enhanced_encryption",  # end-to-end encryption would take breakout rooms away
    "continuous_meeting_chat": {"enable": False},
}
"""What every meeting of ours is given at its creation, whatever the event says."""


def canonical(spec: MeetingSpec) -> MeetingSpec:
    """Return the spec as Zoom gives it back: addresses as identities, hosts and rooms' people in order, texts cut."""
    return MeetingSpec(
        tag=spec.tag,
        host=identity(spec.host),
        topic=spec.topic[:TOPIC_LENGTH].strip(),
        agenda=_agenda(spec)[len(spec.tag) :].strip(),
        starts_at=spec.starts_at.astimezone(UTC),
        minutes=spec.minutes,
        timezone=spec.timezone,
        rooms=tuple(Room(name=room.name.strip(), emails=addresses(room.emails)) for room in spec.rooms),
        alternative_hosts=addresses(spec.alternative_hosts),
        waiting_room=spec.waiting_room,
        recording=spec.recording,
        several_devices=spec.several_devices,
        contact_name=spec.contact_name.strip(),
        contact_email=identity(spec.contact_email),
    )


def _start(spec: MeetingSpec) -> Body:
    """Say the start in UTC with Z: then `timezone` is for display only and no local time is guessed."""
    return {"start_time": f"{spec.starts_at:%Y-%m-%dT%H:%M:%SZ}", "timezone": spec.timezone}


def _rooms(spec: MeetingSpec) -> Body:
    """Say the complete list: nothing documents that Zoom would merge one."""
    if not spec.rooms:
        return {"breakout_room": {"enable": False}}
    rooms = [{"name": room.name, "participants": list(room.emails)} for room in spec.rooms]
    return {"breakout_room": {"enable": True, "rooms": rooms}}


def _agenda(spec: MeetingSpec) -> str:
    return f"{spec.tag} {spec.agenda}"[:AGENDA_LENGTH].strip()


_TOP: dict[str, Callable[[MeetingSpec], Body]] = {
    "tag": lambda spec: {"agenda": _agenda(spec)},
    "agenda": lambda spec: {"agenda": _agenda(spec)},
    "topic": lambda spec: {"topic": spec.topic},
    "starts_at": _start,
    "timezone": _start,
    "minutes": lambda spec: {"duration": spec.minutes},
}
_SETTINGS: dict[str, Callable[[MeetingSpec], Body]] = {
    "rooms": _rooms,
    "alternative_hosts": lambda spec: {
        "alternative_hosts": ";".join(spec.alternative_hosts),
        "alternative_hosts_email_notification": False,
    },
    "waiting_room": lambda spec: {"waiting_room": spec.waiting_room},
    "recording": lambda spec: {"auto_recording": spec.recording},
    "several_devices": lambda spec: {"allow_multiple_devices": spec.several_devices},
    "contact_name": lambda spec: {"contact_name": spec.contact_name},
    "contact_email": lambda spec: {"contact_email": spec.contact_email},
}


def created(spec: MeetingSpec) -> Body:
    """Say a whole new meeting; what the spec leaves empty is left to Zoom."""
    spec = canonical(spec)
    given = [name for name in _SETTINGS if getattr(spec, name) not in ((), "")]
    return {
        "type": SCHEDULED,
        "default_password": True,
        **_said(_TOP, _TOP, spec),
        "settings": POLICY | _said(_SETTINGS, given, spec),
    }


def revised(spec: MeetingSpec, changed: frozenset[str]) -> Body:
    """Say only the named fields. Raises ZoomError for the host, whom Zoom cannot change."""
    if unknown := changed - _TOP.keys() - _SETTINGS.keys():
        raise ZoomError(
            f"Zoom ne sait pas changer ceci sur une réunion existante : {', '.join(sorted(unknown))}.",
            remedy="Supprimez la réunion : une nouvelle sera créée, avec de nouveaux liens.",
        )
    spec = canonical(spec)
    settings = _said(_SETTINGS, changed & _SETTINGS.keys(), spec)
    return _said(_TOP, changed & _TOP.keys(), spec) | ({"settings": settings} if settings else {})


def _said(words: dict[str, Callable[[MeetingSpec], Body]], names: Iterable[str], spec: MeetingSpec) -> Body:
    return {key: value for name in sorted(names) for key, value in words[name](spec).items()}


def addresses(emails: Iterable[str]) -> tuple[str, ...]:
    """Put addresses in one order and one case, each once."""
    return tuple(sorted({identity(email) for email in emails} - {""}))
