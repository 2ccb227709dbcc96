"""Door: what is shown after the event: the attendance sheet, the doubtful, the funder's figures, certificates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from babel.dates import format_date

from orchestrator import shipped
from orchestrator.core.attendance import Doubt
from orchestrator.core.funding import Line, Seen, by_session, by_structure, by_workshop
from orchestrator.core.model import Event
from orchestrator.gateways.papers import certificate as papers
from orchestrator.gateways.papers.funder import Block, funder_page
from orchestrator.gateways.papers.seal import Seal
from orchestrator.gateways.papers.verify import verifying_page
from orchestrator.gateways.spreadsheets import Rows
from orchestrator.jobs.attendance import look, threshold_of
from orchestrator.jobs.certificates import Ready
from orchestrator.settings import Settings
from orchestrator.settings.key import service_key
from orchestrator.store import Present, Store

WHY = {
    "telephone": "par téléphone",
    "unknown": "sans inscription",
    "other-name": "sous un autre nom que celui de l'inscription",
    "together": "à plusieurs devant un même écran",
}
VERIFIER = "/verifier"
"""Where the pages check a certificate."""


def templates() -> Path:
    return shipped.templates() / "papers"


# who was there


def sheet(event: Event, store: Store) -> Rows:
    """The digital attendance sheet: one row a person and half-day."""
    titles = {s.key: s for s in event.sessions}
    yield ["Nom", "Structure", "Demi-journée", "Date", "Début", "Fin", "Minutes", "Présence"]
    for one in store.attendance.kept(event.key):
        session = titles.get(one.session)
        if session is not None:
            start, end = (at.astimezone(event.zone) for at in (session.starts_at, session.ends_at))
            day, hours = start.date(), (start.time(), end.time())
            yield [one.name, one.organisation, session.title, day, *hours, one.minutes, one.came]


def doubtful(event: Event, store: Store) -> tuple[Doubt, ...]:
    """Those Zoom saw and nobody can name for sure, in a fixed order."""
    return look(event, store, threshold_of(event)).doubts


# the funder's figures


def blocks(event: Event, store: Store) -> tuple[Block, ...]:
    """The tables of the funder's page; rows of nobody are left out, and structures where none is known."""
    rows = [_seen(one) for one in store.attendance.kept(event.key)]
    sessions = {s.key: s.title for s in event.sessions}
    workshops = {w.key: f"{w.code} – {w.title}" for w in event.workshops}
    return (
        Block(
            title="Par demi-journée",
            column="Session",
            caption="Personnes inscrites à la session ou venues sans l'avoir dit, et présentes.",
            lines=tuple(_named(by_session(rows, tuple(sessions)), sessions)),
        ),
        Block(
            title="Par structure",
            column="Structure",
            caption="Chaque personne est comptée une fois.",
            lines=tuple(_named(by_structure(rows), {"": "Non précisée"})) if any(r.structure for r in rows) else (),
        ),
        Block(
            title="Par atelier",
            column="Atelier",
            caption="Personnes placées dans l'atelier, et présentes à sa session.",
            lines=tuple(_named(by_workshop(rows, tuple(workshops)), workshops)),
        ),
    )


def _seen(one: Present) -> Seen:
    return Seen(
        person=one.person, session=one.session, structure=one.organisation, workshop=one.workshop, came=one.came
    )


def _named(lines: Iterable[Line], names: dict[str, str]) -> Iterator[Line]:
    for line in lines:
        if line.merged:
            yield replace(line, name=f"Groupes de moins de 5 personnes, réunis ({line.merged})")
        else:
            yield replace(line, name=names.get(line.name, line.name))


def page(event: Event, store: Store, tables: Sequence[Block]) -> str:
    """The funder's page."""
    kept = store.attendance.kept(event.key)
    facts: dict[str, str | int] = {
        "event": event.title,
        "organiser": event.organiser.name,
        "day": format_date(event.date, "EEEE d MMMM y", locale="fr"),
        "registered": len({one.person for one in kept}),
        "came": len({one.person for one in kept if one.came}),
        "threshold": _threshold_in_words(event),
    }
    return funder_page(templates(), facts, tables)


def _threshold_in_words(event: Event) -> str:
    if event.attendance_minutes:
        return f"{event.attendance_minutes} minutes dans la session"
    share = round(100 * event.attendance_share)
    return "la moitié de la session" if share == 50 else f"{share} % de la session"


def as_rows(tables: Sequence[Block]) -> Rows:
    """The same figures as one table."""
    yield ["Par", "Nom", "Inscriptions", "Présences"]
    for block in tables:
        for line in block.lines:
            yield [block.column, line.name, line.registered, line.came]


# certificates


def printed(settings: Settings, ready: Ready, key: bytes) -> bytes:
    """A certificate as PDF, sealed with a key of the service's. Raises NoPdf."""
    return papers.pdf(ready.what, link(settings, ready, key), templates() / "certificate.typ", _supporters(settings))


def printable(
    settings: Settings,
    ready: Ready,
    key: bytes,
    pictures: Sequence[tuple[str, str]] = (),
    links: Sequence[tuple[str, str]] = (),
) -> str:
    """The same as a page to print; nothing is needed for it. `pictures`: addresses and names of the logos."""
    template, supporters = templates() / "certificate.html", _supporters(settings)
    where = link(settings, ready, key)
    return papers.printable(ready.what, where, template, supporters, pictures=pictures, links=links)


def _supporters(settings: Settings) -> list[papers.Logo]:
    return [
        papers.Logo(name=s.name, file=settings.path.parent / s.logo if s.logo else None)
        for s in settings.event.supporters
    ]


def link(settings: Settings, ready: Ready, key: bytes) -> str:
    """Where a certificate is checked: its facts and seal stand behind the #, which no server ever sees."""
    word = Seal(key).sign(ready.what.facts())
    base = settings.event.after.verify_url if settings.event.after else ""
    if not base and settings.web is not None and settings.web.public_url:
        base = settings.web.public_url + VERIFIER
    return f"{base}#{word}" if base else word


def key_of(settings: Settings) -> bytes:
    """The service's key, made the first time it is asked for."""
    return service_key(settings.web, settings.store_url, settings.path)


def verifier(settings: Settings, store: Store) -> str:
    """The page that checks certificates, as one file."""
    return verifying(settings, store.attendance.revoked(settings.event.key), key_of(settings))


def verifying(settings: Settings, revoked: Iterable[str], key: bytes) -> str:
    """The same page with the numbers that are no longer valid."""
    return verifying_page(templates(), Seal(key).public_key, revoked, settings.event.language)


def doubt_as_data(one: Doubt, number: int, at: dict[str, str]) -> dict[str, Any]:
    """A doubt as plain values, with its evidence."""
    return {
        "number": number,
        "why": one.why,
        "name": one.name,
        "meeting": one.meeting,
        "from": one.spans[0][0] if one.spans else None,
        "until": one.spans[-1][1] if one.spans else None,
        "minutes": sum(int((b - a).total_seconds() // 60) for a, b in one.spans),
        "link_of": at.get(one.owner, one.owner),
        "looks_like": [at.get(email, email) for email in one.alike],
    }


def local(event: Event, at: datetime) -> str:
    """An hour of the event's wall clock: « 9 h 30 »."""
    there = at.astimezone(event.zone)
    return f"{there.hour}\u00a0h\u00a0{there.minute:02}"
