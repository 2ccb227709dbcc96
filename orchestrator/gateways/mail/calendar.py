"""Calendar files of a letter: one session a file, in UTC, published and not asking for an answer (RFC 5545, 5546)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

from orchestrator.gateways.mail.mime import Attachment, split_sender
from orchestrator.gateways.mail.words import clean
from orchestrator.ports import CalendarEntry, Letter

_STAMP = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands in a prepared file where the letter's own instant goes; alone on its line, never folded."""


def attachments(letter: Letter) -> list[Attachment]:
    """Return the letter's calendar files, ready to attach."""
    name, address = split_sender(letter.sender)
    now = _stamp_line(letter.written_at)
    return [
        Attachment(
            name=f"seance-{number}.ics",
            content_type=f"text/calendar; charset=utf-8; method={_method(entry)}",
            data=_prepared(replace(entry, sequence=0), name, letter.reply_to or address)
            .replace(_stamp_line(_STAMP), now, 1)
            .replace(b"\r\nSEQUENCE:0\r\n", f"\r\nSEQUENCE:{entry.sequence}\r\n".encode(), 1),
        )
        for number, entry in enumerate(letter.calendar, 1)
    ]


def _method(entry: CalendarEntry) -> str:
    return "CANCEL" if entry.cancelled else "PUBLISH"


def _stamp_line(at: datetime) -> bytes:
    return f"\r\nDTSTAMP:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}\r\n".encode()


@lru_cache(maxsize=256)
def _prepared(entry: CalendarEntry, organiser: str, address: str) -> bytes:
    """Build the file once for everybody, all but its stamp and sequence: the library takes a millisecond."""
    from icalendar import Calendar, Event, vCalAddress, vText  # a quarter of a second, only where needed

    contact = vCalAddress(f"mailto:{address}")
    if organiser:
        contact.params["CN"] = vText(clean(organiser))
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", _STAMP)
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("summary", clean(entry.title))
    event.add("location", clean(entry.location))
    event.add("description", "\n".join(map(clean, entry.description.splitlines())))
    event.add("organizer", contact)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Orchestrator//Letters//FR")
    calendar.add("version", "2.0")
    calendar.add("method", _method(entry))
    calendar.add_component(event)
    return bytes(calendar.to_ical())
