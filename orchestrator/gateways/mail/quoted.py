"""Quoted-printable (RFC 2045, 6.7) in runs: each is encoded by itself, on its own lines, and a soft break joins them.

So the words around a name can be encoded once for everybody, and the name for its reader.
"""

from __future__ import annotations

import re
from binascii import b2a_qp

SOFT = b"=\r\n"
"""Ends a line of the encoding, not of the text."""
LONGEST = 76
"""Octets of a line."""

_TOO_LONG = re.compile(rb"^(.{74,})(=20|=09)$", re.MULTILINE)
"""b2a_qp encodes a blank at a line's end without looking how long the line is by then."""


def quoted(text: str) -> bytes:
    """Encode a run of text whose lines end in LF; those of the result end in CRLF, and the last one has room for a
    soft break."""
    lines = b2a_qp(text.encode(), istext=True)
    if b"=20\n" in lines or b"=09\n" in lines:
        lines = _TOO_LONG.sub(rb"\1=\n\2", lines)
    lines = lines.replace(b"\n", b"\r\n")
    if len(lines) - lines.rfind(b"\n") > LONGEST:
        last = -3 if lines[-3:-2] == b"=" else -1
        return lines[:last] + SOFT + lines[last:]
    return lines


def joint(before: bytes) -> bytes:
    """Return what joins a run to the one before it: nothing where that one ends a line."""
    return b"" if not before or before.endswith(b"\n") else SOFT
