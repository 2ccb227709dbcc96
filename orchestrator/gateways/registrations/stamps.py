"""Reads the hour at which an answer was given, in the forms that French exports write it."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_STAMP = re.compile(
    r"(?P<date>\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4})"
    r"(?:(?: ?[Tà,] ?| )(?P<hour>\d{1,2}) ?[:h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?(?: ?(?P<zone>[a-z]*[+-]?[\d:]*))?",
    re.ASCII | re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:utc|gmt|z)?(?:([+-])(\d{1,2}):?(\d{2})?)?", re.IGNORECASE)
_ABBREVIATED = {
    "wet": 0,
    "west": 1,
    "cet": 1,
    "cest": 2,
    "eet": 2,
    "eest": 3,
    "est": -5,
    "edt": -4,
    "pst": -8,
    "pdt": -7,
}
_SERIAL = re.compile(r"[3-7]\d{4}(?:[.,]\d+)?", re.ASCII)
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's day numbers are local


def instant(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant in UTC, or None if the text is not one; without a zone of its own it is local."""
    text = " ".join(unicodedata.normalize("NFKC", text).replace("\u2212", "-").split())
    try:
        at = _read(text, zone)
        return at and (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _read(text: str, zone: ZoneInfo) -> datetime | None:
    if _SERIAL.fullmatch(text):
        return _SERIAL_ZERO + timedelta(seconds=round(float(text.replace(",", ".")) * 86400))
    if found := _STAMP.fullmatch(text):
        day, month, year = _date(found["date"])
        hour = _hour(int(found["hour"] or 0), found["half"])
        minute, second = int(found["minute"] or 0), int(found["second"] or 0)
        return datetime(year, month, day, hour, minute, second, tzinfo=_zone(found["zone"] or "") or zone)
    return None


def _date(text: str) -> tuple[int, int, int]:
    """Return day, month, year; the year is where it has four digits."""
    first, second, third = re.split("[/.-]", text)
    return (int(third), int(second), int(first)) if len(first) == 4 else (int(first), int(second), int(third))


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half in "pP" else 0)


def _zone(text: str) -> tzinfo | None:
    """Return the zone a stamp ends with, None if it has none. Raises ValueError for one that is not known."""
    if not text:
        return None
    if (hours := _ABBREVIATED.get(text.lower())) is not None:
        return timezone(timedelta(hours=hours))
    if not (found := _OFFSET.fullmatch(text)):
        raise ValueError(text)
    sign, hours_text, minutes = found.groups(default="0")
    offset = timedelta(hours=int(hours_text), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)
