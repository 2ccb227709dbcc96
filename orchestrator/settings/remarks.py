"""What is not wrong but deserves a second look, in the organiser's words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from babel.dates import format_date

from orchestrator.core.model import Event
from orchestrator.settings.values import Settings

SUNDAY = 6
SOON = timedelta(days=3)


def is_over(event: Event, now: datetime) -> bool:
    """Whether its last session has ended."""
    return event.last_end <= now


def remarks(settings: Settings, now: datetime) -> tuple[str, ...]:
    """Say what only the hour makes remarkable: the event is over, or is close."""
    return tuple(_dated(settings.event, now))


def _dated(event: Event, now: datetime) -> Iterator[str]:
    if is_over(event, now):
        yield f"L'événement est passé : il s'est terminé le {_at(event, event.last_end)}."
        return
    if event.first_start <= now:
        yield f"L'événement a commencé le {_at(event, event.first_start)}."
    elif event.first_start - now < SOON:
        yield f"L'événement a lieu dans moins de trois jours : il commence le {_at(event, event.first_start)}."
    if event.workshops and event.seating.tell_at <= now:
        told = _at(event, event.seating.tell_at)
        yield f"L'heure d'annoncer les places est passée ({told}) : elles sont annoncées dès maintenant."


def warnings_about(event: Event) -> tuple[str, ...]:
    """Say what deserves a second look whatever the hour."""
    return tuple(_timeless(event))


def _timeless(event: Event) -> Iterator[str]:
    for day in sorted({session.day for session in event.sessions}):
        if day.weekday() == SUNDAY:
            yield f"Une session a lieu un dimanche ({in_words(day)}) : est-ce bien la date voulue ?"
    if event.date not in {session.day for session in event.sessions}:
        yield f"Aucune session n'a lieu à la date de l'événement ({in_words(event.date)})."
    if not event.organiser.phone:
        yield "Aucun téléphone d'organisateur (`event.organiser.phone`) : c'est le secours de qui ne peut entrer."
    if not event.fallback_url:
        yield "Aucune adresse de repli (`event.fallback_url`) : si Zoom tombe en panne, personne ne saura où aller."
    told = {reminder.session for reminder in event.reminders if reminder.audience != "speakers"}
    for session in event.sessions:
        if session.key not in told:
            yield f"Aucun rappel aux inscrits pour la session « {session.key} »."


def in_words(day: date) -> str:
    """A date as French people write it: `jeudi 24 juin 2021`, `mardi 1er juin 2021`."""
    return format_date(day, "EEEE d MMMM y", locale="fr").replace(" 1 ", " 1er ")


def _at(event: Event, at: datetime) -> str:
    local = at.astimezone(event.zone)
    return f"{in_words(local.date())} à {local.hour}h{local.minute:02}"
