"""Names of the Internet: addresses as this machine finds them, texts as a name server gives them."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import dns.exception
import dns.rdatatype
import dns.resolver

from orchestrator.core.errors import OrchestratorError

PATIENCE = 8
"""Seconds for one question, retries included."""


class NameServerSilent(OrchestratorError):
    """No name server gives a usable answer; nothing is known of the name."""

    permanent = False


@dataclass(frozen=True, slots=True)
class Texts:
    """The TXT records of a name. `exists`: without any, there is at least something at or below that name."""

    records: tuple[str, ...] = ()
    exists: bool = True


class Names:
    """Asks the machine's name servers for texts, or the one given (`host`, `port`)."""

    def __init__(self, server: tuple[str, int] | None = None) -> None:
        self._resolver = dns.resolver.Resolver(configure=server is None)
        if server is not None:
            self._resolver.nameservers, self._resolver.port = [server[0]], server[1]
        self._resolver.lifetime = PATIENCE

    def texts(self, name: str) -> Texts:
        """Read the TXT records of a name, the strings of each put together (RFC 7208, 3.3). Raises NameServerSilent."""
        try:
            found = self._resolver.resolve(name, dns.rdatatype.TXT)
        except dns.resolver.NXDOMAIN:
            return Texts(exists=False)
        except dns.resolver.NoAnswer:
            return Texts()
        except dns.exception.DNSException as error:
            raise NameServerSilent(
                f"le serveur de noms ne répond pas pour {name} ({type(error).__name__})",
                remedy="vérifiez /etc/resolv.conf et la sortie vers le port 53, puis recommencez",
            ) from error
        return Texts(tuple(b"".join(record.strings).decode("utf-8", "replace") for record in found))


def addresses(host: str) -> tuple[str, ...]:
    """Where this machine finds a host, as the service would; nowhere if the name is unknown."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(where[0]) for *_, where in found))
