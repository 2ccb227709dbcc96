"""`/journal`: who did what by hand."""

from __future__ import annotations

import re

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from orchestrator.core.model import reference
from orchestrator.web.board.desk import Desk, Looking

router = APIRouter()
REFERENCE = re.compile(r"[0-9a-f]{16}")
ACTS = {
    "link-shown": ("a lu le lien personnel de", "read out the personal link of"),
    "link": ("a lu le lien personnel de", "read out the personal link of"),
    "event-saved": ("a modifié l'événement", "changed the event"),
    "keys-saved": ("a donné des clés d'accès", "gave access keys"),
    "upload": ("a déposé une liste d'inscriptions", "uploaded a list of registrations"),
    "withdrawals-confirmed": ("a confirmé les désistements", "confirmed the withdrawals"),
    "answer-decided": ("a décidé d'une réponse", "decided on an answer"),
    "letter-again": ("a relancé une lettre à", "had a letter tried again to"),
    "resend": ("a renvoyé son lien à", "had the link sent again to"),
    "export": ("a exporté des données", "exported data"),
    "add": ("a inscrit", "registered"),
    "edit": ("a corrigé l'inscription de", "corrected the registration of"),
    "withdraw": ("a retiré", "withdrew"),
    "seat-moved": ("a changé d'atelier", "moved to another workshop"),
    "workshops-merged": ("a réuni deux ateliers", "merged two workshops"),
    "pause": ("a mis les envois en pause", "paused all letters"),
    "resume": ("a repris les envois", "resumed sending"),
    "approve": ("a donné son accord à un envoi", "approved a wave"),
    "announce": ("a envoyé une annonce", "sent an announcement"),
    "fallback-on": ("a lancé le plan B", "began plan B"),
    "fallback-off": ("est revenu·e sur Zoom", "went back to Zoom"),
    "drift-adopted": ("a gardé ce que montre Zoom", "kept what Zoom shows"),
    "drift-restored": ("a remis dans Zoom ce qui est voulu", "restored at Zoom what is wanted"),
    "attendance-decided": ("a dit qui était là :", "said who was there:"),
    "certificate-again": ("a délivré une nouvelle attestation à", "issued a new certificate to"),
    "certificate-revoked": ("a annulé l'attestation de", "revoked the certificate of"),
}


@router.get("/journal")
def journal(desk: Looking) -> HTMLResponse:
    return desk.show(
        "journal.html",
        entries=desk.store.journal.all(desk.key),
        acts=ACTS,
        refs=lambda about: _reference(desk, about),
        is_reference=lambda about: REFERENCE.fullmatch(about) is not None,
    )


def _reference(desk: Desk, about: str) -> str:
    """How somebody's story is found, "" for what is no person."""
    return reference(desk.key, about) if "@" in about else about if REFERENCE.fullmatch(about) else ""
