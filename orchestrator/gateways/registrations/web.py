"""Fetches a CSV file published at a web address; one that has not changed costs one 304."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin, urlsplit

import requests

from orchestrator.core.errors import UnreadableSource
from orchestrator.gateways.registrations.contents import sheet_of
from orchestrator.gateways.registrations.files import LARGEST
from orchestrator.gateways.registrations.polled import SECONDS
from orchestrator.gateways.registrations.tables import Sheet

MOST_REDIRECTS = 5
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(slots=True)
class WebFile:
    """A published file. Its address is a secret: whoever knows it reads everybody's address; it is never said."""

    url: str = field(repr=False)
    _sign: Mapping[str, str] = field(default_factory=dict, init=False)
    """The headers by which the server tells whether the file has changed (RFC 9110, section 13)."""

    def fetch(self, _now: datetime) -> tuple[str, Sheet] | None:
        """Fetch it if it has changed. Raises UnreadableSource."""
        try:
            with self._answer() as answer:
                if answer.status_code == requests.codes.not_modified:
                    return None
                _refuse(answer)
                data = answer.raw.read(LARGEST + 1, decode_content=True)
                sign = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
                seen = {ask: answer.headers[told] for ask, told in sign.items() if told in answer.headers}
        except (requests.RequestException, OSError) as error:
            raise _away(type(error).__name__) from None
        if len(data) > LARGEST:
            raise UnreadableSource(
                f"la liste publiée a plus de {LARGEST // 1_000_000} Mo", remedy="ne publier que cet événement"
            )
        sheet = sheet_of(data, "liste publiée")
        self._sign = seen
        return hashlib.blake2s(data, digest_size=16).hexdigest(), sheet

    def _answer(self) -> requests.Response:
        """Follow redirects by hand: all of them encrypted. Google's published sheets redirect once."""
        url = self.url
        for _ in range(MOST_REDIRECTS):
            parts = urlsplit(url)
            if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
                raise UnreadableSource(
                    "l'adresse de la liste publiée n'est pas chiffrée", remedy="prendre une adresse https"
                )
            answer = requests.get(url, headers=self._sign, timeout=SECONDS, stream=True, allow_redirects=False)
            if not answer.is_redirect:
                return answer
            url = urljoin(url, answer.headers["Location"])
            answer.close()
        raise UnreadableSource("l'adresse de la liste publiée tourne en rond", remedy="vérifier [registrations] url")


def _refuse(answer: requests.Response) -> None:
    if answer.status_code >= 500 or answer.status_code == requests.codes.too_many_requests:
        raise _away(f"réponse {answer.status_code}")
    if answer.status_code != requests.codes.ok:
        raise UnreadableSource(
            f"la liste publiée n'est pas à cette adresse (réponse {answer.status_code})",
            remedy="Google Sheets : Fichier > Partager > Publier sur le web, format CSV ; recopier l'adresse dans "
            "[registrations] url",
        )
    if "html" in answer.headers.get("Content-Type", ""):
        raise UnreadableSource(
            "l'adresse de la liste publiée donne une page web, pas un fichier CSV",
            remedy="à la publication, choisir le format « Valeurs séparées par des virgules (.csv) »",
        )


def _away(why: str) -> UnreadableSource:
    return UnreadableSource(
        f"la liste publiée n'a pas pu être lue ({why})",
        remedy="rien à faire si cela ne dure pas ; sinon vérifier [registrations] url",
        permanent=False,
    )
