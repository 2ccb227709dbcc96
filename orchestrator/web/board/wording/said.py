"""What the event page calls one key."""

from __future__ import annotations

from typing import NamedTuple


class Said(NamedTuple):
    """A label and, where it helps, a hint, in both languages."""

    fr: str
    en: str
    hint_fr: str = ""
    hint_en: str = ""
