"""Reads the hour at which an answer was given, in the forms that French exports write it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise

_STAMP = re.compile(
    r"(?P<date>\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2}(?!\d)))"
    r"(?:(?: ?[Tà,] ?| - | )(?P<hour>\d{1,2}) ?[:h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
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
_FRENCH = ("jan", "fev", "mar", "avr", "mai", "juin", "juil", "aou", "sep", "oct", "nov", "dec")
_MONTHS = {
    **{name: n for n, name in enumerate(_FRENCH, start=1)},
    "feb": 2,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
}
_IN_LETTERS = re.compile(r"^(\d{1,2})(?:er)? ((?!\d)\w{3,9})\.?,? (\d{4})\b", re.IGNORECASE)
_SERIAL = re.compile(r"[3-7]\d{4}(?:[.,]\d+)?", re.ASCII)
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's day numbers are local


_PLAIN = re.compile(r"(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d)", re.ASCII)
_WEEKDAY = re.compile(r"(?:lun|mar|mer|jeu|ven|sam|dim|mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? ", re.IGNORECASE)


def instant(text: str, zone: tzinfo, *, month_first: bool = False) -> datetime | None:
    """Return the instant in UTC, or None if the text is not one; without a zone of its own it is local.

    `month_first` reads 6/20/2021 as Google and Excel write it in American English.
    """
    if not text:
        return None
    try:
        if not month_first and (plain := _PLAIN.fullmatch(text)):
            day, month, year, hour, minute, second = map(int, plain.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
        at = _read(_tidy(text), zone, month_first)
        return at and (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_month_first(texts: Iterable[str], zone: tzinfo) -> bool:
    """Tell whether the stamps of a column put the month before the day: what cannot be otherwise, else their order.

    Answers come one after the other, so the reading under which they do is the right one.
    """
    texts = [text for text in texts if text]
    begins = [(int(found[1]), int(found[2])) for text in texts if (found := _TWO.match(text))]
    if not begins or any(first > 12 for first, _ in begins):
        return False
    if any(second > 12 for _, second in begins):
        return True
    ways = {first: [instant(text, zone, month_first=first) for text in texts] for first in (False, True)}
    return _backwards(ways[True]) < _backwards(ways[False])


_TWO = re.compile(r"(\d{1,2})/(\d{1,2})/\d", re.ASCII)


def _backwards(found: Iterable[datetime | None]) -> int:
    """Count the stamps that are before the one above."""
    return sum(below < above for above, below in pairwise(at for at in found if at is not None))


def _tidy(text: str) -> str:
    text = " ".join(unicodedata.normalize("NFKC", text).replace("\u2212", "-").split())
    text = _WEEKDAY.sub("", text, count=1) if text[:1].isalpha() else text
    return _IN_LETTERS.sub(lambda found: f"{found[1]}/{_MONTHS.get(_month(found[2]), 0)}/{found[3]}", text)


def _month(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if c.isalpha())
    return next((name for name in _MONTHS if plain.startswith(name)), plain)


def _read(text: str, zone: tzinfo, month_first: bool) -> datetime | None:
    if _SERIAL.fullmatch(text):
        return _SERIAL_ZERO + timedelta(seconds=round(float(text.replace(",", ".")) * 86400))
    if found := _STAMP.fullmatch(text):
        day, month, year = _date(found["date"], month_first)
        hour = _hour(int(found["hour"] or 0), found["half"])
        minute, second = int(found["minute"] or 0), int(found["second"] or 0)
        return datetime(year, month, day, hour, minute, second, tzinfo=_zone(found["zone"] or "") or zone)
    return None


def _date(text: str, month_first: bool) -> tuple[int, int, int]:
    """Return day, month, year; the year is where it has four digits, else at the end."""
    first, second, third = re.split("[/.-]", text)
    if len(first) == 4:
        return int(third), int(second), int(first)
    year = int(third) + (2000 if len(third) == 2 else 0)
    return (int(second), int(first), year) if month_first else (int(first), int(second), year)


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
