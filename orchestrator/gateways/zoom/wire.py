"""One HTTP exchange: a request in, a checked JSON answer out, or `NoAnswer`. Knows neither tokens nor meetings."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3.exceptions as low
from requests.auth import AuthBase

CONNECT, READ = 10, 30
"""Seconds to be connected, and to wait for each piece of the answer."""
WHOLE = timedelta(seconds=90)
"""For the whole answer, so that a trickle of bytes ends as well."""
MOST_BYTES = 5 * 1024 * 1024

Now = Callable[[], datetime]
_NEVER_LEFT = (low.NewConnectionError, low.ConnectTimeoutError, low.ProxyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, JSON already read; `data` is None for an empty body."""

    status: int
    headers: Mapping[str, str]
    data: Any


class NoAnswer(Exception):
    """No usable answer. `left`: the request may have reached Zoom; `again`: asking again at once may help."""

    def __init__(self, why: str, *, left: bool = True, again: bool = False, status: int = 0) -> None:
        super().__init__(why)
        self.why, self.left, self.again, self.status = why, left, again, status


class Wire:
    """A pool of connections without retries, redirects or pauses; proxies are taken from the environment."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self.skew: timedelta | None = None
        """How far our clock is ahead of the other side's, by the `Date` of its last answer."""
        self._session = requests.Session()
        self._session.headers.update({"Accept": "application/json", "User-Agent": "orchestrator"})

    def close(self) -> None:
        self._session.close()

    def send(self, method: str, url: str, *, auth: AuthBase, **content: Any) -> Answer:
        """Send once. `auth` is required: without it requests would take one from ~/.netrc."""
        try:
            with self._session.request(
                method,
                url,
                auth=auth,
                timeout=(CONNECT, READ),
                allow_redirects=False,
                stream=True,
                **content,
            ) as response:
                self.skew = self._skew(response.headers.get("Date", ""))
                return _answer(response, self._body(response))
        except requests.Timeout as error:
            raise NoAnswer("Zoom ne répond pas à temps", left=_left(error)) from error
        except (requests.RequestException, low.HTTPError, OSError) as error:
            raise NoAnswer("la connexion à Zoom a échoué", left=_left(error), again=True) from error

    def _skew(self, date: str) -> timedelta | None:
        try:
            at = parsedate_to_datetime(date)
        except ValueError:
            return None
        return self._now() - (at if at.tzinfo else at.replace(tzinfo=UTC))

    def _body(self, response: requests.Response) -> bytes:
        until, body = self._now() + WHOLE, b""
        while piece := response.raw.read1(65536, decode_content=True):
            body += piece
            if len(body) > MOST_BYTES:
                raise NoAnswer("la réponse de Zoom est démesurée", status=response.status_code)
            if self._now() > until:
                raise NoAnswer("la réponse de Zoom n'en finit pas", status=response.status_code)
        return body


def _answer(response: requests.Response, body: bytes) -> Answer:
    status = response.status_code
    if status >= 500:
        raise NoAnswer(f"Zoom est en panne (HTTP {status})", again=True, status=status)
    if status < 200 or 300 <= status < 400:
        raise NoAnswer(f"Zoom renvoie ailleurs (HTTP {status})", status=status)
    if not body:
        return Answer(status=status, headers=response.headers, data=None)
    if "json" not in response.headers.get("Content-Type", "").lower():
        raise NoAnswer(f"une page web a répondu à la place de Zoom (HTTP {status})", status=status)
    try:
        return Answer(status=status, headers=response.headers, data=json.loads(body))
    except (ValueError, RecursionError) as error:
        raise NoAnswer(f"la réponse de Zoom est illisible (HTTP {status})", status=status) from error


def _left(error: Exception) -> bool:
    """Tell whether a request may have left: not while the connection was still being made."""
    if isinstance(error, requests.ConnectTimeout | ValueError):  # ValueError: an address nobody can dial
        return False
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, low.SSLError) and reason.args:
        return not isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return not isinstance(reason, _NEVER_LEFT)
