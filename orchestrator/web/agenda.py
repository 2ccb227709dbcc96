"""Calendar files to download: the same entries as the letters', so that a calendar keeps one of each."""

from __future__ import annotations

from datetime import datetime

from fastapi.responses import Response

from orchestrator.core.model import Event
from orchestrator.gateways.mail.calendar import attachments
from orchestrator.ports import CalendarEntry, Letter


def calendar_file(event: Event, entry: CalendarEntry, now: datetime) -> Response:
    """Answer with one entry."""
    letter = Letter(
        kind="",
        language="",
        to="",
        sender=event.mail_from,
        reply_to=event.reply_to,
        message_id="",
        written_at=now,
        contents={},
        calendar=(entry,),
    )
    [file] = attachments(letter)
    return Response(
        file.data, media_type=file.content_type, headers={"Content-Disposition": 'attachment; filename="seance.ics"'}
    )
