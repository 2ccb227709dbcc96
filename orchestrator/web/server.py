"""Serves the pages from a thread of the service. A port that is taken is an alarm, tried again; letters go on."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

log = logging.getLogger(__name__)

Tell = Callable[[str], None]
"""Told what is wrong with the address, "" once nothing is."""
AGAIN_SECONDS = 20
BACKLOG = 512
HEAD_SECONDS = 5
"""How long an idle connection is kept open."""
AT_ONCE = 200
"""Requests under way at once; beyond it a browser is told to come back."""


@contextmanager
def served(app: FastAPI, host: str, port: int, tell: Tell, *, again: float = AGAIN_SECONDS) -> Iterator[Server]:
    """Answer while the context is open."""
    server = Server(app, host, port, tell, again)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Server:
    """One listening address. `port` is the one in use, 0 while there is none."""

    def __init__(self, app: FastAPI, host: str, port: int, tell: Tell, again: float) -> None:
        self.port = 0
        self._app, self._host, self._wanted, self._tell, self._again = app, host, port, tell, again
        self._ended = threading.Event()
        self._uvicorn: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="pages")

    def start(self) -> None:
        """Take the address if it is free, and answer from a thread; else go on trying there."""
        taken = self._taken()
        self._first = taken
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True
        self._thread.join(10)

    def _run(self) -> None:
        listening = self._first
        while listening is None:
            if self._ended.wait(self._again):
                return
            listening = self._taken()
        config = uvicorn.Config(
            self._app,
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=HEAD_SECONDS,
            timeout_graceful_shutdown=5,
            limit_concurrency=AT_ONCE,
        )
        self._uvicorn = uvicorn.Server(config)
        if not self._ended.is_set():
            self._uvicorn.run([listening])
        listening.close()

    def _taken(self) -> socket.socket | None:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((self._host, self._wanted))
            listening.listen(BACKLOG)
        except OSError as error:
            listening.close()
            self._say(f"l'adresse {self._host}:{self._wanted} des pages n'est pas disponible ({error.strerror})")
            return None
        self.port = listening.getsockname()[1]
        self._say("")
        return listening

    def _say(self, trouble: str) -> None:
        if trouble:
            log.error("web.bind: %s; letters go on", trouble)
        self._tell(trouble)
