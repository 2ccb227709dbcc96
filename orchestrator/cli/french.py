"""Has Click speak French: GNU gettext with the shipped words; another LANGUAGE gives Click's own English."""

from __future__ import annotations

import gettext
import os
from pathlib import Path

WORDS = Path(__file__).parent / "locale"


def speak_french() -> None:
    """Let Click find its words, before it is asked for any."""
    os.environ.setdefault("LANGUAGE", "fr")
    gettext.bindtextdomain(gettext.textdomain(), WORDS)
