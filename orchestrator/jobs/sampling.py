"""Letters to somebody invented, as a scribe gets them: to try templates on and to show what will be sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.core.contents import Outlook
from orchestrator.core.model import Event
from orchestrator.core.samples import Sample, contents_of, invented_seats, nobody, outlook_of, samples
from orchestrator.jobs.words import WITHOUT_FILES, entry_of, is_light
from orchestrator.ports import CalendarEntry, Letter


def sample_letters(event: Event, page: str = "") -> Iterator[Letter]:
    """One letter of every kind to somebody invented, in both languages."""
    person, outlook = nobody(event), replace(outlook_of(event), page=page)
    for sample in samples(event, person, invented_seats(event, person)):
        for language in ("fr", "en"):
            yield sample_letter(event, sample, outlook, language)


def sample_letter(event: Event, sample: Sample, outlook: Outlook, language: str) -> Letter:
    """A sample ready for a scribe."""
    return Letter(
        kind=sample.kind,
        language=language,
        to=sample.who.address,
        sender=event.mail_from,
        reply_to=event.reply_to,
        message_id="<apercu@localhost>",
        written_at=event.seating.tell_at,
        contents=contents_of(event, sample, outlook),
        calendar=tuple(_sample_entries(event, sample, outlook.page, french=language == "fr")),
    )


def _sample_entries(event: Event, sample: Sample, page: str, *, french: bool) -> Iterator[CalendarEntry]:
    """The calendar entries that go with a sample, as they go with the letter itself."""
    if sample.kind in WITHOUT_FILES or is_light(event, sample.who.address):
        return
    ended = sample.kind == "cancelled" or not sample.who.sessions
    for key in [sample.session] if sample.session else sample.who.sessions or [s.key for s in event.sessions]:
        blank = entry_of(event, event.session(key), page=page, french=french)
        yield replace(blank, uid=f"{event.key}-{key}-apercu@orchestrator", sequence=int(ended), cancelled=ended)
