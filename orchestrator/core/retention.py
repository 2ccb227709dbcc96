"""How long things are kept: when links, written letters and people have had their time."""

from __future__ import annotations

from datetime import datetime, timedelta

from orchestrator.core.meetings import meetings_of
from orchestrator.core.model import Event

ZOOM_KNOWS = timedelta(days=29)
"""Zoom forgets a meeting's number 30 days after its end: from then on nobody can delete it, or read that it is gone."""


def links_end_at(event: Event) -> datetime:
    """When personal links are forgotten: so many hours after the last session."""
    return event.last_end + timedelta(hours=event.links_hours)


def letters_end_before(event: Event, now: datetime) -> datetime:
    """Written letters that left before this instant are forgotten; that they left is kept."""
    return now - timedelta(days=event.letters_days)


def attendance_ends_at(event: Event) -> datetime:
    """When who was there, and the certificates, are erased: they have a time of their own."""
    return event.last_end + timedelta(days=max(event.attendance_days, event.people_days))


def invitations_end_at(event: Event) -> datetime:
    """When those who want the next invitation are forgotten too."""
    return event.last_end + timedelta(days=max(event.invitations_days, event.people_days))


def zoom_ends(event: Event) -> dict[str, datetime]:
    """When each meeting and everybody registered is deleted at Zoom: with people here, or while it still can be."""
    ends = {key: max(s.ends_at for s in sessions) for key, sessions in meetings_of(event).items()}
    return {key: min(purged_at(event), end + ZOOM_KNOWS) for key, end in ends.items()}


def purged_at(event: Event) -> datetime:
    """When people's data are erased: so many days after the last session."""
    return event.last_end + timedelta(days=event.people_days)
