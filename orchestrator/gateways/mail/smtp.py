"""Opens connections to the relay: dials, checks its certificate, logs in; retries nothing."""

from __future__ import annotations

import base64
import ipaddress
import select
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Literal

from orchestrator.core.errors import BadConfiguration, RelayUnavailable
from orchestrator.core.message import Message
from orchestrator.gateways.mail.smtp_dialogue import Dialogue, Manners, Timeouts
from orchestrator.gateways.mail.smtp_lines import SmtpLines
from orchestrator.gateways.mail.smtp_talk import Talk, loss, masked
from orchestrator.ports import Parcel, Reply

__all__ = ["Security", "SmtpHeld", "SmtpLine", "SmtpPost", "Timeouts"]

Security = Literal["starttls", "tls", "none"]


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

    def lines(self) -> SmtpLines:
        """Prepare lines; opens none yet."""
        return SmtpLines(self.dial)

    @contextmanager
    def connect(self) -> Iterator[SmtpLine]:
        """Open a connection, log in. Raises RelayUnavailable. Closing never raises, whatever becomes of QUIT."""
        line = SmtpLine(self.dial())
        try:
            yield line
        finally:
            line.leave()

    def dial(self) -> Dialogue:
        """Open a connection, log in; waits. Raises RelayUnavailable."""
        talk = self._dial()
        try:
            self._introduce(talk)
        except BaseException:
            talk.close()
            raise
        manners = Manners(
            pipelining=talk.offers("pipelining"), eight_bit=talk.offers("8bitmime"), timeouts=self._timeouts
        )
        return Dialogue(*talk.release(), self._host, manners)

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
    """One open connection that waits for every answer; `usable` until RelayUnavailable or ReplyLost."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue

    @property
    def usable(self) -> bool:
        """Tell whether another letter may be offered."""
        return self._dialogue.idle

    def offer(self, sender: str, to: str, data: bytes) -> SmtpHeld:
        """Offer a letter to one recipient. Raises RelayUnavailable, AddressRefused, LetterDeferred."""
        if not self.usable:
            raise self._dialogue.closed()
        self._dialogue.offer(Parcel(key=0, sender=sender, to=to, message=Message(data)))
        self.answer()
        return SmtpHeld(self)

    def finish(self) -> Reply:
        """Send the final dot of the letter held; see SmtpHeld.finish."""
        if not self._dialogue.holds:
            raise self._dialogue.closed()
        self._dialogue.finish()
        return self.answer()

    def leave(self) -> None:
        """Say QUIT if a command may be said. A letter still held gets no dot, so that it is void."""
        if self.usable:
            self._dialogue.goodbye()
            while self._dialogue.failure is None:
                self._go_on()
        self._dialogue.hang_up()

    def answer(self) -> Reply:
        """Wait for what becomes of the letter. Raises what went wrong."""
        news = self._dialogue.news()
        while not any(one.key is not None for one in news):
            self._go_on()
            news += self._dialogue.news()
        [told] = [one for one in news if one.key is not None]
        if told.error is not None:
            raise told.error
        return told.reply or Reply(code=0, text="")

    def _go_on(self) -> None:
        dialogue = self._dialogue
        writing = [dialogue.sock] if dialogue.wants_to_write else []
        limit = max(0.0, dialogue.until - time.monotonic())
        readable, writable, _ = select.select([dialogue.sock], writing, [], limit)
        if writable:
            dialogue.write()
        if readable:
            dialogue.read()
        if not readable and not writable:
            dialogue.give_up()


class SmtpHeld:
    """A letter at the relay up to, but without, its final dot."""

    def __init__(self, line: SmtpLine) -> None:
        self._line: SmtpLine | None = line

    def finish(self) -> Reply:
        """Send the final dot and return the relay's acceptance. Raises AddressRefused, LetterDeferred, ReplyLost, and
        RelayUnavailable where the letter is surely not accepted: 421, or hung up before the dot went out."""
        line, self._line = self._line, None
        if line is None:
            raise RelayUnavailable("Cette lettre est déjà partie.", stage="data", permanent=False)
        return line.finish()


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
