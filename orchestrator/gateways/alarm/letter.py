"""Says alarms in a plain letter to the organiser, by the second relay: never by the one that may be what is broken."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from orchestrator.core.errors import OrchestratorError, Unheard
from orchestrator.gateways.mail.mime import checked, split_sender
from orchestrator.gateways.mail.quoted import quoted
from orchestrator.gateways.mail.smtp import SmtpPost, Timeouts
from orchestrator.ports import Call, Letter

TIMEOUTS = Timeouts(connect=10, command=15, data=30, dot=60)
"""Shorter than for letters: an alarm that is not accepted is tried again within the minute."""
MOST_TITLES = 5
LONGEST_SUBJECT = 120
_ADDRESS, _LINK = re.compile(r"[^\s<>«»(),;:]+@[^\s<>«»(),;:]+"), re.compile(r"https?://[^\s<>«»]+")
_HEAD = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
_END = """Chaque alarme n'est écrite qu'une fois, ou une fois par heure si elle va et vient, par le second relais
([mail.second]).
Où elle en est : le tableau de bord, ou « orchestrator status ».
Pour ne plus recevoir ces lettres : mail = false sous [alarms].
"""


class AlarmLetters:
    """One letter for all that is new; to one organiser, whose events may be many."""

    way: Literal["mailed"] = "mailed"
    at_once = 1000

    def __init__(self, post: SmtpPost, *, sender: str, to: str, now: Callable[[], datetime]) -> None:
        self._post, self._sender, self._to, self._now = post, sender, to, now

    def sound(self, calls: Sequence[Call]) -> None:
        """Wake the organiser. Raises Unheard."""
        try:
            data = checked(self._letter(calls), subject(calls), _HEAD.encode() + quoted(text(calls)))
            with self._post.connect() as line:
                line.offer(split_sender(self._sender)[1], self._to, data).finish()
        except OrchestratorError as error:
            what = type(error).__name__  # the relay's own words may hold an address
            raise Unheard(f"l'alarme n'a pas pu être écrite par le second relais : {what}") from None

    def _letter(self, calls: Sequence[Call]) -> Letter:
        return Letter(
            kind="alarm",
            language="fr",
            to=self._to,
            sender=self._sender,
            reply_to="",
            message_id=_message_id(calls, split_sender(self._sender)[1]),
            written_at=self._now(),
            contents={},
        )


def subject(calls: Sequence[Call]) -> str:
    """Say what is wrong, or of how much."""
    titles = _titles(calls)
    about = titles[0] if len(titles) == 1 else f"{len(titles)} événements"
    whats = {call.what for call in calls}
    said = f"{_plain(calls[0].what)} – {about}" if len(whats) == 1 else f"{len(whats)} alarmes – {about}"
    return said if len(said) <= LONGEST_SUBJECT else said[: LONGEST_SUBJECT - 1] + "…"


def text(calls: Sequence[Call]) -> str:
    """Say each alarm once, with the events it is about; no addresses and no links, whoever's they are."""
    alike: dict[tuple[str, str], list[Call]] = {}
    for call in calls:
        alike.setdefault((call.what, call.remedy), []).append(call)
    said = [_paragraph(what, remedy, same) for (what, remedy), same in alike.items()]
    return "\n".join(["Bonjour,\n\nLe service a besoin de vous.\n", *said, _END])


def _paragraph(what: str, remedy: str, calls: Sequence[Call]) -> str:
    titles, since = _titles(calls), min(call.since for call in calls)
    more = len(titles) - MOST_TITLES
    about = " · ".join(titles[:MOST_TITLES]) + (f" · et {more} de plus" if more > 0 else "")
    lines = [
        about,
        f"  Ce qui ne va pas : {_plain(what)}",
        f"  Depuis : le {since:%d/%m/%Y} à {since.hour}h{since.minute:02}",
        *([f"  Que faire : {_plain(remedy)}"] if remedy else []),
    ]
    return "\n".join(lines) + "\n"


def _titles(calls: Sequence[Call]) -> list[str]:
    return list(dict.fromkeys(_plain(call.title) for call in calls))


def _plain(words: str) -> str:
    """One line without addresses and links: a relay or Zoom may have put somebody's into what it answered."""
    return " ".join(_ADDRESS.sub("(une adresse)", _LINK.sub("(un lien)", words)).split())


def _message_id(calls: Sequence[Call], sender: str) -> str:
    """The same alarms give the same name, so that a letter whose acceptance was lost is known again."""
    names = sorted(f"{call.event} {call.key} {call.since.timestamp()}" for call in calls)
    return f"<alarm.{hashlib.sha256(chr(10).join(names).encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"
