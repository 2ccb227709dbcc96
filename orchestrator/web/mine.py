"""Each person's page: where to go and when, all day long; their choices; and that they will not come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.routing import Route

from orchestrator.core.afterwards import Links, links_of
from orchestrator.core.model import Event, Person, Wishes
from orchestrator.core.recipients import Recipient, people_as_recipients
from orchestrator.core.retention import attendance_ends_at, purged_at
from orchestrator.core.said import Said
from orchestrator.jobs.attendance import REPLAY
from orchestrator.jobs.reception import TOKEN, may_choose
from orchestrator.jobs.words import Words
from orchestrator.store.pages import Look
from orchestrator.web.agenda import calendar_file
from orchestrator.web.bearer import Bearer, person_at
from orchestrator.web.pages import house_of, page, page_of_many
from orchestrator.web.security import Filled, Refused, csrf_of

router = APIRouter(prefix="/m/{token}")
READ = ["GET", "HEAD"]
RANKS = 3
DONE = ("choix", "absence", "retour")
"""What somebody may just have done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest(Bearer):
    """A registered person at their page."""

    person: Person
    is_gone: bool
    look: Look

    @property
    def language(self) -> str:
        return self.person.language or self.world.event.language

    @property
    def recipient(self) -> Recipient:
        """What decides their letters and their page."""
        event, person = self.world.event, self.person
        told = {self.ref: self.world.store.outbox.told_to(event.key, self.ref)}
        return next(iter(people_as_recipients(event, [person], {person.email: self.look.passes}, {}, told, {})))


def guest(request: Request, token: str) -> Guest:
    """The person whose page it is. Raises HTTPException 404."""
    found, look = person_at(request, token)
    assert look.person is not None
    return Guest(
        world=found.world,
        reception=found.reception,
        ref=found.ref,
        person=look.person,
        is_gone=look.withdrawn_at is not None,
        look=look,
    )


Visiting = Annotated[Guest, Depends(guest)]


def mine(request: Request) -> Response:
    """Show the page as it is now. The most asked for: one look at the store, one thread."""
    token = request.path_params["token"]
    who = guest(request, token)
    event, now = who.world.event, house_of(request).clock.now()
    if who.is_gone:
        request.state.csrf = csrf_of(request)
        return page(
            request,
            "mine/gone.html",
            spoken=who.language,
            event=event,
            person=who.person,
            token=token,
            may_return=_may_return(event, now),
        )
    seen, own = who.reception.person(who.look, now, who.language)
    is_over = now >= event.last_end
    done = request.query_params.get("fait", "")
    return page_of_many(
        request,
        "mine/page.html",
        who.reception.words,
        own | {TOKEN: token},
        spoken=who.language,
        token=TOKEN,
        path=f"/m/{TOKEN}",
        done=done if done in DONE else "",
        supporters=event.supporters,
        purged_at=purged_at(event).astimezone(event.zone),
        attendance_ends_at=attendance_ends_at(event).astimezone(event.zone),
        certified=is_over and who.world.store.attendance.has_come(event.key, who.ref),
        links=(links_of(event, who.world.store.memos.get(event.key, REPLAY)) if is_over else Links()).given(),
        **seen,
    )


@router.api_route("/agenda/{session}.ics", methods=READ)
def agenda(request: Request, session: str, who: Visiting) -> Response:
    """One session as a calendar file, the same entry as in the letters."""
    if who.is_gone or session not in who.person.sessions:
        raise HTTPException(404)
    now = house_of(request).clock.now()
    entry = Words(who.world).entry_for(who.recipient, session, now)
    return calendar_file(who.world.event, entry, now)


PAGE = Route("/m/{token}", mine, methods=["GET"])
"""A plain route: nothing is filled in here that FastAPI would have to look at, and it is asked for in a rush."""


# choices


@router.api_route("/choix", methods=READ)
def choices(request: Request, token: str, who: Visiting) -> Response:
    """Show the workshops to choose among."""
    return page(
        request,
        "mine/choices.html",
        spoken=who.language,
        token=token,
        event=who.world.event,
        sessions=[_choice(who, key) for key in _open_choices(request, who)],
        wishes_until=who.world.event.seating.wishes_until.astimezone(who.world.event.zone),
    )


@router.post("/choix")
def choose(request: Request, token: str, who: Visiting, filled: Filled) -> Response:
    """Take the choices down."""
    wishes = {key: _wished(who.world.event, key, filled) for key in _open_choices(request, who)}
    return _say(request, token, who, Said(at=house_of(request).clock.now(), wishes=wishes), "choix")


def _open_choices(request: Request, who: Guest) -> list[str]:
    keys = [] if who.is_gone else may_choose(who.world.event, who.recipient, house_of(request).clock.now())
    if not keys:
        raise Refused(
            409,
            "Les choix ne peuvent plus être changés ici : écrivez à l'équipe si quelque chose ne va pas.",
            "Choices can no longer be changed here: write to the team if something is wrong.",
        )
    return keys


def _choice(who: Guest, key: str) -> dict[str, Any]:
    event = who.world.event
    wished = [one for rank in who.person.wishes.get(key, ()) for one in rank]
    workshops = event.workshops_of(key)
    ranks = [wished[n] if n < len(wished) else "" for n in range(min(RANKS, len(workshops)))]
    return {"session": event.session(key), "workshops": workshops, "ranks": ranks}


def _wished(event: Event, session: str, filled: FormData) -> Wishes:
    """The ranks as filled in: unknown workshops and repetitions are left out."""
    known = {w.key for w in event.workshops_of(session)}
    said = [str(filled.get(f"{session}-{n}", "")) for n in range(1, RANKS + 1)]
    return tuple((key,) for key in dict.fromkeys(said) if key in known)


# not coming


@router.api_route("/absence", methods=READ)
def absence(request: Request, token: str, who: Visiting) -> Response:
    """Ask before anything is cancelled: programs open every link of a letter."""
    if who.is_gone:
        return RedirectResponse(f"/m/{token}", status_code=303)
    return page(
        request,
        "mine/absence.html",
        spoken=who.language,
        token=token,
        event=who.world.event,
        sessions=_ahead(request, who),
    )


@router.post("/absence")
def leave(request: Request, token: str, who: Visiting, filled: Filled) -> Response:
    """Cancel their place everywhere, or in the sessions they name."""
    left = {s.key for s in _ahead(request, who)}
    if filled.get("how") == "some":
        left &= {str(key) for key in filled.getlist("session")}
        if not left:
            return RedirectResponse(f"/m/{token}/absence", status_code=303)
    kept = tuple(key for key in who.person.sessions if key not in left)
    over = all(key not in {s.key for s in _ahead(request, who)} for key in kept)
    sessions = () if over else kept
    return _say(request, token, who, Said(at=house_of(request).clock.now(), sessions=sessions), "absence")


@router.post("/retour")
def come_back(request: Request, token: str, who: Visiting) -> Response:
    """Take back that they do not come, where their place cannot have been given to somebody else."""
    now = house_of(request).clock.now()
    if not who.is_gone or not _may_return(who.world.event, now):
        raise Refused(409, "Écrivez à l'équipe : votre place a pu être donnée.", "Write to the team, please.")
    return _say(request, token, who, Said(at=now, sessions=who.person.sessions), "retour")


def _ahead(request: Request, who: Guest) -> list[Any]:
    event, now = who.world.event, house_of(request).clock.now()
    coming = [event.session(key) for key in who.person.sessions if key in {s.key for s in event.sessions}]
    return [s for s in coming if s.ends_at > now and not event.is_cancelled(s.key)]


def _may_return(event: Event, now: Any) -> bool:
    return not event.limit and now < event.last_end - timedelta(minutes=1) and event.status == "open"


def _say(request: Request, token: str, who: Guest, what: Said, done: str) -> Response:
    house = house_of(request)
    house.store.pages.say(who.world.event.key, who.person.email, what)
    house.changed()
    return RedirectResponse(f"/m/{token}?{_query(request.query_params)}fait={done}", status_code=303)


def _query(params: Mapping[str, str]) -> str:
    return f"lang={params['lang']}&" if params.get("lang") in ("fr", "en") else ""
