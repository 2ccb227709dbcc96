"""How long things are kept: when links, written letters and people have had their time."""

from __future__ import annotations

from datetime import datetime, timedelta

from orchestrator.core.model import Event


def links_end_at(event: Event) -> datetime:
    """When personal links are forgotten: so many hours after the last session."""
    return event.last_end + timedelta(hours=event.links_hours)


def letters_end_before(event: Event, now: datetime) -> datetime:
    """Written letters that left before this instant are forgotten; that they left is kept."""
    return now - timedelta(days=event.letters_days)


def attendance_ends_at(event: Event) -> datetime:
    """When who was there, and the certificates, are erased: they have a time of their own."""
    return event.last_end + timedelta(days=max(event.attendance_days, event.people_days))


def purged_at(event: Event) -> datetime:
    """When people's data are erased: so many days after the last session."""
    return event.last_end + timedelta(days=event.people_days)
