"""What a temper makes of an answer on its way out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from orchestrator.outside.zoom.server import Outgoing
from orchestrator.outside.zoom.values import HTML, Answer, Drop, Fail, Fault, Garble, Lose, Reply

JSON_TYPE, HTML_TYPE = "application/json;charset=UTF-8", "text/html;charset=utf-8"


def instead(fault: Fault | None) -> Reply | None:
    """Return what is answered without doing the work, None where the work is to be done."""
    if isinstance(fault, Answer):
        return Reply(fault.status, fault.body, fault.headers)
    return Reply(0) if isinstance(fault, Drop) else None


def spoilt(reply: Reply, fault: Fault | None) -> Reply:
    """Return the answer as it leaves once the work is done; a body in bytes is not JSON any more."""
    if isinstance(fault, Fail):
        return Reply(fault.status, {"code": fault.status, "message": "Internal Server Error"})
    if not isinstance(fault, Garble) or fault.how == "cut":
        return reply
    if fault.how == "html":
        return Reply(200 if reply.status == 204 else reply.status, HTML)
    whole = written(reply.body)
    return Reply(reply.status, whole[: len(whole) // 2] if fault.how == "truncated" else b"", reply.headers)


def is_lost(fault: Fault | None) -> bool:
    """Tell whether the work is done and its answer never arrives whole."""
    return isinstance(fault, Lose) or fault == Garble("cut")


def outgoing(reply: Reply, fault: Fault | None, now: datetime) -> Outgoing:
    """Put an answer in bytes."""
    body = written(reply.body)
    cut = fault == Garble("cut") and len(body) > 1
    if reply.status == 0 or (is_lost(fault) and not cut):
        return Outgoing(status=0)
    kind = HTML_TYPE if isinstance(reply.body, bytes) and body[:1] == b"<" else JSON_TYPE
    headers = {"Date": format_datetime(now.astimezone(UTC), usegmt=True), **({"Content-Type": kind} if body else {})}
    return Outgoing(status=reply.status, body=body, headers={**headers, **reply.headers}, cut=cut)


def written(body: Any) -> bytes:
    """Put a body in bytes: JSON, unless it is bytes already or None."""
    if body is None or isinstance(body, bytes):
        return body or b""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def shown(body: Any) -> Any:
    """Show a body to who hears of it."""
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body
