"""When Zoom may be asked again after a rate limit (HTTP 429). Computes instants, waits for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from orchestrator.core.errors import ZoomBusy

PAUSE = timedelta(seconds=3)
"""After a per-second limit."""
DAY = timedelta(days=1)


def busy(words: str, headers: Mapping[str, str], now: datetime) -> ZoomBusy:
    """Name the limit. Daily ones end at 00:00 UTC; the per-user and per-registrant ones carry no header, only words."""
    daily = "daily" in f"{words} {headers.get('X-RateLimit-Type', '')}".lower()
    if not daily:
        retry_at = _told(headers.get("Retry-After", ""), now) or now + PAUSE
        return ZoomBusy("Zoom demande de ralentir (limite par seconde).", retry_at=retry_at)
    retry_at = _told(headers.get("Retry-After", ""), now) or _midnight(now)
    return ZoomBusy(
        f"La limite quotidienne de Zoom est atteinte : « {words} ». "
        f"Reprise à partir du {retry_at.astimezone(UTC):%d/%m/%Y à %H:%M} UTC.",
        retry_at=retry_at,
        daily=True,
        whose=_whose(words.lower()),
    )


def _whose(words: str) -> Literal["account", "host", "registrant"]:
    """Tell by Zoom's words whose limit it is; the limits of a host and of a registrant carry no header."""
    if "registrant" in words:
        return "registrant"
    return "host" if "particular user" in words or "create/update" in words else "account"


def _told(text: str, now: datetime) -> datetime | None:
    """Read Retry-After: Zoom's ISO 8601 instant, or RFC 9110's seconds; None unless it lies within a day."""
    try:
        at = now + timedelta(seconds=int(text)) if text.isdigit() else datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at.astimezone(UTC) if now < at <= now + DAY else None


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(UTC).date() + DAY, time(), UTC)
