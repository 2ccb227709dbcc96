"""Carries the beat and "deliver these" between processes by procrastinate; a job lost, late or doubled harms nothing.

What must be done is in the rows of the store; a job only says "look now". procrastinate keeps its own tables
(`procrastinate_*`) in the store's PostgreSQL: https://procrastinate.readthedocs.io
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ProcrastinateException, UniqueViolation
from procrastinate.jobs import Status

from orchestrator.core.errors import OrchestratorError
from orchestrator.ports import Work

log = logging.getLogger(__name__)

SILENT_SECONDS = 30.0
"""How long a worker may be silent before its jobs are taken from it."""
STOP_SECONDS = 10
STALLED = "stalled"
DOWN = "le moteur de tâches ne répond pas ; le service continue sans lui"
REMEDY = "vérifiez PostgreSQL (store.url)"


class Procrastinate:
    """The engine over one PostgreSQL database; see ports.Engine."""

    def __init__(self, url: str, *, silent_seconds: float = SILENT_SECONDS) -> None:
        self._url = _bare(url)
        self._silent = silent_seconds
        self._regular: dict[str, int] = {}
        self._sender = App(connector=SyncPsycopgConnector(conninfo=self._url, min_size=0, max_size=2))
        self._opening = threading.Lock()
        self._is_open = False

    def prepare(self) -> None:
        """Make procrastinate's tables where there are none; the caller sees to it that only one does so at a time."""
        try:
            with psycopg.connect(self._url) as connection:
                if connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone() == (None,):
                    connection.execute(self._sender.schema_manager.get_schema())
        except psycopg.Error as error:
            raise OrchestratorError(f"{DOWN} : {error}", remedy=REMEDY, permanent=False) from error

    def enqueue(self, job: str, about: str = "", at: datetime | None = None) -> None:
        """Have a job done by any worker; where the same one waits already that is enough."""
        waits = f"{job}:{about}" + ("" if at is None else f"@{at.astimezone(UTC):%Y%m%dT%H%M%S}")
        task = self._open().configure_task(job, allow_unknown=True, queue=job, queueing_lock=waits, schedule_at=at)
        try:
            task.defer(about=about)
        except AlreadyEnqueued:
            return
        except ProcrastinateException as error:
            raise OrchestratorError(f"{DOWN} : {error}", remedy=REMEDY, permanent=False) from error

    def _open(self) -> App:
        with self._opening:
            if not self._is_open:
                self._sender.open()
                self._is_open = True
            return self._sender

    def every(self, seconds: int, job: str) -> None:
        """Have a job done regularly, each time by one of the workers; a divisor of a minute. Before run_worker."""
        self._regular[job] = seconds

    def run_worker(self, jobs: Mapping[str, Work], stop: threading.Event) -> None:
        """Do these jobs until `stop` is set, several at once. Raises OrchestratorError when the database goes away."""
        app = App(connector=PsycopgConnector(conninfo=self._url, min_size=1, max_size=4))
        for name, work in jobs.items():
            self._offer(app, name, work)
        self._take_back_from_the_dead(app)
        try:
            asyncio.run(self._work(app, [*jobs, STALLED], stop))
        except (ProcrastinateException, psycopg.Error) as error:
            raise OrchestratorError(f"{DOWN} : {error}", remedy=REMEDY, permanent=False) from error

    def _offer(self, app: App, name: str, work: Work) -> None:
        def do(timestamp: int = 0, about: str = "") -> None:  # noqa: ARG001 - where it is regular, for which time
            work(about)

        task = app.task(name=name, queue=name, queueing_lock=f"{name}:")(do)
        if seconds := self._regular.get(name):
            app.periodic(cron=_every(seconds))(task)

    def _take_back_from_the_dead(self, app: App) -> None:
        """Without this the jobs of a worker that was killed stay `doing` for ever."""

        async def take_back(timestamp: int) -> None:  # noqa: ARG001 - procrastinate tells each for which time it is
            manager = app.job_manager
            await manager.prune_stalled_workers(seconds_since_heartbeat=self._silent)
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._silent):
                log.warning("job %s of a worker that fell silent is taken back", job.task_name)
                try:
                    await manager.retry_job(job)
                except UniqueViolation:  # the same waits already
                    await manager.finish_job(job, status=Status.FAILED, delete_job=True)

        task = app.task(name=STALLED, queue=STALLED, queueing_lock=STALLED)(take_back)
        app.periodic(cron=_every(min(10, max(1, int(self._silent)))))(task)

    async def _work(self, app: App, queues: list[str], stop: threading.Event) -> None:
        how: dict[str, Any] = {
            "queues": queues,
            "concurrency": 8,
            "delete_jobs": "always",
            "install_signal_handlers": False,
            "shutdown_graceful_timeout": STOP_SECONDS,
            "update_heartbeat_interval": self._silent / 3,
            "stalled_worker_timeout": self._silent,
        }
        async with app.open_async():
            worker = asyncio.create_task(app.run_worker_async(**how))
            while not (stop.is_set() or worker.done()):
                await asyncio.sleep(0.1)
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker

    def close(self) -> None:
        if self._is_open:
            self._sender.close()


def _every(seconds: int) -> str:
    """So many seconds for croniter, whose six fields have the seconds last."""
    return f"* * * * * */{seconds}"


def _bare(url: str) -> str:
    """The address as libpq reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
