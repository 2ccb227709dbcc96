"""`/workshops/…/merge`: the people of one workshop join another, on the day its facilitator is missing. Asks first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from orchestrator.core.model import Workshop
from orchestrator.jobs import whatif
from orchestrator.web.board.asking import Question, alone, ask, explained, is_agreed
from orchestrator.web.board.desk import Desk, Working
from orchestrator.web.board.persons import others_in_words
from orchestrator.web.security import Filled, Refused

router = APIRouter(prefix="/workshops/{key}/merge")
Named = Annotated[str, Query(max_length=80)]


@router.get("")
def about_merging(desk: Working, key: str, into: Named = "") -> Response:
    """Ask into which; once that is said, what it does."""
    if not into:
        closed, others = _choices(desk, key)
        return desk.show("merge.html", closed=closed, others=others, taken=desk.roll.seats(desk.key))
    with explained():
        return ask(desk, _merging(desk, key, into)[0])


@router.post("")
def merge(desk: Working, key: str, filled: Filled, into: Named = "") -> Response:
    """Note that one workshop joins another; the next beat moves its people and has them told."""
    with alone(desk):
        question, found = _merging(desk, key, into)
        if not is_agreed(question, filled):
            return ask(desk, question, filled)
        desk.store.seats.merge(desk.key, found.closed.key, found.kept.key, desk.now)
    desk.note("workshops-merged", f"{found.closed.room} → {found.kept.room}", question.lines[0])
    desk.house.changed()
    return desk.go("/workshops", done="merged")


def _choices(desk: Desk, key: str) -> tuple[Workshop, list[Workshop]]:
    merged = desk.store.seats.merged(desk.key)
    closed = next((w for w in desk.event.workshops if w.key == key and w.key not in merged), None)
    if closed is None:
        raise Refused(404, "Cet atelier n'existe pas ici.", "There is no such workshop here.")
    here = desk.event.workshops_of(closed.session)
    return closed, [w for w in here if w.key != key and w.key not in merged]


def _merging(desk: Desk, key: str, into: str) -> tuple[Question, whatif.Merge]:
    closed, _ = _choices(desk, key)
    seen = whatif.look(desk.event, desk.store, desk.world.registrations, desk.now)
    found = whatif.merge(seen, closed.key, into)
    told = sum(s.workshop == closed.key and s.told_at is not None for s in seen.places.values())
    others = max(0, len(found.others.moved) - found.people)
    lines = [
        desk.say(
            f"{desk.people(found.people)} de « {closed.room} » {'rejoint' if found.people < 2 else 'rejoignent'} "
            f"« {found.kept.room} ».",
            f"{desk.people(found.people)} of “{closed.room}” join “{found.kept.room}”.",
        ),
        desk.say(
            f"{found.kept.room} : {desk.people(found.taken)} pour {found.kept.seats} places.",
            f"{found.kept.room}: {desk.people(found.taken)} for {found.kept.seats} seats.",
        ),
        others_in_words(desk, others, max(0, found.others.told - told)),
        desk.say(
            f"{desk.letters(told)} de changement {'part' if told < 2 else 'partent'}.",
            f"{desk.letters(told)} of change {'leaves' if told == 1 else 'leave'}.",
        ),
    ]
    return Question(
        title=desk.say(f"Fermer « {closed.room} » ?", f"Close “{closed.room}”?"),
        lines=lines,
        button=desk.say(f"Déplacer {desk.people(found.people)}", f"Move {desk.people(found.people)}"),
        action=desk.at(f"/workshops/{closed.key}/merge", into=found.kept.key),
        back=desk.at("/workshops"),
        how="grave",
    ), found
