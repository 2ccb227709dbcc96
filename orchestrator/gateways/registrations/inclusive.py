"""Brings the ways of writing both genders to one: « acteur·rice·s », « acteur(rice)s », « acteurs et actrices »."""

from __future__ import annotations

import re
import unicodedata

from orchestrator.gateways.registrations.names import bare, normal

_MARK = r"[.·•⋅‧∙・ꞏ/-]"
_ENDING = (
    r"(?:trices?|rices?|teuses?|euses?|ières?|ères?|eres?|ives?|ves?|elles?|les?|ennes?|nes?|onnes?|esses?|sses?"
    r"|ales?|fes?|tes?|es?|s|x)"
)
_DOTTED = re.compile(rf"\b(\w{{2,}}?)(?:{_MARK}{_ENDING})+(?!\w)")
_BRACKETED = re.compile(r"\b(\w{2,}?)[(\[]([a-zàâäéèêëïîôöùûüç]{1,6})[)\]](s|x)?(?!\w)")
_PAIR = re.compile(r"\b(\w+) ?(?:et|ou|&|/|,) ?(?:(?:l|d|qu)'|(?:les?|la|des?|du|aux?|ces?|cettes?|nos|vos) )?(\w+)\b")
_ALONE = {"celle": "celui", "ceux": "celui", "toute": "tout", "elle": "il", "femme": "homme", "une": "un"}
_FEMININE = (
    ("trice", "teur"),
    ("euse", "eur"),
    ("esse", "e"),
    ("iere", "ier"),
    ("ive", "if"),
    ("elle", "el"),
    ("enne", "en"),
    ("onne", "on"),
    ("e", ""),
)


def one_gender(text: str) -> str:
    """Return letters and digits only, every word in the singular and masculine where both genders are written."""
    text = normal(text)
    text = _BRACKETED.sub(lambda found: found[1], text)
    text = _DOTTED.sub(lambda found: found[1], text)
    words = unicodedata.normalize("NFKD", text)
    words = "".join(c for c in words if not unicodedata.combining(c))
    while (shorter := _PAIR.sub(_same, words)) != words:
        words = shorter
    return "".join(_singular(bare(word)) for word in re.split(r"[\W_]+", words))


def _same(found: re.Match[str]) -> str:
    """Keep one of two words that are the two genders of one, else both."""
    one, other = _singular(found[1]), _singular(found[2])
    if other in _masculines(one):
        return found[2]
    return found[1] if one in _masculines(other) else found[0]


def _masculines(word: str) -> set[str]:
    """What a feminine word may be the feminine of."""
    ways = {word[: -len(end)] + masculine for end, masculine in _FEMININE if word.endswith(end)}
    return {way for way in ways if len(way) > 1} | {_ALONE.get(word, "")} - {""}


def _singular(word: str) -> str:
    word = re.sub(r"aux$", "al", word) if len(word) > 4 else word
    word = word.rstrip("sx") if len(word) > 2 else word
    return {"ceu": "celui", "tou": "tout"}.get(word, word)
