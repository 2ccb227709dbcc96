"""The bytes of a letter: built by hand from base64 parts, then checked once more before they may leave.

Not EmailMessage: it takes milliseconds, and display names can put a second address in its headers.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2s
from struct import unpack

from orchestrator.core.errors import UnwritableLetter
from orchestrator.gateways.mail.words import clean, language
from orchestrator.ports import Letter

HEADERS = frozenset(
    (
        *("from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "content-type"),
        *("content-language", "auto-submitted", "x-auto-response-suppress"),
    )
)
LONGEST_LINE = 998
"""Octets without CRLF (RFC 5322, 2.1.1)."""

_ADDRESS = re.compile(r"[!#-'*+\-./-9=?A-Z^-~]+@[A-Za-z0-9.-]+")
_SENDER = re.compile(r'\s*"?(.*?)"?\s*<([^<>]*)>\s*')
_PLAIN_WORDS = re.compile(r"[A-Za-z0-9 '-]{1,60}")
_IDENTITY = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a letter. `name` is plain ASCII."""

    name: str
    content_type: str
    data: bytes


def message(letter: Letter, subject: str, text: str, html: str, files: Sequence[Attachment] = ()) -> bytes:
    """Return the complete, checked message; the same letter gives the same bytes. Raises UnwritableLetter."""
    seal = blake2s(letter.message_id.encode(), digest_size=8).hexdigest()
    body = _multipart("alternative", seal, [_text("plain", text), _text("html", html)])
    if files:
        body = _multipart("mixed", seal, [body, *map(_file, files)])
    data = "\r\n".join(_head(letter, subject)).encode("ascii") + b"\r\n" + body
    check(data, letter.to)
    return data


def check(data: bytes, to: str) -> None:
    """Refuse bytes with an unknown or doubled header, another recipient, a bare CR or LF, or a long line."""
    head = re.sub(rb"\r\n[ \t]+", b" ", data.partition(b"\r\n\r\n")[0])
    pairs = [line.partition(b":") for line in head.split(b"\r\n")]
    names = [name.decode("latin-1").lower() for name, _, _ in pairs]
    if len(set(names)) != len(names) or not HEADERS.issuperset(names):
        raise UnwritableLetter("Un en-tête de la lettre n'est pas permis ou figure deux fois.")
    if [value.strip() for name, _, value in pairs if name.lower() == b"to"] != [to.encode("ascii", "replace")]:
        raise UnwritableLetter("La lettre ne va pas à son unique destinataire.")
    lines = data.split(b"\r\n")
    if not len(lines) - 1 == data.count(b"\n") == data.count(b"\r") or b"\0" in data:
        raise UnwritableLetter("Une fin de ligne de la lettre est malformée.")
    if max(map(len, lines)) > LONGEST_LINE:
        raise UnwritableLetter("Une ligne de la lettre est trop longue.")


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
        f"Date: {format_datetime(letter.written_at.astimezone(UTC))}",
        f"Message-ID: {letter.message_id}",
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        f"Content-Language: {language(letter.language).code}",
    ]


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


def _multipart(kind: str, seal: str, parts: Sequence[bytes]) -> bytes:
    """Join parts. A boundary with `=_` never occurs in base64 (RFC 2045, 6.7)."""
    boundary = f"=_{kind}_{seal}"
    between = f"--{boundary}\r\n".encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return b"".join((head, *(piece for part in parts for piece in (between, part, b"\r\n")), between[:-2], b"--\r\n"))


def _text(kind: str, text: str) -> bytes:
    return _part(f"Content-Type: text/{kind}; charset=utf-8\r\n", text.replace("\n", "\r\n").encode())


@lru_cache(maxsize=64)
def _file(file: Attachment) -> bytes:
    head = f'Content-Type: {file.content_type}\r\nContent-Disposition: attachment; filename="{file.name}"\r\n'
    return _part(head, file.data)


def _part(head: str, data: bytes) -> bytes:
    """Write a part in base64, in lines of 76."""
    text = b64encode(data)
    whole, left = divmod(len(text), 76)
    lines = unpack("76s" * whole + f"{left}s" * bool(left), text)
    return f"{head}Content-Transfer-Encoding: base64\r\n\r\n".encode() + b"\r\n".join(lines)
