"""One beat: look at the registrations, Zoom and the clock once, decide, write the difference down. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orchestrator.core import intake
from orchestrator.core.asked import departed, unconfirmed
from orchestrator.core.errors import UnreadableSource
from orchestrator.core.facts import almanac, due_at
from orchestrator.core.hosting import LATE, alert_letters, polls_from
from orchestrator.core.letters import FRESH_LINK, Owed
from orchestrator.core.meetings import FREEZE, Pass
from orchestrator.core.model import Answers, Event, Person, Seat
from orchestrator.core.notices import turned_away
from orchestrator.core.retention import attendance_ends_at, invitations_end_at, links_end_at, purged_at, zoom_ends
from orchestrator.core.said import heeding
from orchestrator.jobs.attendance import note, readings
from orchestrator.jobs.departing import see_off
from orchestrator.jobs.holds import keep_holds
from orchestrator.jobs.hosting import alerts_now, say
from orchestrator.jobs.meetings import converge, watch
from orchestrator.jobs.owing import everything_owed, recipients
from orchestrator.jobs.privacy import end_letters, expire, living
from orchestrator.jobs.seats import Places, assign
from orchestrator.jobs.ways import LISTED_BEFORE, register
from orchestrator.jobs.world import Problem, Report, World
from orchestrator.store import Kept, Reading, Way

DECIDED = ("source", "held", "zoom:", "seats:", "hold:", "templates:", "after:")
"""What a beat that goes through everything has looked into: the beginnings of its alarms' keys."""
AGAIN = (5, 10, 20, 40, 60)
"""Seconds until a beat that met a problem is tried again; then every last one."""


@dataclass(slots=True)
class Memory:
    """What one process remembers between beats of an event, so that a quiet beat costs next to nothing."""

    event: Event | None = None
    fingerprint: str = ""
    versions: tuple[int, int] = (-1, -1)
    quiet_until: datetime | None = None
    decided_at: datetime | None = None
    """When everything was last gone through; None = it must be again."""
    decide_at: datetime | None = None
    """When everything must be gone through again, whatever else has changed."""
    failures: int = 0
    gone_through_at: datetime | None = None
    """When everything was last gone through, however much has been seen to be unchanged since."""
    texts_end_at: datetime | None = None
    """Before this no letter's text has had its time; None = not known."""

    def is_quiet(self, world: World, now: datetime, counters: Counters | None = None) -> bool:
        """Nothing the last beat decided from has changed, and no instant has come."""
        return (
            self.event is not None
            and self.event == world.event
            and (self.quiet_until is None or now < self.quiet_until)
            and self.versions == _versions(world, counters)
            and self.fingerprint == _fingerprint(world)
        )

    def is_settled(self, world: World, versions: tuple[int, int], now: datetime) -> bool:
        """Nothing is stored that was not decided upon, and no instant has passed since: only Zoom may have changed."""
        since = self.decided_at
        return (
            since is not None
            and self.event == world.event
            and self.versions == versions
            and (self.decide_at is None or now < self.decide_at)
            and not any(since < at <= now for at in instants(world.event))
        )


Counters = Mapping[str, tuple[int, int]]
"""What `Events.counters` said of all events a moment ago."""


def _versions(world: World, counters: Counters | None) -> tuple[int, int]:
    key = world.event.key
    return world.store.events.versions(key) if counters is None else counters.get(key, (0, 0))


def _fingerprint(world: World) -> str:
    try:
        return world.registrations.fingerprint()
    except UnreadableSource as error:
        return f"unreadable: {error.message}"


def beat(
    world: World,
    memory: Memory,
    *,
    confirmed: bool = False,
    counters: Counters | None = None,
    sets_out: bool = True,
) -> Report:
    """Bring one event to where it should be; a second beat does nothing. Raises Held while another process beats.

    `counters`, where they were just read for many events, spare a quiet one its only question to the store. Without
    `sets_out` the caller has yet to say when what waits for the relay leaves (jobs.departing.see_off).
    """
    now, key = world.clock.now(), world.event.key
    if not confirmed and memory.is_quiet(world, now, counters):
        return Report(event=key, quiet=True, next_at=memory.quiet_until)
    report = Report(event=key)
    before = replace(memory)
    memory.decided_at = memory.event = None  # until this beat has ended well
    with world.store.leases.held(f"beat:{key}", world.owner, now, world.patience.beat_lease):
        fingerprint, people = _fingerprint(world), None
        if now < world.event.last_end:
            people = _take_in(world, now, report, confirmed=confirmed)
        world.store.events.serve(world.event, now)
        is_over = expire(world, now, report)
        if not is_over:
            _end_texts(world, memory, before, now, report)
        versions = world.store.events.versions(key)
        if is_over:
            _raise_alarms(world, now, report, ("zoom:",))
        elif before.is_settled(world, versions, now):
            watch(world, now, report)
            report.wake(before.decide_at)
            _raise_alarms(world, now, report, ("source", "held"))
        else:
            _decide(world, now, report, people)
            if sets_out:
                see_off([world], now, report)
            memory.decide_at, memory.gone_through_at = report.decide_at, now
            _raise_alarms(world, now, report, DECIDED)
            decided = world.store.events.versions(key)[0]  # ours alone while the lease is held
            versions = (decided, versions[1])
    report.wake(next((at for at in instants(world.event) if at > now), None))
    _remember(memory, world, now, fingerprint, versions, report)
    return report


def _end_texts(world: World, memory: Memory, before: Memory, now: datetime, report: Report) -> None:
    """Look for letters whose text has had its time, when there can be some: those written since end later."""
    ends_at = before.texts_end_at if before.event == world.event else None
    if ends_at is None or now >= ends_at:
        ends_at = end_letters(world, now, report)
    memory.texts_end_at = ends_at
    report.wake(ends_at)


def _remember(
    memory: Memory, world: World, now: datetime, fingerprint: str, versions: tuple[int, int], report: Report
) -> None:
    again = any(p.again for p in report.problems)
    for problem in report.problems:
        report.wake(problem.until if not problem.again else None)
    memory.failures = memory.failures + 1 if again else 0
    if again:
        pause = now + timedelta(seconds=AGAIN[min(memory.failures, len(AGAIN)) - 1])
        report.wake(max([pause, *(p.until for p in report.problems if p.again and p.until is not None)]))
    memory.event, memory.fingerprint, memory.quiet_until = world.event, fingerprint, report.next_at
    waits = again or report.unfinished or any(p.until for p in report.problems)
    memory.versions, memory.decided_at = versions, None if waits else now


People = dict[str, Person]


def _decide(world: World, now: datetime, report: Report, people: People | None) -> None:
    """Go through everything: seats, meetings, ways in, letters."""
    event, store = world.event, world.store
    people = store.people.registered(event.key) if people is None else people
    places = assign(world, now, people, report)
    meetings = converge(world, now, list(places.values()), report)
    alerts = alerts_now(world, meetings, now)
    report.problems += say(world, alerts)
    ways = register(world, now, meetings, list(people.values()), list(places.values()), report)
    note(world, now, report)
    letters = letters_owed(world, now, people, places, meetings, ways)
    letters += alert_letters(event, alerts, world.organisers)
    keep_holds(world, now, letters, report)
    _say_what_is_not_used(world, report)
    for notice in store.notices.all(event.key):
        if notice.void_at > now:
            report.decide_again(notice.void_at)
    report.letters = store.outbox.plan(event.key, world.relay, letters, now)


def _take_in(world: World, now: datetime, report: Report, *, confirmed: bool) -> People | None:
    """Read the source if it changed, and write all of it down or nothing; returns everyone if it was read."""
    event, store = world.event, world.store
    before = store.people.reading(event.key)
    try:
        fingerprint = world.registrations.fingerprint() + store.byhand.mark(event.key)
        if before is not None and before.fingerprint == fingerprint and not confirmed:
            _say_who_is_held(before.held, report)
            return None
        read = living(world.registrations.read(), store.privacy.tombs(event.key))
        answers = heeding(read, store.pages.sayings(event.key))
        if before is not None and not confirmed:
            refuse_lost_columns(before.columns, answers)
    except UnreadableSource as error:
        report.problems.append(Problem(key="source", what=error.message, remedy=error.remedy, again=True))
        return None
    known, entries = store.people.registered(event.key), store.byhand.all(event.key)
    found = intake.decide_for(event, answers, known, now, entries=entries, confirmed=confirmed)
    reading = Reading(
        fingerprint=fingerprint,
        read_at=now,
        rows=len(answers.rows),
        refused=found.refused,
        held=found.held,
        findings=found.findings,
        columns=answers.columns,
    )
    store.people.record(event.key, reading, found.new, found.edited, found.gone)
    store.notices.add(event.key, turned_away(event, found.turned_away, now))
    report.new, report.edited, report.gone = len(found.new), len(found.edited), len(found.gone)
    report.refused, report.findings = found.refused, found.findings
    _say_who_is_held(found.held, report)
    gone = frozenset(found.gone)
    known |= {person.email: person for person in (*found.new, *found.edited)}
    return {email: person for email, person in known.items() if email not in gone}


def refuse_lost_columns(before: Mapping[str, str], answers: Answers) -> None:
    """Refuse a source in which a column is gone that was read so far. Raises UnreadableSource.

    Recognised by meaning, a question that was reworded would otherwise read as if nobody had answered it.
    """
    kinds = {_kind(key) for key in answers.columns}
    lost = [t for key, t in before.items() if _kind(key) in _NEEDED - kinds and t not in answers.header]
    if lost and answers.header:
        titles = " ; ".join(f"« {title} »" for title in dict.fromkeys(lost))
        raise UnreadableSource(
            f"La liste n'a plus de colonne {titles}, lue jusqu'ici ; rien n'est changé pour personne",
            remedy="rendre son titre à la colonne, ou l'indiquer sous [registrations.columns] (orchestrator columns "
            "FICHIER) ; si c'est voulu : orchestrator apply --confirm-withdrawals",
        )


_NEEDED = frozenset({"sessions", "wishes", "name", "shown_as", "needs"})


def _kind(key: str) -> str:
    """What kind of column a key of Answers.columns is."""
    return "name" if key in ("first_name", "last_name", "full_name") else key.partition(".")[0]


def _say_who_is_held(held: tuple[str, ...], report: Report) -> None:
    report.held = len(held)
    if held:
        report.problems.append(
            Problem(
                key="held",
                what=f"{len(held)} personnes ont disparu d'un coup de la liste ; rien n'est annulé pour elles",
                remedy="si c'est voulu : orchestrator apply --confirm-withdrawals ; sinon redonnez le fichier entier",
            )
        )


def _say_what_is_not_used(world: World, report: Report) -> None:
    for n, trouble in enumerate(world.template_troubles):
        what = f"modèle de lettre inutilisable, celui d'origine le remplace : {trouble}"
        report.problems.append(Problem(key=f"templates:{n}", what=what, remedy="corrigez-le, puis redémarrez"))


def letters_owed(
    world: World,
    now: datetime,
    people: Mapping[str, Person],
    places: Places,
    meetings: Mapping[str, Kept],
    ways: Mapping[str, Mapping[str, Way]],
) -> list[Owed]:
    """Bring together what decides the letters, and list them."""
    event, store = world.event, world.store
    told = store.outbox.told(event.key)
    everybody = recipients(event, store, people, by_person(ways), seats_by_person(places.values()), told)
    letters = [*everything_owed(event, store, everybody, now, meetings, world.live(event.key))]
    if world.has_pages:
        letters += unconfirmed(almanac(event), everybody, store.pages.understood(event.key))
    letters += departed(almanac(event), told, store.pages.speakers_written_to(event.key), now)
    return letters


def by_person(ways: Mapping[str, Mapping[str, Way]]) -> dict[str, dict[str, Pass]]:
    result: dict[str, dict[str, Pass]] = {}
    for meeting, by_email in ways.items():
        for email, way in by_email.items():
            if way.state == "open":
                result.setdefault(email, {})[meeting] = way.as_pass
    return result


def seats_by_person(seats: Iterable[Seat]) -> dict[str, dict[str, Seat]]:
    result: dict[str, dict[str, Seat]] = {}
    for s in seats:
        result.setdefault(s.person, {})[s.session] = s
    return result


def instants(event: Event) -> list[datetime]:
    """When something is decided by the clock alone."""
    reminders = [due_at(event, r) for r in event.reminders]
    return sorted(
        {
            event.seating.wishes_until,
            event.seating.tell_at,
            links_end_at(event),
            purged_at(event),
            *zoom_ends(event).values(),
            attendance_ends_at(event),
            invitations_end_at(event),
            *readings(event),
            *([event.after.at] if event.after else []),
            *(s.starts_at for s in event.sessions),
            *(s.ends_at for s in event.sessions),
            *(polls_from(s) for s in event.sessions),
            *(s.starts_at - lead for s in event.sessions for lead in (LATE, *LISTED_BEFORE)),
            *(w.opens_at - FREEZE for w in event.workshops),
            *reminders,
            *(at - FRESH_LINK for at in reminders),
        }
    )


def _raise_alarms(world: World, now: datetime, report: Report, prefixes: tuple[str, ...]) -> None:
    """Make the alarms of the kinds this beat has looked into be those of its problems."""
    found = {p.key: (p.what, p.remedy) for p in report.problems}
    world.store.alarms.set(world.event.key, {k: v for k, v in found.items() if k.startswith(prefixes)}, prefixes, now)
