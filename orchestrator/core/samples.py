"""One letter of every kind an event may send, to be read or tried before anybody gets one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orchestrator.core.contents import Name, Outlook, Plain, changes_in_words, compose
from orchestrator.core.facts import almanac, changed_facts, digest, due_at, facts_for
from orchestrator.core.meetings import SIGNING_IN, Found, Pass, Phone, meetings_of, spec_for
from orchestrator.core.model import Event, Person, Reminder, Seat, Workshop
from orchestrator.core.notices import Notice, announcement
from orchestrator.core.recipients import FALLBACK, Recipient

PHONES = (
    Phone(country="FR", number="+33 1 70 37 97 29", city="Paris"),
    Phone(country="FR", number="+33 1 70 95 01 03", city="Paris"),
)
LINK = "https://us02web.zoom.us/w/85000000000?tk=apercu"
ROLES = {"host": "anime", "alternative-host": "co-anime", "speaker": "intervient", "facilitator": "tient un atelier"}
HALF_AN_HOUR = timedelta(minutes=30)
NAMELESS = Name()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A letter to somebody, before it is in words."""

    title: str
    kind: str
    who: Recipient
    name: Name = NAMELESS
    session: str = ""
    at: datetime | None = None
    """When it leaves, where its words depend on that."""
    asked: Notice | None = None
    fallback: bool = False
    after: Plain | None = None
    alert: Plain | None = None


def nobody(event: Event) -> Person:
    """Somebody invented who comes to everything."""
    return Person(
        email="camille@exemple.fr",
        address="camille@exemple.fr",
        first_name="Camille",
        last_name="Exemple",
        sessions=tuple(s.key for s in event.sessions),
        registered_at=event.seating.tell_at - timedelta(days=1),
    )


def invented_seats(event: Event, person: Person) -> dict[str, Seat]:
    """A told seat in the first workshop of each session."""
    firsts: dict[str, Workshop] = {}
    for workshop in event.workshops:
        firsts.setdefault(workshop.session, workshop)
    told = event.seating.tell_at
    return {
        key: Seat(person=person.email, session=key, workshop=w.key, rank=1, reason="wish", told_at=told, told_by="room")
        for key, w in firsts.items()
        if key in person.sessions
    }


def samples(event: Event, person: Person, seats: Mapping[str, Seat]) -> Iterator[Sample]:
    """List the letters of an event: to one person with their seats, and to everyone who makes the day."""
    who, name = _recipient(event, person), Name(first=person.first_name, last=person.last_name)
    told = replace(who, seats=seats)
    yield Sample(title="Lien, à l'inscription", kind="link", who=who, name=name)
    if seats:
        yield Sample(title="Lien d'une inscription tardive : la salle y est", kind="link", who=told, name=name)
    for key in seats:
        title = "Salle, quand les places sont annoncées"
        yield Sample(title=title, kind="room", who=told, name=name, session=key)
    for reminder in event.reminders:
        if reminder.audience != "speakers" and reminder.session in person.sessions:
            title = f"Rappel, {_hour(event, reminder)} : {event.session(reminder.session).title}"
            at = due_at(event, reminder)
            yield Sample(title=title, kind="reminder", who=told, name=name, session=reminder.session, at=at)
    yield from _to_speakers(event, who)
    yield from _on_the_day(event, told, name)
    yield from _asked(event, told, name)
    yield from _afterwards(told, name)
    yield from _alerts(event, told)
    if event.speakers:
        gone = replace(who, sessions=(), speaker=None)
        yield Sample(title="Intervention annulée", kind="released", who=gone)


def _to_speakers(event: Event, who: Recipient) -> Iterator[Sample]:
    for speaker in event.speakers:
        to = replace(who, sessions=speaker.sessions, speaker=speaker, ref="s-apercu", address=speaker.email)
        title = f"{speaker.name} ({ROLES[speaker.role]})"
        yield Sample(title=f"Instructions : {title}", kind="host", who=to, name=Name(first=speaker.name))
        for reminder in event.reminders:
            if reminder.audience != "registrants" and reminder.session in speaker.sessions:
                said = f"Rappel, {_hour(event, reminder)} : {title}, {event.session(reminder.session).title}"
                one = Sample(title=said, kind="host", who=to, name=Name(first=speaker.name), session=reminder.session)
                yield replace(one, at=due_at(event, reminder))


def _hour(event: Event, reminder: Reminder) -> str:
    at = due_at(event, reminder).astimezone(event.zone)
    return f"{at:%d/%m} à {at.hour}h{at.minute:02}"


def _on_the_day(event: Event, who: Recipient, name: Name) -> Iterator[Sample]:
    first, last = who.sessions[0], who.sessions[-1]
    yield Sample(title="Changement d'heure", kind="moved", who=_moved(event, who, last), name=name)
    yield Sample(title="Changement de lien", kind="moved", who=_linked_anew(event, who), name=name)
    yield Sample(title="Annulation d'une séance", kind="cancelled", who=who, name=name, session=first)
    yield Sample(title="La séance a commencé", kind="started", who=who, name=name, session=first)
    if event.fallback_url:
        yield Sample(title="Plan B : Zoom est en panne", kind="fallback", who=who, name=name, fallback=True)
        yield Sample(title="Plan B terminé", kind="fallback", who=who, name=name)
    yield Sample(title="Fin d'inscription, à l'ancienne adresse", kind="bye", who=replace(who, sessions=()), name=name)


def _asked(event: Event, who: Recipient, name: Name) -> Iterator[Sample]:
    now = event.seating.tell_at
    words = announcement(
        "all", "Reprise à 14h15", "Le texte de votre annonce.\n\nÀ tout de suite !", event.last_end, now
    )
    yield Sample(title="Annonce de votre main", kind="announce", who=who, name=name, asked=words)
    yield Sample(title="Lien renvoyé", kind="resend", who=who, name=name, asked=replace(words, kind="resend"))
    stranger = replace(who, sessions=())
    typed = f"{name.first} {name.last}".strip()
    for kind, code, title in (
        ("late", "late", "Réponse à une inscription tardive"),
        ("late", "full", "Réponse à une inscription en trop : liste d'attente"),
        ("shared", "shared", "Seconde inscription avec la même adresse"),
    ):
        asked = replace(words, kind=kind, code=code, name=typed)
        yield Sample(title=title, kind=kind, who=stranger, asked=asked)


def _afterwards(who: Recipient, name: Name) -> Iterator[Sample]:
    links = {key: f"https://exemple.fr/{key}" for key in ("slides", "replay", "survey")}
    for title, came in (("Après, pour qui est venu", True), ("Après, pour qui n'est pas venu", False)):
        yield Sample(title=title, kind="after", who=who, name=name, after={**links, "came": came})


def _alerts(event: Event, who: Recipient) -> Iterator[Sample]:
    said = {"role": "host", "sign_in_as": event.zoom.host, "number": "850 0000 0000", "passcode": "246810"}
    for what, title in (
        ("not-started", "Alerte : la réunion n'est pas ouverte"),
        ("ended", "Alerte : fermée trop tôt"),
    ):
        alert = {**said, "what": what, "stand_ins": [s.name for s in event.speakers if s.role in SIGNING_IN]}
        yield Sample(title=title, kind="alert", who=who, session=who.sessions[0], alert=alert)


def _recipient(event: Event, person: Person) -> Recipient:
    passes = {key: Pass(email=person.email, registrant_id="apercu", join_url=LINK) for key in meetings_of(event)}
    return Recipient(
        ref="apercu",
        email=person.email,
        address=person.address,
        sessions=tuple(s.key for s in event.sessions if s.key in person.sessions),
        passes=passes,
        zone=person.timezone,
    )


def _moved(event: Event, who: Recipient, key: str) -> Recipient:
    """Somebody who was told another hour: half an hour earlier."""
    session = event.session(key)
    before = f"{(session.starts_at - HALF_AN_HOUR).isoformat()}/{(session.ends_at - HALF_AN_HOUR).isoformat()}"
    return _told(event, who, {f"time:{key}": before})


def _linked_anew(event: Event, who: Recipient) -> Recipient:
    return _told(event, who, {f"link:{key}": digest("before") for key in who.sessions})


def _told(event: Event, who: Recipient, otherwise: Mapping[str, str]) -> Recipient:
    facts = {**facts_for(almanac(event), who), **otherwise}
    return replace(who, told={fact: (value, event.seating.tell_at) for fact, value in facts.items()})


def outlook_of(event: Event) -> Outlook:
    """What samples know of the meetings."""
    specs = {key: spec_for(event, key, event.seating.tell_at) for key in meetings_of(event)}
    found = {
        key: Found(zoom_id="85000000000", spec=spec, passcode="246810", phones=PHONES)
        for key, spec in specs.items()
        if spec is not None
    }
    return Outlook(meetings=found)


def contents_of(event: Event, sample: Sample, outlook: Outlook) -> Plain:
    """Say what a sample says."""
    changed = changed_facts(almanac(event), sample.who)
    changed.pop(FALLBACK, None)
    said = compose(
        event,
        sample.who,
        sample.name,
        replace(outlook, now=sample.at, asked=sample.asked, fallback=sample.fallback, after=sample.after),
        kind=sample.kind,
        session=sample.session,
        changes=changes_in_words(event, sample.who, changed),
    )
    return said if sample.alert is None else {**said, "alert": sample.alert}
