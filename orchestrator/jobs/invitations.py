"""The list of those who want the next invitation, as a table: nobody who did not say yes."""

from __future__ import annotations

from orchestrator.core.model import Event
from orchestrator.store import Store

HEADER = ["Adresse e-mail", "Prénom", "Nom", "Structure", "Demandé le"]


def table(event: Event, store: Store) -> list[list[str]]:
    """Titles and rows, by name."""
    rows = [
        [
            one.address,
            one.first_name,
            one.last_name,
            one.organisation,
            f"{one.asked_at.astimezone(event.zone):%d/%m/%Y}",
        ]
        for one in store.privacy.invitations(event.key)
    ]
    return [HEADER, *rows]
