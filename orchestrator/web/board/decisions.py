"""`/registrations/decide`: what a finding in the list asks to be decided, kept in corrections.toml. Asks first."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from orchestrator.core.model import Finding, identity
from orchestrator.gateways.registrations.addresses import Unusable, usable
from orchestrator.settings.decisions import Ruling, rule
from orchestrator.web.board.asking import Question, ask, explained, is_agreed
from orchestrator.web.board.desk import Desk, Working
from orchestrator.web.security import Filled, Refused

router = APIRouter(prefix="/registrations/decide")
Line = Annotated[int, Query(ge=0, le=10_000_000)]
Code = Annotated[str, Query(max_length=40)]
What = Annotated[Literal["instead", "keep", "use", "ignore"], Query()]


@router.get("")
def about_deciding(desk: Working, line: Line = 0, code: Code = "", what: What = "keep") -> Response:
    return ask(desk, _question(desk, _finding(desk, line, code, what), what, ""))


@router.post("")
def decide(desk: Working, filled: Filled, line: Line = 0, code: Code = "", what: What = "keep") -> Response:
    """Write the decision down; the next pass reads the list with it."""
    finding = _finding(desk, line, code, what)
    use = str(filled.get("use", "")).strip()[:400]
    question = _question(desk, finding, what, use)
    if not is_agreed(question, filled):
        return ask(desk, question, filled)
    path = desk.settings.registrations.corrections
    try:
        with explained():
            rule(path, _ruling(finding, what, use), desk.now)
    except (OSError, ValueError) as error:
        raise Refused(
            409,
            f"{path.name} n'a pas pu être écrit : vérifiez le fichier et les droits sur son dossier.",
            f"{path.name} could not be written: check the file and the rights on its folder.",
        ) from error
    desk.note("answer-decided", identity(finding.address), question.lines[1])
    desk.house.changed()
    return desk.go("/registrations", done="decided")


def offers(finding: Finding) -> tuple[str, ...]:
    """What may be decided of a finding; nothing where the organiser has nothing to decide."""
    if finding.name:
        return ("use", "ignore")
    return (*(("instead",) if finding.instead else ()), *(("keep",) if finding.keep else ()))


def _finding(desk: Desk, line: int, code: str, what: str) -> Finding:
    reading = desk.reading
    for one in reading.findings if reading else ():
        if (one.line, one.code) == (line, code) and what in offers(one):
            return one
    raise Refused(404, "Ce constat n'est plus là.", "This finding is not there any more.")


def _ruling(finding: Finding, what: str, use: str) -> Ruling:
    if what == "instead":
        return Ruling(addresses={finding.address: finding.instead})
    if what == "keep":
        return Ruling(keep=finding.keep)
    chosen = {"use": usable(use)} if what == "use" else {"ignore": True}
    return Ruling(answer={"address": finding.address, "name": finding.name, **chosen})


def _question(desk: Desk, finding: Finding, what: str, use: str) -> Question:
    if what == "use":
        try:
            usable(use)
        except Unusable as why:
            raise Refused(409, f"{why} : revenez en arrière.", f"{why}: go back.") from why
    return Question(
        title=desk.say("Noter cette décision ?", "Keep this decision?"),
        lines=[finding.message, *_lines(desk, finding, what, use)],
        button=desk.say("Décider pour 1 réponse", "Decide for 1 answer"),
        action=desk.at("/registrations/decide", line=finding.line, code=finding.code, what=what),
        back=desk.at("/registrations"),
        carried={"use": use} if what == "use" else {},
    )


def _lines(desk: Desk, finding: Finding, what: str, use: str) -> list[str]:
    if what == "keep":
        return [
            desk.say(
                f"{finding.keep} est bonne telle quelle : rien ne change, le constat disparaît.",
                f"{finding.keep} is right as it is: nothing changes, the finding goes away.",
            )
        ]
    if what == "ignore":
        return [
            desk.say("La réponse n'est pas prise en compte : personne n'est inscrit.", "The answer is not counted.")
        ]
    new = finding.instead if what == "instead" else use
    lines = [
        desk.say(
            f"La réponse de {finding.address} est lue, à chaque fois, avec l'adresse {new}.",
            f"The answer of {finding.address} is read, every time, with the address {new}.",
        )
    ]
    if what == "instead" and desk.store.people.one(desk.key, identity(finding.address)) is not None:
        lines.append(desk.say("Le lien de l'ancienne adresse est annulé.", "The old address's link is cancelled."))
    if desk.store.people.one(desk.key, identity(new)) is None:
        lines.append(desk.say(f"1 lettre, avec son lien, part à {new}.", f"1 letter with a link leaves to {new}."))
    else:
        lines.append(desk.say(f"{new} est déjà inscrite : une seule inscription reste.", "One registration remains."))
    return lines
