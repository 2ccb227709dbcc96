"""The bytes of a letter: built by hand from quoted-printable parts, then checked once more before they may leave.

Not EmailMessage: it takes milliseconds, and display names can put a second address in its headers.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from orchestrator.core.errors import UnwritableLetter
from orchestrator.gateways.mail.folding import fold
from orchestrator.gateways.mail.quoted import quoted
from orchestrator.gateways.mail.whole import has_a_long_line, has_whole_lines
from orchestrator.gateways.mail.words import clean, language
from orchestrator.ports import Letter

HEADERS = frozenset(
    (
        *(b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"),
        *(b"content-transfer-encoding", b"content-language", b"auto-submitted", b"x-auto-response-suppress"),
        b"list-unsubscribe",
    )
)

_ADDRESS = re.compile(r"[!#-'*+\-./-9=?A-Z^-~]+@[A-Za-z0-9.-]+")
_SENDER = re.compile(r'\s*"?(.*?)"?\s*<([^<>]*)>\s*')
_PLAIN_WORDS = re.compile(r"[A-Za-z0-9 '-]{1,60}")
_LINK = re.compile(r"https?://[!-;=?-~]{1,900}")
_IDENTITY = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A calendar file that goes with a letter: `text` in unfolded lines that end in LF. `name` is plain ASCII."""

    name: str
    content_type: str
    text: str

    @property
    def data(self) -> bytes:
        """The file as it is."""
        return fold(self.text).replace("\n", "\r\n").encode()


Body = Sequence[bytes]


def message(letter: Letter, subject: str, text: str, html: str, files: Sequence[Attachment] = ()) -> bytes:
    """Return the complete, checked message; the same letter gives the same bytes. Raises UnwritableLetter."""
    body = b"".join(parts([quoted(text)], [quoted(html)], [(file, [quoted(fold(file.text))]) for file in files]))
    return checked(letter, subject, body)


def parts(text: Body, html: Body, files: Sequence[tuple[Attachment, Body]]) -> list[bytes]:
    """Join encoded parts, what is in them being bytes or whatever stands for bytes, from the first Content-Type on."""
    body = _multipart(
        "alternative", [_part("text/plain; charset=utf-8", text), _part("text/html; charset=utf-8", html)]
    )
    if not files:
        return body
    return _multipart("mixed", [body, *(_part(_described(file), octets) for file, octets in files)])


def checked(letter: Letter, subject: str, body: bytes) -> bytes:
    """Put a letter's head before its body; return the message once it has passed the last check."""
    data = head(letter, subject) + body
    check(data, letter.to)
    return data


def head(letter: Letter, subject: str) -> bytes:
    """Return the lines of a letter's head that are its own, checked; its body begins with the last ones."""
    lines = "\r\n".join(_head(letter, subject)).encode("ascii") + b"\r\n"
    check_head(lines, letter.to)
    return lines


def check(data: bytes, to: str) -> None:
    """Refuse bytes with an unknown or doubled header, another recipient, a bare CR or LF, or a long line."""
    check_head(data, to)
    check_lines(data)


def check_lines(data: bytes) -> None:
    """Refuse a bare CR or LF, a NUL, or a long line."""
    if not has_whole_lines(data) or b"\0" in data:
        raise UnwritableLetter("Une fin de ligne de la lettre est malformée.")
    if has_a_long_line(data):
        raise UnwritableLetter("Une ligne de la lettre est trop longue.")


def check_head(data: bytes, to: str) -> None:
    """Refuse bytes with an unknown or doubled header, or another recipient."""
    head = data.partition(b"\r\n\r\n")[0].removesuffix(b"\r\n")
    values = dict[bytes, bytes]()
    for line in head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n"):
        name, _, value = line.partition(b":")
        if (name := name.lower()) in values or name not in HEADERS:
            raise UnwritableLetter("Un en-tête de la lettre n'est pas permis ou figure deux fois.")
        values[name] = value
    if values.get(b"to", b"").strip() != to.encode("ascii", "replace"):
        raise UnwritableLetter("La lettre ne va pas à son unique destinataire.")


def split_sender(sender: str) -> tuple[str, str]:
    """Return the display name and the address of `Name <address>` or of a bare address."""
    found = _SENDER.fullmatch(sender)
    return (clean(found[1]), found[2]) if found else ("", sender.strip())


def _head(letter: Letter, subject: str) -> list[str]:
    if not _IDENTITY.fullmatch(letter.message_id):
        raise UnwritableLetter("L'identifiant de la lettre (Message-ID) est malformé.")
    return [
        f"From: {_from(letter.sender)}",
        f"To: {_bare(letter.to)}",
        *([f"Reply-To: {_bare(letter.reply_to)}"] if letter.reply_to else []),
        f"Subject: {_words(subject)}",
        f"Date: {_date(letter.written_at)}",
        f"Message-ID: {letter.message_id}",
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        f"Content-Language: {language(letter.language).code}",
        *([f"List-Unsubscribe: <{letter.leave}>"] if _LINK.fullmatch(letter.leave) else []),
    ]


@lru_cache(maxsize=4)
def _date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC))


def _bare(address: str) -> str:
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise UnwritableLetter("Une adresse de la lettre ne peut pas figurer dans un en-tête.")
    return address


@lru_cache(maxsize=16)
def _from(sender: str) -> str:
    name, address = split_sender(sender)
    return f"{_words(name)} <{_bare(address)}>" if name else _bare(address)


@lru_cache(maxsize=256)
def _words(text: str) -> str:
    """Write a header's words; encoded (RFC 2047) unless plain, so that what looks encoded stays a text."""
    text = clean(text)
    if _PLAIN_WORDS.fullmatch(text):
        return text
    chunks = [b""]
    for octets in map(str.encode, text):
        if len(chunks[-1]) + len(octets) > 39:  # with "Subject: " a line of at most 76
            chunks.append(b"")
        chunks[-1] += octets
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk).decode('ascii')}?=" for chunk in chunks)


def _multipart(kind: str, contents: Sequence[Body]) -> list[bytes]:
    """Join parts. A boundary with `=_` never occurs in quoted-printable (RFC 2045, 6.7), so that it may be any."""
    boundary = f"=_{kind}"
    between = f"--{boundary}\r\n".encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return [head, *(piece for part in contents for piece in (between, *part, b"\r\n")), between[:-2], b"--\r\n"]


def _described(file: Attachment) -> str:
    return f'{file.content_type}\r\nContent-Disposition: attachment; filename="{file.name}"'


def _part(content_type: str, octets: Body) -> list[bytes]:
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return [head.encode(), *octets]
