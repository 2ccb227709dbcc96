"""A letter's bytes: what is its own, and what it shares with those of its mould, which is kept once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

_BETWEEN = b"\0"
"""Never in a letter (RFC 5321, 2.3.8)."""


@dataclass(frozen=True)
class Mould:
    """What letters alike share: their bytes, and between those the numbers of what each fills in, NUL before and after
    a number."""

    octets: bytes

    @cached_property
    def digest(self) -> str:
        """Its name in the store: the same octets have the same."""
        return sha256(self.octets).hexdigest()[:32]

    @property
    def constants(self) -> list[bytes]:
        """What letters share, in pieces."""
        return self.octets.split(_BETWEEN)[::2]

    def with_constants(self, constants: Sequence[bytes]) -> Mould:
        """The same blanks between other pieces."""
        pieces = self.octets.split(_BETWEEN)
        pieces[::2] = constants
        return Mould(_BETWEEN.join(pieces))

    @cached_property
    def _places(self) -> tuple[list[bytes], list[tuple[int, int]]]:
        pieces = self.octets.split(_BETWEEN)
        return pieces, [(at, int(pieces[at])) for at in range(1, len(pieces), 2)]

    def cast(self, values: Sequence[bytes]) -> bytes:
        """Return the letter with these values in its blanks. Raises IndexError where they are another mould's."""
        pieces, places = self._places
        whole = pieces.copy()
        for at, number in places:
            whole[at] = values[number]
        return b"".join(whole)


@dataclass(frozen=True)
class Message:
    """A complete message, CRLF lines; `own` is all of it, or with a mould what that one does not say."""

    own: bytes
    mould: Mould | None = None

    @cached_property
    def data(self) -> bytes:
        """All of it."""
        return self.own if self.mould is None else self.mould.cast(self.values)

    @property
    def values(self) -> list[bytes]:
        """What is its own, in pieces."""
        return self.own.split(_BETWEEN)


def cast(mould: Mould, values: Sequence[bytes]) -> Message:
    """A message from a mould and what goes into it. Raises ValueError where that holds a NUL."""
    own = _BETWEEN.join(values)
    if own.count(_BETWEEN) != len(values) - 1:
        raise ValueError("NUL in a letter")
    return Message(own, mould)
