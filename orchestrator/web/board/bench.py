"""One request to the pages that write an event's file: which file, who asks, and how its pages are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from orchestrator.settings import Settings
from orchestrator.web.board import edits
from orchestrator.web.house import House
from orchestrator.web.pages import CODES, house_of, language_of, page
from orchestrator.web.security import Organising, Refused, Viewing, Visitor


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One request to the event page, about one file."""

    request: Request
    house: House
    visitor: Visitor
    path: Path | None
    """None: an event that has no file yet."""

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    @property
    def settings(self) -> Settings | None:
        return next((one.settings for one in self.house.served.values() if one.settings.path == self.path), None)

    def say(self, french: str, english: str) -> str:
        return french if language_of(self.request) == "fr" else english

    def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        events = [one.world.event for one in self.house.served.values()]
        mine = self.settings
        given = {
            "desk": None,
            "event": mine.event if mine else None,
            "events": events,
            "at": self.at,
            "done": self.request.query_params.get("done", ""),
            "file": self.path.name if self.path else "",
        }
        return page(self.request, f"board/{template}", status=status, **(given | values))

    def at(self, path: str, **query: Any) -> str:
        """An address of the board that stays with this file and this language."""
        mine = self.settings
        if mine is not None and len(self.house.served) > 1:
            query["e"] = mine.event.key
        elif mine is None and self.path is not None and path == "/event":
            query["f"] = self.path.name
        if (spoken := self.request.query_params.get("lang", "")) in CODES:
            query["lang"] = spoken
        said = {name: value for name, value in query.items() if value}
        return f"{path}?{urlencode(said)}" if said else path


def _bench(request: Request, visitor: Visitor) -> Bench:
    house = house_of(request)
    served = {key: one.settings.path for key, one in house.served.items()}
    named = request.query_params.get("f", "")
    asked = request.query_params.get("e", "")
    there = {path.name: path for path in edits.files(house)}
    if request.url.path == "/event/new":
        path = None
    elif named:
        path = there.get(named)
    else:
        path = served.get(asked) or next(iter(served.values()), None) or next(iter(there.values()), None)
    if path is None and (named or asked):
        raise Refused(404, "Cet événement n'est pas ici.", "This event is not here.")
    return Bench(request=request, house=house, visitor=visitor, path=path)


def reading(request: Request, visitor: Viewing) -> Bench:
    return _bench(request, visitor)


def writing(request: Request, visitor: Organising) -> Bench:
    return _bench(request, visitor)


Reading = Annotated[Bench, Depends(reading)]
Writing = Annotated[Bench, Depends(writing)]
