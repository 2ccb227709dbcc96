"""`/healthz` (200 while every event beats, 503 otherwise) and `/metrics`. A busy port never stops the letters."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from orchestrator.web.metrics import TYPE

log = logging.getLogger(__name__)

Health = Callable[[], tuple[bool, dict[str, Any]]]
Metrics = Callable[[], bytes]
JSON = "application/json"
nothing = nullcontext


@contextmanager
def served(host: str, port: int, health: Health, metrics: Metrics) -> Iterator[int]:
    """Answer while the context is open; yields the port, 0 when it could not be taken."""
    try:
        server = ThreadingHTTPServer((host, port), _handler(health, metrics))
    except OSError as error:
        log.error("web.bind %s:%s is not available: %s; letters go on", host, port, error.strerror)
        yield 0
        return
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(health: Health, metrics: Metrics) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/healthz":
                well, data = health()
                self._answer(200 if well else 503, JSON, json.dumps(data).encode())
            elif path == "/metrics":
                self._answer(200, TYPE, metrics())
            else:
                self._answer(404, JSON, b'{"error": "not found"}')

        do_HEAD = do_GET  # noqa: N815 - the name http.server looks for

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Requests are not worth a line."""

    return Handler
