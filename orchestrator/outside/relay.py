"""A mail relay on loopback that keeps what it accepts and fails on demand; delivers nothing to anybody."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import TracebackType

from orchestrator.outside.relay_conversation import Conversation
from orchestrator.outside.relay_house import Accepted, House, Moment, Temper, Verdict
from orchestrator.outside.relay_wire import Wire

__all__ = ["Accepted", "Moment", "Relay", "Verdict"]


class Relay:
    """An SMTP server in threads. `port` is known once started, and kept when started again after a stop.

    `keep` sees each letter, one at a time, before its 250; what it saw is accepted for good. `temper` is asked at
    every Moment. `tls` offers STARTTLS, or is spoken from the first byte with `implicit_tls`; `users` makes AUTH
    necessary.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        keep: Callable[[Accepted], None] | None = None,
        temper: Temper | None = None,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        users: Mapping[str, str] | None = None,
        port: int = 0,
        pipelining: bool = True,
    ) -> None:
        self.port = port
        self.accepted: list[Accepted] = []
        """Everything accepted, in order; it only grows."""
        self._keep = keep
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._calls: dict[threading.Thread, socket.socket] = {}
        self._count = 0
        self._house = House(
            now=now,
            accept=self._accept,
            replied=self._replied,
            temper=temper,
            tls=tls,
            implicit_tls=implicit_tls,
            users=users,
            pipelining=pipelining,
            stopping=self._stopping,
        )

    def start(self) -> None:
        """Listen."""
        self._listener = socket.create_server((self.host, self.port))
        self.port = self._listener.getsockname()[1]
        self._stopping.clear()
        self._door = threading.Thread(target=self._welcome, name="relay", daemon=True)
        self._door.start()

    def stop(self) -> None:
        """Hang up on everybody and leave no thread behind."""
        self._stopping.set()
        with contextlib.suppress(OSError):  # wakes accept(), which no close does on every system
            socket.create_connection((self.host, self.port)).close()
        self._door.join()
        self._listener.close()
        with self._lock:
            calls = list(self._calls.items())
        for thread, line in calls:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            thread.join()

    def __enter__(self) -> Relay:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _welcome(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._stopping.is_set():
                sock.close()
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._count += 1
            thread = threading.Thread(
                target=self._converse, args=(sock, self._count), name=f"relay-{self._count}", daemon=True
            )
            with self._lock:
                self._calls[thread] = sock.dup()  # TLS takes the socket over; its double can still be shut down
            thread.start()

    def _converse(self, sock: socket.socket, number: int) -> None:
        try:
            Conversation(self._house, Wire(sock), number).hold()
        finally:
            with self._lock:
                self._calls.pop(threading.current_thread()).close()

    def _accept(self, letter: Accepted) -> int:
        with self._lock:
            if self._keep:
                self._keep(letter)
            self.accepted.append(letter)
            return len(self.accepted) - 1

    def _replied(self, number: int) -> None:
        with self._lock:
            self.accepted[number] = replace(self.accepted[number], replied=True)
