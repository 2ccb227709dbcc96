"""`/api/v1`: what the board shows, as JSON, read-only, for whoever holds a token; see `/api/v1/openapi.json`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from orchestrator import __version__
from orchestrator.core.entry import hidden
from orchestrator.core.model import reference
from orchestrator.jobs.standing import stand
from orchestrator.store.board import Sought
from orchestrator.store.roll import Search
from orchestrator.web.board.desk import needed
from orchestrator.web.house import House, Served
from orchestrator.web.pages import house_of

TITLE = "Orchestrateur"
_bearer = HTTPBearer(auto_error=False, description="A token of `orchestrator api-token`.")


class Wrong(BaseModel):
    error: str


class SessionOut(BaseModel):
    key: str
    title: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool


class EventOut(BaseModel):
    key: str
    title: str
    date: date
    timezone: str
    status: Literal["open", "cancelled"]
    sessions: list[SessionOut]


class WorkshopOut(BaseModel):
    key: str
    session: str
    code: str
    title: str
    seats: int
    taken: int
    by_rank: dict[int, int]
    """Rank of the wish → seats; 0 = not wished."""


class AlarmOut(BaseModel):
    what: str
    remedy: str
    since: datetime


class StandingOut(BaseModel):
    people: int
    without_link: int
    refused_rows: int
    read_at: datetime | None
    meetings: int
    letters: dict[str, dict[str, int]]
    """Kind → state → number."""
    late: int
    in_doubt: int
    alarms: list[AlarmOut]
    next_letter: datetime | None


class PersonOut(BaseModel):
    reference: str
    first_name: str
    last_name: str
    email: str
    sessions: list[str]
    workshops: dict[str, str]
    """Session → workshop."""
    links: dict[str, str]
    """Meeting → open, asked or refused; never the link."""
    letters: dict[str, int]
    """State → number."""


class LetterOut(BaseModel):
    id: int
    kind: str
    session: str
    rule: str
    person: str
    state: str
    leave_from: datetime
    void_at: datetime
    sent_at: datetime | None
    attempts: int
    in_doubt: int
    reply: str


class PeoplePage(BaseModel):
    total: int
    page: int
    pages: int
    items: list[PersonOut]


class LettersPage(BaseModel):
    total: int
    page: int
    pages: int
    items: list[LetterOut]


def _reader(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> House:  # fmt: skip
    house = house_of(request)
    if given is None or house.store.tokens.whose(hidden(given.credentials), house.clock.now()) is None:
        raise HTTPException(401, "a valid bearer token is needed", headers={"WWW-Authenticate": "Bearer"})
    return house


Reader = Annotated[House, Depends(_reader)]
Number = Annotated[int, Query(ge=1, le=100_000)]
Key = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]


def _served(house: Reader, key: Key) -> Served:
    if key not in house.served:
        raise HTTPException(404, "no such event is served here")
    return house.served[key]


One = Annotated[Served, Depends(_served)]
_ANSWERS: dict[int | str, dict[str, object]] = {401: {"model": Wrong, "description": "No valid token"}}
_ANSWERS_ONE = _ANSWERS | {404: {"model": Wrong, "description": "No such event"}}

router = APIRouter(prefix="/api/v1", responses=_ANSWERS)
one = APIRouter(prefix="/events/{key}", responses=_ANSWERS_ONE)


@router.get("/events")
def events(house: Reader) -> list[EventOut]:
    """The events that are served."""
    return [_event(served) for served in house.served.values()]


@one.get("")
def event(served: One) -> EventOut:
    """One event."""
    return _event(served)


@one.get("/standing")
def standing(house: Reader, served: One) -> StandingOut:
    """Where it stands: what `orchestrator status` says."""
    now, event = house.clock.now(), served.world.event
    found = stand(event, house.store, now)
    return StandingOut(
        people=found.people,
        without_link=len(found.without_link),
        refused_rows=found.refused_rows,
        read_at=found.read_at,
        meetings=found.meetings,
        letters={kind: dict(states) for kind, states in found.letters.items()},
        late=house.store.board.late(event.key, now),
        in_doubt=found.in_doubt,
        alarms=[AlarmOut(what=what, remedy=remedy, since=since) for what, remedy, since in found.alarms],
        next_letter=found.next_letter,
    )


@one.get("/workshops")
def workshops(house: Reader, served: One) -> list[WorkshopOut]:
    """How full each workshop is."""
    event, seats = served.world.event, house.store.roll.seats(served.world.event.key)
    return [
        WorkshopOut(
            key=w.key,
            session=w.session,
            code=w.code,
            title=w.title,
            seats=w.seats,
            taken=sum(seats.get(w.key, {}).values()),
            by_rank=seats.get(w.key, {}),
        )
        for w in event.workshops
    ]


@one.get("/people")
def people(
    house: Reader,
    served: One,
    session: Annotated[str, Query(max_length=40)] = "",
    only: Literal["", "no-link", "refused", "no-seat", "needs", "withdrawn"] = "",
    page: Number = 1,
) -> PeoplePage:
    """Everybody, 50 at a time, by name; never with their links."""
    event = served.world.event
    wanted = needed(event, house.clock.now())
    from orchestrator.core.meetings import signing_in

    found = house.store.roll.people(
        event.key, Search(session=session, only=only), wanted, signing_in(event), page
    )  # fmt: skip
    return PeoplePage(
        total=found.total,
        page=found.number,
        pages=found.pages,
        items=[
            PersonOut(
                reference=reference(event.key, line.person.email),
                first_name=line.person.first_name,
                last_name=line.person.last_name,
                email=line.person.email,
                sessions=list(line.person.sessions),
                workshops={key: seat.workshop for key, seat in line.seats.items()},
                links=dict(line.ways),
                letters=dict(line.letters),
            )
            for line in found.items
        ],
    )


@one.get("/letters")
def letters(
    house: Reader,
    served: One,
    kind: Annotated[str, Query(max_length=40)] = "",
    state: Literal["", "due", "claimed", "dotted", "sent", "refused", "void", "open", "late", "doubt"] = "",
    page: Number = 1,
) -> LettersPage:
    """Every letter, 50 at a time, by its hour, with the relay's words."""
    event = served.world.event
    found = house.store.board.letters(event.key, Sought(kind=kind, state=state), house.clock.now(), page)
    names = LetterOut.model_fields
    return LettersPage(
        total=found.total,
        page=found.number,
        pages=found.pages,
        items=[LetterOut(**{name: getattr(letter, name) for name in names}) for letter in found.items],
    )


def _event(served: Served) -> EventOut:
    event = served.world.event
    return EventOut(
        key=event.key,
        title=event.title,
        date=event.date,
        timezone=event.timezone,
        status=event.status,
        sessions=[
            SessionOut(
                key=s.key,
                title=s.title,
                starts_at=s.starts_at,
                ends_at=s.ends_at,
                cancelled=event.is_cancelled(s.key),
            )
            for s in event.sessions
        ],
    )


router.include_router(one)


def description() -> Mapping[str, object]:
    """The OpenAPI document of these routes alone."""
    return get_openapi(title=TITLE, version=__version__, routes=router.routes)


@router.get("/openapi.json", include_in_schema=False)
def openapi() -> Response:
    """For everybody: it tells nothing about any event."""
    return JSONResponse(description())
