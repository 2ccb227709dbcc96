"""Door: writes every letter as it will be read, for real people of the list, into pages to open in a browser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestrator import shipped, wiring
from orchestrator.core import intake
from orchestrator.core.contents import Name, Outlook, changes_in_words, compose
from orchestrator.core.errors import BadConfiguration, UnreadableSource
from orchestrator.core.letters import Recipient, almanac, changed_facts, facts_for
from orchestrator.core.meetings import Found, Pass, Phone, meetings_of, spec_for
from orchestrator.core.model import Event, Person, Seat
from orchestrator.jobs.seats import places
from orchestrator.ports import Letter
from orchestrator.settings import Settings

NOBODY = Person(email="camille@exemple.fr", address="camille@exemple.fr", first_name="Camille", last_name="Exemple")
PHONES = (
    Phone(country="FR", number="+33 1 70 37 97 29", city="Paris"),
    Phone(country="FR", number="+33 1 70 95 01 03", city="Paris"),
)
ROLES = {"host": "anime", "alternative-host": "co-anime", "speaker": "intervient", "facilitator": "tient un atelier"}
HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One letter to look at."""

    title: str
    file: str
    subject: str
    text: str
    html: str


def write(settings: Settings, out: Path) -> int:
    """Write the letters and their index; returns how many there are."""
    out.mkdir(parents=True, exist_ok=True)
    proofs = list(_proofs(settings))
    for proof in proofs:
        (out / f"{proof.file}.html").write_text(proof.html, "utf-8")
        (out / f"{proof.file}.txt").write_text(f"{proof.subject}\n\n{proof.text}", "utf-8")
    pages = Environment(
        loader=FileSystemLoader(shipped.templates() / "web"), autoescape=True, undefined=StrictUndefined
    )
    page = pages.get_template("preview.html").render(event=settings.event, proofs=proofs)
    (out / "index.html").write_text(page, "utf-8")
    return len(proofs)


def _proofs(settings: Settings) -> Iterator[Proof]:
    event, scribe = settings.event, wiring.scribe()
    people = _people(settings)
    seats = places(event, event.seating.tell_at, {p.email: p for p in people}, {})
    seated = Counter(email for _, email in seats)
    person = max(people, key=lambda p: (seated[p.email], len(p.sessions), len(p.wishes)))
    mine = {seat.session: seat for seat in seats.values() if seat.person == person.email}
    outlook = Outlook(
        meetings=_found(event, event.seating.tell_at),
        taken=Counter(seat.workshop for seat in seats.values()),
        expected=Counter(key for p in people for key in p.sessions),
    )
    for n, (title, kind, session, who, name) in enumerate(_cases(event, person, mine), start=1):
        shown = scribe.preview(_letter(event, outlook, kind, session, who, name))
        file = f"{n:02d}-{kind}" + (f"-{session}" if session else "")
        yield Proof(title=title, file=file, subject=shown.subject, text=shown.text, html=shown.html)


def _people(settings: Settings) -> list[Person]:
    """Those of the list, or one invented person where there is none."""
    event, before = settings.event, settings.event.seating.tell_at - timedelta(days=1)
    everything = tuple(s.key for s in event.sessions)
    nobody = [replace(NOBODY, sessions=everything, registered_at=before)]
    try:
        answers = wiring.registrations(settings, event).read()
    except (UnreadableSource, BadConfiguration):
        return nobody
    return list(intake.decide_for(event, answers, {}, before).new) or nobody


Case = tuple[str, str, str, Recipient, Name]


def _cases(event: Event, person: Person, seats: dict[str, Seat]) -> Iterator[Case]:
    who = _recipient(event, person)
    name = Name(first=person.first_name, last=person.last_name)
    told = replace(who, seats=seats)
    yield "Lien, à l'inscription", "link", "", who, name
    if seats:
        yield "Lien d'une inscription tardive : la salle y est", "link", "", told, name
    for session in seats:
        yield "Salle, quand les places sont annoncées", "room", session, told, name
    for reminder in event.reminders:
        if reminder.audience != "speakers" and reminder.session in person.sessions:
            yield f"Rappel : {event.session(reminder.session).title}", "reminder", reminder.session, told, name
    for speaker in event.speakers:
        mine = replace(who, sessions=speaker.sessions, speaker=speaker, ref="s-preview", address=speaker.email)
        yield f"Instructions : {speaker.name} ({ROLES[speaker.role]})", "host", "", mine, Name(first=speaker.name)
    yield "Changement d'heure", "moved", "", _moved(event, told), name
    yield "Annulation", "cancelled", person.sessions[0], told, name
    yield "Intervention annulée", "released", "", replace(who, sessions=()), Name()


def _recipient(event: Event, person: Person) -> Recipient:
    link = "https://us02web.zoom.us/w/85000000000?tk=apercu"
    passes = {key: Pass(email=person.email, registrant_id="apercu", join_url=link) for key in meetings_of(event)}
    return Recipient(
        ref="apercu",
        email=person.email,
        address=person.address,
        sessions=tuple(s.key for s in event.sessions if s.key in person.sessions),
        passes=passes,
    )


def _moved(event: Event, who: Recipient) -> Recipient:
    """Somebody who was told another hour: half an hour earlier."""
    session = event.session(who.sessions[-1])
    before = f"{(session.starts_at - HALF_AN_HOUR).isoformat()}/{(session.ends_at - HALF_AN_HOUR).isoformat()}"
    facts = facts_for(almanac(event), who) | {f"time:{session.key}": before}
    return replace(who, told={fact: (value, event.seating.tell_at) for fact, value in facts.items()})


def _letter(event: Event, outlook: Outlook, kind: str, session: str, who: Recipient, name: Name) -> Letter:
    now = event.seating.tell_at
    changes = changes_in_words(event, who, changed_facts(almanac(event), who))
    return Letter(
        kind=kind,
        language=event.language,
        to=who.address,
        sender=event.mail_from,
        reply_to=event.reply_to,
        message_id="<apercu@localhost>",
        written_at=now,
        contents=compose(event, who, name, outlook, kind=kind, session=session, changes=changes),
    )


def _found(event: Event, now: datetime) -> dict[str, Found]:
    specs = {key: spec_for(event, key, now) for key in meetings_of(event)}
    return {
        key: Found(zoom_id="85000000000", spec=spec, passcode="246810", phones=PHONES)
        for key, spec in specs.items()
        if spec is not None
    }
