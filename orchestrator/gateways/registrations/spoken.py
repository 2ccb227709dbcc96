"""Tells which sessions a text speaks of: « le matin », « 9h30-12h15 », « jeudi après-midi », « la journée entière »."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from orchestrator.core.model import Event, Session
from orchestrator.gateways.registrations.headers import unaccented
from orchestrator.gateways.registrations.names import bare, normal

Keys = frozenset[str]
TELLING = 4
"""A session's key tells something in a text from this many letters on."""
_BETWEEN = re.compile(r"[,;\n+&]| et | and |/")
_WHOLE = re.compile(
    r"(?<!demi-)(?<!demi )\bjournee\b|\bles deux\b|\bles 2\b|\bboth\b|\b(?:all|full|whole|entire)[ -]day\b|\btoutes?\b"
    r"|\btous\b|\ball\b|\ben entier\b|\bintegralite\b"
)
_PARTS = {
    "matin": r"\bmatin|\bmorning",
    "apres-midi": r"\bapres[ -]?midi|\bafternoon|\bp\.m\.",
    "soir": r"\bsoir|\bevening",
}
_NOT = re.compile(
    r"^(?:non\b|no\b|aucun|ni |je ne (?:sais|peux|pourrai|viens|viendrai|participe|participerai|serai)"
    r"\w* (?:pas|plus|ni)\b"
    r"|pas |not |neither|none)"
)
GONE = re.compile(
    r"\bne (?:viens|viendrai|participe|participerai|pourrai|peux)\w* plus\b|\bj'annule\b|\bdesist\w*|\bannule\w*"
    r"|\bdesinscri\w*|\bno longer\b|\bcancel\w*|\bwithdraw\w*"
)
"""Somebody says that they do not come any more."""
_DAYS = ("lundi monday", "mardi tuesday", "mercredi wednesday", "jeudi thursday", "vendredi friday", "samedi saturday")
_MONTHS = (
    "janvier january", "fevrier february", "mars march", "avril april", "mai may", "juin june", "juillet july",
    "aout august", "septembre september", "octobre october", "novembre november", "decembre december",
)  # fmt: skip


def tidy(text: str) -> str:
    return unaccented(normal(text))


def speaker_of(event: Event) -> Callable[[str], Keys]:
    """Return what tells the sessions a text speaks of: by their names; by parts of the day, else the whole day, else
    hours."""
    every = frozenset(s.key for s in event.sessions)
    parts = {pattern: _held(event, part) for part, pattern in _PARTS.items()}
    days = {pattern: frozenset(s.key for s in found) for pattern, found in _days(event).items()}

    @lru_cache(maxsize=5_000)
    def spoken(text: str) -> Keys:
        whole = tidy(text)
        by_name = frozenset(s.key for s in event.sessions if _is_named(s, text))
        parts_said, whole_said, hours_said, day = set[str](), set[str](), set[str](), every
        for piece in _BETWEEN.split(whole):
            on = _union(keys for pattern, keys in days.items() if re.search(pattern, piece))
            day = on or day
            part = _union(keys for pattern, keys in parts.items() if re.search(pattern, piece))
            hour = frozenset(s.key for s in event.sessions if re.search(_hour(s, event), piece))
            parts_said |= (part & day & hour) or (part & day) or part
            hours_said |= (hour & day) or hour
            if _WHOLE.search(piece) or (on and not part and not hour):
                whole_said |= day
        return by_name | (parts_said or whole_said or hours_said)

    return spoken


def is_no(text: str) -> bool:
    """Tell whether an answer says no, and not « only in the morning »."""
    return _NOT.match(tidy(text)) is not None


def _union(found: Iterable[Keys]) -> Keys:
    return frozenset().union(*found)


def _held(event: Event, part: str) -> Keys:
    return frozenset(s.key for s in event.sessions if _part(s.starts_at.astimezone(event.zone).hour) == part)


def _part(hour: int) -> str:
    return "matin" if hour < 12 else "apres-midi" if hour < 18 else "soir"


def _is_named(session: Session, text: str) -> bool:
    spelled, key, title = bare(text), bare(session.key), bare(session.title)
    return (len(title) >= TELLING and title in spelled) or (len(key) >= TELLING and key in spelled)


def _hour(session: Session, event: Event) -> str:
    at = session.starts_at.astimezone(event.zone)
    minutes = rf"\s?{at.minute:02}" if at.minute else r"(?:\s?00)?"
    return rf"(?<!\d)0?{at.hour}\s?[h:]{minutes}(?!\d)"


def _days(event: Event) -> dict[str, list[Session]]:
    """The patterns of each day, where the event has several."""
    held = sorted({s.day for s in event.sessions})
    if len(held) < 2:
        return {}
    found = {}
    for n, day in enumerate(held, start=1):
        words = "|".join((_DAYS[day.weekday()] if day.weekday() < 6 else "dimanche sunday").split())
        months = "|".join(_MONTHS[day.month - 1].split())
        date = rf"(?<!\d)0?{day.day}(?:er)?(?: (?:{months})|[/.-]0?{day.month}(?!\d))|\b(?:{months}) {day.day}(?!\d)"
        same = [d for d in held if d.weekday() == day.weekday()]
        weekday = rf"\b(?:{words})\b|" if len(same) == 1 else ""
        found[rf"{weekday}{date}|\b(?:jour|day) {n}\b"] = [s for s in event.sessions if s.day == day]
    return found
