"""`/people/new` and `/people/…/edit`: somebody registered or corrected by hand, over whatever the form says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import FormData

from orchestrator.core.model import Person, identity, reference
from orchestrator.gateways.registrations.addresses import Unusable, usable
from orchestrator.gateways.registrations.names import clean
from orchestrator.jobs import desk as jobs
from orchestrator.web.board.asking import Question, ask, explained, is_agreed
from orchestrator.web.board.desk import Desk, Working
from orchestrator.web.board.persons import registered
from orchestrator.web.security import Filled

router = APIRouter(prefix="/people")
TEXTS = {"first_name": 100, "last_name": 100, "shown_as": 100, "organisation": 1000, "needs": 1000}
RANKS = 3


@router.get("/new")
def form_for_new(desk: Working) -> Response:
    return _form(desk, None, _blank(desk), {})


@router.post("/new")
def add(desk: Working, filled: Filled) -> Response:
    said, wrong = _said(desk, filled), dict[str, str]()
    address = _usable(desk, said["address"], wrong)
    if wrong or filled.get("do") == "back":
        return _form(desk, None, said, {} if filled.get("do") == "back" else wrong)
    question = _about(desk, None, address, said)
    if not is_agreed(question, filled):
        return ask(desk, question, filled)
    with explained():
        person = jobs.Desk(event=desk.event, store=desk.store, who=desk.visitor.email).add(
            address, _fields(desk, None, said), desk.now
        )
    desk.house.changed()
    return desk.go(f"/people/{reference(desk.key, person.email)}", done="person-added")


@router.get("/{ref}/edit")
def form_for_known(desk: Working, ref: str) -> Response:
    person = registered(desk, ref).person
    return _form(desk, person, _as_said(desk, person), {})


@router.post("/{ref}/edit")
def edit(desk: Working, ref: str, filled: Filled) -> Response:
    person = registered(desk, ref).person
    said, wrong = _said(desk, filled), dict[str, str]()
    address = _usable(desk, said["address"], wrong)
    if wrong or filled.get("do") == "back":
        return _form(desk, person, said, {} if filled.get("do") == "back" else wrong)
    fields = _fields(desk, person, said)
    new = address if identity(address) != person.email else ""
    if not fields and not new:
        return desk.go(f"/people/{ref}", done="nothing")
    question = _about(desk, person, address, said)
    if not is_agreed(question, filled):
        return ask(desk, question, filled)
    with explained():
        now_is = jobs.Desk(event=desk.event, store=desk.store, who=desk.visitor.email).edit(
            person.email, fields, desk.now, new
        )
    desk.house.changed()
    return desk.go(f"/people/{reference(desk.key, now_is.email)}", done="person-edited")


def _form(desk: Desk, person: Person | None, said: Mapping[str, Any], wrong: Mapping[str, str]) -> Response:
    workshops = {s.key: desk.event.workshops_of(s.key) for s in desk.event.sessions}
    ref = reference(desk.key, person.email) if person else ""
    values = {"person": person, "ref": ref, "said": said, "wrong": wrong, "ranks": RANKS}
    return desk.show("person-form.html", workshops=workshops, **values)


def _blank(desk: Desk) -> dict[str, Any]:
    every = [s.key for s in desk.event.sessions if s.ends_at > desk.now and not desk.event.is_cancelled(s.key)]
    return {"address": "", **dict.fromkeys(TEXTS, ""), "language": desk.event.language, "sessions": every, "wishes": {}}


def _as_said(desk: Desk, person: Person) -> dict[str, Any]:
    wishes = {s: [key for rank in ranks for key in rank] for s, ranks in person.wishes.items()}
    texts = {name: getattr(person, name) for name in TEXTS}
    spoken = person.language or desk.event.language
    return {"address": person.address, **texts, "language": spoken, "sessions": list(person.sessions), "wishes": wishes}


def _said(desk: Desk, filled: FormData) -> dict[str, Any]:
    """What was filled in, cleaned; unknown sessions and workshops are left out."""
    texts = {name: clean(str(filled.get(name, "")), most) for name, most in TEXTS.items()}
    wishes = {}
    for session in desk.event.sessions:
        known = {w.key for w in desk.event.workshops_of(session.key)}
        asked = [str(filled.get(f"{session.key}-{n}", "")) for n in range(1, RANKS + 1)]
        wishes[session.key] = [key for key in dict.fromkeys(asked) if key in known]
    return {
        "address": str(filled.get("address", "")).strip()[:400],
        **texts,
        "language": "en" if filled.get("language") == "en" else "fr",
        "sessions": [s.key for s in desk.event.sessions if s.key in filled.getlist("sessions")],
        "wishes": {key: found for key, found in wishes.items() if found},
    }


def _usable(desk: Desk, typed: str, wrong: dict[str, str]) -> str:
    try:
        return usable(typed)
    except Unusable as why:
        wrong["address"] = str(why) if typed else desk.say("à remplir", "to be filled in")
        return typed


def _fields(desk: Desk, person: Person | None, said: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is said otherwise than it stands: the rest goes on following the form."""
    before = _as_said(desk, person) if person else {**_blank(desk), "sessions": None}
    changed = {name: said[name] for name in (*TEXTS, "language", "sessions") if said[name] != before[name]}
    cut = {key: wished[:RANKS] for key, wished in before["wishes"].items()}
    if said["wishes"] != cut:
        changed["wishes"] = {key: [[one] for one in wished] for key, wished in said["wishes"].items()}
    return changed


def _about(desk: Desk, person: Person | None, address: str, said: Mapping[str, Any]) -> Question:
    """Say what adding or correcting somebody brings about."""
    known = desk.store.people.one(desk.key, identity(address))
    n = len(said["sessions"])
    lines = [desk.say(f"Vient à {n} moment{'s' if n > 1 else ''}.", f"Comes to {n} session{'' if n == 1 else 's'}.")]
    if person is None and known is not None:
        lines.append(desk.say("Cette adresse est déjà inscrite : elle est corrigée.", "Registered already: corrected."))
    elif person is None or identity(address) != person.email:
        lines.append(
            desk.say(
                f"1 lettre, avec son lien personnel, part à {address} dès que Zoom l'a donné.",
                f"1 letter with a personal link leaves to {address} as soon as Zoom has given it.",
            )
        )
    if person is not None and identity(address) != person.email:
        lines.append(desk.say("Le lien de l'ancienne adresse est annulé.", "The old address's link is cancelled."))
    changed = len(_fields(desk, person, said)) if person is not None else 0
    if changed or (person is not None and identity(address) == person.email):
        french, english = ("réponse change", "réponses changent"), ("answer changes", "answers change")
        lines.insert(0, desk.many(changed, french, english))
    carried = {name: said[name] for name in ("address", *TEXTS, "language")}
    carried |= {f"{key}-{n}": one for key, wished in said["wishes"].items() for n, one in enumerate(wished, 1)}
    ref = reference(desk.key, person.email) if person else ""
    who = f"{said['first_name']} {said['last_name']}".strip() or address
    return Question(
        title=desk.say(f"Corriger l'inscription de {who} ?", f"Correct {who}'s registration?")
        if person
        else desk.say(f"Inscrire {who} ?", f"Register {who}?"),
        lines=lines,
        button=desk.say("Corriger", "Correct") if person else desk.say("Inscrire 1 personne", "Register 1 person"),
        change=desk.say("Modifier", "Change it"),
        action=desk.at(f"/people/{ref}/edit" if person else "/people/new"),
        back=desk.at(f"/people/{ref}" if person else "/people"),
        carried=carried,
        lists={"sessions": said["sessions"]},
    )
