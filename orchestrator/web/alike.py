"""Pages alike: those that show the same but for their readers' own words are put in words once, with blanks.

What makes pages alike is everything their template is given, compared as it is at each request: there is nothing to
be out of date. Their own words (a name, links, the page's address) stand in blanks that nobody can have typed.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import escape

from orchestrator.jobs.reception import BLANKS

MOST = 1000
"""How many pages of an event are kept in words; some kilobytes each."""
_BLANKS = re.compile(BLANKS)

Words = dict[bytes, list[str]]
"""By what they say: constant words, and the blanks between them."""


def filled(kept: Words, own: Mapping[str, str], values: Mapping[str, Any], write: Callable[[], str]) -> str:
    """Return a page: `own` by blank put in the words for these values, which `write` renders if they are new."""
    key = pickle.dumps(values)
    pieces = kept.get(key)
    if pieces is None:
        if len(kept) >= MOST:
            kept.clear()
        pieces = kept[key] = _BLANKS.split(write())
    safe = {blank: str(escape(word)) for blank, word in own.items()}
    return "".join([safe.get(piece, piece) for piece in pieces])
