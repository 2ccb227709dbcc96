"""Hands letters to the relay over SMTP, one recipient a transaction, stopping before the final dot; retries nothing."""

from __future__ import annotations

import base64
import ipaddress
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from orchestrator.core.errors import (
    AddressRefused,
    BadConfiguration,
    LetterDeferred,
    MailError,
    RelayUnavailable,
)
from orchestrator.gateways.mail.smtp_talk import Talk, loss, masked
from orchestrator.ports import Reply

Security = Literal["starttls", "tls", "none"]

_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
"""What may stand between < and > unquoted: visible ASCII, no angle bracket, no blank, no CR or LF."""
_UNUSABLE = "n'est pas utilisable : il y faut un @, et ni accent, ni espace, ni chevron."


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds for a whole reply. A failure before the dot costs nothing, so those are shorter than RFC 5321, 4.5.3.2
    asks; a failure after it may make a second copy, so that one is not."""

    connect: float = 30
    command: float = 60
    data: float = 180
    dot: float = 600
    quit: float = 5


class SmtpPost:
    """The relay. In the clear only on this machine; without a context, certificates are checked against the system's
    authorities."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: Security,
        username: str = "",
        password: str = "",
        timeouts: Timeouts | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        if security == "none" and not _is_this_machine(host):
            problem = 'mail.security – "none" n\'est permis que vers cette machine ; mettez "starttls" ou "tls"'
            raise BadConfiguration((problem,))
        self._host = host
        self._port = port
        self._security = security
        self._username = username
        self._password = password
        self._timeouts = timeouts or Timeouts()
        self._given = context

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._given or _verifying()

    @contextmanager
    def connect(self) -> Iterator[SmtpLine]:
        """Open a connection, log in. Raises RelayUnavailable. Closing never raises, whatever becomes of QUIT."""
        talk = self._dial()
        try:
            self._introduce(talk)
            line = SmtpLine(talk, self._timeouts)
            try:
                yield line
            finally:
                line.leave()
        finally:
            talk.close()

    def _dial(self) -> Talk:
        try:
            sock = socket.create_connection((self._host, self._port), self._timeouts.connect)
            # The dot is a small write after a large one: under Nagle's algorithm it would wait for an ACK.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return Talk(sock, self._host)
        except (OSError, UnicodeError) as error:
            raise loss("connect", error, self._host) from error

    def _introduce(self, talk: Talk) -> None:
        limits = self._timeouts
        if self._security == "tls":
            talk.encrypt("connect", self._context, limits.connect)
        talk.expect("connect", talk.hear("connect", limits.connect))
        talk.hello(limits.command)
        if self._security == "starttls":
            self._start_tls(talk)
        if self._username:
            self._log_in(talk)

    def _start_tls(self, talk: Talk) -> None:
        if not talk.offers("starttls"):
            raise RelayUnavailable(
                f"Le relais {self._host} ne propose pas de chiffrement (STARTTLS) ; rien ne lui a été confié.",
                stage="starttls",
                permanent=True,
                remedy='vérifiez mail.port, ou mettez mail.security = "tls" avec le port 465',
            )
        limit = self._timeouts.command
        talk.expect("starttls", talk.ask("starttls", "STARTTLS", limit))
        talk.encrypt("starttls", self._context, limit)
        talk.hello(limit)  # what was offered in the clear no longer counts (RFC 3207, 4.2)

    def _log_in(self, talk: Talk) -> None:
        """Try one mechanism, once: a second try would count as a second wrong password."""
        name, password = _base64(self._username), _base64(self._password)
        plain = _base64(f"\0{self._username}\0{self._password}")
        offered, limit = talk.mechanisms(), self._timeouts.command
        if "PLAIN" in offered:
            reply = talk.ask("auth", f"AUTH PLAIN {plain}", limit)
        elif "LOGIN" in offered:
            reply = talk.ask("auth", "AUTH LOGIN", limit)
            for word in (name, password):
                reply = talk.ask("auth", word, limit) if reply.code == 334 else reply
        else:
            raise RelayUnavailable(
                f"Le relais {self._host} ne propose pas de mot de passe (AUTH PLAIN ou LOGIN).",
                stage="auth",
                permanent=True,
                remedy="vérifiez mail.port, ou videz mail.username si ce relais n'en demande pas",
            )
        talk.expect("auth", masked(reply, plain, password, self._password))


class SmtpLine:
    """One open connection, `usable` for letter after letter until RelayUnavailable or ReplyLost."""

    def __init__(self, talk: Talk, timeouts: Timeouts) -> None:
        self._talk = talk
        self._timeouts = timeouts
        self._held: SmtpHeld | None = None

    @property
    def usable(self) -> bool:
        """Tell whether another letter may be offered."""
        return self._talk.open and self._held is None

    def offer(self, sender: str, to: str, data: bytes) -> SmtpHeld:
        """Offer a letter to one recipient. Raises RelayUnavailable, AddressRefused, LetterDeferred."""
        talk, limit = self._talk, self._timeouts.data
        self._check(sender, to, data)
        talk.expect_silence("mail", self._timeouts.command)
        self._envelope(sender, to, "" if data.isascii() else " BODY=8BITMIME")
        self._heed("data", talk.ask("data", "DATA", limit), to, good=3)
        talk.say("data", _stuffed(data), limit)
        self._held = SmtpHeld(self, to)
        return self._held

    def finish(self, held: SmtpHeld, to: str) -> Reply:
        """Send the final dot of the letter held and hear what becomes of it; see SmtpHeld.finish."""
        if not self._talk.open or self._held is not held:
            raise _closed("data")
        self._talk.expect_silence("data", self._timeouts.command)
        self._talk.say("dot", b".\r\n", self._timeouts.dot)
        reply = self._talk.hear("dot", self._timeouts.dot)
        self._held = None
        return self._heed("dot", reply, to)

    def leave(self) -> None:
        """Say QUIT if a command may be said. A letter still held gets no dot, so that it is void."""
        if self.usable:
            with suppress(MailError):
                self._talk.ask("quit", "QUIT", self._timeouts.quit)

    def _check(self, sender: str, to: str, data: bytes) -> None:
        """Raise what can be known before a word is said."""
        if not self.usable:
            raise _closed("mail")
        if not _ADDRESS.fullmatch(sender):
            self._talk.close()
            message = f"L'adresse d'expédition {_UNUSABLE}"
            raise RelayUnavailable(message, stage="mail", permanent=True, remedy="corrigez mail.from")
        if not _ADDRESS.fullmatch(to):
            raise AddressRefused(f"Cette adresse {_UNUSABLE}", stage="rcpt", permanent=True)
        if not data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r"):
            message = "La lettre contient un retour à la ligne isolé (CR ou LF) ; elle n'est pas partie."
            raise AddressRefused(message, stage="data", permanent=True)
        if not (data.isascii() or self._talk.offers("8bitmime")):
            message = "La lettre contient des octets que ce relais ne sait pas prendre (8BITMIME)."
            raise AddressRefused(message, stage="data", permanent=True)

    def _envelope(self, sender: str, to: str, body: str) -> None:
        """Say MAIL and RCPT, in one write where the relay offers PIPELINING (RFC 2920).

        DATA stays out of the group: with one recipient it is said only once that one is taken, so that a relay which
        answers 354 after refusing them is never left waiting in the middle of a letter, nor given an empty one.
        """
        limit = self._timeouts.command
        steps = [("mail", f"MAIL FROM:<{sender}>{body}\r\n"), ("rcpt", f"RCPT TO:<{to}>\r\n")]
        for group in [steps] if self._talk.offers("pipelining") else [[step] for step in steps]:
            self._talk.say(group[0][0], "".join(command for _, command in group).encode(), limit)
            for stage, _ in group:
                self._heed(stage, self._talk.hear(stage, limit), to)

    def _heed(self, stage: str, reply: Reply, to: str, *, good: int = 2) -> Reply:
        """Return a good reply; raise after any other, the line ready for the next letter or closed."""
        told = masked(reply, to)
        try:
            self._talk.expect(stage, told, good=good)
        except (AddressRefused, LetterDeferred):
            with suppress(MailError):
                self._talk.expect("mail", self._talk.ask("mail", "RSET", self._timeouts.command))
            raise
        return told


class SmtpHeld:
    """A letter at the relay up to, but without, its final dot."""

    def __init__(self, line: SmtpLine, to: str) -> None:
        self._line = line
        self._to = to

    def finish(self) -> Reply:
        """Send the final dot and return the relay's acceptance. Raises AddressRefused, LetterDeferred, ReplyLost, and
        RelayUnavailable where the letter is surely not accepted: 421, or hung up before the dot went out."""
        return self._line.finish(self, self._to)


def _closed(stage: str) -> RelayUnavailable:
    return RelayUnavailable("Cette connexion au relais ne sert plus.", stage=stage, permanent=False)


def _stuffed(data: bytes) -> bytes:
    """Double the dots that begin a line and end with CRLF (RFC 5321, 4.5.2)."""
    stuffed = (b"\r\n" + data).replace(b"\r\n.", b"\r\n..")[2:]
    return stuffed if not data or data.endswith(b"\r\n") else stuffed + b"\r\n"


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _verifying() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
