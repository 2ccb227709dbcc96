"""The sections and keys of the file. Each value alone is checked here; what concerns several at once is in `checks`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from orchestrator.core.model import Audience, IfSilent, Role, Status
from orchestrator.settings.fields import (
    AtLeastOne,
    Bind,
    Clock,
    Code,
    Count,
    Day,
    Days,
    Domain,
    Email,
    EmailOrNothing,
    Key,
    Lead,
    Line,
    Moment,
    NameInZoom,
    Sender,
    StoreUrl,
    Url,
    Words,
    Zone,
)


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class OrganiserTable(Section):
    name: Words
    email: Email
    phone: Line = ""


class SupporterTable(Section):
    name: Words
    logo: Line = ""


class EventSection(Section):
    key: Key
    title: Words
    date: Day
    timezone: Zone
    organiser: OrganiserTable
    status: Status = "open"
    language: Literal["fr", "en"] = "fr"
    supporters: tuple[SupporterTable, ...] = ()
    fallback_url: Url = ""


class SessionTable(Section):
    key: Key
    title: Words
    start: Clock
    end: Clock
    doors: Clock | None = None
    date: Day | None = None
    status: Status = "open"


class ProgrammeTable(Section):
    session: Key
    at: Clock
    title: Words
    people: tuple[Words, ...] = Field(default=(), alias="with")


class WorkshopTable(Section):
    key: Key
    session: Key
    code: Code
    title: Words
    seats: Annotated[Count, Field(ge=1)]
    short: Line = ""
    at: Clock | None = None
    aliases: tuple[Words, ...] = ()
    minimum: Count = 0
    same_as: Line = ""


class SeatingSection(Section):
    wishes_until: Moment | None = None
    tell_at: Moment | None = None
    aim: Literal["nobody-badly", "most-satisfied"] = "nobody-badly"
    seed: Line = ""
    held_back: Count = 0
    keep_together: tuple[tuple[Email, ...], ...] = ()
    keep_apart: tuple[tuple[Email, ...], ...] = ()
    same_room: tuple[Words, ...] = ()
    mix: dict[str, Annotated[tuple[Words, ...], AtLeastOne]] = Field(default_factory=dict)
    mix_at_most: Count = 0


class SpeakerTable(Section):
    name: Words
    email: Email
    role: Role
    sessions: Annotated[tuple[Key, ...], AtLeastOne]
    workshops: tuple[Key, ...] = ()
    affiliation: Line = ""
    phone: Line = ""


class SessionColumns(Section):
    """One yes/no question per session, or one `question` for the day with its `answers`."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    __pydantic_extra__: dict[str, Words] = Field(init=False)

    question: Line = ""
    answers: dict[str, tuple[Words, ...]] = Field(default_factory=dict)

    @property
    def by_session(self) -> dict[str, str]:
        return dict(self.__pydantic_extra__)


class Columns(Section):
    email: Line = ""
    first_name: Line = ""
    last_name: Line = ""
    shown_as: Line = ""
    submitted_at: Line = ""
    organisation: Line = ""
    needs: Line = ""
    language: Line = ""
    timezone: Line = ""
    next_invitation: Line = ""
    sessions: SessionColumns = SessionColumns()
    wishes: dict[str, tuple[Words, ...]] = Field(default_factory=dict)


class RegistrationsSection(Section):
    source: Words = "file"
    path: Words = "inscriptions.csv"
    url: Url = ""
    document: Line = ""
    credentials: Line = ""
    google_url: Url = ""
    corrections: Words = "corrections.toml"
    extra: dict[str, Words] = Field(default_factory=dict)
    options: dict[str, str] = Field(default_factory=dict)
    form_url: Url = ""
    closes: Moment | None = None
    limit: Count = 0
    yes: tuple[Words, ...] = ("oui", "yes", "x", "1", "true")
    columns: Columns = Columns()


class ZoomSection(Section):
    host: Email
    meetings: Literal["one-per-day", "one-per-session"] = "one-per-day"
    account_id: Line = ""
    client_id: Line = ""
    client_secret: SecretStr = SecretStr("")
    api_url: Url = "https://api.zoom.us/v2"
    token_url: Url = "https://zoom.us/oauth/token"
    waiting_room: bool = False
    recording: Literal["none", "local", "cloud"] = "none"
    several_devices: bool = True
    name_in_zoom: NameInZoom = "{first} {last}"
    plan: Literal["free", "pro", "business"] = "pro"
    webhook_secret: SecretStr = SecretStr("")
    webhook_secret_before: SecretStr = SecretStr("")


class SecondRelaySection(Section):
    host: Words
    port: Annotated[Count, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: Line = ""
    password: SecretStr = SecretStr("")


class DomainTable(Section):
    domain: Domain
    per_hour: Annotated[Count, Field(ge=1)]


class MailSection(Section):
    sender: Sender = Field(alias="from")
    host: Words
    reply_to: EmailOrNothing = ""
    port: Annotated[Count, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: Line = ""
    password: SecretStr = SecretStr("")
    per_minute: Count = 60
    per_hour: Count = 0
    per_day: Count = 0
    domains: tuple[DomainTable, ...] = ()
    connections: Annotated[Count, Field(ge=1, le=20)] = 4
    second: SecondRelaySection | None = None


class ReminderTable(Section):
    session: Key
    at: Clock | None = None
    before: Lead | None = None
    days_before: Annotated[Days, Field(le=60)] = 0
    audience: Audience = Field(default="registrants", alias="for")
    approve: bool | None = None
    if_silent: IfSilent | None = None


class LettersSection(Section):
    templates: Line = ""
    light: tuple[Domain, ...] = ()
    approve: bool = False
    if_silent: IfSilent = "send"


class AlarmsSection(Section):
    webhook_url: Url = ""
    mail: bool = True
    ping_url: Url = ""


class BouncesSection(Section):
    host: Words
    username: Words
    password: SecretStr = SecretStr("")
    port: Annotated[Count, Field(ge=1, le=65535)] = 993
    security: Literal["tls", "none"] = "tls"
    folder: Words = "INBOX"


class WebSection(Section):
    bind: Bind = "127.0.0.1:8080"
    public_url: Url = ""
    organisers: tuple[Email, ...] = ()
    viewers: tuple[Email, ...] = ()
    remote_user: Line = ""
    proxies: tuple[Line, ...] = ("127.0.0.1", "::1")
    service_key: SecretStr = SecretStr("")
    theme_css: Line = ""


class PrivacySection(Section):
    controller: Line = ""
    dpo: Line = ""
    people_days: Days = 30
    letters_days: Days = 7
    links_hours: Count = 24
    attendance_days: Days = 365
    invitations_days: Days = 1095


class AttendanceSection(Section):
    minutes: Count = 0
    share: Annotated[float, Field(gt=0, le=1)] = 0.5


class AfterSection(Section):
    at: Moment | None = None
    slides: Url | None = None
    replay: Url | Literal["auto"] | None = None
    survey: Url | None = None
    verify_url: Url = ""


class StoreSection(Section):
    url: StoreUrl = "sqlite:///orchestrator.db"


class Gate(BaseSettings):
    """Everything one event's settings may say, from all its sources."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, env_nested_delimiter="__", case_sensitive=True
    )

    event: EventSection
    sessions: Annotated[tuple[SessionTable, ...], AtLeastOne]
    zoom: ZoomSection
    mail: MailSection
    programme: tuple[ProgrammeTable, ...] = ()
    workshops: tuple[WorkshopTable, ...] = ()
    seating: SeatingSection = SeatingSection()
    speakers: tuple[SpeakerTable, ...] = ()
    registrations: RegistrationsSection = RegistrationsSection()
    reminders: tuple[ReminderTable, ...] = ()
    letters: LettersSection = LettersSection()
    alarms: AlarmsSection = AlarmsSection()
    bounces: BouncesSection | None = None
    web: WebSection | None = None
    privacy: PrivacySection = PrivacySection()
    attendance: AttendanceSection = AttendanceSection()
    after: AfterSection | None = None
    store: StoreSection = StoreSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what `sources` has merged, and nothing behind its back."""
        del cls, settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)
