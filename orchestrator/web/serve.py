"""Serves the pages from a thread of this process. A busy port is said and never stops the letters."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import uvicorn
from fastapi import FastAPI

log = logging.getLogger(__name__)

nothing = nullcontext
STOP_SECONDS = 3


@contextmanager
def served(host: str, port: int, app: FastAPI) -> Iterator[int]:
    """Answer while the context is open; yields the port, 0 when it could not be taken."""
    try:
        line = _bound(host, port)
    except OSError as error:
        log.error("web.bind %s:%s is not available: %s; letters go on", host, port, error.strerror)
        yield 0
        return
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        limit_concurrency=200,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([line],), daemon=True, name="web")
    thread.start()
    try:
        yield line.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS + 2)
        line.close()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    line = socket.socket(family, socket.SOCK_STREAM)
    try:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        line.bind((host, port))
        line.listen(128)
    except OSError:
        line.close()
        raise
    return line
