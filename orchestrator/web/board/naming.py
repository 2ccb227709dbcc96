"""What the board calls audiences and ranks of wishes, in both languages."""

from __future__ import annotations

from orchestrator.core.outcome import UNWISHED, WAITING, WISHLESS
from orchestrator.web.board.desk import Desk

RANKS = {
    UNWISHED: ("hors de ses vœux", "not among the wishes"),
    WISHLESS: ("aucun vœu", "no wishes"),
    WAITING: ("sans place", "no seat"),
}


def audience_in_words(desk: Desk, audience: str) -> str:
    """Name whom an announcement goes to."""
    what, _, key = audience.partition(":")
    if what == "session":
        return desk.event.session(key).title
    if what == "workshop":
        return next(w.room for w in desk.event.workshops if w.key == key)
    return desk.say(*{"all": ("tout le monde", "everybody"), "speakers": ("les intervenant·es", "the speakers")}[what])


def rank_in_words(desk: Desk, rank: int) -> str:
    """Name the rank of a wish; `core.outcome` says which numbers are none."""
    if rank in RANKS:
        return desk.say(*RANKS[rank])
    return desk.say("1er vœu" if rank == 1 else f"{rank}e vœu", f"wish no. {rank}")
