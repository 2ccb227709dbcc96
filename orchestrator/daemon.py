"""The heartbeat: APScheduler ticks in memory and holds no letter; post is a thread a relay beside it.

A process may have both roles or one of them. With an engine (ports.Engine) one process beats each time, and a beat that
finds letters due wakes the post of some process at once; the rows stay the truth, and without it all goes on.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from orchestrator.core.errors import Held, OrchestratorError
from orchestrator.gateways.alarm.life import SignsOfLife
from orchestrator.jobs import lost
from orchestrator.jobs.alarms import push_all
from orchestrator.jobs.beat import Counters, Memory, beat
from orchestrator.jobs.departing import see_off
from orchestrator.jobs.post import PostRoom, rooms
from orchestrator.jobs.pulse import Watched
from orchestrator.jobs.remembering import doubt, keep, recall
from orchestrator.jobs.returns import read_returns
from orchestrator.jobs.world import Report, World
from orchestrator.ports import Engine

log = logging.getLogger(__name__)

BEAT_SECONDS = 10
ALARM_SECONDS = 15
RETURN_SECONDS = 60
IDLE_SECONDS = 5
"""How long an idle post waits before it looks at the outbox again: another process may have filled it."""
STOP_SECONDS = 15
ENGINE_AGAIN_SECONDS = 1
IN_BETWEEN = timedelta(seconds=10)
UNWELL_BEATS = 3
"""How many beats may be missed before the service calls itself unwell."""
ELSEWHERE = timedelta(minutes=2)
"""The same where other processes beat: they note it once a minute."""
ROLES = frozenset({"web", "beat", "post"})
"""What a process may do; the pages are the caller's part."""


class Daemon:
    """Beats until it is stopped; a stop finishes the letters in hand."""

    def __init__(
        self,
        worlds: Sequence[World],
        signs: SignsOfLife | None = None,
        before: Daemon | None = None,
        *,
        roles: Collection[str] = ROLES,
        engine: Engine | None = None,
        beat_seconds: int = BEAT_SECONDS,
    ) -> None:
        """`before` has ended: what it knew of events that are still the same is gone on from."""
        self._beat_seconds = beat_seconds
        self._worlds = list(worlds)
        self._beats_here, self._posts_here = "beat" in roles, "post" in roles
        self._engine = engine
        self._signs = signs or SignsOfLife()
        self._clock = worlds[0].clock
        self._memories: Mapping[str, Memory] = self._recall()
        self._counters: Counters = {}
        self.rooms = rooms(worlds)
        self._to_see_off = {w.relay for w in worlds}  # the process before may have ended without
        self._seen_off_at = self._clock.now()
        self._stop = threading.Event()
        self._post_wakes = threading.Condition()
        self._scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._ticking = threading.Lock()
        self._passing_since: datetime | None = None
        self._is_first = True
        self._beaten: dict[str, datetime] = {}
        self._beats: Counter[tuple[str, str]] = Counter()
        if before is not None:
            self._go_on_from(before)

    def _recall(self) -> Mapping[str, Memory]:
        if self._beats_here:
            with contextlib.suppress(OrchestratorError):  # each event's beat says so, and goes on when it can
                return recall(self._worlds)
        return {w.event.key: Memory() for w in self._worlds}

    def _go_on_from(self, before: Daemon) -> None:
        there = {id(world) for world in before._worlds}
        same = {world.event.key for world in self._worlds if id(world) in there}
        self._memories = {k: before._memories[k] if k in same else memory for k, memory in self._memories.items()}
        self._beaten = {k: at for k, at in before._beaten.items() if k in self._memories}
        self._beats = before._beats

    def watched(self) -> Watched:
        """What those who watch the service may look at."""
        alone = self._beats_here and self._engine is None
        return Watched(
            worlds=tuple(self._worlds),
            now=self._clock.now(),
            patience=UNWELL_BEATS * timedelta(seconds=self._beat_seconds) if alone else ELSEWHERE,
            beaten=dict(self._beaten) if alone else self._beaten_somewhere(),
            beats=Counter(self._beats),
            passing_since=self._passing_since,
            is_first=self._is_first,
        )

    def _beaten_somewhere(self) -> dict[str, datetime]:
        try:
            at = self._worlds[0].store.highwater.at()
        except OrchestratorError:
            at = None
        return dict(self._beaten) if at is None else {w.event.key: at for w in self._worlds}

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Say whether the service is well, and how each part of it was last seen."""
        pulse = self.watched().pulse()
        return pulse.is_well, pulse.as_data()

    def run(self, stopped: threading.Event) -> None:
        """Beat and post until `stopped` is set; then end within 15 seconds."""
        tick = self._tick if self._beats_here and self._engine is None else self._watch_over
        self._scheduler.add_job(
            tick, "interval", seconds=self._beat_seconds, id="beat", next_run_time=self._clock.now()
        )
        self._signs.ready()
        if self._beats_here:
            for job, seconds in ((self._wake_somebody, ALARM_SECONDS), (self._read_returns, RETURN_SECONDS)):
                at = self._clock.now()
                self._scheduler.add_job(job, "interval", seconds=seconds, id=job.__name__, next_run_time=at)
        self._scheduler.start()
        pool = [
            threading.Thread(target=self.deliver, args=(room,), name=f"post-{n}", daemon=True)
            for n, room in enumerate(self.rooms if self._posts_here else ())
        ]
        if self._engine is not None and (self._beats_here or self._posts_here):
            pool.append(threading.Thread(target=self._work, args=(self._engine,), name="engine", daemon=True))
        for thread in pool:
            thread.start()
        stopped.wait()
        self._signs.stopping()
        self._end(pool)

    def stop(self) -> None:
        """Let the post finish what it has in hand, and no more."""
        self._stop.set()
        self._wake_post()

    def _end(self, pool: Sequence[threading.Thread]) -> None:
        self.stop()
        self._scheduler.shutdown(wait=False)
        until = self._clock.now() + timedelta(seconds=STOP_SECONDS - 1)
        for thread in pool:
            thread.join(max(0.0, (until - self._clock.now()).total_seconds()))

    def look_now(self) -> None:
        """Beat at once: somebody has just said something on a page."""
        if not self._beats_here:
            self._ask("beat", "asked")
        elif self._scheduler.running:
            self._scheduler.add_job(self._tick, "date", run_date=self._clock.now(), id="asked", replace_existing=True)

    # several processes

    def _watch_over(self) -> None:
        """Beat nothing while some process does; where it is this one's part, beat if none has for a while."""
        self._signs.alive()
        try:
            at = self._worlds[0].store.highwater.at()
        except OrchestratorError as error:
            log.error("whether others beat could not be read: %s", error)
            return
        if self._beats_here and (at is None or self._clock.now() - at > ELSEWHERE):
            self._tick()

    def _work(self, engine: Engine) -> None:
        """Do the engine's jobs; where it fails the service goes on without, and tries it again."""
        if self._beats_here:
            engine.every(self._beat_seconds, "beat")
        jobs = {"beat": lambda _about: self._tick_unless_ticking()} if self._beats_here else {}
        jobs |= {"deliver": lambda _relay: self._wake_post()} if self._posts_here else {}
        while not self._stop.is_set():
            try:
                engine.run_worker(jobs, self._stop)
            except Exception:  # the engine is a help, not a condition
                log.exception("the engine failed; the service goes on without it and tries again")
            self._stop.wait(ENGINE_AGAIN_SECONDS)

    def _tick_unless_ticking(self) -> None:
        if not self._ticking.locked():
            self._tick()

    def _ask(self, job: str, about: str) -> None:
        """Have a job done by some process; without an engine, or where it is down, they look by themselves."""
        if self._engine is None:
            return
        try:
            self._engine.enqueue(job, about)
        except OrchestratorError as error:
            log.warning("%s", error)

    def _tick(self) -> None:
        with self._ticking:
            self._answer_lost()
            self.beat_all()

    def _answer_lost(self) -> None:
        try:
            lost.answer(self._worlds, self._clock.now())
        except OrchestratorError as error:
            log.error("lost links could not be answered: %s", error)

    def beat_all(self) -> datetime | None:
        """One pass: beat every event that may have something to do, and let the post look again.

        Says at which instant the clock alone will next decide something, as far as is known.
        """
        self._passing_since = self._clock.now()
        try:
            wake = self._pass()
            self._is_first = False
        finally:
            self._passing_since = None
        if self.watched().is_beating:
            self._signs.good(self._clock.now())
        self._wake_at(wake)
        return wake

    def _pass(self) -> datetime | None:
        wake: datetime | None = None
        self._apply_webhooks()
        self._count()
        for world in self.soonest_first():
            if self._stop.is_set():
                return None
            report = self._beat(world)
            self._signs.alive()
            self._in_between()
            if report is not None and report.next_at is not None:
                wake = report.next_at if wake is None else min(wake, report.next_at)
        self._note_work()
        self._see_off()
        self._see_to_the_letters()
        self._signs.alive()
        return wake

    def soonest_first(self) -> list[World]:
        """Whose day is nearest: with many events the first pass takes a while; those that are over come last."""
        now = self._clock.now()
        return sorted(self._worlds, key=lambda w: (w.event.last_end <= now, w.event.first_start))

    def _in_between(self) -> None:
        """In a long pass do every now and then what is done at its end."""
        if not timedelta() <= self._clock.now() - self._seen_off_at < IN_BETWEEN:
            self._note_work()
            self._see_off()

    def _see_off(self) -> None:
        """Plan when letters leave, of all events of a relay at once."""
        self._seen_off_at = now = self._clock.now()
        try:
            for relay in sorted(self._to_see_off):
                see_off([world for world in self._worlds if world.relay == relay], now)
            self._to_see_off = set()
        except OrchestratorError as error:
            log.error("when letters leave could not be planned: %s", error)

    def _see_to_the_letters(self) -> None:
        """Take back what the dead had in hand, and wake the post, here or where the engine finds one."""
        try:
            for room in self.rooms:
                room.recover()
                if self._engine is not None and room.due():
                    self._ask("deliver", room.relay)
        except OrchestratorError as error:
            log.error("letters of dead processes could not be taken back: %s", error)
        self._wake_post()

    def _wake_post(self) -> None:
        with self._post_wakes:
            self._post_wakes.notify_all()

    def _wake_somebody(self) -> None:
        """Push new alarms: the relay's are raised between beats."""
        try:
            push_all(self._worlds)
        except OrchestratorError as error:
            log.error("alarms could not be pushed: %s", error)

    def _read_returns(self) -> None:
        try:
            read_returns(self._worlds)
        except OrchestratorError as error:
            log.error("the mailbox of returns could not be settled: %s", error)

    def _apply_webhooks(self) -> None:
        """Set the facts of webhooks that were received by a process that has ended since."""
        try:
            self._worlds[0].store.presence.apply(self._clock.now())
        except OrchestratorError as error:
            log.warning("webhooks wait for the next beat: %s", error)

    def _count(self) -> None:
        """Ask once for what tells of every event whether something has changed."""
        try:
            self._counters = self._worlds[0].store.events.counters()
        except OrchestratorError:  # each event's beat says so, and goes on when it can
            self._counters = {}

    def _beat(self, world: World) -> Report | None:
        """Beat one event; what fails there stays there."""
        key, memory = world.event.key, self._memories[world.event.key]
        doubt(world, memory, world.clock.now())
        try:
            report = beat(world, memory, counters=self._counters, sets_out=False)
            if not report.quiet:
                self._to_see_off.add(world.relay)
                keep(world, memory)
        except Held:  # another process beats it: all is well
            self._beaten[key] = world.clock.now()
            return None
        except OrchestratorError as error:
            self._beats[key, "failed"] += 1
            log.error("beat of %s failed: %s", key, error)
            return None
        self._beaten[key] = world.clock.now()
        self._beats[key, "quiet" if report.quiet else "busy"] += 1
        if not report.quiet:
            self._count()  # it took a while
        for change in report.changes:
            log.info("event %s: %s", key, change)
        for problem in report.problems:
            log.warning("event %s: %s (%s)", key, problem.what, problem.remedy)
        return report

    def _note_work(self) -> None:
        try:
            self._worlds[0].store.highwater.note(self._clock.now())
        except (OrchestratorError, OSError) as error:
            log.warning("how far the service has come could not be noted: %s", error)

    def _wake_at(self, at: datetime | None) -> None:
        """Beat at the next instant that decides something, where that is before the next tick."""
        soon = self._clock.now() + timedelta(seconds=self._beat_seconds)
        if at is not None and at < soon and self._scheduler.running:
            self._scheduler.add_job(self._tick, "date", run_date=at, id="wake", replace_existing=True)

    def deliver(self, room: PostRoom) -> None:
        """The post of one relay: deliver what is due, then wait for more."""
        room.warm_up()
        while not self._stop.is_set():
            try:
                room.drain(self._stop)
            except Exception:  # the post must outlive whatever happens to a letter, a line or the database
                log.exception("the post failed; it goes on")
                self._stop.wait(1)
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
