"""What a speaker sees on their page: role, running order, who is expected, what the session has to provide."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from orchestrator.core.asked import what_is_read
from orchestrator.core.contents import Name, Outlook, compose
from orchestrator.core.meetings import SIGNING_IN, meeting_of, registrants
from orchestrator.core.model import Event, Speaker, identity
from orchestrator.core.needs import measures
from orchestrator.core.recipients import FALLBACK, Recipient, speakers_as_recipients
from orchestrator.jobs.reception import Crowd, Reception
from orchestrator.jobs.world import World
from orchestrator.store.pages import Stamp

Plain = dict[str, Any]


def recipient(world: World, ref: str) -> Recipient | None:
    """The speaker of a reference; None where they speak no more."""
    event = world.event
    for who in speakers_as_recipients(event, {}, {}, {}):
        if who.ref == ref and who.speaker is not None:
            passes = {who.email: world.store.pages.passes(event.key, identity(who.speaker.email))}
            told = {ref: world.store.outbox.told_to(event.key, ref)}
            again = speakers_as_recipients(event, passes, told, {})
            return next(one for one in again if one.ref == ref)
    return None


def backstage(reception: Reception, who: Recipient, stamp: Stamp, now: datetime) -> Plain:
    """Bring together what a speaker sees now."""
    world, speaker = reception.world, who.speaker
    assert speaker is not None
    event, store = world.event, world.store
    crowd = reception.crowd(now, partial(count, world, now))
    outlook = Outlook(
        meetings=reception.meetings(stamp),
        taken=crowd.taken,
        expected=crowd.expected,
        fallback=bool(store.memos.get(event.key, FALLBACK)),
    )
    contents = compose(event, who, Name(first=speaker.name), outlook, kind="page", session="")
    what, at = store.pages.understood(event.key).get(who.ref, ("", None))
    return contents | {
        "host": contents["host"] | {"expected": {key: crowd.expected.get(key, 0) for key in speaker.sessions}},
        "speaker": speaker,
        "needs": {key: crowd.needs.get(key, {}) for key in speaker.sessions},
        "sheets": _sheets(event, speaker, crowd, now),
        "what": what_is_read(event, speaker),
        "confirmed_at": at.astimezone(event.zone) if at is not None else None,
        "is_confirmed": what == what_is_read(event, speaker),
        "way_of": {key: way for way in contents["ways"] for key in way["sessions"]},
        "starts": _starts(event, speaker, now),
    }


def count(world: World, now: datetime) -> Crowd:
    """Count who comes to an event."""
    event, store = world.event, world.store
    needs = store.pages.needs(event.key)
    return Crowd(
        at=now,
        expected=store.people.expected(event.key),
        taken=store.seats.taken(event.key),
        needs={s.key: measures(text for sessions, text in needs if s.key in sessions) for s in event.sessions},
        names=_names(world) if now >= event.seating.tell_at else {},
    )


def _sheets(event: Event, speaker: Speaker, crowd: Crowd, now: datetime) -> list[Plain]:
    """Who is in which room, as Zoom shows them: every room for who hosts, their own for a facilitator."""
    return [
        {
            "room": w.room,
            "title": w.title,
            "seats": w.seats,
            "people": crowd.names.get(w.key, []),
            "told": now >= event.seating.tell_at,
        }
        for w in event.workshops
        if w.session in speaker.sessions and (speaker.role in SIGNING_IN or w.key in speaker.workshops)
    ]


def _names(world: World) -> dict[str, list[str]]:
    """The names in each room, told seats only: until then they still change."""
    event, store = world.event, world.store
    people = list(store.people.registered(event.key).values())
    seats = [seat for seat in store.seats.all(event.key).values() if seat.told_at is not None]
    result: dict[str, list[str]] = {}
    for meeting in {meeting_of(event, seat.session) for seat in seats}:
        shown = {r.email: f"{r.first_name} {r.last_name}".strip() for r in registrants(event, meeting, people, seats)}
        for seat in seats:
            if meeting_of(event, seat.session) == meeting and seat.person in shown:
                result.setdefault(seat.workshop, []).append(shown[seat.person])
    return {key: sorted(names, key=str.casefold) for key, names in result.items()}


def _starts(event: Event, speaker: Speaker, now: datetime) -> list[Plain]:
    """The meetings a host may start, those of sessions that are not over."""
    if speaker.role != "host":
        return []
    keys: dict[str, list[str]] = {}
    for key in speaker.sessions:
        session = event.session(key)
        if session.ends_at > now and not event.is_cancelled(key):
            keys.setdefault(meeting_of(event, key), []).append(session.title)
    return [{"meeting": meeting, "titles": titles} for meeting, titles in keys.items()]
