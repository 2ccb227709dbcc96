"""Watches whether the meetings are open when they should be, and raises the alarm with what each can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from orchestrator.core.contents import Name, Outlook, compose, spaced
from orchestrator.core.errors import UnwritableLetter
from orchestrator.core.hosting import Alert, Responsible, alert_in_words, alerts, as_recipient, responsible
from orchestrator.core.meetings import Found, meeting_of
from orchestrator.jobs.world import Problem, World
from orchestrator.store import Delivery, Kept

WHAT = {
    "not-started": "la réunion de « {title} » n'est pas ouverte, elle commence à {hour}",
    "ended": "la réunion a été fermée pour tout le monde alors que « {title} » ({hour}) n'est pas finie",
}
REMEDY = {
    "not-started": (
        "dans Zoom, connecté comme hôte ou co-animateur : Réunions → Démarrer (alternative host : Rejoindre) ; "
        "les participants attendent"
    ),
    "ended": (
        "dans Zoom, connecté comme hôte : Réunions → la même réunion → Démarrer ; les liens personnels restent les "
        "mêmes ; à la pause, quitter sans « mettre fin pour tous »"
    ),
}


def note_status(world: World, key: str, found: Found, now: datetime) -> None:
    """Remember what a reading says: the meeting is on, or it is not."""
    presence = world.store.presence
    if found.status == "started":
        presence.note_open(world.event.key, key, found.uuid or "?", now)
    else:
        presence.note_closed(world.event.key, key, now)


def alerts_now(world: World, kept: Mapping[str, Kept], now: datetime) -> tuple[Alert, ...]:
    """List the meetings that should be open and are not, as far as is known."""
    read = {key: k.read_at for key, k in kept.items() if k.read_at is not None and k.zoom_id}
    return alerts(world.event, world.store.presence.runs(world.event.key), read, now)


def say(world: World, found: tuple[Alert, ...]) -> Iterator[Problem]:
    """Report the alerts."""
    for alert in found:
        session = world.event.session(alert.session)
        hour = f"{session.starts_at.astimezone(world.event.zone):%Hh%M}"
        yield Problem(
            key=f"zoom:{alert.meeting}:{alert.kind}:{alert.session}",
            what=WHAT[alert.kind].format(title=session.title, hour=hour),
            remedy=REMEDY[alert.kind],
        )


def alert_contents(world: World, delivery: Delivery, outlook: Outlook) -> dict[str, object]:
    """Gather what an alert letter says: what is wrong, and what this reader can do now."""
    event = world.event
    one = _who(world, delivery)
    who = as_recipient(event, one, meeting_of(event, delivery.session))
    name = one.speaker.name if one.speaker else ""
    contents = compose(
        event, replace(who, speaker=None), Name(first=name), outlook, kind="alert", session=delivery.session
    )
    found = outlook.meetings.get(meeting_of(event, delivery.session))
    number, passcode = (spaced(found.zoom_id), found.passcode) if found else ("", "")
    return contents | {"alert": alert_in_words(event, delivery.rule, one, number, passcode)}


def _who(world: World, delivery: Delivery) -> Responsible:
    for one in responsible(world.event, delivery.session, world.organisers):
        if one.ref == delivery.person:
            return one
    raise UnwritableLetter("cette personne n'est plus responsable de la réunion")
