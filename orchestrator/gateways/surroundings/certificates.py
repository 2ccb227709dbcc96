"""Certificates as they are shown to us: of the relay, of a web address."""

from __future__ import annotations

import smtplib
import socket
import ssl
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

from orchestrator.core.errors import OrchestratorError

PATIENCE = 10
"""Seconds for each step."""


class BadCertificate(OrchestratorError):
    """A certificate that nobody should trust; the message says why, in OpenSSL's words."""


class NotReached(OrchestratorError):
    """No conversation came about; nothing is known of the certificate."""

    permanent = False


def of_relay(host: str, port: int, security: Literal["starttls", "tls"]) -> datetime:
    """When the relay's certificate ends (UTC). Raises BadCertificate, NotReached."""
    try:
        with _greeted(host, port, security) as relay:
            return _end(relay.sock)
    except ssl.SSLCertVerificationError as error:
        raise BadCertificate(error.verify_message) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotReached(_why(error)) from error


def _greeted(host: str, port: int, security: str) -> smtplib.SMTP:
    us = "localhost"  # smtplib would ask the name servers who we are
    if security == "tls":
        return smtplib.SMTP_SSL(host, port, us, timeout=PATIENCE, context=ssl.create_default_context())
    relay = smtplib.SMTP(host, port, us, timeout=PATIENCE)
    try:
        relay.starttls(context=ssl.create_default_context())
    except BaseException:
        relay.close()
        raise
    return relay


def of_page(url: str) -> datetime:
    """When the certificate of an https address ends (UTC). Raises BadCertificate, NotReached."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        with (
            socket.create_connection((host, parts.port or 443), PATIENCE) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as sock,
        ):
            return _end(sock)
    except ssl.SSLCertVerificationError as error:
        raise BadCertificate(error.verify_message) from error
    except (OSError, UnicodeError) as error:
        raise NotReached(_why(error)) from error


def _end(sock: object) -> datetime:
    if not isinstance(sock, ssl.SSLSocket):
        raise NotReached("pas de chiffrement")
    shown = sock.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "pas de chiffrement (STARTTLS) proposé"
    return getattr(error, "strerror", None) or type(error).__name__
