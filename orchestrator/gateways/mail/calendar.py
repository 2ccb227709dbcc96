"""Calendar files of a letter: one session a file, in UTC, published and not asking for an answer (RFC 5545, 5546)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from orchestrator.gateways.mail.mime import Attachment, split_sender
from orchestrator.gateways.mail.words import clean
from orchestrator.ports import CalendarEntry, Letter


def attachments(letter: Letter) -> tuple[Attachment, ...]:
    """Return the letter's calendar files, ready to attach; their stamp is the minute in which it was written."""
    name, address = split_sender(letter.sender)
    stamp = letter.written_at.astimezone(UTC).replace(second=0, microsecond=0)
    return tuple(
        Attachment(
            name=f"seance-{number}.ics",
            content_type=f"text/calendar; charset=utf-8; method={_method(entry)}",
            text=_written(entry, name, letter.reply_to or address, stamp),
        )
        for number, entry in enumerate(letter.calendar, 1)
    )


def _method(entry: CalendarEntry) -> str:
    return "CANCEL" if entry.cancelled else "PUBLISH"


@lru_cache(maxsize=64)
def _written(entry: CalendarEntry, organiser: str, address: str, stamp: datetime) -> str:
    """Write a file in unfolded lines that end in LF: the library takes a millisecond."""
    from icalendar import Calendar, Event, vCalAddress, vText  # a quarter of a second, only where needed

    contact = vCalAddress(f"mailto:{address}")
    if organiser:
        contact.params["CN"] = vText(clean(organiser))
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", stamp)
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
    return bytes(calendar.to_ical()).replace(b"\r\n ", b"").decode().replace("\r\n", "\n")
