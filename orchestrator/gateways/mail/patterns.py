"""Letters that differ only in names and links, put in words once: the words of one serve for all the others.

A pattern is made by writing the letter twice with probes in the place of what is personal, and kept only where both
show the same words around the probes. The first letters filled in, and every so many after, are also written the long
way and must be the same: a template that does more with a name than print it goes the long way for everybody.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from markupsafe import escape

from orchestrator.core.errors import UnwritableLetter
from orchestrator.gateways.mail.folding import escaped
from orchestrator.gateways.mail.mime import Attachment

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
    files: tuple[Attachment, ...] = ()


Write = Callable[[Sequence[str]], Preview]
Pieces = tuple[str | int, ...]
"""Constant words, and the numbers of the slots between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """The words of letters alike."""

    subject: Pieces
    text: Pieces
    html: Pieces
    files: tuple[tuple[Attachment, Pieces], ...] = ()
    """A file without its text, and that."""

    def filled(self, slots: Sequence[str]) -> Preview:
        """Return one letter in words."""
        return Preview(
            subject=filled(self.subject, slots),
            text=filled(self.text, slots),
            html=filled(self.html, [str(escape(slot)) for slot in slots]),
            files=tuple(replace(file, text=filled(said, list(map(escaped, slots)))) for file, said in self.files),
        )


def filled(pieces: Pieces, slots: Sequence[str]) -> str:
    """Put slots in their places."""
    return "".join([slots[piece] if isinstance(piece, int) else piece for piece in pieces])


Cast = TypeVar("Cast")


@dataclass(slots=True)
class Entry(Generic[Cast]):
    """What is known of letters alike; `pattern` and what was cast from it are None until there is a pattern."""

    seen: int = 0
    filled: int = 0
    pattern: Pattern | None = None
    cast: Cast | None = None
    hopeless: bool = False


@dataclass(slots=True)
class Patterns(Generic[Cast]):
    """The patterns one scribe knows, by what makes letters alike. `_make` makes of a pattern what the caller fills."""

    _make: Callable[[Pattern], Cast]
    _entries: dict[Hashable, Entry[Cast]] = field(default_factory=dict)

    def find(self, key: Hashable, slots: Sequence[str], write: Write) -> Cast | Preview:
        """Return what is to be filled in, or the letter in words where it had to be written the long way.

        `write` is the long way, for any slots.
        """
        entry = self._entries.get(key) or self._new(key)
        entry.seen += 1
        if entry.hopeless or entry.seen < WORTH_IT:
            return write(slots)
        if entry.pattern is None:
            entry.pattern = _pattern(slots, write)
            entry.hopeless = entry.pattern is None
            if entry.pattern is None:
                return write(slots)
            entry.cast = self._make(entry.pattern)
        entry.filled += 1
        if entry.cast is not None and entry.filled > COMPARED and entry.filled % COMPARED_AGAIN:
            return entry.cast
        return _compared(entry, entry.pattern, slots, write)

    def _new(self, key: Hashable) -> Entry[Cast]:
        if len(self._entries) > MOST:
            self._entries.clear()
        return self._entries.setdefault(key, Entry())


def _compared(entry: Entry[Any], pattern: Pattern, slots: Sequence[str], write: Write) -> Preview:
    wanted = write(slots)
    if wanted != pattern.filled(slots):
        log.warning("letters alike are not quite: they are written one by one")
        entry.hopeless, entry.pattern, entry.cast = True, None, None
    return wanted


def _pattern(slots: Sequence[str], write: Write) -> Pattern | None:
    """Write the letter with two kinds of probes; None where their surroundings are not the same."""
    found = []
    for probes in (_probes(slots, long=False), _probes(slots, long=True)):
        try:
            words = write(probes)
        except UnwritableLetter:
            return None
        safe = [str(escape(probe)) for probe in probes]
        if any(probe in words.html for probe, written in zip(probes, safe, strict=True) if probe != written):
            return None
        found.append(
            Pattern(
                subject=_split(words.subject, probes),
                text=_split(words.text, probes),
                html=_split(words.html, safe),
                files=tuple((replace(file, text=""), _split(file.text, probes)) for file in words.files),
            )
        )
    return found[0] if found[0] == found[1] else None


def _probes(slots: Sequence[str], *, long: bool) -> list[str]:
    """Texts of the kind of each slot that occur nowhere else: of another length, case and escape."""
    return [_probe(slot, n, long=long) for n, slot in enumerate(slots)]


def _probe(slot: str, n: int, *, long: bool) -> str:
    if slot.isdigit():
        return f"{'17070707' if long else '6060601'}{n:02}"  # a number of 32 bits
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
