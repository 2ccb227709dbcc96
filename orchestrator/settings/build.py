"""From what the file says to Settings: paths absolute, addresses taken apart, secrets kept shut."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import SecretStr

from orchestrator.core.model import Event
from orchestrator.settings.fields import sender_parts
from orchestrator.settings.gate import Columns, Gate, SecondRelaySection, WebSection
from orchestrator.settings.remarks import warnings_about
from orchestrator.settings.values import (
    BounceBox,
    ColumnNames,
    Mail,
    Mailbox,
    Privacy,
    SecondRelay,
    Settings,
    Source,
    Web,
    ZoomAccount,
)

_Value = TypeVar("_Value")


def settings_of(gate: Gate, event: Event, path: Path) -> Settings:
    """Put the settings together; `path` is the event's file, absolute."""
    return Settings(
        path=path,
        event=event,
        zoom=_zoom(gate),
        mail=_mail(gate, event),
        registrations=_source(gate, event, path.parent),
        web=web_of(gate.web, path.parent) if gate.web else None,
        store_url=store_url_in(gate.store.url, path.parent),
        privacy=Privacy(
            controller=event.controller,
            dpo=gate.privacy.dpo,
            people_days=gate.privacy.people_days,
            attendance_days=gate.privacy.attendance_days,
        ),
        templates=_absolute(gate.letters.templates, path.parent) if gate.letters.templates else None,
        alarm_url=SecretStr(gate.alarms.webhook_url),
        alarms_by_mail=gate.alarms.mail,
        bounces=BounceBox(**dict(gate.bounces)) if gate.bounces else None,
        warnings=warnings_about(event),
        ping_url=SecretStr(gate.alarms.ping_url),
    )


def _zoom(gate: Gate) -> ZoomAccount:
    zoom = gate.zoom
    return ZoomAccount(
        account_id=zoom.account_id,
        client_id=zoom.client_id,
        client_secret=zoom.client_secret,
        api_url=zoom.api_url.rstrip("/"),
        api_url_is_fixed="api_url" in zoom.model_fields_set,
        token_url=zoom.token_url,
        plan=zoom.plan,
        webhook_secret=zoom.webhook_secret,
        webhook_secret_before=zoom.webhook_secret_before,
    )


def _mail(gate: Gate, event: Event) -> Mail:
    mail = gate.mail
    name, email = sender_parts(mail.sender)
    return Mail(
        sender=Mailbox(name=name, email=email),
        reply_to=event.reply_to,
        host=mail.host,
        port=mail.port,
        security=mail.security,
        username=mail.username,
        password=mail.password,
        quota=event.quota,
        connections=mail.connections,
        second=_second(mail.second) if mail.second else None,
    )


def _second(said: SecondRelaySection) -> SecondRelay:
    return SecondRelay(
        host=said.host, port=said.port, security=said.security, username=said.username, password=said.password
    )


def _source(gate: Gate, event: Event, folder: Path) -> Source:
    said = gate.registrations
    return Source(
        source=said.source,
        path=_absolute(said.path, folder),
        url=said.url,
        document=said.document,
        credentials=_absolute(said.credentials, folder) if said.credentials else None,
        google_url=said.google_url.rstrip("/"),
        corrections=_absolute(said.corrections, folder),
        options=_fixed(said.options),
        form_url=said.form_url,
        closes_at=event.closes_at,
        limit=said.limit,
        yes=said.yes,
        columns=_columns(said.columns, said.extra),
    )


def _columns(said: Columns, extra: Mapping[str, str]) -> ColumnNames:
    return ColumnNames(
        **said.model_dump(exclude={"sessions", "wishes"}),
        sessions=_fixed(said.sessions.by_session),
        question=said.sessions.question,
        answers=_fixed(said.sessions.answers),
        wishes=_fixed(said.wishes),
        extra=_fixed(extra),
    )


def _fixed(values: Mapping[str, _Value]) -> Mapping[str, _Value]:
    return MappingProxyType(dict(values))


def web_of(web: WebSection, folder: Path) -> Web:
    host, _, port = web.bind.rpartition(":")
    return Web(
        host=host.strip("[]"),
        port=int(port),
        public_url=web.public_url.rstrip("/"),
        organisers=web.organisers,
        viewers=web.viewers,
        remote_user=web.remote_user,
        proxies=web.proxies,
        service_key=web.service_key,
        theme_css=str(_absolute(web.theme_css, folder)) if web.theme_css else "",
    )


def store_url_in(url: str, folder: Path) -> str:
    """Make a file's path absolute; what is written in it is relative to a folder."""
    file = url.removeprefix("sqlite:///")
    return url if file == url else f"sqlite:///{_absolute(file, folder)}"


def _absolute(path: str, folder: Path) -> Path:
    return Path(os.path.abspath(folder / Path(path)))
