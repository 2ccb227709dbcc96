"""Door: writes every letter as it will be read, for real people of the list, into pages to open in a browser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestrator import shipped, wiring
from orchestrator.core import intake
from orchestrator.core.errors import BadConfiguration, UnreadableSource
from orchestrator.core.facts import digest
from orchestrator.core.model import Person
from orchestrator.core.samples import Sample, nobody, outlook_of, samples
from orchestrator.jobs.sampling import sample_letter
from orchestrator.jobs.seats import places
from orchestrator.ports import Clock, Letter
from orchestrator.settings import Settings


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
    scribe = wiring.scribe(settings)
    for n, letter in enumerate(letters(settings), start=1):
        shown = scribe.preview(letter.letter)
        about = letter.sample.session
        file = f"{n:02d}-{letter.sample.kind}" + (f"-{about}" if about else "")
        yield Proof(title=letter.sample.title, file=file, subject=shown.subject, text=shown.text, html=shown.html)


def send(settings: Settings, to: str, clock: Clock) -> int:
    """Send every letter to one address, marked as a test, no faster than the relay allows; says how many."""
    scribe, event, sent = wiring.scribe(settings), settings.event, 0
    pace = timedelta(minutes=1) / event.quota.per_minute if event.quota.per_minute else timedelta()
    with wiring.relay(settings).connect() as line:
        for sent, drafted in enumerate(letters(settings), start=1):
            now = clock.now()
            name = f"<essai.{digest(f'{to} {sent} {now}')}@{settings.mail.sender.email.rpartition('@')[2]}>"
            letter = replace(drafted.letter, to=to, message_id=name, written_at=now)
            line.offer(settings.mail.sender.email, to, scribe.trial(letter)).finish()
            clock.wait(now + pace)
    return sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    sample: Sample
    letter: Letter


def letters(settings: Settings) -> Iterator[Drafted]:
    """Every letter of an event, to a real person of its list."""
    event = settings.event
    people = _people(settings)
    seats = places(event, event.seating.tell_at, {p.email: p for p in people}, {})
    seated = Counter(email for _, email in seats)
    person = max(people, key=lambda p: (seated[p.email], len(p.sessions), len(p.wishes)))
    mine = {seat.session: seat for seat in seats.values() if seat.person == person.email}
    outlook = replace(
        outlook_of(event),
        page=wiring.sample_page(settings),
        taken=Counter(seat.workshop for seat in seats.values()),
        expected=Counter(key for p in people for key in p.sessions),
    )
    for sample in samples(event, person, mine):
        yield Drafted(sample=sample, letter=sample_letter(event, sample, outlook, event.language))


def _people(settings: Settings) -> list[Person]:
    """Those of the list, or one invented person where there is none."""
    event, before = settings.event, settings.event.seating.tell_at - timedelta(days=1)
    try:
        answers = wiring.registrations(settings, event).read()
    except (UnreadableSource, BadConfiguration):
        return [nobody(event)]
    return list(intake.decide_for(event, answers, {}, before).new) or [nobody(event)]
