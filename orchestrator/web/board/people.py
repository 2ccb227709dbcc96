"""`/people`: everybody, searched and filtered; one person's whole story; their link, read out and noted down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from orchestrator.core.contents import spaced
from orchestrator.core.explaining import explain
from orchestrator.core.meetings import meetings_of
from orchestrator.core.model import Person, Seat, Workshop, identity, reference
from orchestrator.core.recipients import speaker_reference
from orchestrator.store.roll import Search
from orchestrator.web.board.after import proof_of
from orchestrator.web.board.desk import Desk, Looking, Working
from orchestrator.web.board.journal import ACTS
from orchestrator.web.board.persons import line_of
from orchestrator.web.security import Filled

router = APIRouter()
Text = Annotated[str, Query(max_length=200)]
Number = Annotated[int, Query(ge=1, le=100_000)]
STATES = ("no-link", "refused", "no-seat", "needs", "withdrawn")


@router.get("/people")
def people(
    desk: Looking, q: Text = "", only: Text = "", session: Text = "", workshop: Text = "", n: Number = 1
) -> HTMLResponse:
    search = Search(text=q, only=only if only in STATES else "", session=session, workshop=workshop)
    return desk.show(
        "people.html",
        search=search,
        page=desk.roll.people(desk.key, search, desk.needed, desk.exempt, n),
        everybody=desk.registered,
        needed=desk.needed,
        refs=lambda email: reference(desk.key, email),
    )


@router.get("/people/{ref}")
def person(desk: Looking, ref: str) -> HTMLResponse:
    return _story(desk, ref)


@router.post("/people/{ref}/link")
def reveal(desk: Working, ref: str) -> HTMLResponse:
    """Show somebody's personal links, so that they can be read out; who did is written down."""
    line = line_of(desk, ref)
    desk.note("link-shown", line.person.email)
    return _story(desk, ref, shown=True)


@router.post("/find")
def find(desk: Looking, filled: Filled) -> Response:
    """Search without the words in an address that is kept by browsers."""
    return desk.go("/people", q=str(filled.get("q", ""))[:200])


def _story(desk: Desk, ref: str, *, shown: bool = False) -> HTMLResponse:
    line = line_of(desk, ref)
    email = line.person.email
    passes = desk.store.meetings.passes_of(desk.key, email)
    return desk.show(
        "person.html",
        line=line,
        who=line.person,
        ref=ref,
        ways={key: passes[key].join_url if shown else _masked(passes[key].join_url) for key in passes},
        shown=shown,
        dictated=_dictated(desk, passes) if shown else [],
        sessions_of=meetings_of(desk.event),
        why=_why(desk, line.person, line.seats),
        letters=desk.board.letters_to(desk.key, _refs(desk, email)),
        needed=desk.needed,
        acts=desk.store.journal.about(desk.key, email, ref),
        done_by_hand=ACTS,
        may_choose=_may_move(desk, line.person),
        wishes=_wishes(desk, line.person),
        **proof_of(desk, email),
    )


def _dictated(desk: Desk, meetings: Iterable[str]) -> list[tuple[str, str, str]]:
    """Number, passcode and telephone of meetings one can dial into: a link is too long to be read out."""
    found = [kept.found for key in meetings if (kept := desk.kept.get(key)) is not None and kept.found is not None]
    return [(spaced(one.zoom_id), one.passcode, one.phones[0].number) for one in found if one.phones]


def _may_move(desk: Desk, who: Person) -> dict[str, list[Workshop]]:
    """The workshops somebody may be put in by hand, by session."""
    merged = desk.store.seats.merged(desk.key)
    return {
        s.key: [w for w in desk.event.workshops_of(s.key) if w.key not in merged]
        for s in desk.event.sessions
        if s.key in who.sessions and s.ends_at > desk.now
    }


def _refs(desk: Desk, email: str) -> list[str]:
    """The names their letters go by: as a registrant, and as a speaker where they are that too."""
    speaking = [speaker_reference(desk.event, s) for s in desk.event.speakers if identity(s.email) == email]
    return [reference(desk.key, email), *speaking]


def _masked(link: str) -> str:
    """Enough of a link to tell it from another, and not enough to enter by."""
    return f"…{link[-4:]}" if len(link) > 12 else "…"


def _why(desk: Desk, who: Person, seats: Mapping[str, Seat]) -> dict[str, str]:
    return {
        key: explain(
            seat, desk.event, desk.demand(key), desk.language, who.wishes.get(key, ())
        )
        for key, seat in seats.items()
        if any(w.key == seat.workshop for w in desk.event.workshops)
    }  # fmt: skip


def _wishes(desk: Desk, who: Person) -> dict[str, list[list[str]]]:
    titles = {w.key: f"{w.code} – {w.short}" for w in desk.event.workshops}
    return {
        session: [[titles.get(key, key) for key in rank] for rank in ranks]
        for session, ranks in who.wishes.items()
        if ranks
    }
