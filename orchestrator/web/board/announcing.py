"""`/letters/announce`: words of the organiser's own, to whom and until when; shown as a letter before it leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

from fastapi import APIRouter
from fastapi.responses import Response

from orchestrator.core.notices import Notice, announcement, audiences
from orchestrator.core.samples import invented_seats, nobody, outlook_of, samples
from orchestrator.jobs import hand
from orchestrator.jobs.control import reached
from orchestrator.jobs.sampling import sample_letter
from orchestrator.web.board.asking import Question, ask, explained, is_agreed
from orchestrator.web.board.desk import Desk, Working
from orchestrator.web.board.letters import body_of
from orchestrator.web.board.naming import audience_in_words
from orchestrator.web.security import Filled

router = APIRouter(prefix="/letters/announce")
FIELDS = ("to", "subject", "text", "void_at")
LONGEST = {"subject": 200, "text": 20_000}


@router.get("")
def form(desk: Working) -> Response:
    until = f"{desk.local(desk.event.last_end):%Y-%m-%dT%H:%M}"
    return _form(desk, {"to": "all", "subject": "", "text": "", "void_at": until}, {})


@router.post("")
def announce(desk: Working, filled: Filled) -> Response:
    """Show the letter and how many get it; send it once that was agreed to."""
    said = {name: str(filled.get(name, "")).replace("\r\n", "\n").strip() for name in FIELDS}
    wrong = _wrong(desk, said)
    if wrong or filled.get("do") == "back":
        return _form(desk, said, {} if filled.get("do") == "back" else wrong)
    notice = announcement(said["to"], said["subject"], said["text"], _until(desk, said["void_at"]), desk.now)
    question = _question(desk, notice, said)
    if not is_agreed(question, filled):
        return ask(desk, question, filled)
    with explained():
        asked = hand.announce(desk.event, desk.store, desk.world.relay, notice, desk.now)
    if asked.new:
        desk.note("announce", notice.subject, f"{audience_in_words(desk, notice.audience)} ; {question.lines[0]}")
        desk.house.changed()
    return desk.go("/letters", done="announced" if asked.new else "announced-before")


def _form(desk: Desk, said: dict[str, str], wrong: dict[str, str]) -> Response:
    choices = [(one, audience_in_words(desk, one)) for one in audiences(desk.event)]
    return desk.show("announce.html", said=said, wrong=wrong, choices=choices)


def _wrong(desk: Desk, said: dict[str, str]) -> dict[str, str]:
    """What must be corrected, by field."""
    wrong = {name: desk.say("à remplir", "to be filled in") for name in FIELDS if not said[name]}
    for name, most in LONGEST.items():
        if len(said[name]) > most:
            wrong[name] = desk.say(f"{most} signes au plus", f"{most} characters at most")
    if said["to"] not in audiences(desk.event):
        wrong["to"] = desk.say("à choisir dans la liste", "choose one of the list")
    try:
        if said["void_at"] and _until(desk, said["void_at"]) <= desk.now:
            wrong["void_at"] = desk.say("cette heure est passée", "this hour has passed")
    except ValueError:
        wrong["void_at"] = desk.say("un jour et une heure sont attendus", "a day and an hour are expected")
    return wrong


def _until(desk: Desk, text: str) -> datetime:
    """Read a day and an hour on the event's clock. Raises ValueError."""
    return datetime.fromisoformat(text).replace(tzinfo=desk.event.zone).astimezone(UTC)


def _question(desk: Desk, notice: Notice, said: dict[str, str]) -> Question:
    n = len(reached(desk.event, desk.store, notice))
    to, until = audience_in_words(desk, notice.audience), desk.moment(notice.void_at)
    lines = [
        desk.say(
            f"À {to} : {desk.people(n)} à cet instant, une lettre chacune, tout de suite.",
            f"To {to}: {desk.people(n)} at this moment, a letter each, at once.",
        ),
        desk.say(
            f"Qui s'inscrit avant {until} la reçoit aussi ; après, elle ne part plus.",
            f"Whoever registers before {until} gets it too; after that it does not leave any more.",
        ),
    ]
    if desk.store.notices.one(desk.key, notice.key) is not None:
        lines.append(
            desk.say(
                "Cette annonce a déjà été envoyée, mot pour mot : personne ne la reçoit deux fois.",
                "This announcement was sent already, word for word: nobody gets it twice.",
            )
        )
    return Question(
        title=desk.say("Envoyer cette annonce ?", "Send this announcement?"),
        lines=lines,
        button=desk.say(f"Envoyer à {desk.people(n)}", f"Send to {desk.people(n)}"),
        change=desk.say("Modifier", "Change it"),
        action=desk.at("/letters/announce"),
        back=desk.at("/letters"),
        carried=said,
        letter=_letter(desk, notice),
    )


def _letter(desk: Desk, notice: Notice) -> tuple[str, str]:
    """Subject and text of the letter as somebody invented would read it."""
    event, person = desk.event, nobody(desk.event)
    found = next(s for s in samples(event, person, invented_seats(event, person)) if s.kind == "announce")
    letter = sample_letter(event, replace(found, asked=notice), outlook_of(event), event.language)
    message = message_from_bytes(desk.world.scribe.write(letter).data, policy=policy.default)
    return str(message["subject"]), body_of(message, "plain")
