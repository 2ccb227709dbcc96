"""Judges the weeks after a rehearsed day against the script that produced them, without asking the code it judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from orchestrator.core.model import Event, identity, reference
from orchestrator.gateways.papers.seal import NotGenuine, check
from orchestrator.rehearsal.crowd import MINUTE, truth
from orchestrator.rehearsal.evidence import Aftermath, Day

THANKED = ("Merci d’avoir participé", "Thank you for taking part")
MISSED = ("nous n’avons pas eu le plaisir", "we did not see you")
"""What the shipped letter says to those who came, and to those who did not."""


def minutes(event: Event, after: Aftermath) -> dict[tuple[str, str], int]:
    """The truth: minutes by person and session."""
    return truth(event, after.script, after.given)


def came(event: Event, after: Aftermath) -> dict[str, dict[str, int]]:
    """By person, the sessions they were at long enough."""
    result: dict[str, dict[str, int]] = {}
    for (who, key), n in minutes(event, after).items():
        session = event.session(key)
        lasts = (session.ends_at - session.starts_at) / MINUTE
        wanted = min(lasts, event.attendance_minutes or lasts * event.attendance_share)
        if n >= wanted:
            result.setdefault(who, {})[key] = n
    return result


def certificates_right(day: Day) -> Iterator[str]:
    """Everybody who came has a certificate that says exactly that; nobody else has one; a forged one is refused."""
    after, event = day.evidence.after, day.event
    wanted = {who: _half_days(event, sessions) for who, sessions in came(event, after).items() if who in day.people}
    issued: dict[str, list[tuple[Any, ...]]] = {}
    for one in after.seen.issued:
        try:
            issued[one.email] = [tuple(half) for half in check(one.word, after.seen.public_key)["h"]]
        except NotGenuine:
            yield one.email
        if _passes(one.word, after.seen.public_key):
            yield f"{one.email} (falsifiée)"
    yield from sorted(who for who in wanted.keys() | issued.keys() if wanted.get(who) != issued.get(who))


def _half_days(event: Event, sessions: Mapping[str, int]) -> list[tuple[Any, ...]]:
    there = sorted((event.session(key) for key in sessions), key=lambda s: s.starts_at)
    local = [(s.key, s.starts_at.astimezone(event.zone), s.ends_at.astimezone(event.zone)) for s in there]
    return [(a.date().isoformat(), f"{a:%H:%M}", f"{b:%H:%M}", sessions[key]) for key, a, b in local]


def _passes(word: str, public_key: str) -> bool:
    """Whether a certificate in which one letter was changed is still taken for genuine."""
    middle = word.index(".") // 2
    forged = word[:middle] + ("A" if word[middle] != "A" else "B") + word[middle + 1 :]
    try:
        check(forged, public_key)
    except NotGenuine:
        return False
    return True


def letter_after(day: Day) -> Iterator[str]:
    """One letter to everybody registered, thanks to those who came and another to those who did not."""
    after, event = day.evidence.after, day.event
    if event.after is None or event.status == "cancelled":
        return
    there = came(event, after)
    for email, person in sorted(day.people.items()):
        lines = [line for line in day.to.get(email, ()) if line["kind"] == "after"]
        if len(lines) != (1 if person.sessions else 0):
            yield email
        elif lines and not after.own_words:
            text = " ".join(day.text(lines[0]).split())
            wanted, other = (THANKED, MISSED) if email in there else (MISSED, THANKED)
            if not any(one in text for one in wanted) or any(one in text for one in other):
                yield email


def attendance_kept(day: Day) -> Iterator[str]:
    """Who was there is kept without addresses when people are gone, and ends with its own time."""
    after, event = day.evidence.after, day.event
    known = minutes(event, after)
    kept = {(one.person, one.session): one.minutes for one in after.seen.attendance}
    there = came(event, after)
    for email, person in sorted(day.people.items()):
        ref = reference(event.key, email)
        wanted = {*person.sessions, *there.get(email, ())}
        if any(kept.get((ref, key)) != known.get((email, key), 0) for key in wanted):
            yield email
    if after.seen.attendance_later:
        yield f"{len(after.seen.attendance_later)} présences encore là"


def nothing_left(day: Day) -> Iterator[str]:
    """After the purge nobody's address is in the database's files, and Zoom holds neither meeting nor people."""
    seen = day.evidence.after.seen
    yield from (f"{identity(one)} (base)" for one in seen.left_here)
    yield from (f"{one} (Zoom)" for one in seen.left_at_zoom)


PROMISES: Mapping[str, Callable[[Day], Iterator[str]]] = {
    "certificates-right": certificates_right,
    "letter-after": letter_after,
    "attendance-kept": attendance_kept,
    "nothing-left": nothing_left,
}
