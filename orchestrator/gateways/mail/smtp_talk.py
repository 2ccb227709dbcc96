"""One conversation with a relay: what is said and heard, within which time, and what its answers mean to us."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from orchestrator.core.errors import AddressRefused, LetterDeferred, MailError, RelayUnavailable, ReplyLost
from orchestrator.ports import Reply

_WHERE = {
    "connect": "à la connexion",
    "ehlo": "à la présentation (EHLO)",
    "starttls": "au chiffrement (STARTTLS)",
    "auth": "à l'identification (AUTH)",
    "mail": "à l'annonce de l'expéditeur (MAIL)",
    "rcpt": "à l'annonce du destinataire (RCPT)",
    "data": "à l'envoi de la lettre (DATA)",
    "dot": "après la fin de la lettre",
    "quit": "à l'adieu (QUIT)",
}
_REMEDY = {
    "connect": "vérifiez mail.host, mail.port et mail.security",
    "starttls": "vérifiez mail.host, mail.port et mail.security",
    "auth": "vérifiez mail.username et mail.password",
    "mail": "vérifiez mail.from, mail.username et mail.password",
}
_WAIT = "rien d'abord : nouvel essai de lui-même dans la minute ; si cela dure, demandez à l'hébergeur du relais"
_CERTIFICATE = "vérifiez mail.host, ou demandez à l'hébergeur du relais un certificat valable à ce nom"


class Talk:
    """An SMTP connection whose every failure is a MailError that names the stage, and closes it."""

    def __init__(self, sock: socket.socket, host: str) -> None:
        self.host = host
        address = sock.getsockname()[0].partition("%")[0]
        # An address literal is a valid name (RFC 5321, 4.1.3) and, unlike getfqdn(), asks no name server.
        self._smtp = smtplib.SMTP(local_hostname=f"[{'IPv6:' if ':' in address else ''}{address}]")
        self._over(sock)

    @property
    def open(self) -> bool:
        return self._smtp.sock is not None

    def offers(self, extension: str) -> bool:
        """Tell whether the relay's last EHLO offered an extension."""
        return self._smtp.has_extn(extension)

    def mechanisms(self) -> list[str]:
        """Return the ways to log in that the relay offers."""
        return self._smtp.esmtp_features.get("auth", "").upper().split()

    def hello(self, limit: float) -> None:
        """Say EHLO and learn what the relay offers."""
        with self._unbroken("ehlo"):
            self._allow(limit)
            code, text = self._smtp.ehlo()
        self.expect("ehlo", Reply(code=code, text=in_words(text)))

    def encrypt(self, stage: str, context: ssl.SSLContext, limit: float) -> None:
        """Go on under TLS; whatever was heard before is forgotten."""
        with self._unbroken(stage):
            self._sock.settimeout(limit)
            self._over(context.wrap_socket(self._sock, server_hostname=self.host))

    def ask(self, stage: str, command: str, limit: float) -> Reply:
        """Say a command and hear its reply."""
        self.say(stage, f"{command}\r\n".encode(), limit)
        return self.hear(stage, limit)

    def say(self, stage: str, words: bytes, limit: float) -> None:
        """Send words as they are."""
        with self._unbroken(stage):
            self._allow(limit)
            self._smtp.send(words)

    def hear(self, stage: str, limit: float) -> Reply:
        """Hear one reply."""
        with self._unbroken(stage):
            self._allow(limit)
            code, text = self._smtp.getreply()
        return Reply(code=code, text=in_words(text))

    def expect(self, stage: str, reply: Reply, *, good: int = 2) -> None:
        """Go on after a reply of the good hundred, raise what any other means."""
        if reply.code // 100 != good:
            error = meaning(stage, reply, self.host)
            if not isinstance(error, AddressRefused | LetterDeferred):
                self.close()
            raise error

    def release(self) -> tuple[socket.socket, bytes]:
        """Give the connection away, with what was heard and not yet heeded; this talk is over."""
        self._smtp.sock = self._smtp.file = None
        return self._sock, self._lines.left()

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._smtp.close()

    def _over(self, sock: socket.socket) -> None:
        self._sock, self._lines = sock, _Lines(sock)
        self._smtp.sock, self._smtp.file = sock, self._lines

    def _allow(self, limit: float) -> None:
        self._sock.settimeout(limit)
        self._lines.until = time.monotonic() + limit

    @contextmanager
    def _unbroken(self, stage: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:  # smtplib's errors and ssl's are OSErrors too
            self.close()
            raise loss(stage, error, self.host) from error


class _Lines:
    """The relay's lines, as smtplib reads them from its `file`; those of one reply share one deadline.

    A socket's own time-out begins anew with each byte, so that a tarpit could hold a line for ever.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._heard = bytearray()
        self.until = 0.0

    def readline(self, limit: int) -> bytes:
        """Read a line; b"" at the end of the connection, even in the middle of a line."""
        while not (end := self._heard.find(b"\n") + 1) and len(self._heard) < limit:
            self._sock.settimeout(max(self.until - time.monotonic(), 0.001))
            chunk = self._sock.recv(4096)
            if not chunk:
                return b""
            self._heard += chunk
        line = bytes(self._heard[: end or limit])
        del self._heard[: len(line)]
        return line

    def left(self) -> bytes:
        """Return what was heard and not read."""
        return bytes(self._heard)

    def close(self) -> None:
        """Leave the socket to smtplib."""


def meaning(stage: str, reply: Reply, host: str) -> MailError:
    """Say what a reply that is not the hoped-for one means: of the relay, of this letter now, or of its address."""
    code, kind = max(reply.code, 0), reply.code // 100
    words = f", {_WHERE[stage]} : {_quoted(reply)}"
    if reply.code == 421 or stage not in ("rcpt", "data", "dot"):
        return RelayUnavailable(
            f"Le relais {host} refuse de servir{words}.",
            stage=stage,
            code=code,
            reply=reply.text,
            permanent=kind == 5,
            remedy=_REMEDY.get(stage, _WAIT) if kind == 5 else _WAIT,
        )
    if kind == 5:
        return AddressRefused(
            f"Le relais refuse cette lettre{words}.", stage=stage, code=code, reply=reply.text, permanent=True
        )
    if kind == 4:
        return LetterDeferred(
            f"Le relais remet cette lettre à plus tard{words}.",
            stage=stage,
            code=code,
            reply=reply.text,
            permanent=False,
        )
    unknown = ReplyLost if stage == "dot" else RelayUnavailable
    return unknown(
        f"Réponse incompréhensible du relais {host}{words}.",
        stage=stage,
        code=code,
        reply=reply.text,
        permanent=False,
        remedy=_WAIT,
    )


def unasked(stage: str, reply: Reply, host: str) -> MailError:
    """Say that the relay spoke when nobody had asked: what it says next cannot be told from an answer."""
    return RelayUnavailable(
        f"Le relais {host} a parlé sans qu'on l'interroge : {_quoted(reply)}.",
        stage=stage,
        code=max(reply.code, 0),
        reply=reply.text,
        permanent=False,
        remedy=_WAIT,
    )


def loss(stage: str, error: Exception, host: str) -> MailError:
    """Say what a broken connection means: a letter whose dot went out may have been accepted, any other was not."""
    if stage == "dot":
        return ReplyLost(
            f"Le relais {host} n'a pas répondu {_WHERE[stage]} : elle est peut-être acceptée.",
            stage=stage,
            permanent=False,
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        message = f"Le certificat du relais {host} n'est pas valable ({error.verify_message})."
        return RelayUnavailable(message, stage=stage, permanent=True, remedy=_CERTIFICATE)
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        message = f"Le chiffrement avec le relais {host} échoue ({error.reason})."
        return RelayUnavailable(message, stage=stage, permanent=True, remedy=_REMEDY["starttls"])
    if isinstance(error.__context__ or error, TimeoutError):
        what = "n'a pas répondu à temps"
    else:
        what = "est injoignable" if stage == "connect" else "a coupé la connexion"
    return RelayUnavailable(
        f"Le relais {host} {what} {_WHERE[stage]}.",
        stage=stage,
        permanent=False,
        remedy=_REMEDY["connect"] if stage == "connect" else _WAIT,
    )


def masked(reply: Reply, *secrets: str) -> Reply:
    """Return the reply without what must not be repeated."""
    said = reply.text.lower()
    if not any(secret and secret.lower() in said for secret in secrets):
        return reply
    words = "|".join(re.escape(secret) for secret in secrets if secret)
    return Reply(code=reply.code, text=re.sub(words, "…", reply.text, flags=re.IGNORECASE))


def in_words(text: bytes) -> str:
    """Make one printable line of a reply."""
    printable = text.decode(errors="replace")
    if not printable.isprintable():
        printable = "".join(c if c.isprintable() else " " for c in printable)
    return " ".join(printable.split())[:1000]


def _quoted(reply: Reply) -> str:
    return f"« {reply.code} {reply.text} »" if reply.code > 0 else f"« {reply.text} »"
