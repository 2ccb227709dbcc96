"""Who gets letters: people, and everyone who makes the day, with all that decides what they are owed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.core.meetings import Pass
from orchestrator.core.model import Event, Person, Seat, Speaker, identity, reference

FALLBACK, BYE = "fallback:", "bye:"
"""Facts of no session: that plan B is on, and that somebody was told they are no longer registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """All that decides what one person is owed. `ref` names them in keys; a speaker's begins with `s-`."""

    ref: str
    email: str
    address: str
    sessions: tuple[str, ...]
    language: str = ""
    registered_at: datetime | None = None
    speaker: Speaker | None = None
    passes: Mapping[str, Pass] = field(default_factory=dict)
    """By meeting."""
    seats: Mapping[str, Seat] = field(default_factory=dict)
    """By session."""
    told: Mapping[str, tuple[str, datetime]] = field(default_factory=dict)
    """What the letters sent so far told, and when."""
    first_sent_at: datetime | None = None
    """When the first letter (`link`, or `host` for a speaker) was accepted by the relay; None for who came back."""
    zone: str = ""
    """Where they are, by IANA's name; "" = where the event is."""
    gone_at: datetime | None = None
    """When they withdrew."""

    @property
    def revision(self) -> str:
        """Number the first letter anew for somebody who left, was told so, and came back."""
        said = self.told.get(BYE)
        return "1" if said is None else f"{said[1].timestamp():.0f}"


def people_as_recipients(
    event: Event,
    people: Iterable[Person],
    passes: Mapping[str, Mapping[str, Pass]],
    seats: Mapping[str, Mapping[str, Seat]],
    told: Mapping[str, Mapping[str, tuple[str, datetime]]],
    first_sent: Mapping[str, datetime],
) -> Iterator[Recipient]:
    """Bring together what decides each person's letters; passes and seats by e-mail, the rest by reference."""
    for person in people:
        ref = reference(event.key, person.email)
        mine = told.get(ref, {})
        yield Recipient(
            ref=ref,
            email=person.email,
            address=person.address,
            sessions=tuple(s.key for s in event.sessions if s.key in person.sessions),
            language=person.language,
            registered_at=person.registered_at,
            passes=passes.get(person.email, {}),
            seats=seats.get(person.email, {}),
            told=mine,
            first_sent_at=since_return(first_sent.get(ref), mine),
            zone=person.timezone,
        )


def since_return(first_sent: datetime | None, told: Mapping[str, tuple[str, datetime]]) -> datetime | None:
    """A first letter from before they left and were told so does not count any more."""
    said = told.get(BYE)
    return None if first_sent is None or (said is not None and said[1] >= first_sent) else first_sent


def speaker_reference(event: Event, speaker: Speaker) -> str:
    """Name a speaker in keys; several who share an address are told apart by their order in the config."""
    email = identity(speaker.email)
    same = [s for s in event.speakers if identity(s.email) == email]
    nth = same.index(speaker) if speaker in same else 0
    return "s-" + reference(event.key, email + (f"#{nth}" if nth else ""))


def speakers_as_recipients(
    event: Event,
    passes: Mapping[str, Mapping[str, Pass]],
    told: Mapping[str, Mapping[str, tuple[str, datetime]]],
    first_sent: Mapping[str, datetime],
) -> Iterator[Recipient]:
    """The same for speakers, hosts and facilitators; somebody who also registered is both."""
    for speaker in event.speakers:
        email, ref = identity(speaker.email), speaker_reference(event, speaker)
        yield Recipient(
            ref=ref,
            email=email,
            address=speaker.email.strip(),
            sessions=tuple(s.key for s in event.sessions if s.key in speaker.sessions),
            speaker=speaker,
            passes=passes.get(email, {}),
            told=told.get(ref, {}),
            first_sent_at=first_sent.get(ref),
        )
