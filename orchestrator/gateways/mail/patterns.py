"""Letters that differ only in names and links, put in words once: the words of one serve for all the others.

A pattern is made by writing the letter twice with probes in the place of what is personal, and kept only where both
show the same words around the probes. The first letters filled in, and every so many after, are also written the long
way and must be the same: a template that does more with a name than print it goes the long way for everybody.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from markupsafe import escape

from orchestrator.core.errors import UnwritableLetter

log = logging.getLogger(__name__)

WORTH_IT = 3
"""How many letters alike are written the long way before a pattern is made of them."""
COMPARED = 2
"""How many letters of a new pattern are compared with the long way …"""
COMPARED_AGAIN = 256
"""… and then one in so many."""
MOST = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A letter in words, before it is a message."""

    subject: str
    text: str
    html: str


Write = Callable[[Sequence[str]], Preview]
Pieces = tuple[str | int, ...]
"""Constant words, and the numbers of the slots between them."""


@dataclass(slots=True)
class Entry:
    """What is known of letters alike. `pieces` of subject, text and HTML; None = not made yet."""

    seen: int = 0
    filled: int = 0
    pieces: tuple[Pieces, Pieces, Pieces] | None = None
    hopeless: bool = False


@dataclass(slots=True)
class Patterns:
    """The patterns one scribe knows, by what makes letters alike."""

    _entries: dict[Hashable, Entry] = field(default_factory=dict)

    def write(self, key: Hashable, slots: Sequence[str], write: Write) -> Preview:
        """Return a letter in words, the short way if there is one. `write` is the long way, for any slots."""
        if len(self._entries) > MOST:
            self._entries.clear()
        entry = self._entries.setdefault(key, Entry())
        entry.seen += 1
        if entry.hopeless or entry.seen < WORTH_IT:
            return write(slots)
        if entry.pieces is None:
            entry.pieces = _pattern(slots, write)
            entry.hopeless = entry.pieces is None
            if entry.pieces is None:
                return write(slots)
        return self._filled(entry, entry.pieces, slots, write)

    def _filled(
        self, entry: Entry, pieces: tuple[Pieces, Pieces, Pieces], slots: Sequence[str], write: Write
    ) -> Preview:
        subject, text, html = pieces
        escaped = [str(escape(slot)) for slot in slots]
        found = Preview(subject=_fill(subject, slots), text=_fill(text, slots), html=_fill(html, escaped))
        entry.filled += 1
        if entry.filled > COMPARED and entry.filled % COMPARED_AGAIN:
            return found
        wanted = write(slots)
        if wanted != found:
            log.warning("letters alike are not quite: they are written one by one")
            entry.hopeless, entry.pieces = True, None
        return wanted


def _fill(pieces: Pieces, slots: Sequence[str]) -> str:
    return "".join([slots[piece] if isinstance(piece, int) else piece for piece in pieces])


def _pattern(slots: Sequence[str], write: Write) -> tuple[Pieces, Pieces, Pieces] | None:
    """Write the letter with two kinds of probes; None where their surroundings are not the same."""
    found = []
    for probes in (_probes(slots, long=False), _probes(slots, long=True)):
        try:
            words = write(probes)
        except UnwritableLetter:
            return None
        escaped = [str(escape(probe)) for probe in probes]
        if any(probe in words.html for probe, safe in zip(probes, escaped, strict=True) if probe != safe):
            return None
        found.append((_split(words.subject, probes), _split(words.text, probes), _split(words.html, escaped)))
    return found[0] if found[0] == found[1] and found[0] is not None else None


def _probes(slots: Sequence[str], *, long: bool) -> list[str]:
    """Texts of the kind of each slot that occur nowhere else: of another length, case and escape."""
    return [_probe(slot, n, long=long) for n, slot in enumerate(slots)]


def _probe(slot: str, n: int, *, long: bool) -> str:
    word = f"qzv'{_letters(n)}xkwj{'qwkzvj' * 2}" if long else f"Qzv{_letters(n)}xj"
    if "://" in slot:
        host = word.replace("'", "")
        return f"https://{host}.invalid/w/1?tk={host}&pwd={'a' * 40 if long else 'b'}"
    return f"{word.replace(chr(39), '')}@{'a' * 20 if long else 'b'}.invalid" if "@" in slot else word


def _letters(n: int) -> str:
    return "abcdefghij"[n // 10] + "abcdefghij"[n % 10]


def _split(words: str, probes: Sequence[str]) -> Pieces:
    numbers = {probe: n for n, probe in enumerate(probes)}
    found = re.split("(" + "|".join(map(re.escape, probes)) + ")", words)
    return tuple(numbers.get(piece, piece) for piece in found)
