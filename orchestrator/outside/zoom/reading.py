"""What the fake Zoom reads from a request, and what it tells of it: never a client secret, never a token."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from orchestrator.outside.zoom.server import Incoming
from orchestrator.outside.zoom.tempers import is_lost, shown
from orchestrator.outside.zoom.values import Call, Exchange, Fault, Refused, Reply

TOKEN_PATH = "/oauth/token"
MASK = "…"


def path_of(incoming: Incoming) -> str:
    return incoming.path.partition("?")[0]


def call_of(incoming: Incoming, at: datetime) -> Call:
    try:
        body = body_of(incoming)
    except Refused:
        body = None
    if isinstance(body, dict) and "client_secret" in body:
        body = {**body, "client_secret": MASK}
    path = re.sub(r"(?<=client_secret=)[^&]*", MASK, incoming.path)
    return Call(at=at, method=incoming.method, path=path, body=body)


def query_of(incoming: Incoming) -> dict[str, str]:
    return dict(parse_qsl(incoming.path.partition("?")[2], keep_blank_values=True))


def body_of(incoming: Incoming) -> Any:
    """Read a form or JSON; None where there is no body."""
    if not incoming.body:
        return None
    kind = incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded" and path_of(incoming) == TOKEN_PATH:
            return dict(parse_qsl(incoming.body.decode(), keep_blank_values=True))
        if kind != "application/json":
            raise Refused(415, 300, "Unsupported Content Type")
        return json.loads(incoming.body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refused(400, 300, "Request Body should be a valid JSON object.") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def exchange_of(call: Call, reply: Reply, fault: Fault | None, now: datetime) -> Exchange:
    response = shown(reply.body)
    if isinstance(response, dict) and "access_token" in response:
        response = {**response, "access_token": MASK}
    return Exchange(
        at=now,
        method=call.method,
        path=call.path,
        status=reply.status,
        request=call.body,
        response=response,
        lost=is_lost(fault),
    )
