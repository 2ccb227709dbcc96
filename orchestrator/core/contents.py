"""What a letter may say: plain strings, numbers, dates, lists and dicts, in the event's zone, ready for a template."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.core.facts import CANCELLED, signs_in
from orchestrator.core.meetings import Found, meeting_of, signing_in
from orchestrator.core.model import Event, Session, Speaker, Workshop
from orchestrator.core.notices import Notice
from orchestrator.core.recipients import Recipient
from orchestrator.core.soon import how_soon

GREETING_LENGTH = 60
_LOOKS_LIKE_A_LINK = re.compile(r"://|www\.|@|\w[.。．｡]\w\w|\d\.\d", re.IGNORECASE)
"""A scheme, an address, or a dot between two words: mail programs make a link of `x.fr`, in any script."""

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """Somebody's name as typed."""

    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a letter needs to know beyond its recipient: the meetings, why they sit where they sit, how full it is."""

    now: datetime | None = None
    """When it is written; None = before everything."""
    meetings: Mapping[str, Found] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)
    """One sentence a session, in the reader's language."""
    taken: Mapping[str, int] = field(default_factory=dict)
    """Seats taken by workshop."""
    expected: Mapping[str, int] = field(default_factory=dict)
    """People by session."""
    fallback: bool = False
    """Plan B is on: everybody meets at the event's `fallback_url`."""
    page: str = ""
    """The address of their own page."""
    asked: Notice | None = None
    """What the letter was asked for by."""
    after: Mapping[str, object] | None = None
    """What a letter after the event gives: links, and whether its reader came."""


def compose(
    event: Event,
    who: Recipient,
    name: Name,
    outlook: Outlook,
    *,
    kind: str,
    session: str,
    changes: Sequence[Plain] = (),
) -> Plain:
    """Bring together everything a letter of any kind may say to somebody."""
    untold = [
        key
        for key in who.sessions
        if event.workshops_of(key)
        and not event.is_cancelled(key)
        and key not in _sessions_told(who)
        and not who.speaker
    ]
    return {
        "kind": kind,
        "event": _event(event),
        "person": _person(who, name),
        "ways": _ways(event, who, outlook),
        "sessions": [_session(event, who, event.session(key), outlook) for key in _ahead(event, who, outlook)],
        "session": session,
        "soon": _soon(event, who, session, outlook.now) if kind in ("reminder", "host") else None,
        "rooms_told_at": event.seating.tell_at.astimezone(event.zone) if untold and _is_ahead(event, outlook) else None,
        "changes": list(changes),
        "host": None if who.speaker is None else _host(event, who.speaker, outlook, is_reminder=bool(session)),
        "unread": False,
        "fallback": outlook.fallback,
        "page": outlook.page,
        "after": None if outlook.after is None else dict(outlook.after),
        "asked": None if outlook.asked is None else spoken(outlook.asked),
        "notice": {
            "controller": event.controller or event.organiser.name,
            "dpo": event.dpo,
            "people_days": event.people_days,
        },
    }


def _soon(event: Event, who: Recipient, session: str, now: datetime | None) -> Plain | None:
    """How soon the session is that somebody is reminded of."""
    if not session or now is None:
        return None
    return how_soon(event, event.session(session), now, is_speaker=who.speaker is not None)


def spoken(notice: Notice) -> Plain:
    """Turn what was asked into what templates print: paragraphs of lines."""
    paragraphs = [block.split("\n") for block in re.split(r"\n\s*\n", notice.body.strip())]
    return {
        "subject": notice.subject,
        "paragraphs": [[line.strip() for line in lines if line.strip()] for lines in paragraphs],
        "name": greeting(Name(first=notice.name)),
        "code": notice.code,
    }


def _ahead(event: Event, who: Recipient, outlook: Outlook) -> Sequence[str]:
    """Their sessions that are not over; all of them where all are."""
    ahead = [key for key in who.sessions if outlook.now is None or event.session(key).ends_at > outlook.now]
    return ahead or who.sessions


def _is_ahead(event: Event, outlook: Outlook) -> bool:
    return outlook.now is None or outlook.now < event.seating.tell_at


def greeting(name: Name) -> str:
    """Say the name to greet with, or "" where what was typed could pass for a link or an address."""
    full = " ".join(f"{name.first} {name.last}".split())
    if len(full) > GREETING_LENGTH or _LOOKS_LIKE_A_LINK.search(full):
        return ""
    return full


def _sessions_told(who: Recipient) -> set[str]:
    return {key for key, seat in who.seats.items() if seat.told_at is not None}


def _event(event: Event) -> Plain:
    return {
        "key": event.key,
        "title": event.title,
        "date": event.date,
        "zone": event.timezone,
        "organiser": {
            "name": event.organiser.name,
            "email": event.organiser.email,
            "phone": event.organiser.phone,
        },
        "supporters": [s.name for s in event.supporters],
        "fallback_url": event.fallback_url,
        "form_url": event.form_url,
    }


def _person(who: Recipient, name: Name) -> Plain:
    return {
        "first_name": name.first,
        "last_name": name.last,
        "greeting": greeting(name),
        "address": who.address,
        "zone": who.zone,
    }


def _ways(event: Event, who: Recipient, outlook: Outlook) -> list[Plain]:
    by_meeting: dict[str, list[str]] = {}
    for key in who.sessions:
        if not event.is_cancelled(key):
            by_meeting.setdefault(meeting_of(event, key), []).append(key)
    hosting = signs_in(who, signing_in(event))
    return [
        {
            "link": "" if hosting or meeting not in who.passes else who.passes[meeting].join_url,
            "sign_in_as": who.email if hosting else "",
            "number": spaced(outlook.meetings[meeting].zoom_id),
            "passcode": outlook.meetings[meeting].passcode,
            "phones": [
                {"country": p.country, "number": p.number, "city": p.city} for p in outlook.meetings[meeting].phones
            ],
            "sessions": sessions,
        }
        for meeting, sessions in by_meeting.items()
        if meeting in outlook.meetings
    ]


def spaced(number: str) -> str:
    """Group a meeting number as Zoom shows it: 812 3456 7890."""
    return " ".join(part for part in (number[:3], number[3:-4], number[-4:]) if part) if len(number) > 7 else number


def _session(event: Event, who: Recipient, session: Session, outlook: Outlook) -> Plain:
    local = event.zone
    return {
        "key": session.key,
        "title": session.title,
        "starts_at": session.starts_at.astimezone(local),
        "ends_at": session.ends_at.astimezone(local),
        "doors_at": session.doors_at.astimezone(local),
        "local": _where_they_are(who, session, local),
        "cancelled": event.is_cancelled(session.key),
        "programme": [
            {"at": item.at.astimezone(local), "title": item.title, "people": list(item.people)}
            for item in event.programme
            if item.session == session.key
        ],
        "has_workshops": bool(event.workshops_of(session.key)),
        "room": _room(event, who, session, outlook),
    }


def _where_they_are(who: Recipient, session: Session, event_zone: ZoneInfo) -> Plain | None:
    """Give a session's hours by the reader's own clock, where that shows another hour."""
    if not who.zone:
        return None
    here = session.starts_at.astimezone(ZoneInfo(who.zone))
    if here.utcoffset() == session.starts_at.astimezone(event_zone).utcoffset():
        return None
    return {"starts_at": here, "ends_at": session.ends_at.astimezone(here.tzinfo), "zone": who.zone}


def _room(event: Event, who: Recipient, session: Session, outlook: Outlook) -> Plain | None:
    seat = who.seats.get(session.key)
    if seat is None or seat.told_at is None:
        return None
    return {**room(event, event.workshop(seat.workshop)), "why": outlook.why.get(session.key, "")}


def room(event: Event, workshop: Workshop) -> Plain:
    return {
        "code": workshop.code,
        "title": workshop.title,
        "name": workshop.room,
        "opens_at": workshop.opens_at.astimezone(event.zone),
    }


def _host(event: Event, speaker: Speaker, outlook: Outlook, *, is_reminder: bool) -> Plain:
    is_known = is_reminder or (
        outlook.now is not None and not _is_ahead(event, outlook)
    )  # before that they only mislead
    sign_in_as = {"host": event.zoom.host, "alternative-host": speaker.email}.get(speaker.role, "")
    return {
        "role": speaker.role,
        "name": speaker.name,
        "affiliation": speaker.affiliation,
        "sign_in_as": sign_in_as,
        "is_reminder": is_reminder,
        "rooms": [
            {
                **room(event, w),
                "session": event.session(w.session).title,
                "seats": w.seats,
                "taken": outlook.taken.get(w.key, 0) if is_known else None,
                "mine": w.key in speaker.workshops,
            }
            for w in event.workshops
            if w.session in speaker.sessions
        ],
        "expected": {key: outlook.expected.get(key, 0) for key in speaker.sessions} if is_known else {},
    }


def changes_in_words(event: Event, who: Recipient, changed: Mapping[str, str]) -> list[Plain]:
    """Turn changed facts into what a `moved` letter states: old → new, one entry a change.

    A session that is added, or held after all, has a link and a room for the first time: those are no changes.
    """
    new = {
        fact.removeprefix("time:")
        for fact, now in changed.items()
        if fact.startswith("time:") and "/" in now and "/" not in _told(who, fact)
    }
    entries = []
    for fact, now in sorted(changed.items()):
        kind, _, key = fact.partition(":")
        if kind == "fallback" or now == CANCELLED or (key in new and kind != "time"):
            continue
        before = _told(who, fact)
        entry: Plain = {"what": kind, "session": _title(event, key), "before": None, "after": None}
        if kind == "time":
            entry["what"] = "added" if key in new else "time" if now else "removed"
            entry["before"], entry["after"] = _span(event, before), _span(event, now)
        elif kind == "room":
            entry["before"] = _room_named(event, before)
            entry["after"] = _room_named(event, now)
        entries.append(entry)
    return entries


def _told(who: Recipient, fact: str) -> str:
    return who.told.get(fact, ("", None))[0]


def _title(event: Event, session: str) -> str:
    return next((s.title for s in event.sessions if s.key == session), session)


def _span(event: Event, fact: str) -> Plain | None:
    if "/" not in fact:
        return None
    starts_at, _, ends_at = fact.partition("/")
    return {
        "starts_at": datetime.fromisoformat(starts_at).astimezone(event.zone),
        "ends_at": datetime.fromisoformat(ends_at).astimezone(event.zone),
    }


def _room_named(event: Event, key: str) -> Plain | None:
    return next((room(event, w) for w in event.workshops if w.key == key), None)
