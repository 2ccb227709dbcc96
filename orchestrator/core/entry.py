"""Tokens of people's pages: an HMAC of the service key over event, person and generation; nothing secret is stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Literal

Door = Literal["m", "s"]
"""`m`: a person's page, `s`: a speaker's."""

MAC_BYTES = 16
REFERENCE_BYTES = 8
SPEAKER = "s-"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


def token(key: bytes, event: str, person: str, generation: int = 1) -> str:
    """Name somebody's page: 32 characters. `person` is a Recipient's `ref`."""
    return base64.urlsafe_b64encode(_bare(person) + seal(key, "page", event, person, str(generation))).decode()


def person_of(text: str, door: Door) -> str:
    """The reference a token speaks of, "" where it is not one. Says nothing of its being genuine."""
    if not _TOKEN.fullmatch(text):
        return ""
    raw = base64.urlsafe_b64decode(text)
    return (SPEAKER if door == "s" else "") + raw[:REFERENCE_BYTES].hex()


def is_genuine(text: str, key: bytes, event: str, person: str, generation: int) -> bool:
    """Tell, in constant time, whether a token is the one of this person's page."""
    return hmac.compare_digest(text.encode(), token(key, event, person, generation).encode())


def door_of(person: str) -> Door:
    """Which page is theirs."""
    return "s" if person.startswith(SPEAKER) else "m"


def seal(key: bytes, purpose: str, *parts: str) -> bytes:
    """An HMAC of some words for one purpose, 128 bits."""
    said = "\0".join((purpose, *parts)).encode()
    return hmac.digest(key, said, hashlib.sha256)[:MAC_BYTES]


def hidden(text: str) -> str:
    """What is stored in the place of a secret that only has to be recognised."""
    return hashlib.sha256(text.encode()).hexdigest()


def _bare(person: str) -> bytes:
    return bytes.fromhex(person.removeprefix(SPEAKER))
