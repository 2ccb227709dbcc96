"""The one place where settings become things; the only reader of the clock."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from orchestrator import shipped
from orchestrator.core.errors import BadConfiguration, OrchestratorError
from orchestrator.core.model import Event
from orchestrator.gateways.mail.scribe import JinjaScribe
from orchestrator.gateways.mail.smtp import SmtpPost
from orchestrator.gateways.registrations import Columns, CsvRegistrations
from orchestrator.gateways.zoom.api import ZoomApi
from orchestrator.gateways.zoom.meetings import ZoomMeetings
from orchestrator.jobs.world import World
from orchestrator.ports import Clock
from orchestrator.settings import Settings
from orchestrator.store import Store


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, until: datetime) -> None:
        time.sleep(max(0.0, (until - self.now()).total_seconds()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What a rehearsal puts in the place of the real outside: all on loopback, with a store and a source of its own."""

    api_url: str
    token_url: str
    account_id: str
    client_id: str
    client_secret: str
    relay_port: int
    store_url: str
    source: Path
    columns: Columns | None = None


def owner() -> str:
    """Name this process for leases: host, process, its start, and a draw."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}:{secrets.token_hex(4)}"


def alive(name: str) -> bool:
    """Tell whether an owner still runs; one on another host is taken to."""
    host, pid, started, *_ = [*name.split(":"), "", "", ""]
    if host != socket.gethostname() or not pid.isdigit():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return started == _started(int(pid))


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot (proc(5), field 22): process numbers are used again.

    "dead" for one that has ended and waits for its parent (state Z).
    """
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "dead" if state == "Z" else fields[18]


def open_store(url: str) -> Store:
    """Open the database and bring its tables to this version."""
    if url.startswith("sqlite:///"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        if not folder.is_dir():
            raise OrchestratorError(f"store.url – le dossier {folder} n'existe pas", remedy=f"mkdir -p {folder}")
    return Store(url, alive).open()


def store_to_read(url: str) -> Store:
    """Open the database only to look; one that does not exist yet is an empty one in memory."""
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return Store("sqlite://").open()
    return Store(url, alive).open()


def scribe() -> JinjaScribe:
    return JinjaScribe([shipped.templates() / "letters"])


def zoom(settings: Settings, clock: Clock, elsewhere: Elsewhere | None = None) -> ZoomMeetings:
    """Reach Zoom. Raises BadConfiguration where a credential is missing."""
    account = settings.zoom
    if elsewhere is None and account.missing:
        keys = ", ".join(f"zoom.{name}" for name in account.missing)
        variables = ", ".join(f"ORCHESTRATOR_ZOOM__{name.upper()}" for name in account.missing)
        problem = (
            f"{settings.path.name}: {keys} – il manque l'accès à Zoom ; donnez {variables}, ou un dossier --secrets"
        )
        raise BadConfiguration((problem,))
    source = elsewhere or account
    secret = source.client_secret if isinstance(source.client_secret, str) else source.client_secret.get_secret_value()
    return ZoomMeetings(
        ZoomApi(
            api_url=source.api_url,
            token_url=source.token_url,
            account_id=source.account_id,
            client_id=source.client_id,
            client_secret=secret,
            now=clock.now,
            api_url_is_fixed=elsewhere is not None or account.api_url_is_fixed,
        )
    )


def relay(settings: Settings, elsewhere: Elsewhere | None = None) -> SmtpPost:
    if elsewhere is not None:
        return SmtpPost(host="127.0.0.1", port=elsewhere.relay_port, security="none")
    mail = settings.mail
    return SmtpPost(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        username=mail.username,
        password=mail.password.get_secret_value(),
    )


def second_relay(settings: Settings, elsewhere: Elsewhere | None = None) -> SmtpPost | None:
    """Reach the relay that stands in for the first, where there is one."""
    second = settings.mail.second
    if second is None or elsewhere is not None:
        return None
    return SmtpPost(
        host=second.host,
        port=second.port,
        security=second.security,
        username=second.username,
        password=second.password.get_secret_value(),
    )


def registrations(settings: Settings, event: Event, elsewhere: Elsewhere | None = None) -> CsvRegistrations:
    """Read the form's answers. Raises BadConfiguration for a source that is not a file."""
    source = settings.registrations
    if elsewhere is not None:
        return CsvRegistrations(elsewhere.source, elsewhere.columns or columns(settings), event)
    if source.source != "file":
        problem = (
            f'{settings.path.name}: registrations.source – « {source.source} » n\'est pas encore lu ; mettez "file"'
        )
        raise BadConfiguration((problem,))
    return CsvRegistrations(source.path, columns(settings), event)


def columns(settings: Settings) -> Columns:
    names = settings.registrations.columns
    return Columns(
        email=names.email,
        first_name=names.first_name,
        last_name=names.last_name,
        shown_as=names.shown_as,
        submitted_at=names.submitted_at,
        organisation=names.organisation,
        needs=names.needs,
        language=names.language,
        sessions=names.sessions,
        question=names.question,
        answers=names.answers,
        wishes=names.wishes,
        yes=settings.registrations.yes,
    )


def world(settings: Settings, store: Store, clock: Clock, name: str, elsewhere: Elsewhere | None = None) -> World:
    """Build everything one event's jobs may touch."""
    event = settings.event
    mail = settings.mail
    return World(
        event=event,
        store=store,
        clock=clock,
        registrations=registrations(settings, event, elsewhere),
        meetings=zoom(settings, clock, elsewhere),
        post=relay(settings, elsewhere),
        second=second_relay(settings, elsewhere),
        scribe=scribe(),
        owner=name,
        relay=f"{mail.username}@{mail.host}:{mail.port}",
        connections=mail.connections,
    )


def worlds(found: Sequence[Settings], clock: Clock) -> list[World]:
    """Build the worlds of several events over one store."""
    store, name = open_store(found[0].store_url), owner()
    shared = scribe()
    return [replace(world(settings, store, clock, name), scribe=shared) for settings in found]
