"""`/people/…`: what is done for one person: withdraw, the link once more, another workshop. Each asks first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from orchestrator.core.model import Person
from orchestrator.jobs import desk as jobs
from orchestrator.jobs import hand, whatif
from orchestrator.store.deliveries import OPEN
from orchestrator.store.roll import Line
from orchestrator.web.board.asking import Question, alone, ask, explained, is_agreed
from orchestrator.web.board.desk import Desk, Working
from orchestrator.web.board.naming import rank_in_words
from orchestrator.web.security import Filled, Refused

router = APIRouter(prefix="/people")
Named = Annotated[str, Query(max_length=80)]


def line_of(desk: Desk, ref: str) -> Line:
    """Find somebody who ever registered by their reference. Raises Refused."""
    email = desk.store.entries.email_of(desk.key, ref)
    line = desk.roll.one(desk.key, email) if email else None
    if line is None:
        raise Refused(404, "Cette personne n'est pas inscrite ici.", "This person is not registered here.")
    return line


def registered(desk: Desk, ref: str) -> Line:
    line = line_of(desk, ref)
    if line.withdrawn_at is not None:
        raise Refused(409, "Cette personne s'est désistée.", "This person has withdrawn.")
    return line


def _name(person: Person) -> str:
    return f"{person.first_name} {person.last_name}".strip() or person.address


# withdraw


@router.get("/{ref}/withdraw")
def about_withdrawing(desk: Working, ref: str) -> Response:
    return ask(desk, _withdrawing(desk, ref))


@router.post("/{ref}/withdraw")
def withdraw(desk: Working, ref: str, filled: Filled) -> Response:
    """Take somebody off; answering the form again registers them again."""
    question = _withdrawing(desk, ref)
    if not is_agreed(question, filled):
        return ask(desk, question, filled)
    with explained():
        jobs.Desk(event=desk.event, store=desk.store, who=desk.visitor.email).withdraw(
            registered(desk, ref).person.email, desk.now
        )
    desk.house.changed()
    return desk.go(f"/people/{ref}", done="person-withdrawn")


def _withdrawing(desk: Desk, ref: str) -> Question:
    line = registered(desk, ref)
    links = len(desk.store.meetings.passes_of(desk.key, line.person.email))
    ahead = sum(line.letters.get(state, 0) for state in OPEN)
    lines = [
        desk.many(links, ("lien annulé chez Zoom", "liens annulés chez Zoom"), ("link cancelled", "links cancelled")),
        desk.many(len(line.seats), ("place libérée", "places libérées"), ("seat freed", "seats freed")),
        desk.many(ahead, ("lettre ne part plus", "lettres ne partent plus"), ("letter less", "letters less")),
        desk.say(
            "Répondre à nouveau au formulaire l'inscrit à nouveau.", "Answering the form again registers them again."
        ),
    ]
    return Question(
        title=desk.say(f"Retirer {_name(line.person)} ?", f"Withdraw {_name(line.person)}?"),
        lines=lines,
        button=desk.say("Retirer 1 personne", "Withdraw 1 person"),
        action=desk.at(f"/people/{ref}/withdraw"),
        back=desk.at(f"/people/{ref}"),
        how="grave",
    )


# the link once more


@router.get("/{ref}/resend")
def about_resending(desk: Working, ref: str) -> Response:
    return ask(desk, _resending(desk, ref))


@router.post("/{ref}/resend")
def resend(desk: Working, ref: str, filled: Filled) -> Response:
    """Have their link written to them once more."""
    question = _resending(desk, ref)
    if not is_agreed(question, filled):
        return ask(desk, question, filled)
    person = registered(desk, ref).person
    with explained():
        asked = hand.resend(desk.event, desk.store, desk.world.relay, person.email, desk.now)
    if asked.new:
        desk.note("resend", person.email)
        desk.house.changed()
    return desk.go(f"/people/{ref}", done="resent" if asked.planned or not asked.new else "resent-later")


def _resending(desk: Desk, ref: str) -> Question:
    person = registered(desk, ref).person
    if desk.now >= desk.event.last_end:
        raise Refused(409, "L'événement est terminé : le lien ne sert plus.", "The event is over: no link is of use.")
    lines = [
        desk.say(f"1 lettre part tout de suite à {person.address}.", f"1 letter leaves at once to {person.address}.")
    ]
    if not desk.store.meetings.passes_of(desk.key, person.email):
        lines.append(
            desk.say("Zoom n'a pas encore donné de lien : elle partira avec lui.", "It waits for the link from Zoom.")
        )
    return Question(
        title=desk.say(f"Renvoyer son lien à {_name(person)} ?", f"Send {_name(person)}'s link again?"),
        lines=lines,
        button=desk.say("Envoyer 1 lettre", "Send 1 letter"),
        action=desk.at(f"/people/{ref}/resend"),
        back=desk.at(f"/people/{ref}"),
    )


# another workshop


@router.get("/{ref}/move")
def about_moving(desk: Working, ref: str, to: Named = "") -> Response:
    with explained():
        return ask(desk, _moving(desk, ref, to)[0])


@router.post("/{ref}/move")
def move(desk: Working, ref: str, filled: Filled, to: Named = "") -> Response:
    """Put somebody in a workshop; they stay there, and push nobody out."""
    with alone(desk):
        question, found = _moving(desk, ref, to)
        if not is_agreed(question, filled):
            return ask(desk, question, filled)
        desk.store.seats.put(desk.key, found.seat)
    desk.note("seat-moved", found.seat.person, found.workshop.room)
    desk.house.changed()
    return desk.go(f"/people/{ref}", done="moved")


def _moving(desk: Desk, ref: str, to: str) -> tuple[Question, whatif.Move]:
    line = registered(desk, ref)
    person = line.person
    seen = whatif.look(desk.event, desk.store, desk.world.registrations, desk.now)
    found = whatif.move(seen, person.email, to)
    w = found.workshop
    before, after = rank_in_words(desk, found.rank_before), rank_in_words(desk, found.rank_after)
    seat = line.seats.get(w.session)
    is_told = seat is not None and seat.told_at is not None
    others = len(found.others.moved) - (person.email in found.others.moved)
    lines = [
        desk.say(f"Avant : {before} ; après : {after}.", f"Before: {before}; after: {after}."),
        desk.say(
            f"{w.room} : {desk.people(found.taken)} pour {w.seats} places.",
            f"{w.room}: {desk.people(found.taken)} for {w.seats} seats.",
        ),
        others_in_words(desk, others, found.others.told - (is_told and others < len(found.others.moved))),
        desk.say("1 lettre de changement part.", "1 letter of change leaves.")
        if is_told
        else desk.say("Sa place n'était pas annoncée : aucune lettre ne part.", "Not told yet: no letter leaves."),
    ]
    return Question(
        title=desk.say(f"Mettre {_name(person)} dans « {w.room} » ?", f"Put {_name(person)} in “{w.room}”?"),
        lines=lines,
        button=desk.say("Déplacer 1 personne", "Move 1 person"),
        action=desk.at(f"/people/{ref}/move", to=w.key),
        back=desk.at(f"/people/{ref}"),
    ), found


def others_in_words(desk: Desk, n: int, told: int) -> str:
    """Say how many others a change moves, and how many of them had been told."""
    if n <= 0:
        return desk.say("Personne d'autre ne change d'atelier.", "Nobody else changes workshops.")
    return desk.say(
        f"{n} autre{'s' if n > 1 else ''} change{'nt' if n > 1 else ''} d'atelier, dont {told} déjà prévenu·es.",
        f"{n} other{'s' if n > 1 else ''} change workshops, {told} of them told already.",
    )
