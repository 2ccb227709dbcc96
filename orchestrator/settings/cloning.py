"""Last year's event as a new one: its file with every date moved and its registrations left behind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, MutableMapping, MutableSequence
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError

from orchestrator.core.errors import BadConfiguration

LEFT_BEHIND = ("url", "document", "form_url")
"""What would bring last year's people along."""
AFTERWARDS = ("slides", "replay", "survey")
"""What would send them last year's links."""


def clone(text: str, *, date: dt.date, key: str) -> tuple[str, tuple[str, ...]]:
    """Rewrite an event's file for another day, comments kept; returns it with what is left to fill in, in French.

    Every date of the file moves by as many days as the event's. Raises BadConfiguration for a file without one.
    """
    try:
        document = tomlkit.parse(text)
        event: Any = document["event"]
        days = date - dt.date.fromisoformat(str(event["date"]))
    except (ParseError, KeyError, ValueError, TypeError) as error:
        raise BadConfiguration(("ce fichier n'est pas celui d'un événement : il y manque [event] date",)) from error
    for table, name, value in list(_dates(document)):
        table[name] = value + days
    event["key"] = key
    for one in (event, *document.get("sessions", ())):
        if one.get("status") == "cancelled":
            one["status"] = "open"
    left = tuple(_leave_behind(document, key))
    return tomlkit.dumps(document), left


def _dates(node: Any) -> Iterator[tuple[Any, Any, dt.date]]:
    """Every date and date-time of a document, with where it stands."""
    if isinstance(node, MutableMapping):
        items: Any = list(node.items())
    elif isinstance(node, MutableSequence):
        items = list(enumerate(node))
    else:
        return
    for name, value in items:
        if isinstance(value, dt.date):
            yield node, name, value
        else:
            yield from _dates(value)


def _leave_behind(document: Any, key: str) -> Iterator[str]:
    if "registrations" not in document:
        document["registrations"] = tomlkit.table()
    registrations = document["registrations"]
    registrations["path"] = f"inscriptions-{key}.csv"
    yield f"registrations.path : les réponses du nouveau formulaire, dans inscriptions-{key}.csv"
    for name in LEFT_BEHIND:
        if registrations.get(name):
            registrations[name] = ""
            yield f"registrations.{name} : celui du nouveau formulaire"
    for name, link in document.get("after", {}).items():
        if name in AFTERWARDS and link and link != "auto":
            document["after"][name] = ""
            yield f"after.{name} : celui de la nouvelle rencontre ; la lettre d'après l'attend"
    if document["event"].get("fallback_url"):
        yield "event.fallback_url : vérifiez qu'il vaut encore"


def next_key(key: str, date: dt.date) -> str:
    """A key for the new event: the old one with its year changed, or the year added."""
    year = str(date.year)
    parts = [year if part.isdigit() and len(part) == 4 else part for part in key.split("-")]
    return "-".join(parts if year in parts else [*parts, year])
