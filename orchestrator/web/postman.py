"""Mails the links that let organisers in: at once, beside the outbox, kept nowhere; who waits asks again."""

from __future__ import annotations

import logging
import queue
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parseaddr

from orchestrator.core.errors import OrchestratorError
from orchestrator.gateways.mail import mime
from orchestrator.jobs.world import World
from orchestrator.ports import Letter
from orchestrator.web.pages import Pages

log = logging.getLogger(__name__)
MOST_WAITING = 100
PAUSES = (2.0, 10.0, 30.0)
"""Seconds between the tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginMail:
    """A link to mail; to nobody where `to` is empty, so that all who ask wait alike."""

    to: str
    link: str = field(repr=False)
    language: str = "fr"


class Postman:
    """Sends from a thread of its own, started with the first mail."""

    def __init__(self, world: Callable[[], World | None], pages: Pages, url: str, pauses: tuple[float, ...] = PAUSES):
        self._world, self._pages, self._url, self._pauses = world, pages, url, pauses
        self._waiting: queue.Queue[LoginMail] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def send(self, mail: LoginMail) -> None:
        """Hand a mail over; says nothing of what becomes of it."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True, name="postman")
                self._thread.start()
        try:
            self._waiting.put_nowait(mail)
        except queue.Full:
            log.warning("too many asked for a link to come in; one is dropped")

    def rest(self) -> None:
        """Wait until everything handed over is done with."""
        self._waiting.join()

    def _work(self) -> None:
        while True:
            mail = self._waiting.get()
            try:
                if mail.to:
                    self._deliver(mail)
            except Exception as error:  # one mail must not end the thread; its words may hold the link
                log.error("a link to come in could not be mailed: %s", type(error).__name__)
            finally:
                self._waiting.task_done()

    def _deliver(self, mail: LoginMail) -> None:
        world = self._world()
        if world is None:
            log.warning("there is no event yet, so no relay: use orchestrator login-link")
            return
        for pause in (*self._pauses, None):
            try:
                _offer(world, mail.to, self._written(world, mail))
                return
            except OrchestratorError as error:
                if error.permanent or pause is None:
                    raise
                threading.Event().wait(pause)

    def _written(self, world: World, mail: LoginMail) -> bytes:
        values = {"link": self._url + mail.link, "event": world.event}
        subject, text, html = (
            self._pages.render(f"login/{part}", mail.language, values)
            for part in ("subject.txt", "body.txt", "body.html")
        )
        _, sender = parseaddr(world.event.mail_from)
        letter = Letter(
            kind="login",
            language=mail.language,
            to=mail.to,
            sender=world.event.mail_from,
            reply_to=world.event.reply_to,
            message_id=f"<login.{secrets.token_hex(12)}@{sender.rpartition('@')[2] or 'localhost'}>",
            written_at=world.clock.now(),
            contents={},
        )
        return mime.message(letter, subject.strip(), text, html)


def _offer(world: World, to: str, data: bytes) -> None:
    _, sender = parseaddr(world.event.mail_from)
    with world.post.connect() as line:
        line.offer(sender, to, data).finish()
