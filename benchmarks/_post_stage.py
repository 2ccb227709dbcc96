"""An event with many letters due at once, on any database, to measure the post or to kill it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.core.meetings import Found, meetings_of, spec_for
from orchestrator.core.model import Event, Person, reference
from orchestrator.gateways.mail.smtp import SmtpPost, Timeouts
from orchestrator.jobs.beat import letters_owed
from orchestrator.jobs.seats import assign
from orchestrator.jobs.world import Patience, Report, World
from orchestrator.rehearsal import people as invented
from orchestrator.store import Kept, Reading, Store, Way

NOW = datetime(2021, 6, 23, 15, tzinfo=UTC)
"""The eve of the example's day, an hour before the rooms are told."""


class Still:
    """A clock that stands still, at the stage's hour or some time later."""

    def __init__(self, later: timedelta = timedelta()) -> None:
        self._at = NOW + later

    def now(self) -> datetime:
        return self._at

    def wait(self, until: datetime) -> None:
        """Return at once."""


def event() -> Event:
    """The example, with seats for everybody, no quota and no speakers."""
    [settings] = gate.load(shipped.example_config(), environ={})
    found = settings.event
    seats = tuple(replace(w, seats=100_000) for w in found.workshops)
    return replace(found, workshops=seats, quota=replace(found.quota, per_minute=0), speakers=())


def prepare(one: World, count: int, due: datetime | None = None) -> None:
    """Let some people be registered and have their link from Zoom, their first letter due now or later."""
    store, what, now = one.store, one.event, one.clock.now()
    store.events.serve(what, now)
    fill(store, what, count)
    people = store.people.registered(what.key)
    places = assign(one, now, people, Report(event=what.key))
    owed = letters_owed(one, now, people, places, store.meetings.all(what.key), store.meetings.ways(what.key))
    first = [letter for letter in owed if letter.kind == "link"]
    if due is not None:
        first = [replace(letter, due_at=due, leave_from=due, wanted_by=due) for letter in first]
    store.outbox.plan(what.key, one.relay, first, now)


def fill(store: Store, what: Event, count: int) -> None:
    """Let some people be registered, here and at Zoom."""
    rows = invented.invent(what, count, "letters", NOW - timedelta(hours=1))
    people = [_person(what, n, row) for n, row in enumerate(rows)]
    reading = Reading(fingerprint="", read_at=NOW, rows=count)
    store.people.record(what.key, reading, people, (), ())
    for key in meetings_of(what):
        spec = spec_for(what, key, NOW, ())
        assert spec is not None
        found = Found(zoom_id="81234567890", spec=spec, passcode="496173", status="waiting")
        store.meetings.record(what.key, Kept(key=key, tag=spec.tag, zoom_id=found.zoom_id, applied=spec, found=found))
        store.meetings.record_ways(what.key, [_way(key, n, person) for n, person in enumerate(people)])


def _person(what: Event, n: int, row: dict[str, str]) -> Person:
    address = f"personne-{n}@exemple.fr"
    return Person(
        email=address,
        address=address,
        first_name=row["Prénom"],
        last_name=row["Nom"],
        sessions=tuple(session.key for session in what.sessions),
        wishes={s.key: _wishes(what, s.key, n) for s in what.sessions if what.workshops_of(s.key)},
        registered_at=NOW - timedelta(hours=1),
    )


def _wishes(what: Event, session: str, n: int) -> tuple[tuple[str, ...], ...]:
    keys = [w.key for w in what.workshops_of(session)]
    return tuple((key,) for key in (keys[n % len(keys) :] + keys[: n % len(keys)])[:3])


def _way(meeting: str, n: int, person: Person) -> Way:
    link = f"https://us02web.zoom.us/w/81234567890?tk={reference('link', person.email)}{n:012d}&pwd=VVhWVFZ3"
    return Way(
        email=person.email, meeting=meeting, zoom_id="81234567890", state="open", registrant_id=str(n), join_url=link
    )


def world(
    what: Event,
    store: Store,
    port: int,
    *,
    connections: int,
    owner: str = "",
    timeouts: Timeouts | None = None,
    **more: Any,
) -> World:
    """The event's world, whose registrations and Zoom are never asked."""
    nobody: Any = None
    return World(
        event=what,
        store=store,
        clock=more.pop("clock", None) or Still(),
        registrations=nobody,
        meetings=nobody,
        post=SmtpPost(host="127.0.0.1", port=port, security="none", timeouts=timeouts),
        scribe=more.pop("scribe", None) or wiring.scribe(),
        owner=owner or wiring.owner(),
        relay="relay",
        connections=connections,
        patience=more.pop("patience", None) or Patience(),
    )
