"""What `run` plays on: the events that can be served, played on while an edit in the browser changes them."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.common import DEFAULT, say

if TYPE_CHECKING:
    from orchestrator.daemon import Daemon
    from orchestrator.gateways.alarm.life import SignsOfLife
    from orchestrator.jobs.world import World
    from orchestrator.ports import Clock, Engine
    from orchestrator.settings import Settings, Web
    from orchestrator.store import Store
    from orchestrator.web.house import House
    from orchestrator.web.metrics import Tallies

log = logging.getLogger(__name__)

WATCH_SECONDS = 5
"""How soon an edit of a file is taken up; it costs one stat a file."""
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
        *,
        settings: Sequence[Settings],
        store: Store,
        signs: SignsOfLife | None = None,
        roles: Collection[str] = ("web", "beat", "post"),
        engine: Engine | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._signs, self._roles, self._engine = signs, roles, engine
        from orchestrator import wiring
        from orchestrator.roster import Roster
        from orchestrator.web.metrics import Tallies

        self._worlds = list(worlds)
        self._house = house
        self._owner = worlds[0].owner if worlds else wiring.owner()
        self._roster = Roster(
            paths=configs or (DEFAULT,),
            store=store,
            clock=clock,
            build=self._build,
            secrets=secrets,
            environ=environ,
        )
        self._roster.take_over(settings, worlds)
        self._secrets = secrets
        self._clock = clock
        self._reloading = threading.RLock()
        self._over = threading.Event()
        self._tallies = Tallies() if house is not None else None
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

        threading.Thread(target=self._watch, daemon=True, name="edits").start()
        daemon = None
        while not self._over.is_set():
            self._turn.clear()
            if self._over.is_set():
                return
            if not self._worlds:
                self._turn.wait()
                continue
            daemon = Daemon(self._worlds, self._signs, daemon, roles=self._roles, engine=self._engine)
            if self._house is not None:
                self._house.health, self._house.changed = daemon.health, daemon.look_now
                self._house.metrics = partial(_metrics, daemon, self._tallies)
            daemon.run(self._turn)

    def stop(self) -> None:
        self._over.set()
        self._turn.set()

    def reload(self) -> None:
        """Read everything again: a page has written something, a secret perhaps."""
        self._take_up(again=True)

    def _take_up(self, *, again: bool = False) -> None:
        """Read what has changed and go on with the events that can be served; what is wrong with the others is kept."""
        from orchestrator.web.house import Served

        with self._reloading:
            worlds = self._roster.worlds(again=again)
            if self._house is not None:
                pairs = zip(worlds, self._roster.settings, strict=True)
                self._house.served = {w.event.key: Served(world=w, settings=s) for w, s in pairs}
                self._house.unserved = dict(self._roster.broken)
                self._house.web = next((s.web for s in self._roster.settings if s.web is not None), self._house.web)
            if [id(world) for world in worlds] != [id(world) for world in self._worlds]:
                self._worlds = list(worlds)
                self._turn.set()

    def _watch(self) -> None:
        """Take up what is edited in the files while they are served."""
        while not self._over.wait(WATCH_SECONDS):
            try:
                self._take_up()
            except Exception:  # an edit must never end the service
                log.exception("the events could not be read again; they go on as they are")

    def _build(self, settings: Settings) -> World:
        from orchestrator import wiring
        from orchestrator.core.errors import BadConfiguration

        if not self._roster.store.db.is_at(settings.store_url):
            raise BadConfiguration((ELSEWHERE,))
        return wiring.world(settings, self._roster.store, self._clock, self._owner)


def _metrics(daemon: Daemon, tallies: Tallies | None) -> bytes:
    from orchestrator.web.metrics import exposition

    return exposition(daemon.watched(), tallies)


def announce(worlds: Sequence[World], web: Web | None) -> None:
    """Say what is served, and where its pages are."""
    what = (
        f"{len(worlds)} événement(s) en service" if worlds else "Aucun événement encore : créez-le dans le navigateur"
    )
    door = f" ; pages sur http://{web.host}:{web.port}" if web is not None else ""
    say(f"{what}{door} ; Ctrl-C ou SIGTERM pour arrêter.")
    if web is not None and not web.organisers:
        say("Pour y entrer la première fois : « orchestrator login-link », avec les mêmes -c.")
