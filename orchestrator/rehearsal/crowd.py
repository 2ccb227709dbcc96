"""The people of a rehearsed day in the meeting: a script of who came, how and when, drawn before anybody comes.

It counts by itself the minutes each person was there, minute by minute, so that what the service makes of Zoom's
report can be held against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from orchestrator.core.model import Event, Person, Session

MINUTE = timedelta(minutes=1)
PHONES = ("+33 6 •• •• 12 34", "+33 1 •• •• 56 78")
STRANGER = "Dominique Sansnom"
"""Somebody who came with another's link."""
RARE = ("telephone", "telephone-unknown", "lent", "together", "together-with", "two-devices", "reconnected", "unasked")
"""Manners played by one person each, or a few in a large crowd; the others come, leave early or stay away."""
ONE_IN = 60
"""So many people to each further one of a rare manner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One time somebody is in the meeting. `link_of`: whose link it is; "" = without one."""

    session: str
    link_of: str
    name: str
    joined_at: datetime
    left_at: datetime
    room: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What happens, who it really was, and what the organiser knows of the doubtful."""

    manners: Mapping[str, str]
    """By person."""
    comings: tuple[Coming, ...]
    known_to_be: Mapping[str, tuple[str, ...]]
    """By the name that Zoom shows: whom the organiser recognises; a name left out stays in doubt."""
    really: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """By (link, name): who sat there, where it was not the link's owner alone."""

    def whose(self, one: Coming) -> tuple[str, ...]:
        """Everybody who was really there."""
        return self.really.get((one.link_of, one.name), (one.link_of,) if one.link_of else ())


def write(event: Event, people: Sequence[Person]) -> Script:
    """Draw the script: the same one for the same event and people."""
    draw = Random(f"{event.key}/crowd")
    manners = _cast(draw, people)
    names = {p.email: f"{p.first_name} {p.last_name}".strip() for p in people}
    by_manner: dict[str, list[str]] = {}
    for email, manner in manners.items():
        by_manner.setdefault(manner, []).append(email)
    hosts, guests = by_manner.get("together", []), by_manner.get("together-with", [])
    company = dict(zip(hosts, guests, strict=False))
    phones = dict(zip(by_manner.get("telephone", [])[:1], PHONES, strict=False))
    comings: list[Coming] = []
    for person in people:
        for session in event.sessions:
            asked = session.key in person.sessions or manners[person.email] == "unasked"
            if asked and not event.is_cancelled(session.key):
                comings += _day(draw, session, person.email, manners[person.email], names, company)
    known = {PHONES[0]: tuple(phones), STRANGER: (), **{_both(names, a, b): (a, b) for a, b in company.items()}}
    really = {("", PHONES[0]): tuple(phones), **{(email, STRANGER): () for email in by_manner.get("lent", [])}}
    really |= {(a, _both(names, a, b)): (a, b) for a, b in company.items()}
    return Script(manners=manners, comings=tuple(comings), known_to_be=known, really=really)


def _both(names: Mapping[str, str], a: str, b: str) -> str:
    return f"{names[a]} et {names[b]}"


def _cast(draw: Random, people: Sequence[Person]) -> dict[str, str]:
    """Give everybody a manner. Of homonyms one comes and the other does not: a name alone would mix them up."""
    manners: dict[str, str] = {}
    by_name: dict[tuple[str, str], list[str]] = {}
    for person in people:
        by_name.setdefault((person.first_name, person.last_name), []).append(person.email)
    for alike in by_name.values():
        if len(alike) > 1:
            manners |= {email: "absent" if n else "stayed" for n, email in enumerate(sorted(alike))}
    left = sorted(p.email for p in people if p.email not in manners)
    draw.shuffle(left)
    rare = [manner for manner in RARE for _ in range(1 + len(people) // ONE_IN)]
    singly = [m for m in rare if m not in ("telephone", "telephone-unknown")] + ["telephone", "telephone-unknown"]
    manners |= dict(zip(left, singly, strict=False))
    for email in left[len(singly) :]:
        manners[email] = draw.choices(("stayed", "absent", "left-early"), weights=(74, 18, 8))[0]
    return manners


def _day(
    draw: Random, session: Session, email: str, manner: str, names: Mapping[str, str], company: Mapping[str, str]
) -> Iterator[Coming]:
    """Play one person's comings to one session, in whole minutes."""
    starts, ends = session.starts_at, session.ends_at
    lasts = int((ends - starts) / MINUTE)
    joined, left = starts + draw.randrange(-8, 4) * MINUTE, ends + draw.randrange(4) * MINUTE

    def coming(a: datetime, b: datetime, name: str = "", *, link: bool = True, room: str = "") -> Coming:
        shown, link_of = name or names[email], email if link else ""
        return Coming(session=session.key, link_of=link_of, name=shown, joined_at=a, left_at=b, room=room)

    middle = starts + draw.randrange(lasts // 3, lasts // 2) * MINUTE
    if manner in ("stayed", "unasked"):
        yield coming(joined, left)
        if draw.random() < 0.3:
            yield coming(middle, middle + lasts // 4 * MINUTE, room="bo-1")
    elif manner == "left-early":
        yield coming(joined, starts + draw.randrange(5, max(6, lasts // 3)) * MINUTE)
    elif manner == "reconnected":
        yield coming(joined, middle)
        yield coming(middle + 2 * MINUTE, middle + 12 * MINUTE)
        yield coming(middle + 17 * MINUTE, left)
    elif manner == "two-devices":
        yield coming(joined, middle + 9 * MINUTE)
        yield coming(middle, left)
    elif manner == "telephone":
        yield coming(joined, left, PHONES[0], link=False)
    elif manner == "telephone-unknown":
        yield coming(joined, left, PHONES[1], link=False)
    elif manner == "lent":
        yield coming(joined, left, STRANGER)
    elif manner == "together":
        yield coming(joined, left, _both(names, email, company[email]) if email in company else "")


def truth(event: Event, script: Script, given: Iterable[Coming]) -> dict[tuple[str, str], int]:
    """Count the minutes each person was in each session, one by one; people nobody recognises are nobody."""
    inside: dict[tuple[str, str], set[int]] = {}
    for one in given:
        for session in event.sessions:
            first = max(one.joined_at, session.starts_at)
            last = min(one.left_at, session.ends_at)
            minutes = {int((first - session.starts_at) / MINUTE) + n for n in range(int((last - first) / MINUTE))}
            if minutes:
                for who in script.whose(one):
                    inside.setdefault((who, session.key), set()).update(minutes)
    return {key: len(minutes) for key, minutes in inside.items()}
