"""The one place where settings become things; the only reader of the clock."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import socket
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from orchestrator import shipped
from orchestrator.core.entry import door_of, token
from orchestrator.core.errors import BadConfiguration, OrchestratorError
from orchestrator.core.model import Event
from orchestrator.gateways.alarm import letter
from orchestrator.gateways.alarm.life import SignsOfLife
from orchestrator.gateways.alarm.webhook import Webhook
from orchestrator.gateways.mail.bounces import ImapReturns
from orchestrator.gateways.mail.safe import SafeScribe
from orchestrator.gateways.mail.smtp import SmtpPost, Timeouts
from orchestrator.gateways.registrations import Columns, FileTable, Register, Tables, in_file
from orchestrator.gateways.registrations.polled import Polled, Remote
from orchestrator.gateways.zoom.api import ZoomApi
from orchestrator.gateways.zoom.meetings import ZoomMeetings
from orchestrator.jobs.mapping import Mapped
from orchestrator.jobs.presence import live
from orchestrator.jobs.sampling import sample_letters
from orchestrator.jobs.world import World, no_page, nothing_known
from orchestrator.ports import Clock, Engine, Siren
from orchestrator.settings import ADAPTERS, Mail, Settings, ZoomAccount
from orchestrator.settings.key import service_key
from orchestrator.settings.values import SecondRelay
from orchestrator.store import Database, Store, backup

Made = TypeVar("Made")
_IN_USE: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()
"""What events use together, by what it was made from: gone once no event uses it."""


def shared(made_from: Hashable, make: Callable[[], Made]) -> Made:
    """Return what was made from the same, or make it: an account's calls are paced together, and a thousand events
    hold their connections and templates once."""
    found: Made | None = _IN_USE.get(made_from)
    if found is None:
        found = _IN_USE[made_from] = make()
    return found


NO_ACCESS = "il manque l'accès à Zoom"
"""What is said of an event without the keys of its Zoom account."""


@dataclass(frozen=True, slots=True)
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
    except PermissionError:  # another account's
        seen = _started(int(pid))
        return seen == started or (not seen and _since_boot(started))
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


def _since_boot(started: str) -> bool:
    """Tell whether somebody hidden from us (proc(5), hidepid) can be meant: not one that began after now, before a
    restart of the machine."""
    ticks = time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK")
    return started.isdigit() and int(started) <= ticks


def open_store(url: str) -> Store:
    """Open the database and bring its tables to this version."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        if not path.parent.is_dir():
            problem = f"store.url – le dossier {path.parent} n'existe pas"
            raise OrchestratorError(problem, remedy=f"mkdir -p {path.parent}")
        _make_private(path)
    return Store(url, alive).open()


def _make_private(path: Path) -> None:
    """Let a new database belong to its maker alone; SQLite gives the files beside it the same rights."""
    with contextlib.suppress(OSError):  # what is wrong with the place, the store says better
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def store_to_read(url: str) -> Store:
    """Open the database only to look; one that does not exist yet is an empty one in memory."""
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return Store("sqlite://").open()
    return Store(url, alive).open()


def engine(store: Store) -> Engine:
    """The engine that spreads work over processes, in the store's own PostgreSQL. Raises BadConfiguration."""
    if store.db.is_sqlite:
        raise BadConfiguration(
            ("--engine demande PostgreSQL → mettez son adresse dans store.url, ou retirez --engine",)
        )
    try:
        from orchestrator.gateways.engine import Procrastinate
    except ImportError:
        raise BadConfiguration(("--engine demande procrastinate → pip install 'orchestrator[scale]'",)) from None
    found = Procrastinate(store.db.engine.url.render_as_string(hide_password=False))
    with store.db.write("engine"):  # one process at a time makes the engine's tables
        found.prepare()
    return found


def signs_of_life(settings: Sequence[Settings]) -> SignsOfLife:
    """Reach systemd, if it started us, and the dead man's switch, if one is named."""
    urls = (s.ping_url.get_secret_value() for s in settings)
    return SignsOfLife(os.environ, next((url for url in urls if url), ""))


def store_version(url: str) -> str | None:
    """Say which migration a database is at, without bringing it to this version."""
    database = Database(url)
    try:
        return database.revision()
    finally:
        database.close()


def back_up(url: str, target: Path) -> int:
    """Copy a SQLite database; returns the bytes of the copy."""
    source = Path(url.removeprefix("sqlite:///"))
    if not source.exists():
        raise OrchestratorError(f"la base {source} n'existe pas encore", remedy="rien n'est à sauvegarder")
    return backup.copy(source, target)


def scribe(settings: Settings | None = None) -> SafeScribe:
    """Write letters from the shipped templates, or from the organiser's own where those hold."""
    own = None if settings is None else settings.templates
    if settings is None or own is None:
        return shared("scribe", lambda: SafeScribe(shipped.templates() / "letters"))
    return SafeScribe(shipped.templates() / "letters", own, sample_letters(settings.event, sample_page(settings)))


def sample_page(settings: Settings) -> str:
    """An address as people's pages have it, which opens none; "" where there are no pages."""
    return f"{settings.web.public_url}/m/apercu" if settings.web is not None and settings.web.public_url else ""


def zoom(settings: Settings, clock: Clock, elsewhere: Elsewhere | None = None) -> ZoomMeetings:
    """Reach Zoom. Raises BadConfiguration where a credential is missing."""
    account = settings.zoom
    if elsewhere is None and account.missing:
        keys = ", ".join(f"zoom.{name}" for name in account.missing)
        variables = ", ".join(f"ORCHESTRATOR_ZOOM__{name.upper()}" for name in account.missing)
        problem = f"{settings.path.name}: {keys} – {NO_ACCESS} ; donnez {variables}, ou un dossier --secrets"
        raise BadConfiguration((problem,))
    if elsewhere is None:
        return shared((account, clock), lambda: _zoom(account, account, clock))
    return _zoom(elsewhere, account, clock)


def _zoom(source: Elsewhere | ZoomAccount, account: ZoomAccount, clock: Clock) -> ZoomMeetings:
    secret = source.client_secret if isinstance(source.client_secret, str) else source.client_secret.get_secret_value()
    return ZoomMeetings(
        ZoomApi(
            api_url=source.api_url,
            token_url=source.token_url,
            account_id=source.account_id,
            client_id=source.client_id,
            client_secret=secret,
            now=clock.now,
            api_url_is_fixed=isinstance(source, Elsewhere) or account.api_url_is_fixed,
            plan=account.plan,
            wait=clock.wait,
        )
    )


def relay(settings: Settings, elsewhere: Elsewhere | None = None) -> SmtpPost:
    if elsewhere is not None:
        return SmtpPost(host="127.0.0.1", port=elsewhere.relay_port, security="none")
    return _post(settings.mail)


def _post(mail: Mail | SecondRelay, timeouts: Timeouts | None = None) -> SmtpPost:
    def make() -> SmtpPost:
        return SmtpPost(
            host=mail.host,
            port=mail.port,
            security=mail.security,
            username=mail.username,
            password=mail.password.get_secret_value(),
            timeouts=timeouts,
        )

    return shared((mail.host, mail.port, mail.security, mail.username, mail.password, timeouts), make)


def relay_name(settings: Settings) -> str:
    """Name a relay and its user: quotas count per name."""
    mail = settings.mail
    return f"{mail.username}@{mail.host}:{mail.port}"


def sirens(settings: Settings, clock: Clock, elsewhere: Elsewhere | None = None) -> tuple[Siren, ...]:
    """The ways to wake somebody; none in a rehearsal."""
    if elsewhere is not None:
        return ()
    url, second = settings.alarm_url.get_secret_value(), settings.mail.second
    by_web = (Webhook(url),) if url else ()
    return (*by_web, _alarm_letters(settings, second, clock)) if second and settings.alarms_by_mail else by_web


def _alarm_letters(settings: Settings, second: SecondRelay, clock: Clock) -> letter.AlarmLetters:
    """Letters of alarm to the organiser; events of one organiser have one writer, so that a letter tells of all."""
    post, event = _post(second, letter.TIMEOUTS), settings.event
    sender, to = event.mail_from, event.organiser.email
    return shared(
        (letter.AlarmLetters, post, sender, to, clock),
        lambda: letter.AlarmLetters(post, sender=sender, to=to, now=clock.now),
    )


def returns(settings: Settings, elsewhere: Elsewhere | None = None) -> ImapReturns | None:
    """The mailbox where letters come back; none in a rehearsal."""
    box = settings.bounces
    if box is None or elsewhere is not None:
        return None
    return ImapReturns(
        host=box.host,
        port=box.port,
        security=box.security,
        username=box.username,
        password=box.password.get_secret_value(),
        folder=box.folder,
    )


def second_relay(settings: Settings, elsewhere: Elsewhere | None = None) -> SmtpPost | None:
    """Reach the relay that stands in for the first, where there is one."""
    second = settings.mail.second
    if second is None or elsewhere is not None:
        return None
    return _post(second)


def registrations(
    settings: Settings, event: Event, elsewhere: Elsewhere | None = None, clock: Clock | None = None
) -> Register:
    """Read the form's answers. Raises BadConfiguration for a source whose adapter or library is missing."""
    if elsewhere is not None:
        return in_file(elsewhere.source, elsewhere.columns or columns(settings), event)
    source = settings.registrations
    return Register(tables(settings, clock or SystemClock()), columns(settings), event, source.corrections)


def list_in(settings: Settings, file: Path) -> Register:
    """Read a file as the event's answers are read, with the same mapping and decisions."""
    return in_file(file, columns(settings), settings.event, settings.registrations.corrections)


def tables(settings: Settings, clock: Clock) -> Tables:
    """Find where the answers are. Raises BadConfiguration where an adapter or a library is missing, UnreadableSource
    where a key cannot be read."""
    source, now = settings.registrations, clock.now
    if source.source == "file":
        return FileTable(source.path, lambda seconds: clock.wait(now() + timedelta(seconds=seconds)))
    if source.source == "url":
        from orchestrator.gateways.registrations.web import WebFile

        return Polled(WebFile(source.url), now)
    if source.source in ("google-forms", "google-sheets"):
        return Polled(_google(settings), now)
    [adapter] = entry_points(group=ADAPTERS, name=source.source)
    found: Tables = adapter.load()(source, now)
    return found


def _google(settings: Settings) -> Remote:
    source = settings.registrations
    if find_spec("google") is None or find_spec("google.auth") is None:
        problem = (
            f"{settings.path.name}: registrations.source – il manque google-auth ; pip install 'orchestrator[google]'"
        )
        raise BadConfiguration((problem,))
    from orchestrator.gateways.registrations.google import FORMS, SHEETS, FormAnswers, Google, SheetAnswers

    if source.credentials is None:
        raise BadConfiguration((f"{settings.path.name}: registrations.credentials – cette clé manque",))
    if source.source == "google-forms":
        return FormAnswers(Google(source.credentials, "forms", source.google_url or FORMS), source.document)
    return SheetAnswers(Google(source.credentials, "sheets", source.google_url or SHEETS), source.document)


def mapped(settings: Settings | None, file: Path) -> Mapped:
    """Say what the columns of a file are taken for; without settings, sessions and workshops are not known."""
    from orchestrator import settings as gate

    named = columns(settings) if settings else Columns()
    found = settings or gate.load(shipped.example_config(), environ={})[0]
    event = found.event if settings else replace(found.event, workshops=(), sessions=found.event.sessions[:1])
    source = in_file(file, named, event)
    table = source.source.table(named.named)
    layout = source.laid_out(table)
    return Mapped(
        header=table.header,
        titles=layout.titles,
        line=table.line,
        rows=len(table.rows),
        answers=layout.answers_by_session(table, event),
    )


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
        timezone=names.timezone,
        next_invitation=names.next_invitation,
        sessions=names.sessions,
        question=names.question,
        answers=names.answers,
        wishes=names.wishes,
        extra=names.extra,
        yes=settings.registrations.yes,
    )


def pages(settings: Settings, store: Store) -> Callable[[str], str]:
    """Say how people's pages are addressed; there are none where `web.public_url` is not set."""
    if settings.web is None or not settings.web.public_url:
        return no_page
    key = service_key(settings.web, settings.store_url, settings.path)
    return addresses(settings.web.public_url, key, settings.event.key, store)


def addresses(url: str, key: bytes, event: str, store: Store) -> Callable[[str], str]:
    """Give people's pages their addresses."""

    def page_of(ref: str) -> str:
        return f"{url}/{door_of(ref)}/{token(key, event, ref, store.entries.generation(event, ref))}"

    return page_of


def world(settings: Settings, store: Store, clock: Clock, name: str, elsewhere: Elsewhere | None = None) -> World:
    """Build everything one event's jobs may touch."""
    event = settings.event
    mail = settings.mail
    words = scribe(settings)
    return World(
        event=event,
        store=store,
        clock=clock,
        make=_make(settings, words.troubles),
        registrations=registrations(settings, event, elsewhere, clock),
        meetings=zoom(settings, clock, elsewhere),
        post=relay(settings, elsewhere),
        second=second_relay(settings, elsewhere),
        scribe=words,
        template_troubles=words.troubles,
        owner=name,
        relay=relay_name(settings),
        connections=mail.connections,
        sirens=sirens(settings, clock, elsewhere),
        returns=returns(settings, elsewhere),
        organisers=settings.web.organisers if settings.web else (),
        live=(lambda key: live(store, key, clock.now()))
        if settings.zoom.webhook_secret.get_secret_value()
        else nothing_known,
        page_of=no_page if elsewhere else pages(settings, store),
    )


def _make(settings: Settings, troubles: Sequence[str]) -> str:
    """Tell apart whatever decides what an event's beat does, beside the store, the answers and the clock."""
    web = (settings.web.organisers, settings.web.public_url) if settings.web else ()
    has_webhooks = settings.zoom.webhook_secret.get_secret_value() != ""
    decides = (settings.event, relay_name(settings), web, has_webhooks, tuple(troubles))
    return hashlib.blake2s(repr((_program(), decides)).encode(), digest_size=16).hexdigest()


@cache
def _program() -> str:
    """Tell this program from an edited one: by the sizes and times of its files."""
    found = [file.stat() for file in sorted(Path(shipped.__file__).parent.rglob("*.py"))]
    return hashlib.blake2s(repr([(one.st_size, one.st_mtime_ns) for one in found]).encode()).hexdigest()


def worlds(found: Sequence[Settings], clock: Clock) -> list[World]:
    """Build the worlds of several events over one store."""
    store, name = open_store(found[0].store_url), owner()
    return [world(settings, store, clock, name) for settings in found]
