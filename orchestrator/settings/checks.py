"""What several keys say together must make sense; read once each of them alone is right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import entry_points
from ipaddress import ip_address
from urllib.parse import urlsplit

from orchestrator.core.model import Before, Event, Session
from orchestrator.settings.event import room_for_short
from orchestrator.settings.gate import Gate
from orchestrator.settings.lines import Loc
from orchestrator.settings.names import problems_with_names
from orchestrator.settings.seats import problems_with_seats
from orchestrator.settings.walls import instant, trouble, walls
from orchestrator.settings.words import Problem, nearest

SOURCES = ("file", "url", "google-forms", "google-sheets")
ADAPTERS = "orchestrator.registrations"
"""The group of entry points under which other packages bring sources."""


def problems_between(gate: Gate, event: Event) -> Iterator[Problem]:
    """Find everything that does not fit together; `event` is what `gate` was built into."""
    yield from problems_with_names(gate)
    yield from _clock_changes(gate, event)
    yield from _hours(event)
    yield from _within(event)
    yield from _reminders(gate, event)
    yield from _seating(event)
    yield from _afterwards(event)
    yield from problems_with_seats(gate)
    yield from _short_titles(gate)
    yield from _rooms(gate, event)
    yield from _source(gate)
    yield from _in_the_clear(gate)


def _clock_changes(gate: Gate, event: Event) -> Iterator[Problem]:
    for loc, wall in walls(gate).items():
        if what := trouble(wall, event.zone):
            yield Problem(loc, f"{what} (reçu : {wall:%Y-%m-%d %H:%M:%S})", "choisissez une autre heure")


def _clock(event: Event, at: datetime) -> str:
    return f"{at.astimezone(event.zone):%d/%m/%Y %H:%M}"


def _hours(event: Event) -> Iterator[Problem]:
    remedy = "corrigez l'une des deux heures"
    for i, session in enumerate(event.sessions):
        start = _clock(event, session.starts_at)
        if session.ends_at <= session.starts_at:
            what = f"la fin ({_clock(event, session.ends_at)}) doit venir après le début ({start})"
            yield Problem(("sessions", i, "end"), what, remedy)
        if session.doors_at > session.starts_at:
            what = f"l'ouverture ({_clock(event, session.doors_at)}) ne peut pas venir après le début ({start})"
            yield Problem(("sessions", i, "doors"), what, remedy)


def _afterwards(event: Event) -> Iterator[Problem]:
    if event.after is not None and event.after.at < event.last_end:
        what = f"la lettre d'après ne peut pas partir avant la fin ({_clock(event, event.last_end)})"
        yield Problem(
            ("after", "at"), f"{what} (reçu : {_clock(event, event.after.at)})", "choisissez une heure plus tardive"
        )


def _session(event: Event, key: str) -> Session | None:
    """The session of that key, unless it is wrong itself."""
    return next((s for s in event.sessions if s.key == key and s.starts_at < s.ends_at), None)


def _within(event: Event) -> Iterator[Problem]:
    for i, item in enumerate(event.programme):
        session = _session(event, item.session)
        if session and not session.doors_at <= item.at < session.ends_at:
            yield _outside(("programme", i, "at"), event, item.at, session)
    for i, workshop in enumerate(event.workshops):
        session = _session(event, workshop.session)
        if session and not session.starts_at <= workshop.opens_at < session.ends_at:
            yield _outside(("workshops", i, "at"), event, workshop.opens_at, session)


def _outside(loc: Loc, event: Event, at: datetime, session: Session) -> Problem:
    hours = f"{_clock(event, session.starts_at)} – {_clock(event, session.ends_at)}"
    what = f"cette heure est hors de la session « {session.key} » ({hours}) (reçu : {_clock(event, at)})"
    return Problem(loc, what, "corrigez l'heure ou la session")


def _reminders(gate: Gate, event: Event) -> Iterator[Problem]:
    at = walls(gate)
    for i, (said, reminder) in enumerate(zip(gate.reminders, event.reminders, strict=True)):
        loc: Loc = ("reminders", i)
        session = _session(event, said.session)
        if (said.at is None) == (said.before is None):
            what = "un rappel a soit une heure (`at`), soit une avance (`before`)"
            remedy = "gardez l'une des deux" if said.at else 'ajoutez par exemple `before = "30 min"`'
            yield Problem((*loc, "before") if said.at else loc, what, remedy)
        elif isinstance(reminder.rule, Before):
            if said.days_before:
                yield Problem((*loc, "days_before"), "ne va qu'avec une heure (`at`)", "retirez-la, ou donnez l'heure")
        elif session and instant(wall := at[*loc, "at"], event.zone) >= session.starts_at:
            start = _clock(event, session.starts_at)
            what = f"ce rappel ({wall:%d/%m/%Y %H:%M}) doit partir avant le début de la session ({start})"
            yield Problem((*loc, "at"), what, "avancez-le")


def _seating(event: Event) -> Iterator[Problem]:
    seated = {workshop.session for workshop in event.workshops}
    starts = [session.starts_at for session in event.sessions if session.key in seated]
    told, until = event.seating.tell_at, event.seating.wishes_until
    if starts and told >= min(starts):
        what = f"les places ({_clock(event, told)}) doivent être annoncées avant les ateliers"
        yield Problem(("seating", "tell_at"), f"{what} (session du {_clock(event, min(starts))})", "avancez l'annonce")
    if until > told:
        what = f"les vœux ({_clock(event, until)}) doivent se clore au plus tard à l'annonce des places"
        yield Problem(("seating", "wishes_until"), f"{what} ({_clock(event, told)})", "avancez la clôture")


def _short_titles(gate: Gate) -> Iterator[Problem]:
    for i, workshop in enumerate(gate.workshops):
        room, length = room_for_short(workshop.code), len(workshop.short)
        if length > room:
            what = f"{length} caractères, c'est trop long pour un nom de salle Zoom (reçu : « {workshop.short} »)"
            yield Problem(("workshops", i, "short"), what, f"{room} au plus avec le code « {workshop.code} »")


def _rooms(gate: Gate, event: Event) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for i, workshop in enumerate(event.workshops):
        session = _session(event, workshop.session)
        per_day = session and event.zoom.meetings == "one-per-day"
        meeting = str(session.day) if session and per_day else workshop.session
        if (room := (meeting, workshop.room.casefold())) in seen:
            what = f"deux salles de la même réunion Zoom s'appelleraient « {workshop.room} »"
            yield Problem(("workshops", i, "short" if gate.workshops[i].short else "code"), what, "changez le code")
        seen.add(room)


def _source(gate: Gate) -> Iterator[Problem]:
    said = gate.registrations
    if said.source not in SOURCES and said.source not in (found := adapters()):
        yield nearest(("registrations", "source"), said.source, (*SOURCES, *found), "source inconnue")
    if said.google_url and not is_loopback(urlsplit(said.google_url).hostname or ""):
        yield Problem(("registrations", "google_url"), "ne sert qu'aux essais, sur cette machine", "retirez cette clé")
    needs = {"url": ("url",), "google-forms": ("document", "credentials"), "google-sheets": ("document", "credentials")}
    for key in needs.get(said.source, ()):
        if not getattr(said, key):
            what = f'cette clé manque pour `source = "{said.source}"`'
            yield Problem(("registrations", key), what, f'ajoutez `{key} = "…"`', missing=True)


def adapters() -> tuple[str, ...]:
    """The names of the sources that other packages bring."""
    return tuple(sorted(point.name for point in entry_points(group=ADAPTERS)))


def _in_the_clear(gate: Gate) -> Iterator[Problem]:
    if gate.mail.security == "none" and not is_loopback(gate.mail.host):
        what = f"sans chiffrement, le courrier ne peut aller qu'à cette machine (reçu : « {gate.mail.host} »)"
        yield Problem(("mail", "security"), what, 'écrivez `security = "starttls"`')
    if (
        (url := gate.registrations.url)
        and not url.startswith("https://")
        and not is_loopback(urlsplit(url).hostname or "")
    ):
        yield Problem(("registrations", "url"), "l'adresse doit être chiffrée", "commencez par `https://`")
    if gate.bounces and gate.bounces.security == "none" and not is_loopback(gate.bounces.host):
        what = f"sans chiffrement, la boîte ne peut être que sur cette machine (reçu : « {gate.bounces.host} »)"
        yield Problem(("bounces", "security"), what, 'écrivez `security = "tls"`')
    outward: tuple[tuple[Loc, str], ...] = (
        (("zoom", "api_url"), gate.zoom.api_url),
        (("zoom", "token_url"), gate.zoom.token_url),
        (("alarms", "webhook_url"), gate.alarms.webhook_url),
    )
    for loc, url in outward:
        parts = urlsplit(url)
        if url and parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            yield Problem(
                loc,
                f"l'adresse doit être chiffrée (reçu : « {parts.scheme}://{parts.hostname} »)",
                "commencez par `https://`",
            )


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
