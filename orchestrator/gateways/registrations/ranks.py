"""Reads the rank of a wish in a title or in a cell: « 1er choix », « Vœu n° 2 », « second choice », « 3 »."""

from __future__ import annotations

import re

from orchestrator.gateways.registrations.headers import unaccented
from orchestrator.gateways.registrations.names import normal

_WORDS = {
    "premier": 1, "premiere": 1, "first": 1, "prioritaire": 1,
    "deuxieme": 2, "second": 2, "seconde": 2,
    "troisieme": 3, "third": 3,
    "quatrieme": 4, "fourth": 4,
    "cinquieme": 5, "fifth": 5,
}  # fmt: skip
_WISH = r"(?:choix|voeux?|choices?|wish|preferences?|priorites?|priority|rangs?|ranks?|positions?|options?)"
_ORDINAL = r"(\d{1,2})(?: ?(?:ers?|eres?|re|nde?|d|emes?|mes?|es?|st|nd|rd|th))?"
_AS_NUMBER = re.compile(rf"\b{_ORDINAL} ?{_WISH}\b|\b{_WISH} ?(?:n ?[°o]?|numero|#|no)?\.? ?(\d{{1,2}})\b")
_AS_WORD = re.compile(rf"\b({'|'.join(_WORDS)})\b(?=.*\b{_WISH}\b|$)|\b{_WISH}\b.*?\b({'|'.join(_WORDS)})\b")
_ALONE = re.compile(rf"(?:n ?[°o] ?)?{_ORDINAL}\.?")


def rank_of(text: str) -> int:
    """Return the rank a text names, 0 for none."""
    text = unaccented(normal(text)).replace("œ", "oe").strip(" []()")
    found = _ALONE.fullmatch(text) or _AS_NUMBER.search(text) or _AS_WORD.search(text)
    if found is None:
        return 0
    said = next(filter(None, found.groups()))
    return _WORDS[said] if said in _WORDS else int(said)
