"""Zoom's meetings in our words: what an answer means. Pure."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Literal, cast

from orchestrator.core.meetings import Found, MeetingSpec, Phone, Room, Upcoming
from orchestrator.core.model import identity
from orchestrator.gateways.zoom.oddities import oddities
from orchestrator.gateways.zoom.shapes import Listed, MeetingShape, RoomsShape
from orchestrator.gateways.zoom.words import addresses


def found(meeting: MeetingShape, tag: str) -> Found:
    """Read a meeting as Zoom holds it; `found.spec == canonical(wanted)` when Zoom kept everything."""
    settings = meeting.settings
    return Found(
        zoom_id=meeting.id,
        spec=_spec(meeting, tag),
        passcode=meeting.password,
        phones=tuple(
            Phone(country=phone.country, number=phone.number, city=phone.city)
            for phone in settings.global_dial_in_numbers
            if phone.number
        ),
        status=meeting.status,
        uuid=meeting.uuid,
        has_host_key=bool(meeting.dynamic_host_key),
        oddities=oddities(meeting),
    )


def upcoming(meeting: Listed) -> Upcoming:
    """Read a meeting of the host's list."""
    return Upcoming(
        zoom_id=meeting.id,
        topic=meeting.topic,
        agenda=meeting.agenda,
        starts_at=meeting.start_time.astimezone(UTC),
        ends_at=meeting.start_time.astimezone(UTC) + timedelta(minutes=meeting.duration),
    )


def _spec(meeting: MeetingShape, tag: str) -> MeetingSpec:
    settings, agenda = meeting.settings, meeting.agenda.replace("\r\n", "\n")
    tagged = agenda.startswith(tag)
    return MeetingSpec(
        tag=tag if tagged else "",
        host=identity(meeting.host_email),
        topic=meeting.topic.strip(),
        agenda=agenda.removeprefix(tag).strip(),
        starts_at=meeting.start_time.astimezone(UTC),
        minutes=meeting.duration,
        timezone=meeting.timezone,
        rooms=_found_rooms(settings.breakout_room),
        alternative_hosts=addresses(settings.alternative_hosts.replace(",", ";").split(";")),
        waiting_room=settings.waiting_room,
        recording=cast(Literal["none", "local", "cloud"], settings.auto_recording),
        several_devices=settings.allow_multiple_devices,
        contact_name=settings.contact_name.strip(),
        contact_email=identity(settings.contact_email),
    )


def _found_rooms(kept: RoomsShape) -> tuple[Room, ...]:
    """Read the rooms; none if pre-assignment is off, which Zoom does silently when the host's setting is off."""
    if not kept.enable:
        return ()
    return tuple(Room(name=room.name.strip(), emails=addresses(room.participants)) for room in kept.rooms)
