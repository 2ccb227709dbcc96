"""How hours, days and numbers are written in letters, in French and in English, and what a text may hold.

Written by hand: two languages, a few formats, and French wants "1er janvier" and "9h30".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

NO_BREAK = "\u00a0"
_LINE_BREAKS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029), " ")
_INVISIBLE = dict.fromkeys(
    (0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF), ""
)
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_CLEAN = _LINE_BREAKS | _INVISIBLE | _SURROGATES

# A template's own words; tags, styles and Jinja's brackets are left alone.
_WORDS = re.compile(r"(\{[%{#].*?[%}#]\}|<style.*?</style>|<[^>]*>)|(?<=«) | (?=[:;?!»])", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language of letters. `suffix` marks its templates: `body.en.txt`."""

    code: str
    suffix: str
    hour: Callable[[datetime], str]
    day: Callable[[date], str]
    at: str
    hours: str

    def short_day(self, when: date) -> str:
        """Write the day without its year: `jeudi 24 juin`."""
        return self.day(when).rpartition(" ")[0]

    def moment(self, when: datetime) -> str:
        """Write day and hour: `jeudi 24 juin à 9h30`."""
        return f"{self.short_day(when)} {self.at} {self.hour(when)}"

    def span(self, times: Mapping[str, datetime]) -> str:
        """Write a session's hours: `de 9h30 à 12h15`."""
        return self.hours.format(self.hour(times["starts_at"]), self.hour(times["ends_at"]))

    def place(self, zone: str) -> str:
        """Name a time zone by its place: `Paris`, `La Réunion`."""
        return _place(zone, self.code)

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return what templates may write after a bar."""
        return {
            "hour": self.hour,
            "day": self.day,
            "short_day": self.short_day,
            "moment": self.moment,
            "span": self.span,
            "typeset": french_spaces,
            "initial": initial,
            "dial": dial,
            "cut": cut,
            "running_order": running_order,
            "linked": linked,
            "place": self.place,
        }


_JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MOIS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _french_day(when: date) -> str:
    number = "1er" if when.day == 1 else str(when.day)
    return f"{_JOURS[when.weekday()]} {number} {_MOIS[when.month - 1]} {when.year}"


def _english_day(when: date) -> str:
    return f"{_DAYS[when.weekday()]} {when.day} {_MONTHS[when.month - 1]} {when.year}"


def _french_hour(when: datetime) -> str:
    return f"{when.hour}h{when.minute:02}"


def _english_hour(when: datetime) -> str:
    return f"{when.hour % 12 or 12}:{when.minute:02} {'am' if when.hour < 12 else 'pm'}"


FRENCH = Language(code="fr", suffix="", hour=_french_hour, day=_french_day, at="à", hours="de {} à {}")
ENGLISH = Language(code="en", suffix=".en", hour=_english_hour, day=_english_day, at="at", hours="from {} to {}")
LANGUAGES = (FRENCH, ENGLISH)


def language(code: str) -> Language:
    """Return the language letters are written in for a code: English where asked for, else French."""
    return ENGLISH if code.lower().startswith("en") else FRENCH


def clean(text: str) -> str:
    """Return the text on one line, without controls, direction marks or anything UTF-8 cannot carry."""
    return text if text.isprintable() else text.translate(_CLEAN)


def french_spaces(source: str) -> str:
    """Put no-break spaces before : ; ? ! and inside « » of a template's own words."""
    return _WORDS.sub(lambda found: found[1] or NO_BREAK, source)


def initial(text: str) -> str:
    """Begin a text with a capital, leaving the rest as it is."""
    return text[:1].upper() + text[1:]


def dial(number: str) -> str:
    """Return a telephone number as `tel:` wants it (RFC 3966): digits and a leading plus."""
    return ("+" if number.lstrip().startswith("+") else "") + re.sub(r"\D", "", number)


@lru_cache(maxsize=64)
def _place(zone: str, code: str) -> str:
    from babel.dates import get_timezone_location  # a tenth of a second, only where needed

    return str(get_timezone_location(zone, locale=code, return_city=True))


def linked(text: str) -> list[dict[str, str]]:
    """Cut a line of the organiser's into words and web addresses: `url` is "" for words."""
    parts = re.split(r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)»])", text)
    return [{"text": part, "url": part if n % 2 else ""} for n, part in enumerate(parts) if part]


def cut(text: str, length: int) -> str:
    """Shorten a text at a word's end."""
    if len(text) <= length:
        return text
    return text[:length].rpartition(" ")[0].rstrip(" ,;:–-") + "…"


def running_order(session: Mapping[str, Any], rooms: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps of a session in order of time: `what` is doors, start, item, rooms or end."""
    opened: dict[datetime, list[str]] = {}
    for room in rooms:
        if room["session"] == session["title"]:
            opened.setdefault(room["opens_at"], []).append(room["name"])
    items = [{"what": "item", **item} for item in session["programme"]]
    steps: list[dict[str, Any]] = [
        {"what": "doors", "at": session["doors_at"]},
        *([] if any(i["at"] == session["starts_at"] for i in items) else _start(session)),
        *items,
        *({"what": "rooms", "at": at, "names": names} for at, names in opened.items()),
        {"what": "end", "at": session["ends_at"]},
    ]
    return sorted(steps, key=lambda step: step["at"])


def _start(session: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"what": "start", "at": session["starts_at"]}]
