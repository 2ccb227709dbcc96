"""Gathers what a letter says at the moment it is sent, so that links, hours and rooms are those of now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from orchestrator.core.asked import UNREAD, facts_of_departure
from orchestrator.core.contents import Name, Outlook, changes_in_words, compose
from orchestrator.core.errors import UnwritableLetter
from orchestrator.core.letters import (
    CANCELLED,
    Almanac,
    Recipient,
    almanac,
    changed_facts,
    digest,
    facts_for,
    people_as_recipients,
    speakers_as_recipients,
)
from orchestrator.core.model import Event, Wishes
from orchestrator.core.seating import demand, explain
from orchestrator.jobs.world import World
from orchestrator.ports import CalendarEntry, Letter
from orchestrator.store import Delivery

GLANCE = timedelta(minutes=10)
"""How old the figures of the whole event may be that a letter mentions (demand, seats taken)."""
YEAR_ONE = datetime(2020, 1, 1, tzinfo=UTC)


class NobodyThere(UnwritableLetter):
    """The person a letter is for has left since it was planned."""


@dataclass(slots=True)
class Figures:
    """Figures of the whole event, looked up now and then."""

    at: datetime
    demand: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    taken: Mapping[str, int] = field(default_factory=dict)
    expected: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Words:
    """Writes the letters of one event."""

    world: World
    _figures: Figures | None = None

    def letter(self, delivery: Delivery, now: datetime) -> tuple[Letter, dict[str, str | None]]:
        """Compose a letter and the facts it tells. Raises NobodyThere when its person has left."""
        event = self.world.event
        who, name, wishes = self._recipient(delivery)
        book = almanac(event)
        changed = changed_facts(book, who)
        contents = compose(
            event,
            who,
            name,
            self._outlook(who, wishes, delivery, now),
            kind=delivery.kind,
            session=delivery.session,
            changes=changes_in_words(event, who, changed),
        )
        contents |= {"page": self.world.page_of(delivery.person), "unread": delivery.rule == UNREAD}
        letter = Letter(
            kind=delivery.kind,
            language=delivery.language,
            to=delivery.address,
            sender=event.mail_from,
            reply_to=event.reply_to,
            message_id=message_id(event, delivery.key, delivery.kind),
            written_at=now,
            contents=contents,
            calendar=tuple(self._entries(book, who, delivery, now)),
        )
        return letter, _facts_told(book, who, delivery, changed)

    def _recipient(self, delivery: Delivery) -> tuple[Recipient, Name, Mapping[str, Wishes]]:
        event, store = self.world.event, self.world.store
        passes = {delivery.email: store.meetings.passes_of(event.key, delivery.email)}
        told = {delivery.person: store.outbox.told_to(event.key, delivery.person)}
        if delivery.person.startswith("s-"):
            for who in speakers_as_recipients(event, passes, told, {}):
                if who.ref == delivery.person and who.speaker is not None:
                    return who, Name(first=who.speaker.name), {}
            if delivery.kind == "released":
                return _departed(delivery, told[delivery.person]), Name(), {}
            raise NobodyThere("cette personne n'intervient plus")
        person = store.people.one(event.key, delivery.email)
        if person is None:
            raise NobodyThere("cette personne s'est désinscrite")
        seats = {person.email: store.seats.of(event.key, person.email)}
        who = next(iter(people_as_recipients(event, [person], passes, seats, told, {})))
        return who, Name(first=person.first_name, last=person.last_name), person.wishes

    def _outlook(self, who: Recipient, wishes: Mapping[str, Wishes], delivery: Delivery, now: datetime) -> Outlook:
        kept = self.world.store.meetings.all(self.world.event.key)
        figures = self._glance(now)
        why = {
            session: explain(
                seat,
                self.world.event,
                figures.demand.get(session, {}),
                delivery.language,
                wishes.get(session, ()),
            )
            for session, seat in who.seats.items()
            if seat.told_at is not None
        }
        return Outlook(
            now=now,
            meetings={key: k.found for key, k in kept.items() if k.found is not None and k.zoom_id},
            why=why,
            taken=figures.taken,
            expected=figures.expected,
        )

    def _glance(self, now: datetime) -> Figures:
        if self._figures is None or now - self._figures.at > GLANCE:
            event, store = self.world.event, self.world.store
            people = list(store.people.registered(event.key).values())
            self._figures = Figures(
                at=now,
                demand={s.key: demand(event, s.key, people) for s in event.sessions if event.workshops_of(s.key)},
                taken=store.seats.taken(event.key),
                expected=store.people.expected(event.key),
            )
        return self._figures

    def _entries(self, book: Almanac, who: Recipient, delivery: Delivery, now: datetime) -> list[CalendarEntry]:
        keys = [delivery.session] if delivery.session else list(who.sessions)
        removed = [fact.partition(":")[2] for fact in who.told if fact.startswith("time:") and not delivery.session]
        keys += [key for key in removed if key not in keys and key in book.sessions]
        return [self._entry(book, who, key, now) for key in keys]

    def entry_for(self, who: Recipient, key: str, now: datetime) -> CalendarEntry:
        """One session in somebody's calendar, as their letters would bring it."""
        return self._entry(almanac(self.world.event), who, key, now)

    def _entry(self, book: Almanac, who: Recipient, key: str, now: datetime) -> CalendarEntry:
        event, session = book.event, book.sessions[key]
        value, at = who.told.get(f"time:{key}", ("", now))
        unchanged = value == book.times[key]
        french = (who.language or event.language) == "fr"
        contact = " · ".join(part for part in (event.organiser.email, event.organiser.phone) if part)
        return CalendarEntry(
            uid=f"{event.key}-{key}@{domain(event.mail_from)}",
            sequence=_minutes(at) if unchanged else max(_minutes(now), _minutes(at) + bool(value)),
            title=session.title,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            location=self.world.page_of(who.ref)
            or ("Zoom – lien personnel dans la lettre" if french else "Zoom – personal link in the letter"),
            description=f"{event.title}\n{contact}",
            cancelled=key not in who.sessions or key in book.off,
        )


def _departed(delivery: Delivery, told: Mapping[str, tuple[str, datetime]]) -> Recipient:
    """Somebody who speaks no more: nothing is theirs now, all they were told leaves their calendar."""
    return Recipient(
        ref=delivery.person,
        email=delivery.email,
        address=delivery.address,
        sessions=(),
        language=delivery.language,
        told=told,
    )


def _minutes(at: datetime) -> int:
    """A calendar entry's SEQUENCE: it grows with every change, and stays while the same is told again."""
    return int((at - YEAR_ONE).total_seconds() // 60)


def _facts_told(book: Almanac, who: Recipient, delivery: Delivery, changed: Mapping[str, str]) -> dict[str, str | None]:
    if delivery.kind == "released":
        return facts_of_departure(who.told)
    if delivery.kind == "cancelled":
        gone = {fact: value for fact, value in changed.items() if value == CANCELLED}
        return {f: v for f, v in gone.items() if not delivery.session or f == f"time:{delivery.session}"}
    sessions = [delivery.session] if delivery.session else list(who.sessions)
    facts: dict[str, str | None] = dict(facts_for(book, who, sessions))
    if delivery.kind == "moved":
        facts |= {fact: value or None for fact, value in changed.items() if value != CANCELLED}
        facts |= {fact: None for fact in who.told if _of_removed(who, fact)}
    return {fact: value for fact, value in facts.items() if value != CANCELLED}


def _of_removed(who: Recipient, fact: str) -> bool:
    return fact.partition(":")[2] not in who.sessions


def domain(sender: str) -> str:
    """The domain of a sender such as `Name <a@b.fr>`."""
    return sender.rpartition("@")[2].rstrip("> ") or "localhost"


def message_id(event: Event, key: str, kind: str) -> str:
    """Name a message: the same for every copy of the same letter, and telling nothing about its reader."""
    return f"<{kind}.{digest(key)}.{digest(key[::-1])}@{domain(event.mail_from)}>"
