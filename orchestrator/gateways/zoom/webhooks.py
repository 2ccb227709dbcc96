"""Zoom's webhooks: believed when signed, freshly, with our secret; read as facts without names or addresses.

Signature, validation and delivery: https://developers.zoom.us/docs/api/webhooks/. The answer to
`endpoint.url_validation` is a signature with the same secret: given to anybody, it would sign forgeries.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.core.presence import Heard, Told

LARGEST = 1 << 20
"""Bytes of a body."""
WINDOW = timedelta(seconds=300)
"""How far the timestamp may be from our clock; Zoom documents no figure."""
_STAMP = re.compile(r"[0-9]{9,11}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}", re.ASCII)
"""Without `:`, so that no answer is the signature of a webhook."""
_CHANGED = ("meeting.deleted", "meeting.updated", "meeting.registration_cancelled", "meeting.registration_denied")
_WHAT = {
    "meeting.started": "started",
    "meeting.ended": "ended",
    "meeting.participant_joined": "joined",
    "meeting.participant_left": "left",
    "meeting.participant_joined_breakout_room": "joined",
    "meeting.participant_left_breakout_room": "left",
    **dict.fromkeys(_CHANGED, "changed"),
}
_EARLIEST, _LATEST = datetime(2015, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Forged(Exception):
    """Not from Zoom, not for us, not now, or not readable. Says why, for the log; nothing of it is kept."""


def hear(body: bytes, signature: str, stamp: str, secrets: Sequence[str], now: datetime) -> Heard:
    """Believe a webhook and read it. Raises Forged. `body`: the bytes as they came, never JSON written anew."""
    secret = _signed_with(body, signature, stamp, secrets, now)
    data = _read(body)
    name = data.get("event")
    if not isinstance(name, str) or not name:
        raise Forged("no event")
    digest = hashlib.sha256(body).hexdigest()
    payload = data.get("payload")
    payload = payload if isinstance(payload, dict) else {}
    if name == "endpoint.url_validation":
        return Heard(digest=digest, name=name, at=now, answer=_answer(payload, secret))
    at = _milliseconds(data.get("event_ts"))
    return Heard(digest=digest, name=name[:100], at=at, told=_told(name, payload, at))


def _signed_with(body: bytes, signature: str, stamp: str, secrets: Sequence[str], now: datetime) -> str:
    """Find the secret it was signed with; all are tried, in the same time."""
    if len(body) > LARGEST:
        raise Forged("too large")
    if not _STAMP.fullmatch(stamp) or not _SIGNATURE.fullmatch(signature):
        raise Forged("not signed")
    if abs(now - datetime.fromtimestamp(int(stamp), UTC)) > WINDOW:
        raise Forged("stale")
    signed = b"v0:" + stamp.encode() + b":" + body
    good = [s for s in secrets if s and hmac.compare_digest(signature, "v0=" + _hmac(s, signed))]
    if not good:
        raise Forged("signature")
    return good[0]


def _hmac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _read(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Forged("not JSON") from error
    if not isinstance(data, dict):
        raise Forged("not an object")
    return data


def _answer(payload: dict[str, Any], secret: str) -> dict[str, str]:
    plain = payload.get("plainToken")
    if not isinstance(plain, str) or not _PLAIN_TOKEN.fullmatch(plain):
        raise Forged("plainToken")
    return {"plainToken": plain, "encryptedToken": _hmac(secret, plain.encode())}


def _told(name: str, payload: dict[str, Any], at: datetime) -> Told | None:
    """Take the facts out; None for what is not asked about."""
    thing = payload.get("object")
    if name not in _WHAT or not isinstance(thing, dict):
        return None
    zoom_id, uuid, what = _text(thing.get("id")), _text(thing.get("uuid")), _WHAT[name]
    if not zoom_id or (what != "changed" and not uuid):
        return None
    if what in ("changed", "started"):
        return Told(what=what, zoom_id=zoom_id, uuid=uuid, at=at)
    if what == "ended":
        return Told(what=what, zoom_id=zoom_id, uuid=uuid, at=_instant(thing, ("end_time",), at))
    return _stay(what, zoom_id, uuid, thing, at)


def _stay(what: str, zoom_id: str, uuid: str, thing: dict[str, Any], at: datetime) -> Told | None:
    """Somebody came or went. Their `user_id` is another after each return, and in each breakout room."""
    who = thing.get("participant")
    if not isinstance(who, dict):
        return None
    ids = [_text(who.get("participant_uuid")), _text(who.get("user_id"))]
    if not any(ids):
        return None
    room = _text(thing.get("breakout_room_uuid"))
    times = ("join_time", "date_time") if what == "joined" else ("leave_time", "date_time")
    return Told(
        what=what,
        zoom_id=zoom_id,
        uuid=uuid,
        stay="/".join([uuid, *ids, room]),
        registrant_id=_text(who.get("registrant_id")),
        room=room,
        at=_instant(who, times, at),
    )


def _text(value: Any) -> str:
    """Read an id, given as text or number."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text.strip().replace("\0", "")[:200]


def _milliseconds(value: Any) -> datetime:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 8_000_000_000_000:
        raise Forged("event_ts")
    return datetime.fromtimestamp(value / 1000, UTC)


def _instant(thing: dict[str, Any], names: Sequence[str], otherwise: datetime) -> datetime:
    for name in names:
        value = thing.get(name)
        if isinstance(value, str) and value:
            try:
                at = datetime.fromisoformat(value)
                at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
            except (ValueError, OverflowError):
                continue
            if _EARLIEST <= at < _LATEST:
                return at
    return otherwise
