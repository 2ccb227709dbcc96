"""Zoom's REST API: a signed call in, Zoom's JSON or one of our errors out. Knows no workshop; never waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import ValidationError

from orchestrator.core.errors import ZoomError, ZoomRefusesLogin, ZoomUnavailable
from orchestrator.gateways.zoom.login import WINDOW, Credentials, Login, Token
from orchestrator.gateways.zoom.pace import Pace, Plan
from orchestrator.gateways.zoom.refusals import lacks_scopes, refusal
from orchestrator.gateways.zoom.shapes import Page, Shape
from orchestrator.gateways.zoom.wire import Answer, NoAnswer, Wire

READS_TRIED = 3
PAGE_SIZE = 300
Params = Mapping[str, str | int]
AnyShape = TypeVar("AnyShape", bound=Shape)
AnyPage = TypeVar("AnyPage", bound=Page)


def _wait_for_nothing(_until: datetime) -> None:
    """Let a call go at once."""


class ZoomApi:
    """Calls Zoom as one Server-to-Server OAuth app. Safe to share between threads."""

    def __init__(
        self,
        *,
        api_url: str,
        token_url: str,
        account_id: str,
        client_id: str,
        client_secret: str,
        now: Callable[[], datetime],
        api_url_is_fixed: bool,
        plan: Plan = "pro",
        wait: Callable[[datetime], None] = _wait_for_nothing,
    ) -> None:
        """With `api_url_is_fixed`, ignore the regional address Zoom's token answer may name.

        `wait` is the clock's: calls are spaced out by the rates of the account's `plan`.
        """
        self.now = now
        self._pace = Pace(plan, now, wait)
        self._api_url = api_url.rstrip("/")
        self._api_url_is_fixed = api_url_is_fixed
        self._wire = Wire(now)
        self._login = Login(self._wire, token_url, Credentials(account_id, client_id, client_secret), now)

    def close(self) -> None:
        self._wire.close()

    def skew(self) -> timedelta | None:
        """Say how far our clock is ahead of Zoom's, by the `Date` of its last answer; None before any."""
        return self._wire.skew

    def scopes(self) -> frozenset[str]:
        """What the app may do, as the token says; empty if Zoom does not say."""
        return self._login.token().scopes

    def ask(
        self, shape: type[AnyShape], method: str, path: str, *, json: Any = None, params: Params | None = None
    ) -> AnyShape:
        """Call, and read the answer as a shape; one that does not fit is as good as none."""
        data = self.call(method, path, json=json, params=params)
        try:
            return shape.model_validate(data)
        except ValidationError as error:
            where = ", ".join(".".join(map(str, problem["loc"])) or "tout" for problem in error.errors()[:3])
            raise ZoomUnavailable(
                f"La réponse de Zoom est incompréhensible ({where}).", uncertain=method != "GET"
            ) from error

    def pages(self, shape: type[AnyPage], path: str, params: Params) -> Iterator[AnyPage]:
        """Ask for all pages, one after the other; a token that comes back would never end."""
        token, seen = "", set[str]()
        while token not in seen:
            seen.add(token)
            at = {"next_page_token": token} if token else {}
            page = self.ask(shape, "GET", path, params={**params, "page_size": PAGE_SIZE, **at})
            yield page
            token = page.next_page_token
            if not token:
                return
        raise ZoomUnavailable("Zoom donne sans fin la même page.")

    def call(self, method: str, path: str, *, json: Any = None, params: Params | None = None) -> Any:
        """Call and return Zoom's JSON, None if empty. Raises ZoomError; a token refused is renewed once."""
        token = self._login.token()
        answer = self._send(token, method, path, json, params)
        if answer.status == 401 and not lacks_scopes(answer.data):
            self._login.forget(token)
            token = self._login.token()
            answer = self._send(token, method, path, json, params)
        if answer.status < 400:
            return answer.data
        raise self._refused(token, answer, path)

    def _send(self, token: Token, method: str, path: str, json: Any, params: Params | None) -> Answer:
        """Send; a GET that found nobody is tried again at once, a write never: it may have been done."""
        tries = READS_TRIED if method == "GET" else 1
        while True:
            tries -= 1
            self._pace.turn(method, path)
            try:
                return self._wire.send(method, self._base(token) + path, auth=token, json=json, params=params)
            except NoAnswer as error:
                if not (tries and error.again):
                    raise ZoomUnavailable(
                        f"Zoom est injoignable : {error.why}.",
                        uncertain=error.left and method != "GET",
                        status=error.status,
                    ) from error

    def _base(self, token: Token) -> str:
        regional = "" if self._api_url_is_fixed else token.api_url.rstrip("/")
        return f"{regional}/v2" if regional else self._api_url

    def _refused(self, token: Token, answer: Answer, path: str) -> ZoomError:
        if lacks_scopes(answer.data) and self.now() - token.asked_at >= WINDOW:
            self._login.forget(token)  # scopes added to the app are only in a new token
        elif answer.status == 401 and not lacks_scopes(answer.data):
            self._login.forget(token)
            return ZoomRefusesLogin(
                "Zoom refuse l'accès qu'il vient de donner.",
                remedy="Vérifiez que l'application Zoom est activée et ne sert qu'à une seule installation.",
                status=answer.status,
            )
        return refusal(answer, path, self.now())
