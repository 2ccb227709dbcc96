"""The settings as everybody else sees them: frozen values, paths absolute, secrets that do not print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from orchestrator.core.model import Event, Quota


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoomAccount:
    """How to reach Zoom. What the organiser wants of the meetings is in `event.zoom`."""

    account_id: str
    client_id: str
    client_secret: SecretStr
    api_url: str
    api_url_is_fixed: bool
    """Set by hand: the token's own api_url is then ignored."""
    token_url: str
    plan: Literal["free", "pro", "business"]
    """Of the Zoom account: how fast it may be asked."""
    webhook_secret: SecretStr
    webhook_secret_before: SecretStr
    """The one before, while Zoom still signs with it."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The credentials that were given nowhere."""
        secret = self.client_secret.get_secret_value()
        given = {"account_id": self.account_id, "client_id": self.client_id, "client_secret": secret}
        return tuple(name for name, value in given.items() if not value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondRelay:
    """Where letters leave while the first relay is at fault."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str
    password: SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    sender: Mailbox
    reply_to: str
    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str
    password: SecretStr
    quota: Quota
    connections: int
    second: SecondRelay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnNames:
    """The form's questions as the file words them; empty = recognised by meaning."""

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    shown_as: str = ""
    submitted_at: str = ""
    organisation: str = ""
    needs: str = ""
    language: str = ""
    timezone: str = ""
    next_invitation: str = ""
    sessions: Mapping[str, str] = field(default_factory=dict)
    """Session key → its yes/no question."""
    question: str = ""
    """One question for all sessions; `answers`: session key → the answers that mean coming to it."""
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wishes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Session key → its ranked questions, best first."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Title of a column that is kept → the purpose it is kept for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the form's answers are read, and how."""

    source: str
    """file, url, google-forms, google-sheets, or the name of somebody else's adapter."""
    path: Path
    url: str = field(repr=False)
    document: str
    """The id of the Google form or spreadsheet."""
    credentials: Path | None
    """A Google service account's key file."""
    google_url: str
    """Where Google is, when it is not Google: tests."""
    corrections: Path
    """The organiser's decisions on single answers."""
    options: Mapping[str, str]
    """For somebody else's adapter."""
    form_url: str
    closes_at: datetime | None
    limit: int
    yes: tuple[str, ...]
    columns: ColumnNames


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    host: str
    port: int
    public_url: str
    """Without a slash at its end; empty: letters carry the Zoom link alone."""
    organisers: tuple[str, ...]
    viewers: tuple[str, ...] = ()
    """Who may look at the board and change nothing."""
    remote_user: str = ""
    """The header in which a trusted proxy names who has signed in there; empty: none is believed."""
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    """From where such a header, and X-Forwarded-For, are believed."""
    service_key: SecretStr = field(default=SecretStr(""), repr=False)
    """What the addresses of people's pages are made with; empty: a file beside the store."""
    theme_css: str = ""
    """A style sheet of the organiser's own, absolute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    controller: str
    dpo: str
    people_days: int
    attendance_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceBox:
    """The mailbox where undeliverable letters and answers come back."""

    host: str
    port: int
    security: Literal["tls", "none"]
    username: str
    password: SecretStr
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One event and everything needed to run it."""

    path: Path
    """The event's file, absolute."""
    event: Event
    zoom: ZoomAccount
    mail: Mail
    registrations: Source
    web: Web | None
    """None: no server."""
    store_url: str = field(repr=False)
    privacy: Privacy
    templates: Path | None
    """The organiser's own folder of letter templates."""
    alarm_url: SecretStr
    """Where new alarms are posted; such addresses hold a secret."""
    alarms_by_mail: bool
    """Write them to the organiser, where there is a second relay."""
    bounces: BounceBox | None
    warnings: tuple[str, ...]
    """What deserves a second look whatever the hour; `remarks` adds what depends on it."""
    ping_url: SecretStr
    """The dead man's switch, asked after good beats; such addresses hold a secret."""
