"""The heartbeat: APScheduler ticks in memory and holds no letter; post is a pool of threads beside it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from orchestrator.core.errors import Held, OrchestratorError
from orchestrator.jobs import lost
from orchestrator.jobs.beat import Memory, beat
from orchestrator.jobs.post import PostRoom, Worker, rooms
from orchestrator.jobs.world import Report, World

log = logging.getLogger(__name__)

BEAT_SECONDS = 10
IDLE_SECONDS = 5
"""How long an idle connection waits before it looks at the outbox again: another process may have filled it."""
STOP_SECONDS = 15
UNWELL_BEATS = 3
"""How many beats may be missed before the service calls itself unwell."""


class Daemon:
    """Beats until it is stopped; a stop finishes the letters in hand."""

    def __init__(self, worlds: Sequence[World]) -> None:
        self._worlds = list(worlds)
        self._clock = worlds[0].clock
        self._memories: Mapping[str, Memory] = {w.event.key: Memory() for w in worlds}
        self._rooms = rooms(worlds)
        self._stop = threading.Event()
        self._post_wakes = threading.Condition()
        self._scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._ticking = threading.Lock()
        self._beaten: dict[str, datetime] = {}

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Say whether every event has beaten lately, and how long ago each did, in seconds."""
        now = self._clock.now()
        ages = {
            w.event.key: None if (at := self._beaten.get(w.event.key)) is None else round((now - at).total_seconds(), 1)
            for w in self._worlds
        }
        well = all(age is not None and age < UNWELL_BEATS * BEAT_SECONDS for age in ages.values())
        return well, {"ok": well, "seconds_since_beat": ages}

    def run(self, stopped: threading.Event) -> None:
        """Beat and post until `stopped` is set; then end within 15 seconds."""
        self._scheduler.add_job(
            self._tick, "interval", seconds=BEAT_SECONDS, id="beat", next_run_time=self._clock.now()
        )
        self._scheduler.start()
        pool = [
            threading.Thread(target=self._deliver, args=(room,), daemon=True)
            for room in self._rooms
            for _ in range(room.connections)
        ]
        for thread in pool:
            thread.start()
        stopped.wait()
        self._end(pool)

    def _end(self, pool: Sequence[threading.Thread]) -> None:
        self._stop.set()
        with self._post_wakes:
            self._post_wakes.notify_all()
        self._scheduler.shutdown(wait=False)
        until = self._clock.now() + timedelta(seconds=STOP_SECONDS - 1)
        for thread in pool:
            thread.join(max(0.0, (until - self._clock.now()).total_seconds()))

    def look_now(self) -> None:
        """Beat at once: somebody has just said something on a page."""
        if self._scheduler.running:
            self._scheduler.add_job(self._tick, "date", run_date=self._clock.now(), id="asked", replace_existing=True)

    def _tick(self) -> None:
        with self._ticking:
            self._answer_lost()
            self._beat_all()

    def _answer_lost(self) -> None:
        try:
            lost.answer(self._worlds, self._clock.now())
        except OrchestratorError as error:
            log.error("lost links could not be answered: %s", error)

    def _beat_all(self) -> None:
        wake: datetime | None = None
        for world in self._worlds:
            if self._stop.is_set():
                return
            report = self._beat(world)
            if report is not None and report.next_at is not None:
                wake = report.next_at if wake is None else min(wake, report.next_at)
        for room in self._rooms:
            room.recover()
        with self._post_wakes:
            self._post_wakes.notify_all()
        self._wake_at(wake)

    def _beat(self, world: World) -> Report | None:
        """Beat one event; what fails there stays there."""
        key = world.event.key
        try:
            report = beat(world, self._memories[key])
        except Held:
            return None
        except OrchestratorError as error:
            log.error("beat of %s failed: %s", key, error)
            return None
        self._beaten[key] = world.clock.now()
        for change in report.changes:
            log.info("event %s: %s", key, change)
        for problem in report.problems:
            log.warning("event %s: %s (%s)", key, problem.what, problem.remedy)
        return report

    def _wake_at(self, at: datetime | None) -> None:
        """Beat at the next instant that decides something, where that is before the next tick."""
        if at is not None and at < self._clock.now() + timedelta(seconds=BEAT_SECONDS):
            self._scheduler.add_job(self._tick, "date", run_date=at, id="wake", replace_existing=True)

    def _deliver(self, room: PostRoom) -> None:
        """One connection of the pool: deliver what is due, then wait for more."""
        while not self._stop.is_set():
            with ExitStack() as line:
                worker = Worker(room, line)
                try:
                    while not self._stop.is_set() and worker.turn():
                        pass
                except Exception:  # a connection of the pool must outlive whatever happens to one letter
                    log.exception("a connection of the post failed; it goes on")
            self._idle(room)

    def _idle(self, room: PostRoom) -> None:
        with self._post_wakes:
            if not self._stop.is_set():
                self._post_wakes.wait(self._pause(room))

    def _pause(self, room: PostRoom) -> float:
        try:
            at = room.next_at()
        except OrchestratorError:
            return IDLE_SECONDS
        if at is None:
            return IDLE_SECONDS
        return min(IDLE_SECONDS, max(0.05, (at - self._clock.now()).total_seconds()))
