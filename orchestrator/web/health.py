"""`/healthz`: 200 while every event beats, 503 otherwise. A busy port is said and never stops the letters."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

log = logging.getLogger(__name__)

Health = Callable[[], tuple[bool, dict[str, Any]]]
nothing = nullcontext


@contextmanager
def served(host: str, port: int, health: Health) -> Iterator[int]:
    """Answer while the context is open; yields the port, 0 when it could not be taken."""
    try:
        server = ThreadingHTTPServer((host, port), _handler(health))
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


def _handler(health: Health) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.partition("?")[0] != "/healthz":
                self._answer(404, {"error": "not found"})
                return
            well, data = health()
            self._answer(200 if well else 503, data)

        do_HEAD = do_GET  # noqa: N815 - the name http.server looks for

        def _answer(self, status: int, data: dict[str, Any]) -> None:
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Requests are not worth a line."""

    return Handler
