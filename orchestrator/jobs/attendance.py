"""After the end: reads who was there, says what is doubtful, keeps what the funder and certificates need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.core.afterwards import FOUND, NAMES, WORTH, links_of
from orchestrator.core.attendance import Attendance, Doubt, Stay, Threshold, attendances, doubts
from orchestrator.core.errors import ZoomError
from orchestrator.core.model import Event, Person, identity, reference
from orchestrator.jobs.world import Problem, Report, World
from orchestrator.store import Present, Store

READ_AFTER = tuple(timedelta(minutes=m) for m in (15, 60, 180, 24 * 60))
"""How long after each session Zoom is asked who was there; again, since durations can be late."""
MEMO, REPLAY = "attendance-read", "replay"
ASKED_AGAIN = timedelta(hours=1)
"""How soon a promised link that is missing is looked for again, and how long before its hour that is said: a day."""


def readings(event: Event) -> list[datetime]:
    """When Zoom is asked."""
    return sorted({s.ends_at + after for s in event.sessions for after in READ_AFTER})


def note(world: World, now: datetime, report: Report) -> None:
    """Read who was there where a reading is due, and keep it up to date with what was decided."""
    event, store = world.event, world.store
    due = [at for at in readings(event) if at <= now]
    if not due:
        return
    if store.memos.get(event.key, MEMO) < due[-1].isoformat() and _read(world, now, report):
        store.memos.set(event.key, MEMO, due[-1].isoformat(), now)
    _seek_links(world, now, report)
    found = look(event, store, threshold_of(event))
    store.attendance.keep(event.key, found.kept(event), now)


def _seek_links(world: World, now: datetime, report: Report) -> None:
    """Look for the replay where Zoom's cloud is to give it, and say which promised links are still missing."""
    event, store = world.event, world.store
    if event.after is None:
        return
    if event.after.replay == FOUND and not store.memos.get(event.key, REPLAY):
        for kept in store.meetings.all(event.key).values():
            try:
                url = world.meetings.replay(kept.zoom_id) if kept.zoom_id else ""
            except ZoomError:
                url = ""
            if url:
                store.memos.set(event.key, REPLAY, url, now, news=True)
                break
    missing = links_of(event, store.memos.get(event.key, REPLAY)).missing()
    if missing and now < event.after.at + WORTH:
        what = f"la lettre d'après attend {' et '.join(NAMES[name] for name in missing)}"
        remedy = f"donnez {', '.join(f'after.{name}' for name in missing)}, ou retirez cette ligne"
        report.problems.append(Problem(key="after:links", what=what, remedy=remedy, until=now + ASKED_AGAIN))


def _read(world: World, now: datetime, report: Report) -> bool:
    """Ask Zoom about every meeting; True once all have answered."""
    complete = True
    for key, kept in sorted(world.store.meetings.all(world.event.key).items()):
        if not kept.zoom_id:
            continue
        try:
            world.store.attendance.record_stays(world.event.key, key, world.meetings.attended(kept.zoom_id), now)
        except ZoomError as error:
            complete = False
            what = f"présences de la réunion {key} : {error.message}"
            report.problems.append(
                Problem(key=f"zoom:{key}:presence", what=what, remedy=error.remedy, again=not error.permanent)
            )
    return complete


def threshold_of(event: Event) -> Threshold:
    """How long somebody must have been there."""
    return Threshold(minutes=event.attendance_minutes, share=event.attendance_share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Everybody's attendance, and what stays doubtful."""

    people: Mapping[str, Person]
    attended: Mapping[tuple[str, str], Attendance]
    doubts: tuple[Doubt, ...]
    workshops: Mapping[tuple[str, str], str]

    def kept(self, event: Event) -> dict[tuple[str, str], Present]:
        """What is kept when addresses are gone: everybody registered, by session; those who did not come too, and those
        who came without having said so."""
        rows: dict[tuple[str, str], Present] = {}
        for email, person in self.people.items():
            ref = reference(event.key, email)
            unasked = [s.key for s in event.sessions if (one := self.attended.get((email, s.key))) and one.came]
            for session in dict.fromkeys((*person.sessions, *unasked)):
                seen = self.attended.get((email, session))
                rows[ref, session] = Present(
                    person=ref,
                    session=session,
                    name=full_name(person),
                    organisation=person.organisation,
                    workshop=self.workshops.get((session, email), ""),
                    minutes=seen.minutes if seen else 0,
                    came=bool(seen and seen.came),
                )
        return rows


def full_name(person: Person) -> str:
    return f"{person.first_name} {person.last_name}".strip()


def every_name(person: Person) -> str:
    """The names they gave, of which Zoom shows one."""
    return f"{full_name(person)} {person.shown_as}".strip()


def look(event: Event, store: Store, threshold: Threshold) -> Looked:
    """Work out everybody's attendance from what is known now."""
    people = store.people.registered(event.key)
    owners = _owners(event, store)
    stays, decided = everything_seen(event, store), store.attendance.decided(event.key)
    seats = store.seats.all(event.key)
    return Looked(
        people=people,
        attended=attendances(event, stays, owners, decided, threshold),
        doubts=doubts(stays, owners, decided, {email: every_name(p) for email, p in people.items()}, _staff(event)),
        workshops={place: seat.workshop for place, seat in seats.items()},
    )


def doubtful(event: Event, store: Store) -> tuple[Mapping[str, Person], tuple[Doubt, ...]]:
    """The stays nobody can name for sure, and the people they may be of; nobody is looked up while there are none."""
    stays, decided = everything_seen(event, store), store.attendance.decided(event.key)
    if not stays:
        return {}, ()
    people = store.people.registered(event.key)
    names = {email: every_name(person) for email, person in people.items()}
    return people, doubts(stays, _owners(event, store), decided, names, _staff(event))


def _owners(event: Event, store: Store) -> dict[str, str]:
    """Whose each registration at Zoom is."""
    return {
        way.registrant_id: email
        for ways in store.meetings.ways(event.key).values()
        for email, way in ways.items()
        if way.registrant_id
    }


def _staff(event: Event) -> frozenset[str]:
    return frozenset(identity(s.email) for s in event.speakers) | {identity(event.zoom.host)}


def everything_seen(event: Event, store: Store) -> tuple[Stay, ...]:
    """The stays of Zoom's report, and those webhooks told of registrants: their union counts.

    Where somebody has decided whose the report's stays on a link were, that alone holds for it.
    """
    seen = store.presence.stays(event.key)
    ids = {
        (meeting, email): way.registrant_id
        for meeting, ways in (store.meetings.ways(event.key) if seen else {}).items()
        for email, way in ways.items()
    }
    reported, decided = store.attendance.stays(event.key), store.attendance.decided(event.key)
    settled = {(stay.meeting, stay.registrant_id) for stay in reported if stay.key in decided}
    told = (
        Stay(
            key=f"webhook/{n}",
            meeting=one.meeting,
            registrant_id=ids[one.meeting, one.email],
            joined_at=one.joined_at,
            left_at=one.left_at,
        )
        for n, one in enumerate(seen)
        if (one.meeting, one.email) in ids and one.joined_at is not None and one.left_at is not None
    )
    return (*reported, *(one for one in told if (one.meeting, one.registrant_id) not in settled))


def decide(event: Event, store: Store, doubt: Doubt, people: Sequence[str], by: str, now: datetime) -> None:
    """Note whose doubtful stays were, nobody's where none is named, and write the decision into the journal."""
    store.attendance.decide(event.key, doubt.stays, people, by, now)
    for about in people or ("",):
        ref = reference(event.key, about) if about else ""
        store.journal.note(event.key, now, who=by, what="attendance-decided", about=ref, note=doubt.why)


def in_doubt(found: Iterable[Doubt]) -> tuple[str, str] | None:
    """Say that somebody must decide."""
    count = len(tuple(found))
    if not count:
        return None
    what = (
        f"{count} présence{'s' if count > 1 else ''} à attribuer : par téléphone, sous un autre nom ou sans inscription"
    )
    return what, "orchestrator attendance doubts, puis orchestrator attendance decide"
