"""Is the meeting open when it should be? What its runs say, and who is to be told what when it is not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from orchestrator.core.facts import digest
from orchestrator.core.letters import Owed
from orchestrator.core.meetings import meetings_of
from orchestrator.core.model import Event, Session, Speaker, identity, reference
from orchestrator.core.recipients import Recipient, speaker_reference

LATE = timedelta(minutes=10)
"""Before a session: by then its meeting must be open."""
NEARLY_OVER = timedelta(minutes=15)
"""A session that ends this soon is let go: nobody is called back for it."""
FRESH = timedelta(minutes=5)
"""How old a reading of Zoom may be to say that nobody has opened."""

Kind = Literal["not-started", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One time a meeting was open; None = not known, or not yet."""

    uuid: str
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_on(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A session whose meeting is not open. `at`: when that became a trouble."""

    kind: Kind
    meeting: str
    session: str
    at: datetime

    @property
    def revision(self) -> str:
        """The same trouble keeps its name; one that comes again is another."""
        return digest(self.at.isoformat())


def polls_from(session: Session) -> datetime:
    """When to begin asking Zoom every minute whether the meeting is on: at doors."""
    return min(session.doors_at, session.starts_at - LATE)


def is_polled(sessions: Sequence[Session], now: datetime) -> bool:
    """Tell whether a meeting is watched now: from its first doors to its last end, the break between included."""
    return min(map(polls_from, sessions)) <= now < max(s.ends_at for s in sessions)


def alerts(
    event: Event, runs: Mapping[str, Sequence[Run]], read: Mapping[str, datetime], now: datetime
) -> tuple[Alert, ...]:
    """List the meetings that should be open and are not. `read`: when Zoom was last asked about each."""
    found = []
    for key, sessions in meetings_of(event).items():
        ahead = [s for s in sessions if not event.is_cancelled(s.key) and now < s.ends_at - NEARLY_OVER]
        mine = runs.get(key, ())
        if not ahead or any(run.is_on for run in mine):
            continue
        alert = _alert(key, sessions, min(ahead, key=lambda s: s.starts_at), mine, now)
        if alert is not None and (alert.kind == "ended" or ((at := read.get(key)) is not None and now - at <= FRESH)):
            found.append(alert)
    return tuple(found)


def _alert(
    meeting: str, sessions: Sequence[Session], session: Session, runs: Sequence[Run], now: datetime
) -> Alert | None:
    """Say what is wrong with the next session of a meeting that is not on."""
    late = session.starts_at - LATE
    opened = min(s.doors_at for s in sessions) - timedelta(hours=1)
    today = [run.ended_at for run in runs if run.ended_at is not None and run.ended_at >= opened]
    ended = max(today, default=None)
    if ended is not None and (ended >= late or now < late):
        return Alert(kind="ended", meeting=meeting, session=session.key, at=ended)
    if now >= late:
        return Alert(kind="not-started", meeting=meeting, session=session.key, at=late)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsible:
    """Somebody who can do something about it, and as what."""

    ref: str
    address: str
    role: Literal["host", "alternative-host", "organiser"]
    speaker: Speaker | None = None


def responsible(event: Event, session: str, organisers: Iterable[str] = ()) -> tuple[Responsible, ...]:
    """Name whom to tell: hosts first, then the account that owns the meeting, then the organisers; each once."""
    hosts = [s for s in event.speakers if s.role in ("host", "alternative-host") and session in s.sessions]
    found = [
        Responsible(ref=speaker_reference(event, s), address=s.email.strip(), role=_role(s), speaker=s) for s in hosts
    ]
    others = [(event.zoom.host, "host"), *((a, "organiser") for a in (event.organiser.email, *organisers))]
    for address, role in others:
        ref = "o-" + reference(event.key, identity(address))
        found.append(Responsible(ref=ref, address=address, role="host" if role == "host" else "organiser"))
    first: dict[str, Responsible] = {}
    for one in found:
        first.setdefault(identity(one.address), one)
    return tuple(first.values())


def _role(speaker: Speaker) -> Literal["host", "alternative-host"]:
    return "host" if speaker.role == "host" else "alternative-host"


def alert_letters(event: Event, found: Collection[Alert], organisers: Iterable[str] = ()) -> Iterator[Owed]:
    """List the letters that tell of the alerts; they go before any other."""
    organisers = tuple(organisers)
    for alert in found:
        session = event.session(alert.session)
        for one in responsible(event, alert.session, organisers):
            yield Owed(
                kind="alert",
                person=one.ref,
                email=identity(one.address),
                to=one.address,
                language=event.language,
                session=alert.session,
                rule=alert.kind,
                revision=alert.revision,
                due_at=alert.at,
                leave_from=alert.at,
                wanted_by=alert.at,
                void_at=session.ends_at,
            )


def alert_in_words(event: Event, kind: str, one: Responsible, number: str, passcode: str) -> dict[str, object]:
    """Say, as plain values, what is wrong and what this person needs to put it right."""
    return {
        "what": kind,
        "role": one.role,
        "sign_in_as": one.address if one.role == "alternative-host" else event.zoom.host,
        "number": number,
        "passcode": passcode,
        "stand_ins": [s.name for s in event.speakers if s.role in ("host", "alternative-host")],
    }


def as_recipient(event: Event, one: Responsible, meeting: str) -> Recipient:
    """Let somebody responsible be written to like anybody else, about the sessions of a meeting."""
    return Recipient(
        ref=one.ref,
        email=identity(one.address),
        address=one.address,
        sessions=tuple(s.key for s in meetings_of(event)[meeting]),
        speaker=one.speaker,
    )
