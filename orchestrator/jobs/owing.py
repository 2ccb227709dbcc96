"""Everything that is owed to anybody at one event: by what they chose, by what was asked, by their leaving."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from orchestrator.core.afterwards import links_of, thanks
from orchestrator.core.facts import Almanac, almanac
from orchestrator.core.letters import Owed, owed
from orchestrator.core.meetings import Pass
from orchestrator.core.model import Event, Person, Seat
from orchestrator.core.notices import addressed
from orchestrator.core.presence import NOTHING_KNOWN, Live
from orchestrator.core.recipients import FALLBACK, Recipient, people_as_recipients, speakers_as_recipients
from orchestrator.core.told import farewell
from orchestrator.jobs.attendance import REPLAY
from orchestrator.store import Store

Told = Mapping[str, Mapping[str, tuple[str, datetime]]]
"""What everyone was last told and when, by reference and fact."""


def recipients(
    event: Event,
    store: Store,
    people: Mapping[str, Person],
    passes: Mapping[str, Mapping[str, Pass]],
    seats: Mapping[str, Mapping[str, Seat]],
    told: Told | None = None,
) -> list[Recipient]:
    """Bring together what decides everyone's letters: people, then speakers. `told`: where it is known already."""
    told, first = store.outbox.told(event.key) if told is None else told, store.outbox.first_sent(event.key)
    return [
        *people_as_recipients(event, people.values(), passes, seats, told, first),
        *speakers_as_recipients(event, passes, told, first),
    ]


def everything_owed(
    event: Event,
    store: Store,
    everybody: Sequence[Recipient],
    now: datetime,
    meetings: Collection[str],
    live: Live = NOTHING_KNOWN,
) -> list[Owed]:
    """List every letter, whether it has left or not."""
    book = almanac(event, fallback=bool(store.memos.get(event.key, FALLBACK)), live=live)
    letters = [letter for who in everybody for letter in owed(book, who, now, meetings)]
    letters += addressed(book, store.notices.all(event.key), everybody, now, meetings)
    if event.after is not None:
        letters += thanks(event, links_of(event, store.memos.get(event.key, REPLAY)), everybody)
    if now < event.last_end:
        letters += _farewells(book, store, now)
    return letters


def _farewells(book: Almanac, store: Store, now: datetime) -> Iterator[Owed]:
    """List the letters at the addresses of those who left."""
    event = book.event
    gone = store.people.gone(event.key)
    if not gone:
        return
    told = store.outbox.told(event.key)
    for who in people_as_recipients(event, (person for person, _ in gone.values()), {}, {}, told, {}):
        yield from farewell(book, replace(who, gone_at=gone[who.email][1]), now)
