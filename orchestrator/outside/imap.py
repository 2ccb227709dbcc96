"""A mailbox over IMAP (RFC 3501): enough for a client that logs in, opens a folder, searches and reads by UID."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

CAPABILITY = "CAPABILITY IMAP4rev1"


class Imap:
    """Serves one folder on loopback. Messages get UIDs 1, 2, 3 …; nothing a client does changes them."""

    def __init__(self, *, username: str = "retours", password: str = "secret", folder: str = "INBOX") -> None:
        self.username, self.password, self.folder = username, password, folder
        self.messages: dict[int, bytes] = {}
        self.validity = 1
        self.commands: list[str] = []
        """What was asked, passwords apart."""
        self._server = _Server(("127.0.0.1", 0), _Conversation)
        self._server.box = self

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def add(self, message: bytes) -> int:
        """Put a message into the folder; returns its UID."""
        uid = max(self.messages, default=0) + 1
        self.messages[uid] = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return uid

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    box: Imap


class _Conversation(socketserver.StreamRequestHandler):
    wbufsize = -1
    disable_nagle_algorithm = True  # an answer leaves whole and at once

    def handle(self) -> None:
        self._box: Imap = self.server.box  # type: ignore[attr-defined]  # always a _Server
        self._in = self._open = False
        self._say("* OK ready")
        self.wfile.flush()
        while line := self.rfile.readline(8192):
            tag, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            verb, _, words = rest.partition(" ")
            self._box.commands.append(rest if verb.upper() != "LOGIN" else verb)
            goes_on = self._answer(tag, verb.upper(), words)
            self.wfile.flush()
            if not goes_on:
                return

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def _answer(self, tag: str, verb: str, words: str) -> bool:
        """Answer a command; False ends the conversation."""
        answers: dict[str, Callable[[str], str]] = {
            "CAPABILITY": self._capability,
            "LOGIN": self._login,
            "SELECT": self._select,
            "EXAMINE": self._select,
            "UID": self._uid,
            "NOOP": lambda _words: "OK done",
            "LOGOUT": self._logout,
        }
        said = answers[verb](words) if verb in answers else "BAD unknown command"
        self._say(f"{tag} {said}")
        return verb != "LOGOUT"

    def _capability(self, _words: str) -> str:
        self._say(f"* {CAPABILITY}")
        return "OK done"

    def _logout(self, _words: str) -> str:
        self._say("* BYE")
        return "OK done"

    def _login(self, words: str) -> str:
        given = [part.strip('"').replace('\\"', '"') for part in re.findall(r'"(?:\\.|[^"])*"|\S+', words)]
        self._in = given == [self._box.username, self._box.password]
        return "OK logged in" if self._in else "NO [AUTHENTICATIONFAILED] invalid credentials"

    def _select(self, words: str) -> str:
        if not self._in:
            return "BAD log in first"
        if words.strip('"') != self._box.folder:
            return "NO [NONEXISTENT] unknown mailbox"
        self._open = True
        self._say(f"* {len(self._box.messages)} EXISTS")
        self._say(f"* OK [UIDVALIDITY {self._box.validity}] valid")
        self._say(f"* OK [UIDNEXT {max(self._box.messages, default=0) + 1}] next")
        return "OK [READ-ONLY] opened"

    def _uid(self, words: str) -> str:
        if not self._open:
            return "BAD open a folder first"
        verb, _, rest = words.partition(" ")
        return self._search(rest) if verb.upper() == "SEARCH" else self._fetch(rest)

    def _search(self, words: str) -> str:
        uids = sorted(self._box.messages)
        if found := re.search(r"UID (\d+):\*", words):
            first = int(found[1])
            uids = [uid for uid in uids if uid >= first] or uids[-1:]  # `n:*` always holds the last (RFC 3501, 6.4.8)
        self._say("* SEARCH " + " ".join(map(str, uids)))
        return "OK done"

    def _fetch(self, words: str) -> str:
        asked: Any = re.match(r"(\d+) \(BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?\)", words)
        if asked is None:
            return "BAD only BODY.PEEK[] of one message"
        uid, start = int(asked[1]), int(asked[2] or 0)
        if (data := self._box.messages.get(uid)) is not None:
            part = data[start : start + int(asked[3] or len(data))]
            number = sorted(self._box.messages).index(uid) + 1
            self.wfile.write(f"* {number} FETCH (UID {uid} BODY[]<{start}> {{{len(part)}}}\r\n".encode() + part)
            self._say(")")
        return "OK done"
