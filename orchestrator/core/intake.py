"""Decides from the form's answers who is new, who changed their answer and who is gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from orchestrator.core.alike import is_same_person
from orchestrator.core.entries import added, overlaid, withdrawn
from orchestrator.core.model import Answer, Answers, Entry, Event, Finding, Person, Refusal, TurnedAway, identity

_NOTHING: Mapping[str, Entry] = MappingProxyType({})
FEW = 3
SHARE = 0.02
"""More people than FEW and than this share of those known, gone at once: more likely a spoilt file than their wish."""
NO_SESSION = "n'a choisi aucune séance"
TOO_LATE = "reçue après la clôture des inscriptions"
FULL = "liste d'attente : le nombre de personnes prévu est atteint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What the answers change. `edited` are full new values; `gone` and `held` are e-mails.

    `held` people would be gone, but so many at once that the organiser must confirm it first; a source that knows
    none of them is another event's, and brings nobody in either. `turned_away`: who answered
    and is not registered, and must be told why; complete at each reading.
    """

    new: tuple[Person, ...] = ()
    edited: tuple[Person, ...] = ()
    gone: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    turned_away: tuple[TurnedAway, ...] = ()
    findings: tuple[Finding, ...] = ()


def decide_for(
    event: Event,
    answers: Answers,
    known: Mapping[str, Person],
    now: datetime,
    *,
    entries: Mapping[str, Entry] = _NOTHING,
    confirmed: bool = False,
) -> Intake:
    """Decide by an event's own rules."""
    return decide(
        answers,
        known,
        now,
        rules=Rules(wishes_until=event.seating.wishes_until, closes_at=event.closes_at, limit=event.limit),
        entries=entries,
        confirmed=confirmed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """From `wishes_until` on the wishes of known people stay as they are. Newcomers after `closes_at` or beyond `limit`
    people (0 = none) are refused with their reason; a place that frees is theirs."""

    wishes_until: datetime
    closes_at: datetime | None = None
    limit: int = 0


def decide(
    answers: Answers,
    known: Mapping[str, Person],
    now: datetime,
    *,
    rules: Rules,
    entries: Mapping[str, Entry] = _NOTHING,
    confirmed: bool = False,
) -> Intake:
    """Compare the answers with the people registered now; those withdrawn are not `known` and may come back.

    `known` is by e-mail, `entries` too: what the organiser said of somebody wins over the answers.
    """
    latest, mailboxes = _by_email(answers.rows)
    off = withdrawn(entries, latest)
    people = {
        email: _same(overlaid(_person(email, answer, now), entries.get(email)), known.get(email))
        for email, answer in latest.items()
        if _comes(answer) and email not in off
    }
    people |= added(entries, people, now)
    said_so = off | {email for email, answer in latest.items() if answer.withdrawn}
    gone = tuple(sorted(known.keys() - people.keys()))
    lost = [email for email in gone if email not in said_so]
    hold = not confirmed and _is_spoilt(lost, known, latest)
    foreign = hold and len(known) > FEW and not known.keys() & latest.keys()
    leaving = tuple(email for email in gone if not hold or email in said_so)
    asking = sorted((p for e, p in people.items() if e not in known), key=lambda p: _turn(p, now))
    places = rules.limit - len(known) + len(leaving) if rules.limit else len(asking)
    new, outside = _let_in(asking, now, rules.closes_at, places, entries)
    shared = [other for box in mailboxes.values() for other in box.others]
    return Intake(
        new=() if foreign else new,
        edited=tuple(_edited(people, known, entries, frozen=now >= rules.wishes_until)),
        gone=leaving,
        held=tuple(lost) if hold else (),
        refused=tuple(
            sorted((*answers.refused, *_nowhere(latest, off), *map(_refusal, outside)), key=lambda r: r.line)
        ),
        turned_away=tuple(sorted((*map(_shared, shared), *outside), key=lambda n: (n.line, n.email))),
        findings=tuple(sorted((*answers.findings, *_findings(mailboxes, latest)), key=lambda f: f.line)),
    )


def _comes(answer: Answer) -> bool:
    return bool(answer.sessions) and not answer.withdrawn


def _is_spoilt(lost: Sequence[str], known: Mapping[str, Person], latest: Mapping[str, Answer]) -> bool:
    """Tell whether so many are lost at once that the source itself is in doubt: few of many, or everybody."""
    if not lost:
        return False
    return len(lost) > max(FEW, SHARE * len(known)) or not known.keys() & latest.keys()


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The answers under one address. `holder`: the answer that counts; `others`: the newest of every other person."""

    holder: Answer
    others: tuple[Answer, ...] = ()


def mailbox(rows: list[Answer]) -> Mailbox:
    """Tell the people of one address apart: the first to answer keeps the place, with their newest answer."""
    whose: list[list[Answer]] = []
    for row in sorted(rows, key=_order(rows)):
        theirs = next((r for r in whose if any(is_same_person(full_name(row), full_name(one)) for one in r)), None)
        if theirs is None:
            whose.append([row])
        else:
            theirs.append(row)
    last = [newest(theirs) for theirs in whose]
    holder = next(filter(_comes, last), last[0])
    return Mailbox(holder, tuple(answer for answer in last if answer is not holder and _comes(answer)))


def _order(rows: list[Answer]) -> Callable[[Answer], Any]:
    if all(row.submitted_at for row in rows):
        return lambda row: (row.submitted_at, row.line)
    return lambda row: row.line


def full_name(answer: Answer) -> str:
    return f"{answer.first_name} {answer.last_name}".strip()


def _shared(answer: Answer) -> TurnedAway:
    return _turned_away(identity(answer.address), answer, "shared", full_name(answer))


def _turned_away(email: str, who: Answer | Person, reason: Literal["shared", "late", "full"], name: str) -> TurnedAway:
    return TurnedAway(email=email, address=who.address, reason=reason, name=name, language=who.language, line=who.line)


def _refusal(one: TurnedAway) -> Refusal:
    return Refusal(line=one.line, reason=TOO_LATE if one.reason == "late" else FULL)


def _findings(mailboxes: Mapping[str, Mailbox], latest: Mapping[str, Answer]) -> Iterable[Finding]:
    for email, box in mailboxes.items():
        first = full_name(box.holder)
        for other in box.others:
            name = full_name(other)
            yield Finding(
                line=other.line,
                code="shared-address",
                message=f"{name} a la même adresse que {first} (ligne {box.holder.line}), {other.address} : "
                f"{first} garde l'inscription, une lettre demande à {name} une adresse à soi",
                remedy="si vous connaissez son adresse, dans corrections.toml : [[answers]] "
                f'address = "{email}", name = "{_unquoted(name)}", use = "…"',
                address=email,
                name=name,
            )
    for answer in latest.values():
        if answer.withdrawn:
            yield Finding(
                line=answer.line, code="withdrawn", message=f"{full_name(answer)} ne vient plus", remedy="rien à faire"
            )


def _unquoted(text: str) -> str:
    """Take out of typed text what would end a text in TOML: it is there to be copied."""
    return text.replace("\\", "").replace('"', "")


def _let_in(
    asking: Iterable[Person], now: datetime, closes_at: datetime | None, places: int, entries: Mapping[str, Entry]
) -> tuple[tuple[Person, ...], list[TurnedAway]]:
    """Let newcomers in, first come, first served, as long as registration is open and there are places.

    Whom the organiser added comes in all the same.
    """
    new: list[Person] = []
    outside = []
    for person in asking:
        name = f"{person.first_name} {person.last_name}".strip()
        if person.email in entries and entries[person.email].added:
            new.append(person)
        elif closes_at is not None and (person.submitted_at or now) >= closes_at:
            outside.append(_turned_away(person.email, person, "late", name))
        elif len(new) >= places:
            outside.append(_turned_away(person.email, person, "full", name))
        else:
            new.append(person)
    return tuple(new), outside


def newest(rows: list[Answer]) -> Answer:
    """Return the answer that counts: the latest by its stamp; those without one are placed by their line."""
    stamped = [(row.submitted_at, row.line, row) for row in rows if row.submitted_at]
    latest = [max(stamped, key=lambda at: at[:2])[2]] if stamped else []
    return max(latest + [row for row in rows if row.submitted_at is None], key=lambda row: row.line)


def _by_email(rows: Iterable[Answer]) -> tuple[dict[str, Answer], dict[str, Mailbox]]:
    """Return the answer that counts of every address, and the mailbox of those that answered several times."""
    latest: dict[str, Answer] = {}
    several: dict[str, list[Answer]] = {}
    for row in rows:
        email = identity(row.address)
        email = row.address if email == row.address else email  # one string, not two, for each of many people
        first = latest.setdefault(email, row)
        if first is not row:
            several.setdefault(email, [first]).append(row)
    mailboxes = {email: mailbox(theirs) for email, theirs in several.items()}
    return latest | {email: box.holder for email, box in mailboxes.items()}, mailboxes


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
        extra=answer.extra,
        next_invitation=answer.next_invitation,
        timezone=answer.timezone,
        line=answer.line,
        submitted_at=answer.submitted_at,
        registered_at=now,
    )


def _edited(
    people: Mapping[str, Person], known: Mapping[str, Person], entries: Mapping[str, Entry], *, frozen: bool
) -> Iterable[Person]:
    """Yield the known people whose answer changed; that their row has moved is no change."""
    for email in sorted(people.keys() & known.keys()):
        before = known[email]
        if people[email] is before:
            continue
        entered = email in entries and "wishes" in entries[email].fields
        wishes = before.wishes if frozen and not entered else people[email].wishes
        after = replace(people[email], wishes=wishes, registered_at=before.registered_at)
        if replace(after, line=before.line) != before:
            yield after


def _same(person: Person, before: Person | None) -> Person:
    """Keep the one in memory already where nothing but the row has moved."""
    if before is None or replace(person, line=before.line, registered_at=before.registered_at) != before:
        return person
    return before


def _turn(person: Person, now: datetime) -> tuple[datetime, int]:
    """First come, first served; without a stamp, as if come now."""
    return person.submitted_at or now, person.line


def _nowhere(latest: Mapping[str, Answer], off: Collection[str]) -> Iterable[Refusal]:
    """Report the answers that register nobody because they choose no session."""
    for email, last in latest.items():
        if not last.sessions and not last.withdrawn and email not in off:
            yield Refusal(line=last.line, reason=NO_SESSION)
