"""Drives several SMTP connections at once: one selector, one thread, and a short-lived thread for each dialling."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from orchestrator.core.errors import MailError
from orchestrator.gateways.mail.smtp_dialogue import Dialogue
from orchestrator.ports import News, Parcel

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class SmtpLines:
    """See ports.Lines. `dial` opens one connection and logs in, for as long as that takes."""

    def __init__(self, dial: Callable[[], Dialogue]) -> None:
        self._dial = dial
        self._lines: dict[int, Dialogue] = {}
        self._selector = selectors.DefaultSelector()
        self._bell, self._door = socket.socketpair()
        self._door.setblocking(False)
        self._selector.register(self._door, _READ, None)
        self._dialled: deque[tuple[int, Dialogue | MailError]] = deque()
        self._news: list[News] = []
        self._count = 0
        self._closing = threading.Event()
        self._writing: set[int] = set()

    def open(self) -> None:
        """Begin to open one more line."""
        self._count += 1
        threading.Thread(target=self._open, args=(self._count,), name=f"dial-{self._count}", daemon=True).start()

    def _open(self, number: int) -> None:
        found: Dialogue | MailError
        try:
            found = self._dial()
        except MailError as error:
            found = error
        if self._closing.is_set() and isinstance(found, Dialogue):
            found.hang_up()
            return
        self._dialled.append((number, found))
        with suppress(OSError):
            self._bell.send(b".")

    def offer(self, line: int, parcel: Parcel) -> None:
        """Offer a letter on an idle line."""
        self._lines[line].offer(parcel)
        self._settle(line)

    def finish(self, line: int, then: Parcel | None = None) -> None:
        """Send the final dot of the letter held, and offer another behind it."""
        self._lines[line].finish(then)
        self._settle(line)

    def take_back(self, line: int) -> None:
        """Do not send the letter behind a dot that is not answered yet."""
        self._lines[line].take_back()

    def let_go(self, line: int) -> None:
        """Hang up."""
        dialogue = self._lines.pop(line)
        self._forget(dialogue)
        dialogue.hang_up()

    def wait(self, seconds: float) -> Sequence[News]:
        """Wait until there are news, but not longer than some seconds."""
        if self._news:
            seconds = 0
        first = min((dialogue.until for dialogue in self._lines.values()), default=float("inf"))
        for key, ready in self._selector.select(max(0.0, min(seconds, first - time.monotonic()))):
            if key.data is None:
                self._welcome()
            else:
                self._attend(key.data, ready)
        now = time.monotonic()
        for number, dialogue in [(n, d) for n, d in self._lines.items() if d.until <= now]:
            dialogue.give_up()
            self._settle(number)
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        """Say goodbye where nothing is under way, hang up on all."""
        self._closing.set()
        for number, dialogue in list(self._lines.items()):
            if dialogue.idle:
                dialogue.goodbye()
                self._settle(number)
            else:
                self.let_go(number)
        while self._lines:
            self.wait(60)
        self._selector.close()
        while self._dialled:
            _, found = self._dialled.popleft()
            if isinstance(found, Dialogue):
                found.hang_up()
        for end in (self._bell, self._door):
            end.close()

    def _welcome(self) -> None:
        """Take over the lines that were dialled."""
        with suppress(BlockingIOError):
            self._door.recv(1024)
        while self._dialled:
            number, found = self._dialled.popleft()
            if isinstance(found, MailError):
                self._news.append(News(what="lost", line=number, error=found))
                continue
            found.number = number
            self._lines[number] = found
            self._selector.register(found.sock, _READ, number)
            self._news.append(News(what="opened", line=number))

    def _attend(self, number: int, ready: int) -> None:
        dialogue = self._lines.get(number)
        if dialogue is None:
            return
        if ready & _WRITE:
            dialogue.write()
        if ready & _READ and dialogue.failure is None:
            dialogue.read()
        self._settle(number)

    def _settle(self, number: int) -> None:
        """After a line has moved: collect its news, and watch it for what it waits for, or no more."""
        dialogue = self._lines[number]
        self._news += dialogue.news()
        if dialogue.failure is not None:
            del self._lines[number]
            self._forget(dialogue)
            return
        writes = dialogue.wants_to_write
        if writes != (number in self._writing):
            self._selector.modify(dialogue.sock, _READ | _WRITE if writes else _READ, number)
            (self._writing.add if writes else self._writing.discard)(number)

    def _forget(self, dialogue: Dialogue) -> None:
        self._writing.discard(dialogue.number)
        with suppress(KeyError, ValueError):
            self._selector.unregister(dialogue.sock)
