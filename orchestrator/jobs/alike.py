"""Which letters are alike: what decides their words, apart from the reader's own name, address, links and numbers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any

from orchestrator.core.contents import Name, Outlook, greeting
from orchestrator.core.recipients import Recipient
from orchestrator.ports import Alike, CalendarEntry

PERSONAL = ("ref", "email", "address", "registered_at", "passes", "told", "first_sent_at", "seats")
"""What of a recipient is theirs alone, or is looked at one by one below. All else makes letters different."""
REST = attrgetter(*(f.name for f in fields(Recipient) if f.name not in PERSONAL))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What of a letter is its reader's own: who they are, and the number of each session's calendar entry."""

    who: Recipient
    name: Name
    page: str
    entries: tuple[tuple[str, bool, int], ...]
    """Session, whether it leaves the calendar, SEQUENCE."""


Compose = Callable[[Reader], tuple[Mapping[str, Any], tuple[CalendarEntry, ...]]]
"""Contents and calendar for a reader."""


def alike(reader: Reader, outlook: Outlook, compose: Compose, more: Hashable) -> Alike | None:
    """Say what a letter has in common with others; None where somebody's name is no ordinary one.

    `more` is whatever else the words depend on: the kind, the session, the changes, the version of the event.
    """
    who, name = reader.who, reader.name
    if who.speaker is not None or who.email == who.address == "" or not _is_ordinary(name):
        return None
    meetings = sorted(who.passes)
    numbers = list(dict.fromkeys(number for _, _, number in reader.entries))
    slots = (
        *(part for part in (name.first, name.last) if part),
        who.address,
        *((reader.page,) if reader.page else ()),
        *[who.passes[key].join_url for key in meetings],
        *map(str, numbers),
    )
    if len(set(slots)) < len(slots):
        return None
    now = outlook.now.replace(second=0, microsecond=0) if outlook.now else None
    return Alike(
        key=(
            REST(who),
            tuple(meetings),
            tuple([(s.session, s.workshop, s.told_at is None, s.told_by) for _, s in sorted(who.seats.items())]),
            bool(name.first),
            bool(name.last),
            bool(reader.page),
            tuple([(key, gone, numbers.index(number)) for key, gone, number in reader.entries]),
            tuple(outlook.why.items()),
            now,
            more,
        ),
        slots=slots,
        compose=lambda given: compose(_in_place(reader, meetings, numbers, given)),
    )


def _in_place(reader: Reader, meetings: Sequence[str], numbers: Sequence[int], slots: Sequence[str]) -> Reader:
    """Put other slots in the place of somebody's own."""
    left = iter(slots)
    name = Name(first=next(left) if reader.name.first else "", last=next(left) if reader.name.last else "")
    address = next(left)
    page = next(left) if reader.page else ""
    passes = {key: replace(reader.who.passes[key], join_url=next(left)) for key in meetings}
    other = {number: int(next(left)) for number in numbers}
    who = replace(reader.who, address=address, passes=passes)
    entries = tuple((key, gone, other[number]) for key, gone, number in reader.entries)
    return Reader(who=who, name=name, page=page, entries=entries)


def _is_ordinary(name: Name) -> bool:
    """Whether a name is words as names are, one space apart, so that templates treat it as any other."""
    full = f"{name.first} {name.last}".strip()
    return (
        bool(full)
        and greeting(name) == full
        and name.first == name.first.strip()
        and name.last == name.last.strip()
        and full.translate(_MARKS).isalpha()
    )


_MARKS = str.maketrans("", "", "'-’ ")
