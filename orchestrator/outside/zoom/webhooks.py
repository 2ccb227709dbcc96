"""The fake Zoom's webhooks: what it tells of its meetings, signed as Zoom signs.

https://developers.zoom.us/docs/api/webhooks/
"""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.outside.zoom.records import Meeting, Registrant
from orchestrator.outside.zoom.values import zulu

TIMEOUT = 3
"""Seconds Zoom waits for the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A webhook as it leaves: the bytes that are signed, and the headers that sign them."""

    body: bytes
    headers: Mapping[str, str]


def sign(secret: str, stamp: str, body: bytes) -> str:
    """Sign the raw bytes: `v0=` and the HMAC-SHA256 of `v0:{timestamp}:{body}`."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()


def notice(secret: str, name: str, payload: Mapping[str, Any], at: datetime) -> Notice:
    """Put an event in its envelope and sign it."""
    envelope = {"event": name, "event_ts": int(at.timestamp() * 1000), "payload": payload}
    return signed(secret, json.dumps(envelope, ensure_ascii=False).encode("utf-8", "replace"), at)


def signed(secret: str, body: bytes, at: datetime) -> Notice:
    """Sign a body as it is."""
    stamp = str(int(at.timestamp()))
    return Notice(
        body=body,
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "x-zm-request-timestamp": stamp,
            "x-zm-signature": sign(secret, stamp, body),
        },
    )


def about(meeting: Meeting, **more: Any) -> dict[str, Any]:
    """Show a meeting as webhooks do: its number is text here."""
    return {
        "id": str(meeting.id),
        "uuid": meeting.uuid,
        "host_id": meeting.host.id,
        "topic": meeting.topic,
        "type": meeting.type,
        "start_time": zulu(meeting.starts_at),
        "timezone": meeting.timezone,
        "duration": meeting.duration,
        **more,
    }


def participant(registrant: Registrant, user_id: int, **times: str) -> dict[str, Any]:
    """Show somebody in a meeting; the address of a guest is empty."""
    return {
        "user_id": str(user_id),
        "user_name": f"{registrant.first_name} {registrant.last_name}".strip(),
        "id": "",
        "participant_user_id": "",
        "participant_uuid": registrant.participant_uuid,
        "registrant_id": registrant.id,
        "email": "",
        **times,
    }


class Poster:
    """Posts webhooks to a URL one after the other, from a thread of its own; what fails is not sent again."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1", "http://localhost", "https://")):
            raise ValueError("webhooks go to https, or to this machine")
        self._url = url
        self._waiting: queue.Queue[Notice] = queue.Queue()
        self.answers: list[int] = []
        """HTTP statuses in order; 0 = no answer."""
        threading.Thread(target=self._work, daemon=True, name="fake-zoom-webhooks").start()

    def __call__(self, what: Notice) -> None:
        self._waiting.put(what)

    def wait(self) -> None:
        """Return once everything was posted."""
        self._waiting.join()

    def _work(self) -> None:
        while True:
            what = self._waiting.get()
            self.answers.append(self._post(what))
            self._waiting.task_done()

    def _post(self, what: Notice) -> int:
        request = urllib.request.Request(self._url, what.body, dict(what.headers))
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0
