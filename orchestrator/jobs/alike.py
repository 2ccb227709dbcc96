"""Which letters are alike: what decides their words, apart from the reader's own name, address and links."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from orchestrator.core.contents import Name, Outlook, greeting
from orchestrator.core.recipients import Recipient
from orchestrator.ports import Alike

PERSONAL = ("ref", "email", "address", "registered_at", "passes", "told", "first_sent_at", "seats")
"""What of a recipient is theirs alone, or is looked at one by one below. All else makes letters different."""
REST = tuple(f.name for f in fields(Recipient) if f.name not in PERSONAL)

Compose = Callable[[Recipient, Name, str], Mapping[str, Any]]
"""Contents for a recipient, a name and the address of a page."""


def alike(who: Recipient, name: Name, outlook: Outlook, compose: Compose, more: Hashable) -> Alike | None:
    """Say what a letter has in common with others; None where somebody's name is no ordinary one.

    `more` is whatever else the words depend on: the kind, the session, the changes, the version of the event.
    """
    if who.speaker is not None or who.email == who.address == "" or not _is_ordinary(name):
        return None
    meetings = sorted(who.passes)
    seats = tuple((key, seat.workshop, seat.told_at is None, seat.told_by) for key, seat in sorted(who.seats.items()))
    now = outlook.now.replace(second=0, microsecond=0) if outlook.now else None
    rest = tuple(repr(getattr(who, name)) for name in REST)
    names = tuple(part for part in (name.first, name.last) if part)
    pages = (outlook.page,) if outlook.page else ()
    slots = (*names, who.address, *pages, *(who.passes[key].join_url for key in meetings))
    if len(set(slots)) < len(slots):
        return None
    return Alike(
        key=(
            rest,
            tuple(meetings),
            seats,
            bool(name.first),
            bool(name.last),
            bool(pages),
            tuple(outlook.why.items()),
            now,
            more,
        ),
        slots=slots,
        compose=lambda given: compose(*_in_place(who, name, meetings, given, has_page=bool(pages))),
    )


def _in_place(
    who: Recipient, name: Name, meetings: Sequence[str], slots: Sequence[str], *, has_page: bool
) -> tuple[Recipient, Name, str]:
    """Put other slots in the place of somebody's own."""
    left = list(slots)
    name = Name(first=left.pop(0) if name.first else "", last=left.pop(0) if name.last else "")
    address = left.pop(0)
    page = left.pop(0) if has_page else ""
    passes = {key: replace(who.passes[key], join_url=url) for key, url in zip(meetings, left, strict=True)}
    return replace(who, address=address, passes=passes), name, page


def _is_ordinary(name: Name) -> bool:
    """Whether a name is words as names are, one space apart, so that templates treat it as any other."""
    full = f"{name.first} {name.last}".strip()
    return (
        bool(full)
        and greeting(name) == full
        and all(part == part.strip() for part in (name.first, name.last))
        and full.replace("'", "").replace("-", "").replace("’", "").replace(" ", "").isalpha()
    )
