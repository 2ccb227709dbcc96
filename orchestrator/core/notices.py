"""What somebody asked to be written: the organiser's own words, a letter once more, a polite no."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.core.facts import Almanac, enterable
from orchestrator.core.letters import Owed
from orchestrator.core.model import Event, TurnedAway, identity, reference
from orchestrator.core.recipients import Recipient

SOON = timedelta(minutes=1)
"""How soon such a letter should be through: ahead of links and reminders that can wait."""
BY_ITS_READER = "asked"
"""The code of a letter that its reader has asked for."""
AGAIN = "again"
"""The rule of instructions that are sent again."""
STRANGER = "n-"
"""What the reference of somebody begins with who is not registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to be written. `audience`: all | speakers | session:KEY | workshop:KEY | person:E-MAIL."""

    key: str
    kind: str
    """announce | resend | late | shared"""
    audience: str
    made_at: datetime
    void_at: datetime
    subject: str = ""
    body: str = ""
    address: str = ""
    """Of somebody who is not registered."""
    name: str = ""
    language: str = ""
    code: str = ""
    """late: `late` or `full`; resend: `asked` by its reader."""


def audiences(event: Event) -> list[str]:
    """List whom an announcement may go to."""
    sessions = [f"session:{s.key}" for s in event.sessions]
    return ["all", "speakers", *sessions, *(f"workshop:{w.key}" for w in event.workshops)]


def announcement(audience: str, subject: str, body: str, void_at: datetime, now: datetime) -> Notice:
    """The organiser's own words; the same words to the same people are the same announcement."""
    said = "\n".join((audience, subject, body, void_at.isoformat()))
    key = hashlib.blake2s(said.encode(), digest_size=6).hexdigest()
    return Notice(
        key=f"announce:{key}",
        kind="announce",
        audience=audience,
        made_at=now,
        void_at=void_at,
        subject=subject,
        body=body,
    )


def again(
    event: Event, email: str, now: datetime, between: timedelta = timedelta(minutes=1), *, by_its_reader: bool = False
) -> Notice:
    """Somebody's letter once more, to a speaker their instructions; asked again within a while it is the same."""
    nth = int(now.timestamp() // between.total_seconds())
    return Notice(
        key=f"resend:{reference(event.key, email)}:{int(between.total_seconds())}:{nth}",
        kind="resend",
        audience=f"person:{email}",
        made_at=now,
        void_at=event.last_end,
        code=BY_ITS_READER if by_its_reader else "",
    )


def turned_away(event: Event, away: Iterable[TurnedAway], now: datetime) -> Iterator[Notice]:
    """Say politely to whoever came too late, is one too many or shares an address why they are not registered."""
    for one in away:
        shared = one.reason == "shared"
        named = reference(event.key, f"{one.email}\n{one.name.casefold() if shared else ''}")
        yield Notice(
            key=f"{one.reason}:{named}",
            kind="shared" if shared else "late",
            audience=f"person:{one.email}",
            made_at=now,
            void_at=event.last_end,
            address=one.address,
            name=one.name,
            language=one.language,
            code=one.reason,
        )


def concerns(one: Notice, who: Recipient) -> bool:
    """Tell whether somebody belongs to a notice's audience."""
    what, _, key = one.audience.partition(":")
    if what == "person":
        return who.email == key
    if what == "session":
        return key in who.sessions
    if what == "workshop":
        facilitates = who.speaker is not None and key in who.speaker.workshops
        return facilitates or any(seat.workshop == key and seat.told_at for seat in who.seats.values())
    return what == "all" or (what == "speakers" and who.speaker is not None)


def addressed(
    book: Almanac,
    notices: Iterable[Notice],
    recipients: Iterable[Recipient],
    now: datetime,
    meetings: Collection[str] = (),
) -> Iterator[Owed]:
    """List the letters that notices ask for; one person with several parts gets an announcement once.

    A link is sent again once there is one; to whoever asked for it themselves, once they have had their first letter.
    """
    everybody = list(recipients)
    for one in notices:
        if one.void_at <= now:
            continue
        if one.address:
            yield _to_stranger(book.event, one)
            continue
        reached: set[str] = set()
        for who in everybody:
            if not concerns(one, who) or (one.kind != "resend" and who.email in reached):
                continue
            if one.kind != "resend" or _can_be_sent_again(book, one, who, meetings):
                reached.add(who.email)
                yield _owed(book.event, one, who)


def _can_be_sent_again(book: Almanac, one: Notice, who: Recipient, meetings: Collection[str]) -> bool:
    if not enterable(book, who, meetings):
        return False
    return one.code != BY_ITS_READER or (who.first_sent_at is not None and who.first_sent_at <= one.made_at)


def _owed(event: Event, one: Notice, who: Recipient) -> Owed:
    instructs = one.kind == "resend" and who.speaker is not None
    return Owed(
        kind="host" if instructs else one.kind,
        rule=AGAIN if instructs else "",
        person=who.ref,
        email=who.email,
        to=who.address,
        language=who.language or event.language,
        revision=one.key,
        due_at=one.made_at,
        leave_from=one.made_at,
        wanted_by=one.made_at + SOON,
        void_at=one.void_at,
    )


def _to_stranger(event: Event, one: Notice) -> Owed:
    email = identity(one.address)
    return Owed(
        kind=one.kind,
        person=STRANGER + reference(event.key, email),
        email=email,
        to=one.address,
        language=one.language or event.language,
        revision=one.key,
        due_at=one.made_at,
        leave_from=one.made_at,
        void_at=one.void_at,
    )
