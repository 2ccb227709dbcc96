"""Decides from the form's answers who is new, who changed their answer and who is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.core.model import Answer, Answers, Event, Person, Refusal, identity

FEW = 3
SHARE = 0.02
"""More people than FEW and than this share of those known, gone at once: more likely a spoilt file than their wish."""
NO_SESSION = "n'a choisi aucune séance"
TOO_LATE = "reçue après la clôture des inscriptions"
FULL = "liste d'attente : le nombre de personnes prévu est atteint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What the answers change. `edited` are full new values; `gone` and `held` are e-mails.

    `held` people would be gone, but so many at once that the organiser must confirm it first.
    """

    new: tuple[Person, ...] = ()
    edited: tuple[Person, ...] = ()
    gone: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()


def decide_for(
    event: Event, answers: Answers, known: Mapping[str, Person], now: datetime, *, confirmed: bool = False
) -> Intake:
    """Decide by an event's own rules."""
    return decide(
        answers,
        known,
        now,
        wishes_until=event.seating.wishes_until,
        closes_at=event.closes_at,
        limit=event.limit,
        confirmed=confirmed,
    )


def decide(
    answers: Answers,
    known: Mapping[str, Person],
    now: datetime,
    *,
    wishes_until: datetime,
    closes_at: datetime | None = None,
    limit: int = 0,
    confirmed: bool = False,
) -> Intake:
    """Compare the answers with the people registered now; those withdrawn are not `known` and may come back.

    `known` is by e-mail. From `wishes_until` on the wishes of known people stay as they are. Newcomers after
    `closes_at` or beyond `limit` people (0 = none) are refused with their reason; a place that frees is theirs.
    """
    by_email = _by_email(answers.rows)
    latest = {email: newest(rows) for email, rows in by_email.items()}
    people = {email: _person(email, answer, now) for email, answer in latest.items() if answer.sessions}
    gone = tuple(sorted(known.keys() - people.keys()))
    hold = not confirmed and (not answers.rows or len(gone) > max(FEW, SHARE * len(known)))
    asking = sorted((p for e, p in people.items() if e not in known), key=lambda p: _turn(p, now))
    places = limit - len(known) + (0 if hold else len(gone)) if limit else len(asking)
    new, outside = _let_in(asking, now, closes_at, places)
    return Intake(
        new=new,
        edited=tuple(_edited(people, known, frozen=now >= wishes_until)),
        gone=() if hold else gone,
        held=gone if hold else (),
        refused=tuple(sorted((*answers.refused, *_unused(by_email, latest), *outside), key=lambda r: r.line)),
    )


def _let_in(
    asking: Iterable[Person], now: datetime, closes_at: datetime | None, places: int
) -> tuple[tuple[Person, ...], list[Refusal]]:
    """Let newcomers in, first come, first served, as long as registration is open and there are places."""
    new: list[Person] = []
    outside = []
    for person in asking:
        if closes_at is not None and (person.submitted_at or now) >= closes_at:
            outside.append(Refusal(line=person.line, reason=TOO_LATE, code="late"))
        elif len(new) >= places:
            outside.append(Refusal(line=person.line, reason=FULL, code="full"))
        else:
            new.append(person)
    return tuple(new), outside


def newest(rows: list[Answer]) -> Answer:
    """Return the answer that counts: the latest by its stamp; those without one are placed by their line."""
    stamped = [(row.submitted_at, row.line, row) for row in rows if row.submitted_at]
    latest = [max(stamped, key=lambda at: at[:2])[2]] if stamped else []
    return max(latest + [row for row in rows if row.submitted_at is None], key=lambda row: row.line)


def _by_email(rows: Iterable[Answer]) -> dict[str, list[Answer]]:
    found: dict[str, list[Answer]] = {}
    for row in rows:
        found.setdefault(identity(row.address), []).append(row)
    return found


def _person(email: str, answer: Answer, now: datetime) -> Person:
    return Person(
        email=email,
        address=answer.address,
        first_name=answer.first_name,
        last_name=answer.last_name,
        shown_as=answer.shown_as,
        language=answer.language,
        sessions=answer.sessions,
        wishes=answer.wishes,
        organisation=answer.organisation,
        needs=answer.needs,
        timezone=answer.timezone,
        line=answer.line,
        submitted_at=answer.submitted_at,
        registered_at=now,
    )


def _edited(people: Mapping[str, Person], known: Mapping[str, Person], *, frozen: bool) -> Iterable[Person]:
    """Yield the known people whose answer changed; that their row has moved is no change."""
    for email in sorted(people.keys() & known.keys()):
        before = known[email]
        wishes = before.wishes if frozen else people[email].wishes
        after = replace(people[email], wishes=wishes, registered_at=before.registered_at)
        if replace(after, line=before.line) != before:
            yield after


def _turn(person: Person, now: datetime) -> tuple[datetime, int]:
    """First come, first served; without a stamp, as if come now."""
    return person.submitted_at or now, person.line


def _unused(by_email: Mapping[str, list[Answer]], latest: Mapping[str, Answer]) -> Iterable[Refusal]:
    """Report the answers that register nobody: no session, or replaced by another name under the same address."""
    for email, last in latest.items():
        if not last.sessions:
            yield Refusal(line=last.line, reason=NO_SESSION)
        for row in by_email[email]:
            if _name(row) != _name(last):
                reason = f"remplacée par la réponse de la ligne {last.line} : même adresse, autre nom"
                yield Refusal(line=row.line, reason=reason, code="shared")


def _name(answer: Answer) -> tuple[str, str]:
    return answer.first_name.casefold(), answer.last_name.casefold()
