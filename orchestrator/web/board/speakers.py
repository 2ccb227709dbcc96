"""`/speakers`: those who make the day: whether their instructions have left, and whether they have read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from orchestrator.core.asked import what_is_read
from orchestrator.core.model import Speaker
from orchestrator.core.recipients import speaker_reference
from orchestrator.store import Delivery
from orchestrator.web.board.desk import Desk, Looking

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One speaker; `changed`: what they read has changed since."""

    speaker: Speaker
    letters: tuple[Delivery, ...]
    read: Literal["", "read", "changed"]
    read_at: datetime | None

    @property
    def has_instructions(self) -> bool:
        return any(letter.state == "sent" for letter in self.letters)


def told(desk: Desk) -> list[Told]:
    """Say how each of them stands."""
    refs = {speaker_reference(desk.event, speaker): speaker for speaker in desk.event.speakers}
    letters = desk.board.letters_to(desk.key, list(refs))
    read = desk.store.pages.understood(desk.key)
    return [
        _one(desk, speaker, [d for d in letters if d.person == ref], read.get(ref)) for ref, speaker in refs.items()
    ]


def _one(desk: Desk, speaker: Speaker, letters: Sequence[Delivery], read: tuple[str, datetime] | None) -> Told:
    state: Literal["", "read", "changed"] = ""
    if read is not None:
        state = "read" if read[0] == what_is_read(desk.event, speaker) else "changed"
    return Told(speaker=speaker, letters=tuple(letters), read=state, read_at=read[1] if read else None)


@router.get("/speakers")
def speakers(desk: Looking) -> HTMLResponse:
    return desk.show("speakers.html", speakers=told(desk), has_pages=desk.world.has_pages)
