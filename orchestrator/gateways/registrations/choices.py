"""Recognises, in the answer to a question with known options, which of them were chosen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from orchestrator.core.model import Workshop
from orchestrator.gateways.registrations.inclusive import one_gender
from orchestrator.gateways.registrations.names import bare, normal

Choice = Callable[[str], frozenset[str]]
"""The keys that the text of a cell stands for; what is not known is left out."""

_BETWEEN = re.compile(r"[,;\n]")
"""What stands between ticks: Google Forms « ; » or « , », linked sheets « , », Microsoft Forms « ; »."""
_MARK = "="
"""Begins the spellings that are in one gender."""
_MOST, _REMEMBERED = 100, 5_000


def workshop_choice(workshops: Iterable[Workshop]) -> Choice:
    """Recognise workshops by title, short title, key or alias, or by the code that begins the answer."""
    workshops = tuple(workshops)
    spellings: dict[str, set[str]] = {}
    for workshop in workshops:
        for spelling in (workshop.title, workshop.short, workshop.key, *workshop.aliases):
            spellings.setdefault(spelling, set()).add(workshop.key)
    return choice(spellings, {workshop.code: workshop.key for workshop in workshops})


def choice(spellings: Mapping[str, Iterable[str]], codes: Mapping[str, str]) -> Choice:
    """Recognise options by their spellings; several ticks in one cell are split by the longest known options first.

    Options may hold the very commas that stand between ticks, so a cell is never simply cut at them.
    """
    known: dict[str, frozenset[str]] = {}
    for spelling, keys in spellings.items():
        for spelled in {bare(spelling), _MARK + one_gender(spelling)}:
            known[spelled] = known.get(spelled, frozenset()) | frozenset(keys)
    known.pop("", None)
    known.pop(_MARK, None)
    longest = max((len(_BETWEEN.split(spelling)) for spelling in spellings), default=1)
    by_code = _code_choice(codes)

    def option(pieces: list[str]) -> frozenset[str] | None:
        """Return what pieces of a cell, together, stand for: as written, else in one gender."""
        text = ",".join(pieces)
        return known.get(bare(text)) or known.get(_MARK + one_gender(text))

    @lru_cache(maxsize=_REMEMBERED)
    def chosen(cell: str) -> frozenset[str]:
        pieces = _BETWEEN.split(cell)[:_MOST]
        found: frozenset[str] = frozenset()
        at = 0
        while at < len(pieces):
            ends = range(min(len(pieces), at + longest), at, -1)
            taken = next(((end, keys) for end in ends if (keys := option(pieces[at:end]))), None)
            end, keys = taken or (at + 1, by_code(pieces[at]))
            found |= keys
            at = end
        return found

    return chosen


def _code_choice(codes: Mapping[str, str]) -> Choice:
    """Recognise « A », « Atelier A », « A – Réduire… », « (A) Réduire… », but not « A quoi bon ? » or « A-t-on… »."""
    keys = {normal(code): frozenset([key]) for code, key in codes.items() if normal(code)}
    either = "|".join(re.escape(code) for code in sorted(keys, key=len, reverse=True)) or "(?!)"
    pattern = re.compile(rf"(?:atelier|workshop|groupe|salle)? ?\(?({either})(?: ?[:)/|]| ?[-.](?= |$)|$)")

    def chosen(piece: str) -> frozenset[str]:
        found = pattern.match(normal(piece))
        return keys[found[1]] if found else frozenset()

    return chosen
