"""Cleans what people type, and brings spellings of one thing together. Never changes a name's letters or case."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LONGEST_NAME = 100
_ALIKE = str.maketrans(
    dict.fromkeys("‘’ʼ‛`´′＇", "'")
    | dict.fromkeys("‐‑‒–—−", "-")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", "")
)
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})


def clean(text: str, most: int = LONGEST_NAME) -> str:
    """Take out what cannot be seen: control, zero-width and direction characters; line breaks become spaces."""
    if not text.isprintable():
        text = "".join(map(_seen, text))
    return text.strip()[:most].rstrip()


def _seen(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character


@lru_cache(4_096)
def normal(text: str) -> str:
    """Bring headers and short answers to one form: case, apostrophes, dashes, kinds and number of spaces."""
    return " ".join(unicodedata.normalize("NFKC", text.translate(_ALIKE)).casefold().split())


@lru_cache(4_096)
def bare(text: str) -> str:
    """Keep letters and digits only; no accents: « acteur·rice·s », « acteur.rice.s », « acteur(rice)s » are one."""
    spelled = unicodedata.normalize("NFKD", text).casefold().translate(_LIGATURES)
    return "".join(filter(str.isalnum, spelled))


def starts_with_any(words: tuple[str, ...]) -> re.Pattern[str]:
    """Match normalised text that is one of the words, or begins with one: « oui », « oui, l'après-midi aussi »."""
    either = "|".join(re.escape(normal(word)) for word in words if normal(word))
    return re.compile(rf"(?:{either or '(?!)'})(?!\w)")
