"""Posts an alarm to a web address: an own program, or a channel of Mattermost, Slack, Teams or Discord."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Literal
from urllib.parse import urlsplit

import requests

from orchestrator.core.errors import Unheard
from orchestrator.ports import Call

SECONDS = 10


class Webhook:
    """`url` holds a secret: only its host is ever said."""

    way: Literal["pushed"] = "pushed"
    at_once = 1

    def __init__(self, url: str) -> None:
        self._url = url

    def __repr__(self) -> str:
        return f"Webhook({urlsplit(self._url).hostname})"

    def sound(self, calls: Sequence[Call]) -> None:
        """Wake somebody, once a call. Raises Unheard."""
        for call in calls:
            self._post(call)

    def _post(self, call: Call) -> None:
        host = urlsplit(self._url).hostname
        try:
            with requests.post(self._url, json=body(call), timeout=SECONDS, allow_redirects=False) as answer:
                status = answer.status_code
        except requests.RequestException as error:
            raise Unheard(f"l'alarme n'a pas pu être remise à {host} : {type(error).__name__}") from None
        if not 200 <= status < 300:
            raise Unheard(f"{host} refuse l'alarme : {status}")


def body(call: Call) -> dict[str, str]:
    """The alarm as values, and as a line under the names that chat programs read (`text`, `content`)."""
    line = f"⚠ {call.title} : {call.what}" + (f" → {call.remedy}" if call.remedy else "")
    return {
        "event": call.event,
        "title": call.title,
        "key": call.key,
        "what": call.what,
        "remedy": call.remedy,
        "since": call.since.astimezone(UTC).isoformat(),
        "text": line,
        "content": line,
    }
