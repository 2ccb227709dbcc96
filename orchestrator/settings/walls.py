"""The wall-clock times of the file, each with its key, and the instants they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orchestrator.settings.gate import Gate, ProgrammeTable, ReminderTable, SessionTable, WorkshopTable
from orchestrator.settings.lines import Loc

Timed = Mapping[str, Sequence[ProgrammeTable | WorkshopTable | ReminderTable]]
"""The tables that belong to a session, by their name."""
TOLD = time(18, 0)
TOLD_BEFORE = timedelta(days=2)
AFTER, AFTER_AT = timedelta(days=1), time(10, 0)


def session_named(gate: Gate, key: str) -> SessionTable:
    """The session of that key; the first one where the key names none (`checks` refuses it)."""
    return next((s for s in gate.sessions if s.key == key), gate.sessions[0])


def day_of(gate: Gate, session: SessionTable) -> date:
    return session.date or gate.event.date


def walls(gate: Gate) -> dict[Loc, datetime]:
    """Every local time of the event by its key; one written with a zone of its own keeps it."""
    return dict(_walls(gate))


def _walls(gate: Gate) -> Iterator[tuple[Loc, datetime]]:
    for i, session in enumerate(gate.sessions):
        day = day_of(gate, session)
        yield ("sessions", i, "start"), datetime.combine(day, session.start)
        yield ("sessions", i, "end"), datetime.combine(day, session.end)
        if session.doors:
            yield ("sessions", i, "doors"), datetime.combine(day, session.doors)
    dated: Timed = {"programme": gate.programme, "workshops": gate.workshops, "reminders": gate.reminders}
    for name, tables in dated.items():
        for i, table in enumerate(tables):
            if table.at is not None:
                back = timedelta(days=table.days_before if isinstance(table, ReminderTable) else 0)
                day = day_of(gate, session_named(gate, table.session)) - back
                yield (name, i, "at"), datetime.combine(day, table.at)
    yield from _moments(gate)


def _moments(gate: Gate) -> Iterator[tuple[Loc, datetime]]:
    yield ("seating", "tell_at"), gate.seating.tell_at or _told_by_default(gate)
    if gate.seating.wishes_until:
        yield ("seating", "wishes_until"), gate.seating.wishes_until
    if gate.registrations.closes:
        yield ("registrations", "closes"), gate.registrations.closes
    if gate.after:
        yield ("after", "at"), gate.after.at or _after_by_default(gate)


def _told_by_default(gate: Gate) -> datetime:
    """Two days before the first day with workshops (without any: the first day), at 18:00."""
    seated = [session_named(gate, w.session) for w in gate.workshops] or list(gate.sessions)
    return datetime.combine(min(day_of(gate, s) for s in seated) - TOLD_BEFORE, TOLD)


def _after_by_default(gate: Gate) -> datetime:
    """The day after the last one, at 10:00."""
    return datetime.combine(max(day_of(gate, s) for s in gate.sessions) + AFTER, AFTER_AT)


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant in UTC of a time on the wall of a zone."""
    return (wall if wall.tzinfo else wall.replace(tzinfo=zone)).astimezone(UTC)


def trouble(wall: datetime, zone: ZoneInfo) -> str:
    """Say if the clocks change so that this time never comes, or comes twice; empty when all is well."""
    if wall.tzinfo:
        return ""
    local = wall.replace(tzinfo=zone)
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        return "cette heure n'existe pas ce jour-là (passage à l'heure d'été)"
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        return "cette heure existe deux fois ce jour-là (passage à l'heure d'hiver)"
    return ""
