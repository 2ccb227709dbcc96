"""What the organiser may do by hand to the letters: ask for some, see them wait, and read why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.core.holds import PAUSE, Waiting, WaveKey
from orchestrator.core.letters import Owed
from orchestrator.core.meetings import meeting_of
from orchestrator.core.model import Event, Person, reference
from orchestrator.core.notices import AGAIN, Notice, concerns
from orchestrator.core.presence import Live
from orchestrator.core.recipients import BYE, FALLBACK, Recipient, since_return, speaker_reference
from orchestrator.jobs.beat import by_person, seats_by_person
from orchestrator.jobs.holds import is_pending, waiting
from orchestrator.jobs.owing import everything_owed, recipients
from orchestrator.store import Delivery, Hold, Store

ASKED = ("announce", "resend", "fallback")
SILENT = 5
"""So many people of a domain, none of whom was seen: their filters may have kept the letters."""


def everybody(event: Event, store: Store) -> list[Recipient]:
    """Everyone the store knows, as they stand."""
    seats = seats_by_person(store.seats.all(event.key).values())
    passes = by_person(store.meetings.ways(event.key))
    return recipients(event, store, store.people.registered(event.key), passes, seats)


def in_short(event: Event, store: Store, *, seats: bool = False) -> list[Recipient]:
    """Everyone as far as it takes to say whom something concerns: their sessions, whether they were written to, and
    their seats if asked for. A page that only counts people must not read ten thousand of them whole."""
    people = {
        email: Person(email=email, address=email, first_name="", sessions=sessions)
        for email, sessions in store.people.comings(event.key).items()
    }
    sitting = seats_by_person(store.seats.all(event.key).values()) if seats else {}
    return recipients(event, store, people, {}, sitting, store.outbox.told(event.key, (FALLBACK, BYE)))


def letters_now(event: Event, store: Store, now: datetime) -> list[Owed]:
    """Every letter owed by what the store knows; Zoom and the form are not asked."""
    meetings = [key for key, kept in store.meetings.all(event.key).items() if kept.zoom_id]
    return everything_owed(event, store, everybody(event, store), now, meetings)


def reached(event: Event, store: Store, notice: Notice) -> list[str]:
    """Whom a notice reaches now, by e-mail."""
    seats = notice.audience.startswith("workshop:")
    return sorted({w.email for w in in_short(event, store, seats=seats) if w.sessions and concerns(notice, w)})


def put_in_outbox(event: Event, store: Store, relay: str, now: datetime) -> int:
    """Plan at once the letters that were asked for by hand; the next beat finds them there."""
    letters = [one for one in letters_now(event, store, now) if one.kind in ASKED or one.rule == AGAIN]
    return store.notices.plan(event.key, relay, letters, now)


def meeting_again(event: Event, store: Store, now: datetime, *, on: bool = True) -> int:
    """How many have had a first letter and a session before them: whom plan B concerns; `on` False: of those, who was
    told of it. Counted from references alone: in an emergency ten thousand people are not read first."""
    ahead = {s.key for s in event.sessions if s.ends_at > now and not event.is_cancelled(s.key)}
    first, told = store.outbox.first_sent(event.key), store.outbox.told(event.key, (FALLBACK, BYE))
    people = ((reference(event.key, email), s) for email, s in store.people.comings(event.key).items())
    speakers = ((speaker_reference(event, one), one.sessions) for one in event.speakers)
    written_to = [ref for ref, sessions in speakers if ref in first and ahead.intersection(sessions)]
    written_to += [
        ref
        for ref, sessions in people
        if ahead.intersection(sessions) and since_return(first.get(ref), told.get(ref, {})) is not None
    ]
    return sum(1 for ref in written_to if on or told.get(ref, {}).get(FALLBACK, ("",))[0])


def plan_b(event: Event, store: Store, now: datetime, *, on: bool) -> bool:
    """Turn plan B on or off; False when it was so already."""
    return store.memos.set(event.key, FALLBACK, "on" if on else "", now, news=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An event's outbox as it stands."""

    letters: Sequence[tuple[Delivery, str]]
    """Each with why it stands as it does, in the organiser's words."""
    paused_since: datetime | None
    waves: Sequence[tuple[Waiting, bool]]
    """Waves that have not left, and whether they wait for approval."""
    domains: Sequence[Mapping[str, Any]]

    def as_data(self) -> dict[str, Any]:
        return {
            "paused_since": self.paused_since,
            "waves": [
                {
                    "wave": str(one.wave),
                    "letters": one.letters,
                    "due_at": one.due_at,
                    "latest_departure": one.latest,
                    "waits_for_approval": pending,
                    "if_silent": one.if_silent,
                }
                for one, pending in self.waves
            ],
            "letters": [_letter(delivery, why) for delivery, why in self.letters],
            "domains": list(self.domains),
        }


def _letter(d: Delivery, why: str) -> dict[str, Any]:
    return {
        "key": d.key,
        "kind": d.kind,
        "session": d.session or None,
        "rule": d.rule or None,
        "to": d.address,
        "state": d.state,
        "why": why,
        "in_doubt": d.in_doubt,
        "attempts": d.attempts,
        "leave_from": d.leave_from,
        "due_at": d.due_at,
        "void_at": d.void_at,
        "not_before": d.not_before,
        "sent_at": d.sent_at,
        "code": d.code or None,
        "reply": d.reply or None,
    }


def look(event: Event, store: Store, relay: str, now: datetime, live: Live) -> Box:
    """Look at an outbox; changes nothing."""
    holds = store.holds.all(event.key)
    paused = holds.get(PAUSE)
    ahead = waiting(event, store, relay, letters_now(event, store, now), now)
    pending = {wave for wave, one in ahead.items() if is_pending(one, holds)}
    letters = store.outbox.all(event.key)
    return Box(
        letters=[(d, _why(d, holds, pending, now)) for d in letters],
        paused_since=None if paused is None else paused.since,
        waves=[(one, one.wave in pending) for one in sorted(ahead.values(), key=lambda w: (w.latest, w.wave))],
        domains=domains(event, letters, live, now),
    )


def _why(d: Delivery, holds: Mapping[WaveKey, Hold], pending: set[WaveKey], now: datetime) -> str:
    if d.state != "due":
        return {
            "claimed": "en train de partir",
            "dotted": "remise au relais, sa réponse est attendue",
            "sent": "acceptée par le relais",
            "refused": "refusée",
            "void": "périmée : elle n'avait plus d'objet",
            "withdrawn": "n'est plus due",
        }[d.state]
    wave = WaveKey(d.kind, d.session, d.rule)
    overdue = wave in holds and holds[wave].state == "overdue"
    if PAUSE in holds and not overdue:
        return "envois en pause"
    if wave in pending and not overdue:
        return "attend votre accord"
    if d.void_at <= now:
        return "périmée"
    if d.not_before is not None and d.not_before > now:
        return "le relais a demandé de réessayer plus tard"
    return "partira à son heure" if d.leave_from > now else "va partir"


def domains(event: Event, letters: Sequence[Delivery], live: Live, now: datetime) -> list[dict[str, Any]]:
    """Count by domain who was written to and who was seen since; a domain of whom nobody was seen is silent."""
    begun = [s for s in event.sessions if s.starts_at <= now and not event.is_cancelled(s.key)]
    seen = {
        email for s in begun for email, at in live.seen.get(meeting_of(event, s.key), {}).items() if at >= s.doors_at
    }
    people: dict[str, dict[str, set[str]]] = defaultdict(lambda: {"sent": set(), "refused": set()})
    for d in letters:
        if d.state in ("sent", "refused"):
            people[d.address.rpartition("@")[2].casefold()][d.state].add(d.email)
    found = []
    for domain, counts in sorted(people.items(), key=lambda item: (-len(item[1]["sent"]), item[0])):
        arrived = len(counts["sent"] & seen)
        found.append(
            {
                "domain": domain,
                "people": len(counts["sent"]),
                "refused": len(counts["refused"]),
                "seen": arrived if seen else None,
                "silent": bool(seen) and not arrived and len(counts["sent"]) >= SILENT,
            }
        )
    return found
