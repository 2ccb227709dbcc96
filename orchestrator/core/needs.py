"""Accessibility measures a session has to provide, counted from what people wrote, never saying who needs them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

OTHER = "other"
_SIGNS = {
    "sign-language": r"\blsf\b|langue des signes|sign language|interprete|interpreter|\bbsl\b",
    "captions": r"sous.?titr|subtitl|caption|velotyp|transcri|sourd|malentend|deaf|hearing",
    "documents": r"document|support|diapo|slides|agrandi|gros caractere|large print|braille|lecteur d.ecran"
    r"|screen reader|malvoy|aveugle|non.?voyant|blind|visual",
    "breaks": r"pause|fatig|break|rest\b",
    "telephone": r"telephone|\bphone\b|sans ordinateur|dial",
    "easy-to-read": r"\bfalc\b|facile a lire|easy.to.read|dyslex|langage simple|plain language",
}
_NOTHING = re.compile(r"^\W*(non|aucun\w*|neant|rien|ras|no|none|nothing|n/?a|x|pas de besoin\w*.*)?\W*$")


def measures(said: Iterable[str]) -> Counter[str]:
    """Count the measures that free texts ask for; what is not recognised is `other`, "none" is nothing."""
    found: Counter[str] = Counter()
    for text in said:
        plain = _plain(text)
        if _NOTHING.match(plain):
            continue
        found.update([name for name, sign in _SIGNS.items() if re.search(sign, plain)] or [OTHER])
    return found


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in bare if not unicodedata.combining(c)).replace("’", "'").strip()
