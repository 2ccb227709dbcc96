"""The token of a Server-to-Server OAuth app: asked for once, kept in memory, renewed in time, never shown.

Zoom gives no refresh token; scopes are those of the app when the token was made."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeGuard

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from orchestrator.core.errors import ZoomError, ZoomRefusesLogin, ZoomUnavailable
from orchestrator.gateways.zoom.patience import busy
from orchestrator.gateways.zoom.refusals import words_of
from orchestrator.gateways.zoom.wire import Answer, NoAnswer, Wire

WINDOW, MOST_IN_WINDOW = timedelta(minutes=1), 2
FRESH = 0.8
"""Share of a token's life after which it is renewed."""
_LIFE = 3600
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(:\d{1,5})?/?", re.ASCII)
_CHECK = "Vérifiez account_id, client_id et client_secret (marketplace.zoom.us → Manage → votre application)."
_WHY = {
    "invalid_client": ("client_id ou client_secret est faux", _CHECK),
    "invalid_request": ("account_id est faux", _CHECK),
    "unsupported_grant_type": (
        "l'application n'est pas du type « Server-to-Server OAuth »",
        "Créez une application « Server-to-Server OAuth » sur marketplace.zoom.us et activez-la.",
    ),
}
_UNKNOWN = ("les identifiants ou l'application sont refusés", _CHECK + " Elle doit être activée.")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to Zoom."""

    account_id: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Token(AuthBase):
    """A bearer token as Zoom gave it; signs a request when called."""

    value: str = field(repr=False)
    asked_at: datetime
    renew_at: datetime
    scopes: frozenset[str]
    api_url: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.value}"
        return request


class Login:
    """Gives a good token. Safe to share between threads."""

    def __init__(self, wire: Wire, token_url: str, credentials: Credentials, now: Callable[[], datetime]) -> None:
        self._wire, self._token_url, self._credentials, self._now = wire, token_url, credentials, now
        self._lock = Lock()
        self._token: Token | None = None
        self._answered: deque[datetime] = deque(maxlen=MOST_IN_WINDOW)

    def token(self) -> Token:
        """Return the token kept, or a new one. Raises ZoomRefusesLogin, ZoomBusy, ZoomUnavailable."""
        with self._lock:
            if self._token is None or self._now() >= self._token.renew_at:
                self._token = self._ask()
            return self._token

    def forget(self, refused: Token) -> None:
        """Drop a token Zoom refused, unless it has been replaced already."""
        with self._lock:
            if self._token is refused:
                self._token = None

    def _ask(self) -> Token:
        now = self._now()
        if len(self._answered) == MOST_IN_WINDOW and now - self._answered[0] < WINDOW:
            raise ZoomRefusesLogin(
                "Zoom refuse l'accès plusieurs fois de suite ; nouvel essai dans une minute.",
                remedy=f"{_CHECK} Une même application Zoom ne doit servir qu'à une seule installation.",
                permanent=False,
            )
        try:
            answer = self._exchange()
        except NoAnswer as error:
            raise ZoomUnavailable(f"Connexion à Zoom impossible : {error.why}.", status=error.status) from error
        self._answered.append(now)
        return _token(answer, now)

    def _exchange(self) -> Answer:
        # In the body: Zoom has refused the query-string form since December 2024.
        form = {"grant_type": "account_credentials", "account_id": self._credentials.account_id}
        us = HTTPBasicAuth(self._credentials.client_id.encode(), self._credentials.client_secret.encode())
        return self._wire.send("POST", self._token_url, auth=us, data=form)


def _token(answer: Answer, now: datetime) -> Token:
    """Read the answer; its `error` field decides, its HTTP status varies (400 and 401 were both seen)."""
    data: dict[str, Any] = answer.data if isinstance(answer.data, dict) else {}
    if answer.status == 429:
        raise busy(words_of(data), answer.headers, now)
    value, life = data.get("access_token"), data.get("expires_in", _LIFE)
    if answer.status >= 400 or "error" in data:
        raise _refused(data, answer.status)
    if not (_is_token(value) and type(life) is int and 0 < life <= 10 * _LIFE):
        raise ZoomUnavailable("Connexion à Zoom impossible : sa réponse est incompréhensible.")
    return Token(
        value,
        now,
        now + FRESH * timedelta(seconds=life),
        frozenset(str(data.get("scope") or "").split()),
        _address(data.get("api_url")),
    )


def _is_token(value: object) -> TypeGuard[str]:
    """Tell what can stand in a header (RFC 6750: ASCII without spaces)."""
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def _address(value: object) -> str:
    """Read where the account's API is; "" for what is no plain web address, so that the configured one is used."""
    return value if isinstance(value, str) and _ADDRESS.fullmatch(value) else ""


def _refused(data: dict[str, Any], status: int) -> ZoomError:
    what, remedy = _WHY.get(str(data.get("error", "")).lower(), _UNKNOWN)
    words = words_of(data)
    said = f" (« {words} »)" if words else ""
    return ZoomRefusesLogin(f"Zoom refuse la connexion : {what}{said}.", remedy=remedy, status=status)
