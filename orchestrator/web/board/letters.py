"""`/letters`: every wave and every letter with the relay's words; each as it reads, its links masked."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Annotated
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from orchestrator.core.errors import UnwritableLetter
from orchestrator.core.model import reference
from orchestrator.jobs.hand import plan_b_is_on
from orchestrator.jobs.names import NAMES
from orchestrator.jobs.words import Words
from orchestrator.store import Delivery, Store
from orchestrator.store.board import Sought
from orchestrator.web.board.desk import Desk, Looking, Working
from orchestrator.web.security import HEADERS, Refused

router = APIRouter()
Text = Annotated[str, Query(max_length=200)]
Number = Annotated[int, Query(ge=1, le=100_000)]
STATES = ("open", "sent", "refused", "doubt", "late", "void", "due", "claimed", "dotted")
FRAME = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
"""What a letter shown in a frame may do: be looked at."""
_LINK = re.compile(r"https?://[^\s\"'<>]*(?:[?&;](?:amp;)?(?:tk|pwd|zak)=|/[ms]/[\w-]{16,}|/[wjs]/\d{6,})[^\s\"'<>]*")


@router.get("/letters")
def letters(
    desk: Looking, q: Text = "", kind: Text = "", session: Text = "", state: Text = "", n: Number = 1
) -> HTMLResponse:
    sought = Sought(
        text=q, kind=kind, session=session, state=state if state in STATES else "", newest_first=state == "sent"
    )
    return desk.show(
        "letters.html",
        waves=desk.waves,
        paused=desk.paused_since,
        plan_b=plan_b_is_on(desk.event, desk.store),
        pending=[(one, desk.wave(one.wave)) for one in desk.pending],
        page=desk.board.letters(desk.key, sought, desk.now, n),
        sought=sought,
        names=NAMES,
        refs=lambda email: reference(desk.key, email),
    )


@router.get("/letters/{number}")
def letter(desk: Looking, number: int) -> HTMLResponse:
    delivery = _delivery(desk, number)
    message, problem = _message(desk, delivery)
    shown = desk.show(
        "letter.html",
        letter=delivery,
        names=NAMES,
        ref=reference(desk.key, delivery.email),
        subject=str(message["subject"] or "") if message else "",
        text=masked(body_of(message, "plain")) if message else "",
        has_html=bool(message and body_of(message, "html")),
        problem=problem,
    )
    shown.headers["Content-Security-Policy"] = f"{HEADERS['Content-Security-Policy']}; frame-src 'self'"
    return shown


@router.get("/letters/{number}/body")
def body(desk: Looking, number: int) -> Response:
    """The letter's HTML alone, for the frame of its page: no script runs there and nothing is fetched."""
    message, _ = _message(desk, _delivery(desk, number))
    html = masked(body_of(message, "html")) if message else ""
    return HTMLResponse(html, headers={"Content-Security-Policy": FRAME, "X-Frame-Options": "SAMEORIGIN"})


@router.post("/letters/{number}/again")
def again(desk: Working, number: int) -> Response:
    """Try a refused letter once more; one that was accepted is never sent twice."""
    delivery = _delivery(desk, number)
    tried = desk.board.try_again(desk.key, number, desk.now)
    if tried:
        desk.note("letter-again", delivery.email, f"{NAMES.get(delivery.kind, delivery.kind)}, lettre {number}")
        desk.house.changed()
    return desk.go(f"/letters/{number}", done="again" if tried else "not-again")


def _delivery(desk: Desk, number: int) -> Delivery:
    delivery = desk.board.letter(desk.key, number)
    if delivery is None:
        raise Refused(404, "Cette lettre n'existe pas.", "There is no such letter.")
    return delivery


def _message(desk: Desk, delivery: Delivery) -> tuple[EmailMessage | None, str]:
    """The letter as it left, or as it would read now; and why it cannot be written."""
    try:
        found = desk.store.outbox.message_of(delivery)
        said = found or desk.world.scribe.write(_words(desk).letter(delivery, desk.now).letter)
    except UnwritableLetter as error:
        return None, error.message
    return message_from_bytes(said.data, policy=policy.default), ""


def _words(desk: Desk) -> Words:
    """Who writes this event's letters, with the figures they remember for some minutes."""
    found = _WRITERS.setdefault(desk.store, {}).get(desk.key)
    if found is None or found.world is not desk.world:
        found = _WRITERS[desk.store][desk.key] = Words(desk.world)
    return found


_WRITERS: WeakKeyDictionary[Store, dict[str, Words]] = WeakKeyDictionary()


def body_of(message: EmailMessage, kind: str) -> str:
    """One part of a letter: `plain` or `html`, "" where it has none."""
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def masked(text: str) -> str:
    """Without the links by which somebody enters."""
    return _LINK.sub("https://…", text)
