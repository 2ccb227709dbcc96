"""Door: which events are served now. Re-reads their files when they change; a broken one keeps its last good state.

A file that is gone cancels nothing: its event goes on as it was last accepted. On PostgreSQL several hosts share the
store: one whose file was replaced elsewhere serves the newer version and says so.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator import settings as gate
from orchestrator.core.errors import BadConfiguration, OrchestratorError
from orchestrator.core.retention import purged_at
from orchestrator.jobs.world import World
from orchestrator.ports import Clock
from orchestrator.settings import Settings
from orchestrator.settings.redaction import without_secrets
from orchestrator.store import Store, digest_of

log = logging.getLogger(__name__)

Build = Callable[[Settings], World]
Stamp = tuple[tuple[str, int, int, int], ...]
BROKEN, OLDER, GONE, PAST = "config:broken", "config:older", "config:gone", "config:past"


@dataclass(slots=True)
class _Served:
    """One event in service: what it was built from and the world it became."""

    settings: Settings
    world: World
    digest: str


@dataclass(slots=True, kw_only=True)
class Roster:
    """The events of some files and folders. `build` makes a world of an event's settings."""

    paths: Sequence[Path]
    store: Store
    clock: Clock
    build: Build
    secrets: Path | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    _stamp: Stamp | None = None
    _served: dict[str, _Served] = field(default_factory=dict)
    broken: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    """What is wrong with files that cannot be served as they are, by file or folder."""
    _shelves: dict[Path, gate.Shelf] = field(default_factory=dict)
    _seen: dict[Path, str] = field(default_factory=dict)
    """Which event each file was, so that a broken file's trouble finds its event."""

    def worlds(self, *, again: bool = False) -> tuple[World, ...]:
        """Everything served now; costs one stat a file while nothing has changed. `again`: read in any case."""
        stamp = self._look()
        if again or stamp != self._stamp:
            self._stamp = stamp
            self._read()
        return tuple(one.world for one in self._served.values())

    def take_over(self, settings: Sequence[Settings], worlds: Sequence[World]) -> None:
        """Begin with events that are built already, as their files are now."""
        by_key = {world.event.key: world for world in worlds}
        for path in self.paths:
            self._shelves[path] = gate.shelved(path, settings, secrets=self.secrets, environ=self.environ)
        if settings and len(by_key) == len(settings):
            self._stamp = self._look()
        accepted = self.store.configs.digests()
        for one in settings:
            if world := by_key.get(one.event.key):
                text = without_secrets(one.path.read_text("utf-8-sig"))
                served = self._served[one.event.key] = _Served(one, world, digest_of(text))
                self._seen[one.path] = one.event.key
                if accepted.get(one.event.key) != served.digest:
                    self._accept(one, text)

    @property
    def settings(self) -> tuple[Settings, ...]:
        """What the served events were built from."""
        return tuple(one.settings for one in self._served.values())

    def _look(self) -> Stamp:
        return tuple(_stat(file) for path in self.paths for file in (*gate.files_of(path), path / gate.SERVICE))

    def _shelf(self, path: Path) -> gate.Shelf:
        return self._shelves.setdefault(path, gate.Shelf())

    # reading

    def _read(self) -> None:
        """Read every file again and serve what changed; what is wrong becomes an alarm of the event it concerns."""
        troubles: dict[str, dict[str, tuple[str, str]]] = {}
        there: set[str] = set()
        accepted = self.store.configs.digests()
        self.broken = {}
        for path in self.paths:
            try:
                found = gate.look(path, secrets=self.secrets, environ=self.environ, shelf=self._shelf(path))
            except BadConfiguration as error:
                there |= {key for file, key in self._seen.items() if file == path or file.parent == path}
                self._say_broken(path, error.problems, troubles)
                continue
            there |= {settings.event.key for settings in found.good}
            for file, problems in found.broken.items():
                there |= {self._seen[file]} if file in self._seen else set()
                self._say_broken(file, problems, troubles)
            for settings in found.good:
                self._seen[settings.path] = settings.event.key
                if not self._is_served(settings, accepted):
                    self._serve(settings, troubles)
        self._take_up(there, accepted)
        for key in self._served.keys() - there:
            what = "le fichier de cet événement a disparu ; l'événement continue tel qu'il était"
            remedy = 'remettez le fichier ; pour annuler l\'événement : status = "cancelled"'
            troubles.setdefault(key, {})[GONE] = (what, remedy)
        self.store.alarms.set_everywhere(troubles, {*self._served, *troubles}, "config:", self.clock.now())

    def _is_served(self, settings: Settings, accepted: Mapping[str, str]) -> bool:
        """Tell whether just this is served already, and nobody has replaced it elsewhere."""
        before = self._served.get(settings.event.key)
        return before is not None and before.settings is settings and accepted.get(settings.event.key) == before.digest

    def _take_up(self, there: set[str], accepted: Mapping[str, str]) -> None:
        """Go on serving what the store remembers and whose file is gone from the folder."""
        if len(self.paths) != 1 or not self.paths[0].is_dir():
            return
        if accepted.keys() <= {*there, *self._served}:
            return
        for key, newest in self.store.configs.all_newest().items():
            if key in there or key in self._served or not newest.text:
                continue
            path = (self.paths[0] / newest.name).absolute()
            try:
                settings = gate.from_text(newest.text, path, secrets=self.secrets, environ=self.environ)
                if self.clock.now() < purged_at(settings.event):
                    self._served[key] = _Served(settings, self.build(settings), newest.digest)
            except OrchestratorError as error:
                log.error("config of %s: %s", key, error)

    def _say_broken(self, file: Path, problems: Sequence[str], troubles: dict[str, dict[str, tuple[str, str]]]) -> None:
        self.broken[file] = tuple(problems)
        for line in problems:
            log.error("config: %s", line)
        keys = [key for seen, key in self._seen.items() if seen == file or seen.parent == file]
        for key in keys or [""]:
            goes_on = "l'événement continue avec sa dernière version correcte" if keys else "il n'est pas servi"
            alarm = (f"{file.name} ne peut pas être lu : {goes_on}", problems[0])
            troubles.setdefault(key, {})[f"{BROKEN}:{file.name}"] = alarm

    def _serve(self, settings: Settings, troubles: dict[str, dict[str, tuple[str, str]]]) -> None:
        """Put one event in service as its newest accepted version says."""
        key, now = settings.event.key, self.clock.now()
        if gate.is_over(settings.event, now) and key not in self._served and not self.store.events.is_known(key):
            what = "cet événement est passé et n'a jamais été servi d'ici"
            self.broken[settings.path] = (f"{what} ; corrigez les dates",)
            troubles.setdefault(key, {})[PAST] = (what, "corrigez les dates ; pour l'essayer : orchestrator rehearse")
            return
        text = without_secrets(settings.path.read_text("utf-8-sig"))
        before = self._served.get(key)
        if self._is_older(key, text, before):
            older = settings.path.name
            settings = self._recorded(key, settings)
            what = f"{older} sur {socket.gethostname()} est une version remplacée ailleurs ; la plus récente est servie"
            troubles.setdefault(key, {})[OLDER] = (what, f"copiez la version récente dans {older}")
        else:
            self._accept(settings, text)
        try:
            if before is None or before.settings != settings:
                self._served[key] = _Served(settings, self.build(settings), digest_of(text))
                log.info("event %s: %s", key, "in service" if before is None else "its new config is in service")
            else:
                before.digest = digest_of(text)
        except OrchestratorError as error:
            self.broken[settings.path] = error.problems if isinstance(error, BadConfiguration) else (str(error),)
            alarm = (error.message, error.remedy)
            troubles.setdefault(key, {})[f"{BROKEN}:{settings.path.name}"] = alarm
            log.error("config of %s: %s", key, error)

    def _accept(self, settings: Settings, text: str) -> None:
        """Write down the newest version; of an event whose people are purged no names any more."""
        now, by = self.clock.now(), socket.gethostname()
        is_kept = now < purged_at(settings.event)
        self.store.configs.accept(
            settings.event.key, name=settings.path.name, text=text, now=now, by=by, is_kept=is_kept
        )

    def _is_older(self, key: str, text: str, before: _Served | None) -> bool:
        """Another host has replaced this version, and it was not the one served here until now."""
        if self.store.db.is_sqlite:
            return False
        digest, newest = digest_of(text), self.store.configs.newest(key)
        if newest is None or newest.digest == digest or not newest.text:
            return False
        held_newest = before is not None and before.digest == newest.digest
        return not held_newest and self.store.configs.was_replaced(key, digest)

    def _recorded(self, key: str, settings: Settings) -> Settings:
        """The newest accepted version, with this host's secrets and paths."""
        newest = self.store.configs.newest(key)
        assert newest is not None
        return gate.from_text(newest.text, settings.path, secrets=self.secrets, environ=self.environ)


def _stat(file: Path) -> tuple[str, int, int, int]:
    try:
        found = file.stat()
    except OSError:
        return str(file), 0, 0, 0
    return str(file), found.st_mtime_ns, found.st_size, found.st_ino
