"""Tells whether two names are one person's: spellings, initials and married names, not two colleagues of a mailbox."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_TITLES = frozenset({"m", "mr", "mme", "mlle", "mrs", "ms", "dr", "pr", "me", "monsieur", "madame", "mademoiselle"})
_SHORT_FORM = 3
"""Letters a short form has and leaves out at least: « Chris » for « Christophe », not « Jean » for « Jeanne »."""


@lru_cache(maxsize=1_000)
def words_of(name: str) -> frozenset[str]:
    """Cut a name into its words, without case, accents and titles."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    words = frozenset(re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c))))
    return words - _TITLES or words


def is_same_person(one: str, other: str) -> bool:
    """Tell whether every word of the shorter name stands, or nearly, in the longer."""
    if one == other:
        return True
    fewer, more = sorted((words_of(one), words_of(other)), key=len)
    return all(any(_is_near(word, candidate) for candidate in more) for word in fewer)


def _is_near(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if short == long or (len(short) == 1 and long.startswith(short)):
        return True
    if long.startswith(short):
        return len(short) >= _SHORT_FORM and len(long) - len(short) >= _SHORT_FORM
    return len(short) > _SHORT_FORM and is_one_slip_apart(short, long)


def is_one_slip_apart(one: str, other: str) -> bool:
    """Tell whether one letter added, lost, changed or swapped with its neighbour makes one of the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    is_swapped = len(a) > 1 and len(b) > 1 and (a[0], a[1], a[2:]) == (b[1], b[0], b[2:])
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or is_swapped
