"""Who was there: the union of everybody's stays over every restart and room, and what stays doubtful.

Registrants are matched by Zoom's registrant id alone; names are evidence for a person to decide on, never a match.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.core.model import Event, Session

NOTHING = timedelta(0)
_TELEPHONE = re.compile(r"\+?[\d*•x .()-]{5,}$", re.IGNORECASE)
"""How Zoom names somebody who joined by telephone: the number, parts of it masked."""

Span = tuple[datetime, datetime]
"""Half-open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One time somebody was in a meeting or in one of its rooms, as Zoom tells it."""

    key: str
    """Zoom's, stable between readings."""
    meeting: str
    joined_at: datetime
    left_at: datetime
    registrant_id: str = ""
    name: str = ""
    email: str = ""

    @property
    def is_by_telephone(self) -> bool:
        """Joined by telephone: Zoom gives a number for a name."""
        return not self.registrant_id and bool(_TELEPHONE.match(self.name.strip()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """How long somebody must have been there: minutes where given, else a share of the session."""

    minutes: int = 0
    share: float = 0.5

    def of(self, session: Session) -> timedelta:
        """The time this asks for, never more than the session lasts."""
        lasts = session.ends_at - session.starts_at
        return min(lasts, timedelta(minutes=self.minutes) if self.minutes else lasts * self.share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """One person's time in one session. `came`: long enough for a certificate."""

    person: str
    session: str
    lasted: timedelta
    came: bool
    devices: int = 1
    """The most stays at one moment: two may be two people on one link."""

    @property
    def minutes(self) -> int:
        """Whole minutes, rounded down."""
        return int(self.lasted.total_seconds() // 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Somebody Zoom saw and nobody can name for sure.

    `why`: telephone | unknown (no registration) | other-name (another's name on somebody's link) | together (two names
    on one link).
    """

    key: str
    meeting: str
    why: str
    name: str
    spans: tuple[Span, ...]
    stays: tuple[str, ...]
    alike: tuple[str, ...] = ()
    """Whose address or name it bears: evidence, not a match."""
    owner: str = ""
    """Whose link it was; the stay counts as theirs until somebody decides otherwise."""


Decided = Mapping[str, Collection[str]]
"""Stay key → the people a person has said it was; none = nobody of ours."""


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join the spans that touch or overlap, in order; empty ones are left out."""
    result: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return tuple(result)


def within(spans: Iterable[Span], start: datetime, end: datetime) -> timedelta:
    """How much of a stretch the spans cover."""
    cut = union((max(start, a), min(end, b)) for a, b in spans)
    return sum((b - a for a, b in cut), NOTHING)


def at_once(spans: Sequence[Span]) -> int:
    """The most spans open at one moment."""
    steps = sorted(
        [(start, 1) for start, end in spans if start < end] + [(end, -1) for start, end in spans if start < end]
    )
    most = now = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most


def attendances(
    event: Event,
    stays: Iterable[Stay],
    owners: Mapping[str, str],
    decided: Decided,
    threshold: Threshold,
) -> dict[tuple[str, str], Attendance]:
    """Everybody's time by (person, session), of those Zoom saw at all. `owners`: registrant id → person."""
    mine: dict[str, list[Stay]] = {}
    for stay in stays:
        for who in decided.get(stay.key, filter(None, [owners.get(stay.registrant_id)])):
            mine.setdefault(who, []).append(stay)
    result: dict[tuple[str, str], Attendance] = {}
    for person, theirs in mine.items():
        for session in event.sessions:
            if found := _attendance(person, session, theirs, threshold):
                result[person, session.key] = found
    return result


def _attendance(person: str, session: Session, stays: Sequence[Stay], threshold: Threshold) -> Attendance | None:
    spans = [(s.joined_at, s.left_at) for s in stays]
    lasted = within(spans, session.starts_at, session.ends_at)
    if not lasted:
        return None
    during = [(max(a, session.starts_at), min(b, session.ends_at)) for a, b in spans]
    return Attendance(
        person=person,
        session=session.key,
        lasted=lasted,
        came=lasted >= threshold.of(session),
        devices=at_once(during),
    )


def doubts(
    stays: Iterable[Stay],
    owners: Mapping[str, str],
    decided: Decided,
    known: Mapping[str, str],
    staff: frozenset[str] = frozenset(),
) -> tuple[Doubt, ...]:
    """Those of whom Zoom's name and registration do not tell who it was, as one name a meeting, undecided.

    `known`: person → the names they gave. `staff`: addresses of host and speakers, who sign in instead.
    """
    called, groups = _Names(known), dict[tuple[str, str, str], list[Stay]]()
    for stay in stays:
        owner = owners.get(stay.registrant_id, "")
        if stay.key in decided or stay.email.casefold() in staff or (owner and called.fits(owner, stay.name)):
            continue
        groups.setdefault((stay.meeting, stay.name, owner), []).append(stay)
    return tuple(_doubt(called, owner, theirs) for (_, _, owner), theirs in sorted(groups.items()))


def _doubt(called: _Names, owner: str, stays: Sequence[Stay]) -> Doubt:
    first = stays[0]
    addresses = {stay.email.casefold() for stay in stays if stay.email}
    alike = {who for who in addresses if who in called.known} | called.named_in(first.name)
    if owner:
        why = "together" if called.share(owner, first.name) else "other-name"
    else:
        why = "telephone" if first.is_by_telephone else "unknown"
    return Doubt(
        key=first.key,
        meeting=first.meeting,
        why=why,
        name=first.name,
        spans=union((s.joined_at, s.left_at) for s in stays),
        stays=tuple(sorted(s.key for s in stays)),
        alike=tuple(sorted(alike - {owner})),
        owner=owner,
    )


class _Names:
    """What people are called, by their words."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = {who: _words(name) for who, name in known.items()}
        self._by_word: dict[str, set[str]] = {}
        for who, words in self.known.items():
            for word in words:
                self._by_word.setdefault(word, set()).add(who)

    def named_in(self, name: str) -> set[str]:
        """Everybody all of whose words stand in a name."""
        said = _words(name)
        near = set[str]().union(*(self._by_word.get(word, set()) for word in said))
        return {who for who in near if self.known[who] <= said}

    def share(self, owner: str, name: str) -> bool:
        """Tell whether a name has a word of its owner's."""
        return not self.known.get(owner, frozenset()).isdisjoint(_words(name))

    def fits(self, owner: str, name: str) -> bool:
        """Tell whether a name on somebody's link raises no doubt: it is theirs in part, and nobody else's in full."""
        theirs, said = self.known.get(owner, frozenset()), _words(name)
        if not said or not theirs or said <= theirs:
            return True
        return self.share(owner, name) and all(self.known[who] <= theirs for who in self.named_in(name))


def _words(name: str) -> frozenset[str]:
    """The words of a name without case and accents; initials are none."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return frozenset(word for word in re.findall(r"[^\W\d_]+", plain.translate(_ACCENTS)) if len(word) > 1)


_ACCENTS = dict.fromkeys(range(0x300, 0x370))
"""Combining marks, left out."""
