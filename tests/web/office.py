"""An organiser's office: the example's event a fortnight ahead, a fake Zoom and a relay, and the board over HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from orchestrator import inspection, wiring
from orchestrator import settings as gate
from orchestrator.cli.stage import Stage
from orchestrator.core.entry import hidden
from orchestrator.core.model import reference
from orchestrator.jobs.beat import Memory, beat
from orchestrator.jobs.post import rooms
from orchestrator.settings import Settings
from orchestrator.store import Store
from orchestrator.web.app import make_app
from orchestrator.web.house import House
from tests.doors.lab import Lab
from tests.migrated import lay
from tests.store.probe import hasty
from tests.web.door import TestClient, csrf

URL = "http://pages.example"


@dataclass
class Office:
    """`organiser` is the browser of somebody who may change everything."""

    lab: Lab
    house: House
    stage: Stage
    app: FastAPI
    organiser: TestClient

    @property
    def key(self) -> str:
        return next(iter(self.house.served))

    @property
    def store(self) -> Store:
        return self.house.store

    @property
    def settings(self) -> Settings:
        return self.house.served[self.key].settings

    def turn(self) -> None:
        """One beat, then the post as far as it goes."""
        worlds = [one.world for one in self.house.served.values()]
        for world in worlds:
            beat(world, Memory())
        for room in rooms(worlds):
            room.drain()

    def person(self, email: str) -> str:
        """The path of somebody's story."""
        return f"/people/{reference(self.key, email)}"

    def come_in(self, role: str, email: str = "") -> TestClient:
        now, secret = self.house.clock.now(), f"cookie-{role}-{email}"
        self.store.entries.allow(hidden("link" + secret), email, role, now + timedelta(minutes=15))
        self.store.entries.begin(hidden("link" + secret), hidden(secret), now)
        browser = TestClient(self.app, base_url=URL, follow_redirects=False)
        browser.cookies.set("visit", secret)
        return browser

    def post(self, path: str, data: dict[str, Any] | None = None, *, page: str = "/", **how: Any) -> Any:
        """Press a button of a page."""
        word = csrf(self.organiser.get(page).text)
        return self.organiser.post(path, data={"csrf": word, **(data or {})}, **how)


@contextmanager
def office(folder: Path, people: int = 6) -> Iterator[Office]:
    """Open an office where everybody has their link and their first letter."""
    lay(folder / "orchestrator.db")
    with Lab(folder, people=people) as lab:
        environ = dict(os.environ) | lab.environ
        clock = wiring.SystemClock()
        found = gate.load(lab.config, environ=environ)
        assert found[0].web is not None
        store = hasty(wiring.open_store(found[0].store_url))
        house = House(store=store, clock=clock, key=b"k" * 32, web=found[0].web, configs=(lab.config,))
        stage = Stage([], house, (lab.config,), None, clock, settings=(), store=store, environ=environ)
        house.load = lambda root, instead: gate.load(root, environ=environ, instead=instead)
        house.inspect = lambda settings: inspection.inspect(settings, clock)
        house.reload()
        app = make_app(house)
        opened = Office(lab, house, stage, app, TestClient(app))
        opened.organiser = opened.come_in("organiser")
        opened.turn()
        opened.turn()
        yield opened
        store.close()
