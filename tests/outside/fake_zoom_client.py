"""Talk to a fake Zoom over HTTP, as an app would."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from orchestrator.outside.zoom import FakeZoom

HOST = "webinaires@exemple.fr"
NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
MEETING: dict[str, Any] = {
    "topic": "Atelier",
    "type": 2,
    "start_time": "2026-12-01T08:30:00Z",
    "duration": 165,
    "timezone": "Europe/Paris",
    "settings": {"approval_type": 0},
}


class Clock:
    """Stand still until set forward."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> None:
        self.time += timedelta(**by)


class Client:
    """An app with a token."""

    def __init__(self, zoom: FakeZoom, clock: Clock) -> None:
        self.zoom, self.clock = zoom, clock
        self.http = requests.Session()
        self.http.trust_env = False

    def token(self, **form: str) -> requests.Response:
        data = {"grant_type": "account_credentials", "account_id": self.zoom.account_id, **form}
        auth = (self.zoom.client_id, self.zoom.client_secret)
        return self.http.post(self.zoom.token_url, data=data, auth=auth, timeout=5)

    def login(self) -> None:
        self.http.headers["Authorization"] = f"Bearer {self.token().json()['access_token']}"

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> requests.Response:
        return self.http.request(method, self.zoom.api_url + path, json=body, params=query, timeout=5)

    def said(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        """Ask, and return status and body."""
        answer = self.ask(method, path, body, **query)
        return answer.status_code, answer.json() if answer.content else None

    def create(self, **changes: Any) -> Any:
        """Create a meeting and return it."""
        status, meeting = self.said("POST", f"/users/{HOST}/meetings", {**MEETING, **changes})
        assert status == 201, meeting
        return meeting

    def read(self, meeting: Any) -> Any:
        return self.said("GET", f"/meetings/{meeting['id']}")[1]

    def register(self, meeting: Any, email: str, **fields: Any) -> tuple[int, Any]:
        body = {"email": email, "first_name": "Ana", **fields}
        return self.said("POST", f"/meetings/{meeting['id']}/registrants", body)

    def batch(self, meeting: Any, *emails: str, **fields: Any) -> tuple[int, Any]:
        rows = [{"email": email, "first_name": "Ana", "last_name": "B"} for email in emails]
        return self.said("POST", f"/meetings/{meeting['id']}/batch_registrants", {"registrants": rows, **fields})

    def set_status(self, meeting: Any, action: str, *rows: dict[str, str]) -> tuple[int, Any]:
        body = {"action": action, "registrants": list(rows)}
        return self.said("PUT", f"/meetings/{meeting['id']}/registrants/status", body)

    def raw(self, sent: bytes) -> bytes:
        """Send bytes as they are on one connection and return all that comes back."""
        port = int(self.zoom.api_url.rsplit(":")[-1].split("/")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: line.recv(65536), b""))


@contextmanager
def asking(**options: Any) -> Iterator[Client]:
    """Open a fake Zoom whose clock stands still, and an app logged in to it."""
    clock = Clock()
    with FakeZoom(**{"now": clock, "rates": False, **options}) as zoom:
        client = Client(zoom, clock)
        with client.http:
            client.login()
            yield client


def refusal(code: int, message: str, *fields: str) -> dict[str, Any]:
    """Say no in Zoom's words, the fields at fault with it."""
    errors = [{"field": field, "message": "Invalid field."} for field in fields]
    return {"code": code, "message": message, **({"errors": errors} if errors else {})}
