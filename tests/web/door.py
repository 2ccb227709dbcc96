"""The pages over a whole event to play on: the theatre with its clock, and visitors who come over HTTP."""

from __future__ import annotations

import re
import secrets
import warnings
from dataclasses import dataclass, replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI

from orchestrator import wiring
from orchestrator.core.entry import hidden
from orchestrator.core.model import Event, reference
from orchestrator.core.recipients import speaker_reference
from orchestrator.settings import Web
from orchestrator.web.app import make_app
from orchestrator.web.house import House, Served
from tests import make
from tests.jobs.theatre import Theatre

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # starlette's word about a newer httpx
    from starlette.testclient import TestClient

URL = "http://pages.example"
KEY = b"a service key of the tests, no secret"
EVENT = make.event(
    speakers=(
        make.speaker(),
        make.speaker("hote@exemple.fr", name="Hélène Hôte", role="host"),
        make.speaker("co@exemple.fr", name="Cora Secours", role="alternative-host"),
        make.speaker(
            "fanny@exemple.fr", name="Fanny Atelier", role="facilitator", sessions=("matin",), workshops=("a",)
        ),
    ),
    workshops=(make.workshop("a"), make.workshop("b"), make.workshop("c")),
    form_url="https://formulaire.exemple.fr/inscription",
    fallback_url="https://secours.exemple.fr/",
)


@dataclass
class Door:
    """The doors of one event. `browser` is somebody nobody knows."""

    theatre: Theatre
    house: House
    app: FastAPI

    @property
    def event(self) -> Event:
        return self.theatre.event

    def browser(self, **how: Any) -> TestClient:
        return TestClient(self.app, base_url=self.house.web.public_url, follow_redirects=False, **how)

    def organiser(self, role: str = "organiser", email: str = "contact@exemple.fr") -> TestClient:
        """Somebody who has come in already."""
        secret = f"cookie-{role}-{email}-{secrets.token_hex(4)}"
        entries, now = self.house.store.entries, self.theatre.now()
        entries.allow(hidden("link" + secret), email, role, now + timedelta(minutes=15))
        entries.begin(hidden("link" + secret), hidden(secret), now)
        browser = self.browser()
        browser.cookies.set("visit", secret)
        return browser

    def page_of(self, email: str = "zoe@exemple.fr") -> str:
        """The path of a person's page."""
        return self._path(reference(self.event.key, email))

    def speakers_page(self, email: str = "vera@exemple.fr") -> str:
        [speaker] = [s for s in self.event.speakers if s.email == email]
        return self._path(speaker_reference(self.event, speaker))

    def _path(self, ref: str) -> str:
        return urlsplit(self.theatre.world.page_of(ref)).path

    def served(self) -> None:
        """Serve the theatre's world as it is now, as after a changed config."""
        theatre, settings = self.theatre, next(iter(self.house.served.values())).settings
        page_of = wiring.addresses(self.house.web.public_url, KEY, theatre.event.key, theatre.store)
        theatre.world = replace(theatre.world, page_of=page_of)
        theatre.room = type(theatre.room)({theatre.event.key: theatre.world})
        settings = replace(settings, event=theatre.event)
        self.house.served = {theatre.event.key: Served(world=theatre.world, settings=settings)}


def door(theatre: Theatre, folder: Path, **web: Any) -> Door:
    """Open the doors of a theatre."""
    from orchestrator import settings as gate
    from orchestrator import shipped

    values = {"host": "127.0.0.1", "port": 0, "public_url": URL, "organisers": ("contact@exemple.fr",)}
    values |= {"viewers": ("regard@exemple.fr",)} | web
    [settings] = gate.load(shipped.example_config(), environ={})
    settings = replace(settings, path=folder / "event.toml", web=Web(**values))
    house = House(store=theatre.store, clock=theatre, key=KEY, web=Web(**values), configs=(folder,))
    house.served = {theatre.event.key: Served(world=theatre.world, settings=settings)}
    opened = Door(theatre, house, make_app(house))
    opened.served()
    return opened


def csrf(html: str) -> str:
    """The word a page's forms carry."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', html)
    assert found is not None, "no form on this page"
    return found[1]


def form(html: str) -> tuple[str, dict[str, list[str]]]:
    """The form in the middle of a page: where it goes and what it carries as it stands."""
    main = html.partition("<main")[2].partition("</main>")[0]
    found = re.search(r'<form method="post" action="([^"]*)".*?</form>', main, re.DOTALL)
    assert found is not None, text(html)
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[0]):
        fields.setdefault(name, []).append(unescape(value))
    return unescape(found[1]), fields


def text(html: str) -> str:
    """What a page says, on one line, its apostrophes straight."""
    bare = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(bare).replace("’", "'").split())


def links(html: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]+)"', html)]
