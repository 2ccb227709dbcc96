"""Reads a person's names and language as they were typed; never changes a name's letters or case."""

from __future__ import annotations

import re

from orchestrator.gateways.registrations.names import clean
from orchestrator.gateways.registrations.spoken import tidy

_LANGUAGES = {"fr": re.compile(r"fr\b|fr[ae]nc|francais"), "en": re.compile(r"en\b|angl|engl")}


def names_of(first: str, last: str, full: str) -> tuple[str, str]:
    """Return first and last name; of one column for both, what is in capitals at either end is the last name."""
    first, last = clean(first), clean(last)
    if first or last or not full:
        return first, last
    words = clean(full).split()
    for cut in range(1, len(words)):
        head, tail = words[:cut], words[cut:]
        if _is_loud(head) and not any(map(_is_loud_word, tail)):
            return " ".join(tail), " ".join(head)
        if _is_loud(tail) and not any(map(_is_loud_word, head)):
            return " ".join(head), " ".join(tail)
    return clean(full), ""


def _is_loud(words: list[str]) -> bool:
    return all(map(_is_loud_word, words))


def _is_loud_word(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def language_of(text: str) -> str:
    """Return the code of a language there are letters in; "" for another or none."""
    said = tidy(text)
    return next((code for code, pattern in _LANGUAGES.items() if pattern.match(said)), "")
