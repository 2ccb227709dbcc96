"""Reads what comes back: delivery status reports (RFC 3464), and people who write that they have no link.

The mailbox is only read, nothing in it is marked or moved; how far it was read is a mark the caller keeps.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr

from orchestrator.core.errors import UnreadableSource
from orchestrator.ports import Plea, Returned, Undelivered

SECONDS = 30
AT_ONCE = 200
"""Messages read at a time; the rest waits for the next."""
LARGEST = 262_144
"""Octets read of a message."""
_QUOTED = re.compile(r"^\s*(>.*|.{0,80}\b(a écrit|wrote)\s*:\s*|-{2,}.*|_{5,}.*|(De|From)\s*:.*)$", re.MULTILINE)
_LINK = r"\b(?:liens?|links?)\b"
_TROUBLE = (
    r"(?:\b(?:pas|plus|jamais|aucun|rien|perdu|perdue|retrouve|retrouver|renvoyer|renvoyez|renvoi|manque)\b"
    r"|\b(?:not|never|no|lost|missing|resend|cannot)\b|n't\b)"
)
_PLEA = re.compile(rf"{_TROUBLE}[^.!?\n]{{0,60}}{_LINK}|{_LINK}[^.!?\n]{{0,60}}{_TROUBLE}", re.IGNORECASE)


class ImapReturns:
    """A mailbox. `security`: tls | none (loopback only)."""

    def __init__(self, *, host: str, port: int, security: str, username: str, password: str, folder: str) -> None:
        self._host, self._port, self._security = host, port, security
        self._username, self._password, self._folder = username, password, folder

    @property
    def name(self) -> str:
        """What the mark is kept under."""
        return f"imap:{self._username}@{self._host}:{self._port}/{self._folder}"

    def read(self, mark: str) -> tuple[list[Returned], str]:
        """Return what came after a mark, and the next mark; without one nothing, what lies there is old.

        Raises UnreadableSource.
        """
        try:
            with self._open() as box:
                validity, after = self._validity(box), mark.partition(":")
                if after[0] != validity:
                    return [], f"{validity}:{self._last(box)}"
                return self._new(box, validity, int(after[2] or 0))
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            said = str(error).replace(self._password, "…")[:200] if self._password else str(error)[:200]
            raise UnreadableSource(
                f"la boîte des retours {self._host} ne peut pas être lue : {said}", remedy="vérifiez [bounces]"
            ) from None

    @contextmanager
    def _open(self) -> Iterator[imaplib.IMAP4]:
        if self._security == "tls":
            context = ssl.create_default_context()
            box: imaplib.IMAP4 = imaplib.IMAP4_SSL(self._host, self._port, ssl_context=context, timeout=SECONDS)
        else:
            box = imaplib.IMAP4(self._host, self._port, timeout=SECONDS)
        try:
            box.login(self._username, self._password)
            quoted = '"' + self._folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
            said, answer = box.select(quoted, readonly=True)
            if said != "OK":
                raise imaplib.IMAP4.error(f"le dossier {self._folder} ne s'ouvre pas : {answer!r}")
            yield box
        finally:
            box.shutdown()

    def _validity(self, box: imaplib.IMAP4) -> str:
        return _number(box.response("UIDVALIDITY")[1])

    def _last(self, box: imaplib.IMAP4) -> int:
        _, answer = box.uid("SEARCH", "ALL")
        return max(_numbers(answer), default=0)

    def _new(self, box: imaplib.IMAP4, validity: str, after: int) -> tuple[list[Returned], str]:
        _, answer = box.uid("SEARCH", f"UID {after + 1}:*")
        uids = sorted(uid for uid in _numbers(answer) if uid > after)[:AT_ONCE]
        found = []
        for uid in uids:
            _, parts = box.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LARGEST}>)")
            data = next((part[1] for part in parts if isinstance(part, tuple)), b"")
            if (one := understood(data)) is not None:
                found.append(one)
        return found, f"{validity}:{uids[-1] if uids else after}"


def _number(answer: list[bytes | None]) -> str:
    return next((part.decode("ascii", "replace") for part in answer if part), "0")


def _numbers(answer: list[bytes | None]) -> list[int]:
    return [int(word) for part in answer if part for word in part.split()]


def understood(data: bytes) -> Returned | None:
    """Say what a message means for the letters; None = nothing."""
    message = message_from_bytes(data)
    statuses = [part for part in message.walk() if part.get_content_type() == "message/delivery-status"]
    if statuses:
        return _undelivered(message, statuses[0])
    if _is_automatic(message):
        return None
    sender = parseaddr(str(message.get("From", "")))[1]
    return Plea(sender=sender) if "@" in sender and _asks_for_a_link(message) else None


def _undelivered(message: Message, status: Message) -> Undelivered | None:
    """Read the first recipient that failed for good; a letter has one only."""
    blocks = status.get_payload()
    for block in blocks if isinstance(blocks, list) else []:
        if not isinstance(block, Message) or str(block.get("Action", "")).strip().lower() != "failed":
            continue
        recipient = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
        words = str(block.get("Diagnostic-Code") or "").partition(";")
        return Undelivered(
            message_id=_original(message),
            recipient=recipient.rpartition(";")[2].strip(" <>"),
            status=str(block.get("Status", "")).strip(),
            words=" ".join((words[2] or words[0]).split())[:500],
        )
    return None


def _original(message: Message) -> str:
    """Find the Message-ID of the letter a report is about, in the copy of its headers."""
    for part in message.walk():
        if part.get_content_type() == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            found = message_from_bytes(payload if isinstance(payload, bytes) else b"")
            return str(found.get("Message-ID", "")).strip()
        if part.get_content_type() == "message/rfc822" and isinstance(part.get_payload(), list):
            copy = part.get_payload(0)
            return str(copy.get("Message-ID", "")).strip() if isinstance(copy, Message) else ""
    return ""


def _is_automatic(message: Message) -> bool:
    """RFC 3834: no answer to what a machine sent."""
    automatic = str(message.get("Auto-Submitted", "no")).strip().lower() != "no"
    bulk = str(message.get("Precedence", "")).strip().lower() in ("bulk", "junk", "list", "auto_reply")
    return automatic or bulk or "List-Id" in message or "X-Auto-Response-Suppress" in message


def _asks_for_a_link(message: Message) -> bool:
    subject = _decoded(str(message.get("Subject", "")))
    is_answer = re.match(r"\s*(re|tr|fwd?)\s*:", subject, re.IGNORECASE)
    return bool((not is_answer and _PLEA.search(subject)) or _PLEA.search(_QUOTED.sub("", _text(message))[:2000]))


def _decoded(header: str) -> str:
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(header)))
    except (HeaderParseError, LookupError, UnicodeDecodeError):
        return header


def _text(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            charset = part.get_content_charset() or "utf-8"
            try:
                return payload.decode(charset, "replace") if isinstance(payload, bytes) else ""
            except LookupError:
                return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return ""
