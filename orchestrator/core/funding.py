"""The funder's figures: who registered and who came, by half-day, structure and workshop; nobody can be singled out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SMALLEST = 5
"""Groups of fewer people are merged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One person and session, as kept after the event."""

    person: str
    session: str
    structure: str
    workshop: str
    came: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One group: how many registered and how many came. `merged`: how many small groups it stands for, 0 = itself."""

    name: str
    registered: int
    came: int
    merged: int = 0


def by_session(rows: Iterable[Seen], sessions: Sequence[str]) -> tuple[Line, ...]:
    """One line a half-day, in their order; a session is not a group of people that can be singled out."""
    found = _count((row.session, row) for row in rows)
    return tuple(
        Line(name=key, registered=found.get(key, (0, 0))[0], came=found.get(key, (0, 0))[1]) for key in sessions
    )


def by_structure(rows: Iterable[Seen]) -> tuple[Line, ...]:
    """One line a structure, the largest first; whoever came to any session came."""
    people: dict[str, Seen] = {}
    for row in rows:
        known = people.get(row.person)
        if known is None or (row.came and not known.came):
            people[row.person] = row
    return merged(_count((_spelled(row.structure), row) for row in people.values()))


def by_workshop(rows: Iterable[Seen], workshops: Sequence[str]) -> tuple[Line, ...]:
    """One line a workshop, in their order, small ones merged."""
    found = _count((row.workshop, row) for row in rows if row.workshop)
    lines = merged(found)
    order = {key: n for n, key in enumerate(workshops)}
    return tuple(sorted(lines, key=lambda line: (line.merged > 0, order.get(line.name, len(order)))))


def _count(rows: Iterable[tuple[str, Seen]]) -> dict[str, tuple[int, int]]:
    result: dict[str, tuple[int, int]] = {}
    for name, row in rows:
        registered, came = result.get(name, (0, 0))
        result[name] = registered + 1, came + row.came
    return result


def _spelled(structure: str) -> str:
    return " ".join(structure.split())


def merged(groups: dict[str, tuple[int, int]]) -> tuple[Line, ...]:
    """Put groups of fewer than five together; if they are still fewer, the next larger one joins them, so that a
    subtraction gives nothing away."""
    ordered = sorted(groups.items(), key=lambda item: (-item[1][0], item[0].casefold()))
    large = [(name, n) for name, n in ordered if n[0] >= SMALLEST]
    small = [(name, n) for name, n in ordered if n[0] < SMALLEST]
    while small and sum(n[0] for _, n in small) < SMALLEST and large:
        small.insert(0, large.pop())
    lines = [Line(name=name, registered=registered, came=came) for name, (registered, came) in large]
    if small:
        registered, came = sum(n[0] for _, n in small), sum(n[1] for _, n in small)
        lines.append(Line(name="", registered=registered, came=came, merged=len(small)))
    return tuple(lines)
