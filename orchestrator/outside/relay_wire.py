"""Reads commands and letters off one SMTP connection, byte for byte as RFC 5321 has them, and writes the replies."""

from __future__ import annotations

import socket
import ssl

LINE = 512
"""Octets of a command line, CRLF included (RFC 5321, 4.5.3.1.4)."""
AUTH_LINE = 12288
"""Octets of a line of AUTH (RFC 4954, 4)."""
TEXT_LINE = 998
"""Octets of a line of a letter, without CRLF and the doubled dot (RFC 5321, 4.5.3.1.6)."""
LETTER = 10 * 1024 * 1024


class Gone(Exception):
    """The connection is over."""


class Wire:
    """One connection. Replies are kept back while pipelined commands wait to be read (RFC 2920, 3.2)."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._in = bytearray()
        self._out = bytearray()

    @property
    def pending(self) -> bool:
        """Tell whether the client has already said more than was read."""
        return bool(self._in)

    def line(self, limit: int = AUTH_LINE) -> bytes | None:
        """Read a line without its CRLF; None if it was longer than the limit."""
        too_long = False
        while (end := self._in.find(b"\r\n")) < 0:
            if len(self._in) > limit:
                too_long = True
                del self._in[:-1]
            self._read()
        line = bytes(self._in[:end])
        del self._in[: end + 2]
        return None if too_long or end + 2 > limit else line

    def letter(self, limit: int = LETTER) -> bytes | None:
        """Read up to CRLF.CRLF and nothing else, undo the doubled dots; None if it was longer than the limit."""
        self._in[:0] = b"\r\n"  # the CRLF after DATA may be the one before the final dot
        start, too_long = 0, False
        while (end := self._in.find(b"\r\n.\r\n", start)) < 0:
            start = max(len(self._in) - 4, 0)
            if len(self._in) > limit:
                too_long, start = True, 0
                del self._in[:-4]
            self._read()
        stuffed = bytes(self._in[: end + 2])
        del self._in[: end + 5]
        return None if too_long or end > limit else stuffed.replace(b"\r\n.", b"\r\n")[2:]

    def say(self, code: int, text: str) -> None:
        """Reply; each line of the text is a line of the reply."""
        *first, last = text.split("\n")
        lines = [f"{code}-{line}\r\n" for line in first] + [f"{code} {last}\r\n"]
        self._out += "".join(lines).encode()

    def flush(self) -> None:
        """Send the replies kept back."""
        try:
            self._sock.sendall(self._out)
        except OSError as error:
            raise Gone from error
        self._out.clear()

    def secure(self, context: ssl.SSLContext) -> None:
        """Go on under TLS."""
        self.flush()
        try:
            self._sock = context.wrap_socket(self._sock, server_side=True)
        except OSError as error:
            raise Gone from error

    def close(self) -> None:
        """Hang up."""
        self._sock.close()

    def _read(self) -> None:
        self.flush()
        try:
            chunk = self._sock.recv(65536)
        except OSError as error:
            raise Gone from error
        if not chunk:
            raise Gone
        self._in += chunk


def fault(letter: bytes, *, eight_bit: bool) -> tuple[int, str] | None:
    """Say what forbids to take a letter: a bare CR or LF (SMTP smuggling), a long line, undeclared 8 bit."""
    if not letter.count(b"\r\n") == letter.count(b"\n") == letter.count(b"\r"):
        return 554, "5.5.2 Bare CR or LF"
    if max(map(len, letter.split(b"\r\n"))) > TEXT_LINE:
        return 500, "5.5.2 Line over 998 octets"
    if not (eight_bit or letter.isascii()):
        return 554, "5.6.1 Eight-bit letter without BODY=8BITMIME"
    return None
