"""HTTP/1.1 with keep-alive for the fake Zoom: reads requests, writes answers, knows nothing of Zoom."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

LARGEST_BODY = 1 << 20
DRAINED = 1 << 26
"""A body too large is still read up to here, so that the refusal reaches whoever sends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request; header names in lower case. `refused`: the status under which its body was turned away."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An answer; status 0 closes the line instead. `cut`: half of the body, then close."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


Work = Callable[[Incoming], Outgoing]


class Server:
    """Serves on 127.0.0.1 in threads. Once started it keeps its port, however often it stops."""

    def __init__(self, port: int, work: Work) -> None:
        self.port = port
        self._work = work
        self._http: _Http | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._http = _Http(("127.0.0.1", self.port), self._work)
        self.port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve, daemon=True, name="fake-zoom")
        self._thread.start()

    def stop(self) -> None:
        """Close every line, after the answers under way."""
        if self._http is None or self._thread is None:
            return
        self._http.end()
        self._thread.join()
        self._http.server_close()
        self._http = self._thread = None


class _Http(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], work: Work) -> None:
        self.work = work
        self._lines: dict[Any, threading.Thread] = {}
        self._guard = threading.Lock()
        self._ending = False
        super().__init__(address, _Handler)

    def serve(self) -> None:
        """Take connections until told to end; unlike serve_forever, wake for nothing else."""
        while not self._ending:
            self.handle_request()

    def end(self) -> None:
        """Take no more connections: the one made here is the last."""
        self._ending = True
        socket.create_connection(("127.0.0.1", self.server_port)).close()

    def server_bind(self) -> None:
        """Bind without asking the DNS for this machine's name, as http.server would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, which never keeps the process alive."""
        of = (request, client_address)
        thread = threading.Thread(target=self.process_request_thread, args=of, daemon=True)
        with self._guard:
            self._lines[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._lines.pop(request, None)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """End the lines kept alive, then wait for their threads."""
        super().server_close()
        with self._guard:
            lines = dict(self._lines)
            for line in lines:
                _end_reading(line)
        for thread in lines.values():
            thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over clients that hang up; anything else is a fault of ours and is printed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _end_reading(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RD)
    except OSError:
        return  # the client was faster


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def _serve(self) -> None:
        self._write(self.server.work(self._read()))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    def _read(self) -> Incoming:
        length = self.headers.get("Content-Length", "0")
        refused = 0
        body = b""
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit() and len(length) < 16):
            refused = HTTPStatus.LENGTH_REQUIRED
        elif int(length) > LARGEST_BODY:
            refused = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            self._drain(int(length))
        else:
            body = self.rfile.read(int(length))
        if refused:
            self.close_connection = True
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Incoming(method=self.command, path=self.path, headers=headers, body=body, refused=refused)

    def _drain(self, length: int) -> None:
        left = min(length, DRAINED)
        while left and (piece := self.rfile.read(min(left, 1 << 16))):
            left -= len(piece)

    def _write(self, answer: Outgoing) -> None:
        """Send head and body in one piece."""
        if answer.status == 0:
            self.close_connection = True
            return
        body = answer.body
        if answer.cut:
            self.close_connection = True
            body = body[: len(body) // 2]
        self.wfile.write(self._head(answer) + body)

    def _head(self, answer: Outgoing) -> bytes:
        headers = dict(answer.headers)
        if answer.status != HTTPStatus.NO_CONTENT:
            headers["Content-Length"] = str(len(answer.body))
        if self.close_connection:
            headers["Connection"] = "close"
        phrase = self.responses.get(answer.status, ("",))[0]
        lines = [f"HTTP/1.1 {int(answer.status)} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def send_error(self, code: int, *_: str | None) -> None:
        """Answer what is not HTTP, or not a method known here, in JSON too."""
        self.close_connection = True
        body = f'{{"code":{int(code)},"message":"{HTTPStatus(code).phrase}"}}'.encode()
        self._write(Outgoing(status=code, body=body, headers={"Content-Type": "application/json"}))

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""
