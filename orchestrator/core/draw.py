"""The published draw: lots that anybody can draw again, and the order they put people in.

A lot is the 8-byte BLAKE2b hash of the event's seed, the session's key and a name (an e-mail, a workshop's key), each
on a line; the lowest wins: `printf 'seed\\nsession\\nname' | b2sum -l 64`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

Draw = Callable[[str], str]
LOT = 16
"""Hexadecimal digits of a lot; the name follows them, so that lots sort and tell whose they are."""


def lots(seed: str, session: str) -> Draw:
    """Return what draws the lot of a name."""
    start = hashlib.blake2b(f"{seed}\n{session}\n".encode(), digest_size=8)

    def draw(name: str) -> str:
        lot = start.copy()
        lot.update(name.encode())
        return lot.hexdigest() + name

    return draw


def numbers(names: Iterable[str], draw: Draw) -> dict[str, int]:
    """Number people by their lots: 1 has the lowest."""
    return {lot[LOT:]: n for n, lot in enumerate(sorted(map(draw, names)), 1)}
