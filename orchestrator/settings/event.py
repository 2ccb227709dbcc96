"""From what the file says to the core's Event: every default filled in, every time an instant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from orchestrator.core.model import (
    ROOM_NAME_LENGTH,
    After,
    Before,
    Event,
    LetterWishes,
    OnTheDay,
    Organiser,
    ProgrammeItem,
    Quota,
    Reminder,
    Seating,
    Session,
    Speaker,
    Supporter,
    Workshop,
    ZoomWishes,
    identity,
)
from orchestrator.settings.fields import lead_of
from orchestrator.settings.gate import Gate, LettersSection, ReminderTable
from orchestrator.settings.lines import Loc
from orchestrator.settings.walls import day_of, instant, session_named, walls

DOORS_BEFORE = timedelta(minutes=15)


def event_of(gate: Gate) -> Event:
    """Build the Event; total, even where `checks` will refuse what was written."""
    zone = ZoneInfo(gate.event.timezone)
    at = {loc: instant(wall, zone) for loc, wall in walls(gate).items()}
    said, mail, answers = gate.event, gate.mail, gate.registrations
    return Event(
        key=said.key,
        title=said.title,
        date=said.date,
        timezone=said.timezone,
        organiser=Organiser(**said.organiser.model_dump()),
        sessions=_sessions(gate, at),
        seating=_seating(gate, at),
        zoom=_zoom(gate),
        status=said.status,
        language=said.language,
        supporters=tuple(Supporter(**s.model_dump()) for s in said.supporters),
        fallback_url=said.fallback_url,
        programme=_programme(gate, at),
        workshops=_workshops(gate, at),
        speakers=tuple(Speaker(**s.model_dump()) for s in gate.speakers),
        reminders=tuple(_reminder(r, gate.letters) for r in gate.reminders),
        form_url=answers.form_url,
        closes_at=at.get(("registrations", "closes")),
        limit=answers.limit,
        mail_from=mail.sender,
        reply_to=mail.reply_to or said.organiser.email,
        quota=Quota(
            per_minute=mail.per_minute,
            per_hour=mail.per_hour,
            per_day=mail.per_day,
            per_hour_to={said.domain: said.per_hour for said in mail.domains},
        ),
        letters=LetterWishes(
            light=frozenset(gate.letters.light),
            approve_rooms=gate.letters.approve,
            if_silent=gate.letters.if_silent,
        ),
        controller=gate.privacy.controller or said.organiser.name,
        dpo=gate.privacy.dpo,
        people_days=gate.privacy.people_days,
        letters_days=gate.privacy.letters_days,
        links_hours=gate.privacy.links_hours,
        attendance_days=gate.privacy.attendance_days,
        invitations_days=gate.privacy.invitations_days,
        attendance_minutes=gate.attendance.minutes,
        attendance_share=gate.attendance.share,
        after=_after(gate, at),
    )


Instants = dict[Loc, datetime]


def _sessions(gate: Gate, at: Instants) -> tuple[Session, ...]:
    return tuple(
        Session(
            key=session.key,
            title=session.title,
            starts_at=(start := at["sessions", i, "start"]),
            ends_at=at["sessions", i, "end"],
            doors_at=at.get(("sessions", i, "doors"), start - DOORS_BEFORE),
            day=day_of(gate, session),
            status=session.status,
        )
        for i, session in enumerate(gate.sessions)
    )


def _seating(gate: Gate, at: Instants) -> Seating:
    told = at["seating", "tell_at"]
    return Seating(
        wishes_until=at.get(("seating", "wishes_until"), told),
        tell_at=told,
        aim=gate.seating.aim,
        seed=gate.seating.seed,
        held_back=gate.seating.held_back,
        keep_together=_sets(gate.seating.keep_together),
        keep_apart=_sets(gate.seating.keep_apart),
        same_room=gate.seating.same_room,
        mix=tuple(gate.seating.mix.items()),
        mix_at_most=gate.seating.mix_at_most,
    )


def _sets(lists: Iterable[Iterable[str]]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(map(identity, addresses)) for addresses in lists)


def _after(gate: Gate, at: Instants) -> After | None:
    if gate.after is None:
        return None
    said = gate.after
    return After(
        at=at["after", "at"], slides=said.slides, replay=said.replay, survey=said.survey, verify_url=said.verify_url
    )


def _zoom(gate: Gate) -> ZoomWishes:
    zoom = gate.zoom
    return ZoomWishes(
        host=zoom.host,
        meetings=zoom.meetings,
        waiting_room=zoom.waiting_room,
        recording=zoom.recording,
        several_devices=zoom.several_devices,
        name_in_zoom=zoom.name_in_zoom,
    )


def _programme(gate: Gate, at: Instants) -> tuple[ProgrammeItem, ...]:
    return tuple(
        ProgrammeItem(session=item.session, at=at["programme", i, "at"], title=item.title, people=item.people)
        for i, item in enumerate(gate.programme)
    )


def _workshops(gate: Gate, at: Instants) -> tuple[Workshop, ...]:
    starts = {session.key: at["sessions", i, "start"] for i, session in enumerate(gate.sessions)}
    return tuple(
        Workshop(
            key=workshop.key,
            session=workshop.session,
            code=workshop.code,
            title=workshop.title,
            short=workshop.short or short_of(workshop.title, room_for_short(workshop.code)),
            seats=workshop.seats,
            opens_at=at.get(("workshops", i, "at"), starts[session_named(gate, workshop.session).key]),
            aliases=workshop.aliases,
            minimum=workshop.minimum,
            same_as=workshop.same_as,
        )
        for i, workshop in enumerate(gate.workshops)
    )


def room_for_short(code: str) -> int:
    """How many characters Zoom leaves for a short title beside its code: 28 for one letter."""
    return ROOM_NAME_LENGTH - len(f"{code} – ")


def short_of(title: str, length: int) -> str:
    """Cut a title between two words, with an ellipsis where something was cut."""
    if len(title) <= length:
        return title
    head = title[:length]
    head = head[: head.rfind(" ")] if " " in head else head[:-1]
    return head.rstrip(" ,;:–-'’") + "…"


def _reminder(table: ReminderTable, letters: LettersSection) -> Reminder:
    if table.before is not None:
        rule: Before | OnTheDay = Before(lead=lead_of(table.before))
    else:
        rule = OnTheDay(at=table.at or time(), days_before=table.days_before)
    return Reminder(
        session=table.session,
        rule=rule,
        audience=table.audience,
        approve=letters.approve if table.approve is None else table.approve,
        if_silent=table.if_silent or letters.if_silent,
    )
