"""Builders of what tests talk about: the announcement's day with two sessions, everything changed by keyword."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.core.letters import Owed
from orchestrator.core.meetings import Found, MeetingSpec, Pass
from orchestrator.core.model import (
    Answer,
    Before,
    Event,
    OnTheDay,
    Organiser,
    Person,
    Reminder,
    Rule,
    Seat,
    Seating,
    Session,
    Speaker,
    Workshop,
    ZoomWishes,
    identity,
    reference,
)
from orchestrator.core.recipients import Recipient, speaker_reference

PARIS = ZoneInfo("Europe/Paris")
DAY = datetime(2027, 6, 24, tzinfo=PARIS)
MEETING = "day-1"
"""The key of the one meeting both sessions are held in."""


def paris(hour: int, minute: int = 0, *, days: int = 0, day: datetime = DAY) -> datetime:
    """An instant of the day (or some days after it) by Paris's wall clock, in UTC."""
    local = datetime.combine(day.date() + timedelta(days=days), time(hour, minute), tzinfo=PARIS)
    return local.astimezone(UTC)


LONG_BEFORE = paris(10, days=-10)
TELL_AT = paris(18, days=-1)


def session(key: str = "matin", **changes: Any) -> Session:
    """`matin` 9:30–12:15 and `apres-midi` 14:00–16:15; any other key is a morning too."""
    start, end = (paris(14), paris(16, 15)) if key == "apres-midi" else (paris(9, 30), paris(12, 15))
    starts_at = changes.pop("starts_at", start)
    made = Session(
        key=key,
        title=f"Session {key}",
        starts_at=starts_at,
        ends_at=starts_at + (end - start),
        doors_at=starts_at - timedelta(minutes=15),
        day=starts_at.astimezone(PARIS).date(),
    )
    return replace(made, **changes)


def workshop(key: str = "a", **changes: Any) -> Workshop:
    made = Workshop(
        key=key,
        session="matin",
        code=key.upper(),
        title=f"Atelier {key}",
        short=f"Atelier {key}",
        seats=10,
        opens_at=paris(10, 30),
    )
    return replace(made, **changes)


def speaker(email: str = "vera@exemple.fr", **changes: Any) -> Speaker:
    made = Speaker(name="Véra Intervenante", email=email, role="speaker", sessions=("matin", "apres-midi"))
    return replace(made, **changes)


def reminder(session: str = "matin", rule: Rule | None = None, **changes: Any) -> Reminder:
    """At 9:00 on the day unless a rule is given."""
    return replace(Reminder(session=session, rule=rule or OnTheDay(at=time(9))), **changes)


def event(**changes: Any) -> Event:
    """Two sessions, two workshops of 10 seats in the morning, reminders at 9:00 and 30 min before the afternoon."""
    made = Event(
        key="relation",
        title="La relation de soin",
        date=DAY.date(),
        timezone="Europe/Paris",
        organiser=Organiser(name="Pôle ressources", email="contact@exemple.fr", phone="+33 1 23 45 67 89"),
        sessions=(session("matin"), session("apres-midi")),
        seating=Seating(wishes_until=TELL_AT, tell_at=TELL_AT),
        zoom=ZoomWishes(host="hote@exemple.fr"),
        workshops=(workshop("a"), workshop("b")),
        reminders=(reminder("matin"), reminder("apres-midi", Before(lead=timedelta(minutes=30)))),
        mail_from="Pôle ressources <contact@exemple.fr>",
        reply_to="contact@exemple.fr",
    )
    return replace(made, **changes)


def answer(address: str = "zoe@exemple.fr", **changes: Any) -> Answer:
    made = Answer(
        line=2, address=address, first_name="Zoé", last_name="Martin", sessions=("matin", "apres-midi"), wishes={}
    )
    return replace(made, **changes)


def person(address: str = "zoe@exemple.fr", **changes: Any) -> Person:
    made = Person(
        email=identity(address),
        address=address,
        first_name="Zoé",
        last_name="Martin",
        sessions=("matin", "apres-midi"),
        line=2,
        submitted_at=LONG_BEFORE,
        registered_at=LONG_BEFORE,
    )
    return replace(made, **changes)


def seat(workshop: str = "a", **changes: Any) -> Seat:
    """A seat in the morning that is not told yet."""
    return replace(Seat(person="zoe@exemple.fr", session="matin", workshop=workshop, rank=1, reason="wish"), **changes)


def told_seat(workshop: str = "a", **changes: Any) -> Seat:
    """A seat told by the wave of `room` letters."""
    return seat(workshop, **{"told_at": TELL_AT, "told_by": "room"} | changes)


def pass_(email: str = "zoe@exemple.fr", **changes: Any) -> Pass:
    made = Pass(email=email, registrant_id=f"reg-{email}", join_url=f"https://zoom.example/w/1?tk={email}")
    return replace(made, **changes)


def recipient(address: str = "zoe@exemple.fr", *, of: str = "relation", **changes: Any) -> Recipient:
    """Somebody registered for both sessions long ago, with their way in, to whom nothing was sent yet."""
    email = identity(address)
    made = Recipient(
        ref=reference(of, email),
        email=email,
        address=address,
        sessions=("matin", "apres-midi"),
        registered_at=LONG_BEFORE,
        passes={MEETING: pass_(email)},
    )
    return replace(made, **changes)


def speaking(who: Speaker | None = None, *, at: Event | None = None, **changes: Any) -> Recipient:
    """A speaker as a recipient, with a way in and nothing sent yet."""
    who = who or speaker()
    email = identity(who.email)
    made = Recipient(
        ref=speaker_reference(at or event(), who),
        email=email,
        address=who.email,
        sessions=who.sessions,
        speaker=who,
        passes={MEETING: pass_(email)},
    )
    return replace(made, **changes)


def owed(kind: str = "link", **changes: Any) -> Owed:
    """A letter to Zoé."""
    made = Owed(
        kind=kind,
        person=reference("relation", "zoe@exemple.fr"),
        email="zoe@exemple.fr",
        to="zoe@exemple.fr",
        language="fr",
        void_at=paris(16, 15),
    )
    return replace(made, **changes)


def spec(**changes: Any) -> MeetingSpec:
    made = MeetingSpec(
        tag=f"[orchestrator:relation/{MEETING}]",
        host="hote@exemple.fr",
        topic="La relation de soin",
        agenda="Session matin · Session apres-midi",
        starts_at=paris(9, 15),
        minutes=420,
        timezone="Europe/Paris",
    )
    return replace(made, **changes)


def found(**changes: Any) -> Found:
    return replace(Found(zoom_id="81234567890", spec=spec(), passcode="123456"), **changes)
