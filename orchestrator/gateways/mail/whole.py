"""Whether bytes are a message's lines as SMTP wants them: looked at as a whole, right before they may leave."""

from __future__ import annotations

from io import IncrementalNewlineDecoder

LONGEST_LINE = 998
"""Octets without CRLF (RFC 5322, 2.1.1)."""


def has_whole_lines(data: bytes) -> bool:
    """Tell whether every line ends in CRLF: no CR and no LF stands alone (SMTP smuggling)."""
    seen = IncrementalNewlineDecoder(None, translate=False)
    seen.decode(data.decode("latin-1"), final=True)
    return seen.newlines in ("\r\n", None)


def has_a_long_line(data: bytes) -> bool:
    """Tell whether a line is longer than a relay must take; all of them are known to be whole."""
    end = 0
    while len(data) - end > LONGEST_LINE:
        end = data.rfind(b"\n", end, end + LONGEST_LINE + 2) + 1
        if end == 0:
            return True
    return False


def stuffed(data: bytes) -> bytes:
    """Double the dots that begin a line and end with CRLF (RFC 5321, 4.5.2)."""
    if b"\n." in data or data.startswith(b"."):
        data = (b"\r\n" + data).replace(b"\r\n.", b"\r\n..")[2:]
    return data if not data or data.endswith(b"\r\n") else data + b"\r\n"
