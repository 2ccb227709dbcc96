"""Seals facts with Ed25519 (RFC 8032), so that a static page can tell a genuine certificate from a forged one."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from orchestrator.core.errors import OrchestratorError


class NotGenuine(OrchestratorError):
    """The seal does not fit the facts, or there is none."""


class Seal:
    """Signs with a key of its own, derived from the service's."""

    def __init__(self, service_key: bytes) -> None:
        seed = hashlib.blake2b(service_key, digest_size=32, person=b"certificate").digest()
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> str:
        """What the checking page carries."""
        return _text(self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, facts: Mapping[str, Any]) -> str:
        """Facts and seal as one word that fits into a link's fragment."""
        payload = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
        return f"{_text(payload)}.{_text(self._key.sign(payload))}"


def check(word: str, public_key: str) -> dict[str, Any]:
    """Read sealed facts. Raises NotGenuine when a single letter was changed."""
    payload, _, seal = word.partition(".")
    try:
        data = _bytes(payload)
        Ed25519PublicKey.from_public_bytes(_bytes(public_key)).verify(_bytes(seal), data)
        facts = json.loads(data)
    except (InvalidSignature, ValueError) as error:
        raise NotGenuine("ce document n'est pas authentique, ou il est mal recopié") from error
    return dict(facts)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Undo `_text`; a word with stray characters or bits is refused, so that one certificate has one spelling."""
    data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if _text(data) != text:
        raise ValueError("not the spelling that was written")
    return data
