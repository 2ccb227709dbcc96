"""`/after`: who was there, what is doubtful, what leaves, what is kept until when; the sheet and the funder's page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from orchestrator import accounts
from orchestrator.core.afterwards import links_of
from orchestrator.core.attendance import Doubt
from orchestrator.core.model import identity, reference
from orchestrator.core.retention import invitations_end_at, links_end_at, purged_at
from orchestrator.jobs import certificates as office
from orchestrator.jobs.attendance import REPLAY, decide, doubtful, full_name, readings
from orchestrator.jobs.privacy import forecast
from orchestrator.store import Issued
from orchestrator.web.alone import only_its_own
from orchestrator.web.board.desk import Desk, Looking, Working
from orchestrator.web.board.persons import registered
from orchestrator.web.security import Filled, Refused

router = APIRouter()
WHY = {
    "telephone": ("par téléphone", "by telephone"),
    "unknown": ("sans inscription", "without a registration"),
    "other-name": ("sous un autre nom que celui de l'inscription", "under another name than the registration's"),
    "together": ("à plusieurs devant un même écran", "several before one screen"),
}
Row = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A doubt as the page shows it; `choices`: who it may have been, by address."""

    doubt: Doubt
    owner: str
    minutes: int
    choices: tuple[tuple[str, str], ...]


@router.get("/after")
def after(desk: Looking) -> HTMLResponse:
    event, now = desk.event, desk.now
    kept = desk.store.attendance.kept(desk.key)
    came = Counter(one.session for one in kept if one.came)
    known = forecast(desk.world)
    missing = links_of(event, desk.store.memos.get(desk.key, REPLAY)).missing()
    return desk.show(
        "after.html",
        is_over=now >= event.last_end,
        next_reading=next((at for at in readings(event) if at > now), None),
        expected=desk.roll.expected(desk.key),
        came=came,
        there=len({one.person for one in kept if one.came}),
        cases=cases(desk),
        why=WHY,
        certificates=_counted(desk.store.attendance.issued(desk.key).values()),
        letters=next((one.states for one in desk.waves if one.kind == "after"), {}),
        missing=missing,
        known=known,
        days_left=(desk.local(purged_at(event)).date() - desk.local(now).date()).days,
        attendance_kept=len({one.person for one in kept}),
        wanting=len(desk.store.privacy.invitations(desk.key)),
        invitations_end_at=invitations_end_at(event),
        links_ended=now >= links_end_at(event),
        purge=desk.store.privacy.purge_report(desk.key),
    )


def cases(desk: Desk) -> list[Case]:
    """What nobody can name for sure, with its evidence."""
    people, doubts = doubtful(desk.event, desk.store)
    names = {email: full_name(person) for email, person in people.items()}
    return [
        Case(
            doubt=one,
            owner=names.get(one.owner, one.owner),
            minutes=sum(int((b - a).total_seconds() // 60) for a, b in one.spans),
            choices=tuple((email, names.get(email, email)) for email in filter(None, (one.owner, *one.alike))),
        )
        for one in doubts
    ]


def _counted(issued: Iterable[Issued]) -> dict[str, int]:
    return dict(Counter("revoked" if one.revoked_at else "valid" for one in issued))


@router.post("/after/decide")
def settle(desk: Working, filled: Filled) -> Response:
    """Say whose a doubtful stay was: those ticked, an address, or nobody."""
    doubt = next((one.doubt for one in cases(desk) if one.doubt.key == filled.get("key")), None)
    if doubt is None:
        raise Refused(404, "Ce cas est déjà décidé.", "This case is decided already.")
    typed = identity(str(filled.get("address", "")))
    who = [identity(str(one)) for one in filled.getlist("who")] + ([typed] if typed else [])
    if not who and filled.get("nobody") is None:
        return desk.go("/after", done="say-who")
    if not set(who) <= desk.store.people.registered(desk.key).keys():
        return desk.go("/after", done="not-registered")
    decide(desk.event, desk.store, doubt, who, desk.visitor.email, desk.now)
    desk.house.changed()
    return desk.go("/after", done="attendance-decided")


@router.get("/after/sheet")
def sheet(desk: Looking) -> HTMLResponse:
    """The attendance sheet, to be printed or signed."""
    kept = desk.store.attendance.kept(desk.key)
    people: dict[str, dict[str, Any]] = {}
    for one in kept:
        line = people.setdefault(one.person, {"name": one.name, "organisation": one.organisation, "sessions": {}})
        line["sessions"][one.session] = one
    return desk.show("after-sheet.html", people=list(people.values()))


@router.get("/after/funder")
def funder(desk: Looking) -> HTMLResponse:
    """The funder's page as it would be given away."""
    text = accounts.page(desk.event, desk.store, accounts.blocks(desk.event, desk.store))
    return HTMLResponse(text, headers=only_its_own(text))


def attendance_rows(desk: Desk) -> Iterable[Row]:
    return accounts.sheet(desk.event, desk.store)


def funder_rows(desk: Desk) -> Iterable[Row]:
    return accounts.as_rows(accounts.blocks(desk.event, desk.store))


# one person's certificate


@router.post("/people/{ref}/certificate/again")
def again(desk: Working, ref: str) -> Response:
    """Issue somebody's certificate anew; the number before is worth nothing any more."""
    person = registered(desk, ref).person
    if not office.issue(desk.event, desk.store, desk.now, [person.email], again=True):
        raise Refused(409, "Il n'y a rien à attester de cette personne.", "There is nothing to certify of them.")
    desk.note("certificate-again", person.email)
    return desk.go(f"/people/{ref}", done="certificate-again")


@router.post("/people/{ref}/certificate/revoke")
def revoke(desk: Working, ref: str) -> Response:
    """Revoke somebody's certificate, issued or only shown on their page."""
    person = registered(desk, ref).person
    office.issue(desk.event, desk.store, desk.now, [person.email])
    office.revoke(desk.event, desk.store, person.email, desk.now)
    desk.note("certificate-revoked", person.email)
    return desk.go(f"/people/{ref}", done="certificate-revoked")


def proof_of(desk: Desk, email: str) -> dict[str, Any]:
    """What a person's page shows of their attendance and certificate."""
    ref = reference(desk.key, email)
    mine = [one for one in desk.store.attendance.kept(desk.key) if one.person == ref]
    issued = desk.store.attendance.issued(desk.key).get(ref)
    return {"attended": {one.session: one for one in mine}, "issued": issued, "certified": any(o.came for o in mine)}


def over(desk: Desk) -> tuple[datetime, int] | None:
    """When people are erased and in how many days, once the event is over and until then."""
    at = purged_at(desk.event)
    if not desk.event.last_end <= desk.now < at:
        return None
    return at, (desk.local(at).date() - desk.local(desk.now).date()).days
