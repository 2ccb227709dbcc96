"""`/journal`: who did what by hand."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from orchestrator.core.model import reference
from orchestrator.web.board.desk import Looking

router = APIRouter()
ACTS = {
    "link-shown": ("a lu le lien personnel de", "read out the personal link of"),
    "event-saved": ("a modifié l'événement", "changed the event"),
    "keys-saved": ("a donné des clés d'accès", "gave access keys"),
    "upload": ("a déposé une liste d'inscriptions", "uploaded a list of registrations"),
    "withdrawals-confirmed": ("a confirmé les désistements", "confirmed the withdrawals"),
    "letter-again": ("a relancé une lettre à", "had a letter tried again to"),
    "export": ("a exporté des données", "exported data"),
    "person-added": ("a ajouté", "added"),
    "person-edited": ("a corrigé", "corrected"),
    "person-withdrawn": ("a retiré", "withdrew"),
}


@router.get("/journal")
def journal(desk: Looking) -> HTMLResponse:
    return desk.show(
        "journal.html",
        entries=desk.store.journal.all(desk.key),
        acts=ACTS,
        refs=lambda email: reference(desk.key, email) if "@" in email else "",
    )
