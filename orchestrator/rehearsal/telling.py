"""Chooses what the film shows of the weeks after: some lives of the day, and when everything ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from orchestrator.core.attendance import union
from orchestrator.core.model import Event
from orchestrator.core.retention import attendance_ends_at, links_end_at, purged_at, zoom_ends
from orchestrator.gateways.papers.seal import check
from orchestrator.jobs.attendance import READ_AFTER, full_name
from orchestrator.rehearsal.aftermath import came
from orchestrator.rehearsal.evidence import Aftermath, Day
from orchestrator.rehearsal.film import After, Life

SHOWN = (
    *("stayed", "reconnected", "two-devices", "unasked", "left-early"),
    *("telephone", "telephone-unknown", "lent", "together", "together-with"),
)
"""One life of each manner, the plain ones first; then homonyms."""


def after_of(day: Day, texts_end_at: datetime | None) -> After:
    """Everything the film shows of it."""
    event, after = day.event, day.evidence.after
    there = came(event, after)
    letters = [email for email, lines in day.to.items() for line in lines if line["kind"] == "after"]
    seen = after.seen
    return After(
        present=tuple(span for spans in _present(after).values() for span in union(spans)),
        came=len(there),
        lives=tuple(_lives(day)),
        steps=_steps(event, after, texts_end_at, wrote=bool(letters)),
        figures={
            "thanked": sum(email in there for email in letters),
            "missed": sum(email not in there for email in letters),
            "doubts": len(seen.doubts),
            "decided": seen.decided,
            "certificates": len(seen.issued),
            "people": len(day.people),
            "kept": len({one.person for one in seen.attendance}),
            "left": len(seen.left_here) + len(seen.left_at_zoom),
        },
    )


Spans = list[tuple[datetime, datetime]]


def _present(after: Aftermath) -> dict[str, Spans]:
    """When each person was really there; who was not recognised counts by their name."""
    found: dict[str, Spans] = {}
    for one in after.given:
        for who in after.script.whose(one) or (f"{one.link_of}/{one.name}",):
            found.setdefault(who, []).append((one.joined_at, one.left_at))
    return found


def _steps(event: Event, after: Aftermath, texts_end_at: datetime | None, *, wrote: bool) -> dict[str, datetime]:
    steps = {
        "ended": event.last_end,
        "read": event.last_end + READ_AFTER[0],
        "settled": after.settled_at,
        "links": links_end_at(event),
        "zoom": max(zoom_ends(event).values()),
        "purged": purged_at(event),
        "attendance": attendance_ends_at(event),
    }
    if wrote and event.after is not None:
        steps["letter"] = event.after.at
    if texts_end_at is not None:
        steps["texts"] = texts_end_at
    return steps


def _lives(day: Day) -> Iterator[Life]:
    """One person of each manner, then two of one name."""
    after = day.evidence.after
    by_manner, alike = dict[str, str](), _homonyms(day)
    for email, manner in after.script.manners.items():
        if email in day.people and email not in alike:
            by_manner.setdefault(manner, email)
    for manner in SHOWN:
        if manner in by_manner:
            yield _life(day, manner, by_manner[manner])
    for n, email in enumerate(alike):
        yield _life(day, f"homonym-{n}", email)


def _life(day: Day, manner: str, email: str) -> Life:
    """What one person did, by whichever link or telephone, and what is certified of them."""
    after, name = day.evidence.after, full_name(day.people[email])
    theirs = [one for one in after.given if email in after.script.whose(one) or one.link_of == email]
    if manner == "telephone-unknown":
        theirs = [one for one in after.given if not one.link_of and not after.script.whose(one)]
    sealed = next((one for one in after.seen.issued if one.email == email), None)
    halves = check(sealed.word, after.seen.public_key)["h"] if sealed else []
    spans = tuple((one.joined_at, one.left_at) for one in theirs)
    return Life(manner=manner, name=name, spans=spans, minutes=_by_session(day.event, halves))


def _by_session(event: Event, halves: list[Any]) -> Mapping[str, int]:
    starts = {s.starts_at.astimezone(event.zone).strftime("%Y-%m-%d %H:%M"): s.key for s in event.sessions}
    return {starts[f"{day} {start}"]: minutes for day, start, _, minutes in halves}


def _homonyms(day: Day) -> tuple[str, ...]:
    """Two people of one name, the one who came first."""
    manners = day.evidence.after.script.manners
    by_name: dict[str, list[str]] = {}
    for email, person in sorted(day.people.items()):
        by_name.setdefault(full_name(person), []).append(email)
    alike = next((found for found in by_name.values() if len(found) > 1), [])
    return tuple(sorted(alike, key=lambda email: manners.get(email) == "absent"))[:2]


def texts_end_at(day: Day) -> datetime | None:
    """When the text of the day's last letter is forgotten."""
    sent = [d.sent_at for d in day.deliveries if d.sent_at is not None]
    return max(sent) + timedelta(days=day.event.letters_days) if sent else None
