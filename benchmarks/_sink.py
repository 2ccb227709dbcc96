"""A relay that takes every letter and keeps none, as far away and as slow as it is told to be.

Run as a process; prints its port. `--rtt` is the time of a round trip, `--accept` the time it takes to accept a
letter, both in seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

GREETING, OK, GO, BYE = b"220 sink ESMTP\r\n", b"250 2.0.0 Ok\r\n", b"354 Go on\r\n", b"221 Bye\r\n"
FEATURES = b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"


class Conversation(asyncio.Protocol):
    """One client. What comes is heard half a round trip later, and what is said as well."""

    def __init__(self, rtt: float, accept: float) -> None:
        self._half, self._accept = rtt / 2, accept
        self._heard, self._is_letter = bytearray(), False
        self._loop = asyncio.get_running_loop()
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._line = transport
        self._say(GREETING)

    def data_received(self, data: bytes) -> None:
        self._loop.call_later(self._half, self._hear, data)

    def _hear(self, data: bytes) -> None:
        self._heard += data
        if not self._busy:
            self._go_on()

    def _go_on(self) -> None:
        self._busy = False
        while not self._busy:
            end = self._heard.find(b"\r\n.\r\n" if self._is_letter else b"\r\n")
            if end < 0:
                return
            if self._is_letter:
                del self._heard[: end + 5]
                self._is_letter, self._busy = False, True
                self._loop.call_later(self._accept, self._take)
            else:
                verb = bytes(self._heard[:4]).upper()
                del self._heard[: end + 2]
                self._obey(verb)

    def _take(self) -> None:
        self._say(OK)
        self._go_on()

    def _obey(self, verb: bytes) -> None:
        self._is_letter = verb == b"DATA"
        self._say({b"EHLO": FEATURES, b"DATA": GO, b"QUIT": BYE}.get(verb, OK))

    def _say(self, words: bytes) -> None:
        self._loop.call_later(self._half, self._line.write, words)


async def serve(rtt: float, accept: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Conversation(rtt, accept), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def sink(rtt: float = 0, accept: float = 0) -> Iterator[int]:
    """Run a sink beside; yields its port."""
    command = [sys.executable, "-m", "benchmarks._sink", "--rtt", str(rtt), "--accept", str(accept)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rtt", type=float, default=0)
    parser.add_argument("--accept", type=float, default=0)
    told = parser.parse_args()
    asyncio.run(serve(told.rtt, told.accept))
