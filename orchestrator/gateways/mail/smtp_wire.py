"""A relay's socket that never waits: octets to be sent, octets heard, and the replies in them (RFC 5321, 4.2.1)."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

from orchestrator.gateways.mail.smtp_talk import in_words
from orchestrator.ports import Reply

_LONGEST_REPLY = 8192
"""Octets of one line; RFC 5321, 4.5.3.1.5 allows 512."""
_CHUNK = 65536
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Wire:
    """One connection. Nothing raises but what says so; an end of the connection is an error like any other."""

    def __init__(self, sock: socket.socket, heard: bytes) -> None:
        sock.setblocking(False)
        self.sock = sock
        self._in, self._out = bytearray(heard), bytearray()

    @property
    def unsent(self) -> bool:
        return bool(self._out)

    @property
    def unheeded(self) -> bytes:
        """What was heard and is no whole reply yet, or was not asked for."""
        return bytes(self._in)

    def say(self, words: bytes) -> None:
        """Have words sent behind all others."""
        self._out += words

    def send(self) -> OSError | None:
        """Send what there is to say, as far as the socket takes it."""
        while self._out:
            try:
                sent = self.sock.send(memoryview(self._out)[:_CHUNK].tobytes())
            except _NOT_NOW:
                return None
            except OSError as error:
                return error
            del self._out[:sent]
        return None

    def hear(self) -> OSError | None:
        """Take in what has come."""
        while True:
            try:
                chunk = self.sock.recv(_CHUNK)
            except _NOT_NOW:
                return None
            except OSError as error:
                return error
            if not chunk:
                return ConnectionResetError()
            self._in += chunk
            if len(chunk) < _CHUNK and not isinstance(self.sock, ssl.SSLSocket):
                return None

    def reply(self) -> Reply | None:
        """Take one whole reply from what was heard; code -1 where it is none. Raises ConnectionAbortedError at a line
        without end."""
        words, start = [], 0
        while True:
            end = self._in.find(b"\n", start)
            if (len(self._in) if end < 0 else end) - start > _LONGEST_REPLY:
                raise ConnectionAbortedError
            if end < 0:
                return None
            line = bytes(self._in[start:end])
            words.append(line[4:].strip(b" \t\r\n"))
            start = end + 1
            code = int(line[:3]) if line[:3].isdigit() else -1
            if code < 0 or line[3:4] != b"-":
                del self._in[:start]
                return Reply(code=code, text=in_words(b"\n".join(words)))

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self.sock.close()
