"""Gathers what a letter says at the moment it is sent, so that links, hours and rooms are those of now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

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
from orchestrator.jobs.alike import alike
from orchestrator.jobs.world import World
from orchestrator.ports import CalendarEntry, Letter
from orchestrator.store import Delivery, Excerpt

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """A letter in plain values, the facts it tells, and the event's version they were read at."""

    letter: Letter
    facts: Mapping[str, str | None]
    as_of: int


@dataclass(slots=True)
class Words:
    """Writes the letters of one event."""

    world: World
    _figures: Figures | None = None
    _book: Almanac | None = None
    _gathered: dict[int, Excerpt] = field(default_factory=dict)
    """What was read for letters about to be written, by letter."""

    def gather(self, letters: Sequence[Delivery]) -> None:
        """Read together what some letters will say; each uses it once."""
        read = self.world.store.excerpt(
            self.world.event.key, {one.email for one in letters}, {one.person for one in letters}
        )
        self._gathered |= {one.id: read for one in letters}

    def letter(self, delivery: Delivery, now: datetime) -> Worded:
        """Compose a letter and the facts it tells. Raises NobodyThere when its person has left."""
        if delivery.id not in self._gathered:
            self.gather([delivery])
        event, read = self.world.event, self._gathered.pop(delivery.id)
        who, name, wishes = self._recipient(delivery, read)
        book = self._book or almanac(event)
        self._book = book
        changed = changed_facts(book, who)
        outlook = self._outlook(who, wishes, delivery, read, now)
        changes = changes_in_words(event, who, changed)

        def composed(who: Recipient, name: Name) -> Mapping[str, Any]:
            return compose(event, who, name, outlook, kind=delivery.kind, session=delivery.session, changes=changes)

        more = (event.key, delivery.kind, delivery.session, read.version, self._glance(now).at, repr(changes))
        same = alike(who, name, outlook, composed, more)
        letter = Letter(
            kind=delivery.kind,
            language=delivery.language,
            to=delivery.address,
            sender=event.mail_from,
            reply_to=event.reply_to,
            message_id=message_id(event, delivery.key, delivery.kind),
            written_at=now,
            contents=composed(who, name) if same is None else {},
            alike=same,
            calendar=tuple(self._entries(book, who, delivery, now)),
        )
        return Worded(letter=letter, facts=_facts_told(book, who, delivery, changed), as_of=read.version)

    def _recipient(self, delivery: Delivery, read: Excerpt) -> tuple[Recipient, Name, Mapping[str, Wishes]]:
        event = self.world.event
        if delivery.person.startswith("s-"):
            for who in speakers_as_recipients(event, read.passes, read.told, {}):
                if who.ref == delivery.person and who.speaker is not None:
                    return who, Name(first=who.speaker.name), {}
            raise NobodyThere("cette personne n'intervient plus")
        person = read.people.get(delivery.email)
        if person is None:
            raise NobodyThere("cette personne s'est désinscrite")
        who = next(iter(people_as_recipients(event, [person], read.passes, read.seats, read.told, {})))
        return who, Name(first=person.first_name, last=person.last_name), person.wishes

    def _outlook(
        self, who: Recipient, wishes: Mapping[str, Wishes], delivery: Delivery, read: Excerpt, now: datetime
    ) -> Outlook:
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
            meetings={key: k.found for key, k in read.meetings.items() if k.found is not None and k.zoom_id},
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
            location="Zoom – lien personnel dans la lettre" if french else "Zoom – personal link in the letter",
            description=f"{event.title}\n{contact}",
            cancelled=key not in who.sessions or key in book.off,
        )


def _minutes(at: datetime) -> int:
    """A calendar entry's SEQUENCE: it grows with every change, and stays while the same is told again."""
    return int((at - YEAR_ONE).total_seconds() // 60)


def _facts_told(book: Almanac, who: Recipient, delivery: Delivery, changed: Mapping[str, str]) -> dict[str, str | None]:
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
