"""What goes over the wire of a message: looked at and dot-stuffed; of a mould once, and of each letter only its own.

A mould whose blanks stand on lines of their own adds nothing to the lines of what is filled in, nor takes anything
from them, so that both can be looked at by themselves. Any other message is looked at as a whole.
"""

from __future__ import annotations

from functools import lru_cache

from orchestrator.core.message import Message, Mould
from orchestrator.gateways.mail.whole import has_a_long_line, has_whole_lines, stuffed

SOFT = b"=\r\n"
"""Ends a line of quoted-printable."""
MOST = 64
"""Moulds known at a time."""


def to_be_looked_at(message: Message) -> bytes:
    """Return what is not known yet to be good lines."""
    if message.mould is None or _stuffed(message.mould) is None:
        return message.data
    return SOFT.join(message.values)


def is_ascii(message: Message) -> bool:
    """Whether every relay takes its octets."""
    return message.own.isascii() and (message.mould is None or message.mould.octets.isascii())


def on_the_wire(message: Message) -> bytes:
    """Double the dots that begin a line and end with CRLF (RFC 5321, 4.5.2)."""
    ready = None if message.mould is None else _stuffed(message.mould)
    return stuffed(message.data) if ready is None else ready.cast([_dotted(value) for value in message.values])


def _dotted(piece: bytes) -> bytes:
    """Double the dots of a piece that begins a line."""
    return (b"\r\n" + piece).replace(b"\r\n.", b"\r\n..")[2:] if b"." in piece else piece


@lru_cache(maxsize=MOST)
def _stuffed(mould: Mould) -> Mould | None:
    """A mould with its dots doubled; None where its blanks do not stand on lines of their own, or it has none."""
    first, *rest = mould.constants
    alone = (
        first == b""
        and rest != []
        and all(piece.startswith((b"\r\n", SOFT)) and piece.endswith(b"\r\n") for piece in rest)
        and all(has_whole_lines(piece) and not has_a_long_line(piece) for piece in rest)
    )
    return mould.with_constants([first, *map(_dotted, rest)]) if alone else None
