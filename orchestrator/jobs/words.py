"""Gathers what a letter says at the moment it is sent, so that links, hours and rooms are those of now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.core.afterwards import KIND as AFTER
from orchestrator.core.afterwards import links_of, told_apart
from orchestrator.core.asked import UNREAD, facts_of_departure
from orchestrator.core.contents import Name, Outlook, changes_in_words, compose
from orchestrator.core.errors import UnwritableLetter
from orchestrator.core.explaining import explain
from orchestrator.core.facts import CANCELLED, Almanac, almanac, changed_facts, digest
from orchestrator.core.model import Event, Session, Wishes
from orchestrator.core.notices import STRANGER, Notice
from orchestrator.core.recipients import Recipient, people_as_recipients, speakers_as_recipients
from orchestrator.core.seating import demand_of
from orchestrator.core.told import facts_told
from orchestrator.jobs.alike import Reader, alike
from orchestrator.jobs.attendance import REPLAY
from orchestrator.jobs.hosting import alert_contents
from orchestrator.jobs.world import World
from orchestrator.ports import CalendarEntry, Letter
from orchestrator.store import Delivery, Excerpt

GLANCE = timedelta(minutes=10)
"""How old the figures of the whole event may be that a letter mentions (demand, seats taken)."""
ASKED = ("announce", "resend", "late", "shared")
"""Kinds whose revision names the notice that asks for them."""
WITHOUT_FILES = ("announce", "fallback", "late", "shared", "alert", "after")
"""Kinds that change nothing in a calendar."""
LEAVABLE = ("link", "room", "reminder", "resend", "moved", "started", "announce")
"""Kinds whose mail program may offer to leave: to whoever is registered and awaited."""
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
    _served_at: datetime | None = None
    _books: dict[bool, Almanac] = field(default_factory=dict)
    """By whether plan B is on."""
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
        if delivery.kind == "alert":
            return Worded(letter=self._alert(delivery, now), facts={}, as_of=read.version)
        who, name, wishes = self._recipient(delivery, read)
        book = self._book(read.fallback)
        changed = changed_facts(book, who)
        outlook = self._outlook(who, wishes, delivery, read, now)
        changes = changes_in_words(event, who, changed) if changed else []
        french = (who.language or event.language) == "fr"
        reader = Reader(who=who, name=name, page=outlook.page, entries=self._numbered(book, who, delivery, now))

        def composed(reader: Reader) -> tuple[Mapping[str, Any], tuple[CalendarEntry, ...]]:
            view = replace(outlook, page=reader.page)
            said = compose(
                event, reader.who, reader.name, view, kind=delivery.kind, session=delivery.session, changes=changes
            )
            entries = [self._entry(book, *entry, page=reader.page, french=french) for entry in reader.entries]
            return {**said, "unread": delivery.rule == UNREAD}, tuple(entries)

        more = (event.key, delivery.kind, delivery.session, delivery.rule == UNREAD, read.version)
        seen = [repr(one) if one else "" for one in (changes, outlook.asked, outlook.after)]
        same = alike(reader, outlook, composed, (*more, read.fallback, self._glance(now).at, *seen))
        contents, calendar = composed(reader) if same is None else ({}, ())
        leave = f"{outlook.page}/absence" if outlook.page and delivery.kind in LEAVABLE and not who.speaker else ""
        letter = self._addressed(delivery, now, contents=contents, alike=same, calendar=calendar, leave=leave)
        facts = (
            facts_of_departure(who.told)
            if delivery.kind == "released"
            else facts_told(book, who, delivery.kind, delivery.session, changed)
        )
        return Worded(letter=letter, facts=facts, as_of=read.version)

    def _book(self, fallback: bool) -> Almanac:
        if fallback not in self._books:
            self._books[fallback] = almanac(self.world.event, fallback=fallback)
        return self._books[fallback]

    def _alert(self, delivery: Delivery, now: datetime) -> Letter:
        kept = self.world.store.meetings.all(self.world.event.key)
        found = {key: k.found for key, k in kept.items() if k.found is not None and k.zoom_id}
        said = alert_contents(self.world, delivery, Outlook(now=now, meetings=found))
        return self._addressed(delivery, now, contents=said)

    def _addressed(self, delivery: Delivery, now: datetime, **what: Any) -> Letter:
        """A letter to whom it is for, from whom it is, whatever it says."""
        event = self.world.event
        return Letter(
            kind=delivery.kind,
            language=delivery.language,
            to=delivery.address,
            sender=event.mail_from,
            reply_to=event.reply_to,
            message_id=message_id(event, delivery.key, delivery.kind),
            written_at=now,
            **what,
        )

    def _recipient(self, delivery: Delivery, read: Excerpt) -> tuple[Recipient, Name, Mapping[str, Wishes]]:
        event = self.world.event
        if delivery.person.startswith("s-"):
            for who in speakers_as_recipients(event, read.passes, read.told, {}):
                if who.ref == delivery.person and who.speaker is not None:
                    return who, Name(first=who.speaker.name), {}
            if delivery.kind == "released":
                return _departed(delivery, read.told.get(delivery.person, {})), Name(), {}
            raise NobodyThere("cette personne n'intervient plus")
        if delivery.person.startswith(STRANGER):
            stranger = Recipient(ref=delivery.person, email=delivery.email, address=delivery.address, sessions=())
            return stranger, Name(), {}
        person, gone_at = read.people.get(delivery.email), None
        if delivery.kind == "bye":
            person, gone_at = self.world.store.people.gone(event.key).get(delivery.email, (None, None))
        if person is None:
            raise NobodyThere("cette personne s'est désinscrite, ou est revenue")
        who = next(iter(people_as_recipients(event, [person], read.passes, read.seats, read.told, {})))
        if gone_at is not None:
            who = replace(who, gone_at=gone_at, sessions=())
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
            page=self.world.page_of(who.ref),
            fallback=read.fallback,
            asked=self._asked(delivery),
            after=self._after(delivery),
        )

    def _after(self, delivery: Delivery) -> Mapping[str, object] | None:
        """What a letter after the event gives to its reader."""
        if delivery.kind != AFTER:
            return None
        event, store = self.world.event, self.world.store
        links = links_of(event, store.memos.get(event.key, REPLAY))
        return told_apart(links, store.attendance.came_of(event.key, delivery.person))

    def _asked(self, delivery: Delivery) -> Notice | None:
        """The notice a letter was asked for by."""
        if delivery.kind not in ASKED:
            return None
        return self.world.store.notices.one(self.world.event.key, delivery.revision)

    def _glance(self, now: datetime) -> Figures:
        if self._figures is None or now - self._figures.at > GLANCE:
            event, store = self.world.event, self.world.store
            choices = store.people.choices(event.key)
            self._figures = Figures(
                at=now,
                demand={s.key: demand_of(event, s.key, choices) for s in event.sessions if event.workshops_of(s.key)},
                taken=store.seats.taken(event.key),
                expected=store.people.expected(event.key),
            )
        return self._figures

    def _numbered(
        self, book: Almanac, who: Recipient, delivery: Delivery, now: datetime
    ) -> tuple[tuple[str, bool, int], ...]:
        """Which sessions a letter brings into the calendar or takes out of it, and their SEQUENCE."""
        if delivery.kind in WITHOUT_FILES or is_light(book.event, delivery.address):
            return ()
        keys = [delivery.session] if delivery.session else list(who.sessions)
        if not delivery.session:
            told = [fact for fact, (value, _) in who.told.items() if fact.startswith("time:") and value]
            removed = [fact.partition(":")[2] for fact in told]
            keys += [key for key in removed if key not in keys and key in book.sessions]
        return tuple([(key, *_numbered(book, who, key, now)) for key in keys if book.sessions[key].ends_at > now])

    def _uid(self, session: str) -> str:
        """A calendar entry's name, for good: it holds when the sender's domain changes."""
        if not self._served_at:
            self._served_at = self.world.store.events.served_at(self.world.event.key)
        return f"{self.world.event.key}-{session}-{digest(str(self._served_at))}@orchestrator"

    def entry_for(self, who: Recipient, key: str, now: datetime) -> CalendarEntry:
        """One session in somebody's calendar, as their letters would bring it."""
        book, french = almanac(self.world.event), (who.language or self.world.event.language) == "fr"
        return self._entry(book, key, *_numbered(book, who, key, now), page=self.world.page_of(who.ref), french=french)

    def _entry(self, book: Almanac, key: str, gone: bool, sequence: int, *, page: str, french: bool) -> CalendarEntry:
        blank = entry_of(book.event, book.sessions[key], page=page, french=french)
        return replace(blank, uid=self._uid(key), sequence=sequence, cancelled=gone)


def entry_of(event: Event, session: Session, *, page: str, french: bool) -> CalendarEntry:
    """A session as calendars show it, without a name and a number of its own yet."""
    return CalendarEntry(
        uid="",
        sequence=0,
        title=session.title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        location=page or whereabouts(event, french=french),
        description=described(event, page, french=french),
        cancelled=False,
    )


def _numbered(book: Almanac, who: Recipient, key: str, now: datetime) -> tuple[bool, int]:
    """Whether a session leaves somebody's calendar, and its entry's SEQUENCE."""
    value, at = who.told.get(f"time:{key}", ("", YEAR_ONE))
    cancelled = key not in who.sessions or key in book.off
    unchanged = value == book.times[key] and (value == CANCELLED or not cancelled)
    return cancelled, _minutes(at) if unchanged else max(_minutes(now), _minutes(at) + 1)


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


def is_light(event: Event, address: str) -> bool:
    """Tell whether an address belongs to a domain whose letters carry no file."""
    domains = address.rpartition("@")[2].casefold()
    return any(domains == light or domains.endswith(f".{light}") for light in event.letters.light)


def whereabouts(event: Event, *, french: bool) -> str:
    """Say in a calendar where it is; never a personal link, calendars are shared."""
    said = (
        "En ligne (Zoom), lien personnel dans la lettre de"
        if french
        else "Online (Zoom), personal link in the letter of"
    )
    return f"{said} {event.organiser.name}"


def described(event: Event, page: str, *, french: bool) -> str:
    """Say in a calendar what it is, where the way in is found and whom to ask."""
    contact = " · ".join(part for part in (event.organiser.name, event.organiser.email, event.organiser.phone) if part)
    if page:
        way_in = f"Votre page : {page}" if french else f"Your page: {page}"
    else:
        way_in = "Votre lien personnel est dans la lettre." if french else "Your personal link is in the letter."
    asked = "Une question ?" if french else "A question?"
    return f"{event.title}\n{way_in}\n{asked} {contact}"


def domain(sender: str) -> str:
    """The domain of a sender such as `Name <a@b.fr>`."""
    return sender.rpartition("@")[2].rstrip("> ") or "localhost"


def message_id(event: Event, key: str, kind: str) -> str:
    """Name a message: the same for every copy of the same letter, and telling nothing about its reader."""
    return f"<{kind}.{digest(key)}.{digest(key[::-1])}@{domain(event.mail_from)}>"
