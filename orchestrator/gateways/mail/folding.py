"""How the lines of calendar files are folded and texts in them escaped (RFC 5545, 3.1 and 3.3.11)."""

from __future__ import annotations

from collections.abc import Sequence

_FOLD = "\n "
_LONGEST = 75
"""Octets of a line."""


def folded(pieces: Sequence[str | int]) -> tuple[str | int, ...]:
    """Fold a file's words around the slots in them, so that what a slot holds never makes a line too long."""
    result: list[str | int] = []
    for piece in pieces:
        after_slot = bool(result) and isinstance(result[-1], int)
        if isinstance(piece, int):
            result.append(piece)
        elif piece:
            words = fold(piece) if not after_slot or piece.startswith("\n") else _FOLD + fold(piece)
            result.append(words if words.endswith(("\n", "SEQUENCE:")) else words + _FOLD)
    return tuple(result)


def fold(words: str) -> str:
    """Fold unfolded lines."""
    return "\n".join(map(_fold, words.split("\n")))


def escaped(text: str) -> str:
    """Write a text as the value of a property (RFC 5545, 3.3.11)."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _fold(line: str) -> str:
    if len(line) * 4 < _LONGEST:
        return line
    parts, octets = [""], 0
    for letter in line:
        octets += len(letter.encode())
        if octets >= _LONGEST:  # one less than may be: a line that is folded begins with a blank
            parts.append("")
            octets = len(letter.encode())
        parts[-1] += letter
    return _FOLD.join(parts)
