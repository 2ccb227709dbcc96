"""What `run` plays on: the events that can be served, played on while an edit in the browser changes them."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.common import DEFAULT, say

if TYPE_CHECKING:
    from orchestrator.daemon import Daemon
    from orchestrator.gateways.alarm.life import SignsOfLife
    from orchestrator.jobs.world import World
    from orchestrator.ports import Clock
    from orchestrator.settings import Settings
    from orchestrator.web.house import House

ELSEWHERE = "store.url a changé : arrêtez puis relancez le service"


class Stage:
    """Beats and posts for the events served now; `house` None: there are no pages, and nothing changes."""

    def __init__(
        self,
        worlds: Sequence[World],
        house: House | None,
        configs: tuple[Path, ...],
        secrets: Path | None,
        clock: Clock,
        signs: SignsOfLife | None = None,
    ) -> None:
        self._signs = signs
        self._worlds = list(worlds)
        self._house = house
        self._configs = configs or (DEFAULT,)
        self._secrets = secrets
        self._clock = clock
        self._reloading = threading.Lock()
        self._over = threading.Event()
        self._turn = threading.Event()
        if house is not None:
            self._furnish(house)

    def _furnish(self, house: House) -> None:
        from orchestrator import inspection
        from orchestrator import settings as gate

        house.secrets = self._secrets
        house.load = lambda root, instead: gate.load(root, secrets=self._secrets, environ=os.environ, instead=instead)
        house.inspect = lambda settings: inspection.inspect(settings, self._clock)
        house.reload = self.reload

    def play(self) -> None:
        """Serve until `stop`; events that change are taken up again once the letters in hand have left."""
        from orchestrator.daemon import Daemon

        while not self._over.is_set():
            self._turn.clear()
            if self._over.is_set():
                return
            if not self._worlds:
                self._turn.wait()
                continue
            daemon = Daemon(self._worlds, self._signs)
            if self._house is not None:
                self._house.health, self._house.changed = daemon.health, daemon.look_now
                self._house.metrics = partial(_metrics, daemon)
            daemon.run(self._turn)

    def stop(self) -> None:
        self._over.set()
        self._turn.set()

    def reload(self) -> None:
        """Read the events again and go on with those that can be served; the others are kept with what is wrong."""
        from orchestrator import settings as gate
        from orchestrator.core.errors import BadConfiguration

        assert self._house is not None
        with self._reloading:
            found: list[Settings] = []
            unserved: dict[Path, Sequence[str]] = {}
            for root in self._configs:
                try:
                    found += () if gate.is_empty(root) else self._house.load(root, {})
                except BadConfiguration as error:
                    unserved[root] = error.problems
            if unserved:  # what is served goes on as it is
                self._house.unserved = unserved
                return
            self._go_on_with(found)

    def _go_on_with(self, found: Sequence[Settings]) -> None:
        from orchestrator import wiring
        from orchestrator.core.errors import BadConfiguration
        from orchestrator.web.house import Served

        assert self._house is not None
        house, name = self._house, wiring.owner()
        served: dict[str, Served] = {}
        unserved: dict[Path, Sequence[str]] = {}
        for settings in found:
            if problems := self._against(settings):
                unserved[settings.path] = problems
                continue
            try:
                world = wiring.world(settings, house.store, self._clock, name)
            except BadConfiguration as error:
                unserved[settings.path] = error.problems
                continue
            served[settings.event.key] = Served(world=world, settings=settings)
        house.served, house.unserved = served, unserved
        house.web = next((s.web for s in found if s.web is not None), house.web)
        self._worlds = [one.world for one in served.values()]
        self._turn.set()

    def _against(self, settings: Settings) -> tuple[str, ...]:
        """Why an event may not be served though its file is right."""
        from orchestrator import settings as gate

        assert self._house is not None
        event, store = settings.event, self._house.store
        if gate.is_over(event, self._clock.now()) and not store.events.is_known(event.key):
            day = gate.in_words(max(session.day for session in event.sessions))
            return (f"cet événement est passé ({day}) et n'a jamais été servi d'ici ; corrigez les dates",)
        return (ELSEWHERE,) if str(store.db.engine.url) not in _same(settings.store_url) else ()


def _metrics(daemon: Daemon) -> bytes:
    from orchestrator.web.metrics import exposition

    return exposition(daemon.watched())


def _same(url: str) -> tuple[str, ...]:
    """How a store's address may be written once it is open."""
    return url, url.replace("postgresql://", "postgresql+psycopg://", 1)


def announce(worlds: Sequence[World]) -> None:
    """Say what is served."""
    what = (
        f"{len(worlds)} événement(s) en service" if worlds else "Aucun événement encore : créez-le dans le navigateur"
    )
    say(f"{what} ; Ctrl-C ou SIGTERM pour arrêter.")
