"""What the fake Zoom hears, answers, refuses and may do wrong, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Plan = Literal["free", "pro", "business"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as it came in. `path` holds the query; `body` is a JSON value, the token's form, or None."""

    at: datetime
    method: str
    path: str
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer. `status` 0: nothing was done nor answered. `lost`: done, but not answered.

    Client secret and access token are masked, the Authorization header is left out.
    """

    at: datetime
    method: str
    path: str
    status: int
    request: Any | None
    response: Any | None
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answer this instead of doing the work. Bytes go out as HTML, anything else as JSON."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection without doing the work."""


@dataclass(frozen=True, slots=True)
class Lose:
    """Do the work, then close the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Fail:
    """Do the work, then answer an error all the same."""

    status: int = 500


@dataclass(frozen=True, slots=True)
class Garble:
    """Do the work, then answer an HTML page, nothing, half of the JSON, or cut the line in its middle."""

    how: Literal["html", "empty", "truncated", "cut"]


@dataclass(frozen=True, slots=True)
class Expire:
    """Let every access token expire, then go on as usual."""


@dataclass(frozen=True, slots=True)
class Revoke:
    """Let every access token be invalid, then go on as usual."""


Fault = Answer | Drop | Lose | Fail | Garble | Expire | Revoke

HTML = b"<!DOCTYPE html><html><head><title>Zoom</title></head><body><h1>Service Unavailable</h1></body></html>"
MAINTENANCE = Answer(status=503, body=HTML)
PER_SECOND_MESSAGE = "You have reached the maximum per-second rate limit for this API. Try again later."
BUSY = Answer(
    status=429,
    body={"code": 429, "message": PER_SECOND_MESSAGE},
    headers={"X-RateLimit-Category": "Light", "X-RateLimit-Type": "QPS", "X-RateLimit-Remaining": "0"},
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the work answers: a status and a JSON value, None for no body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """Zoom says no: `{"code", "message", "errors"?}` under an HTTP status."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        body: dict[str, Any] = {"code": code, "message": message}
        if errors:
            body["errors"] = [{"field": name, "message": what} for name, what in errors]
        self.reply = Reply(status, body, headers or {})


def invalid(*errors: tuple[str, str]) -> Refused:
    """Refuse a request for its (field, message) errors."""
    return Refused(400, 300, "Validation Failed.", errors=errors)


def zulu(instant: datetime) -> str:
    """Write an instant as Zoom does: UTC, whole seconds, Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
