"""Reads a Google Form (Forms API v1) or a Google Sheet (Sheets API v4) with a service account's key.

Share the document with the service account's address as with a colleague; nothing is ever written to it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from orchestrator.core.errors import UnreadableSource
from orchestrator.gateways.registrations.polled import SECONDS
from orchestrator.gateways.registrations.tables import LONGEST_CELL, MOST_ROWS, Row, Sheet
from orchestrator.gateways.registrations.workbook_child import written

FORMS, SHEETS = "https://forms.googleapis.com", "https://sheets.googleapis.com"
SCOPES = {
    "forms": (
        "https://www.googleapis.com/auth/forms.body.readonly",
        "https://www.googleapis.com/auth/forms.responses.readonly",
    ),
    "sheets": ("https://www.googleapis.com/auth/spreadsheets.readonly",),
}
OVERLAP = timedelta(minutes=5)
"""Answers are asked for again from so long before the newest: two that come together may be seen one by one."""
WHOLE = timedelta(minutes=30)
"""How often all answers are listed: an answer that was deleted is in no newer page."""
PAGE = 5_000
_ID = re.compile(r"(?:/d/)?([\w-]{20,})")
_MADE_BY_FORM = re.compile(r"r[ée]ponses|responses", re.IGNORECASE)


def document_id(given: str) -> str:
    """Take the id out of a document's address, or as it is. Raises UnreadableSource for a form's public address."""
    if "/forms/d/e/" in given or "forms.gle" in given:
        raise UnreadableSource(
            "registrations.document est l'adresse publique du formulaire, qui ne donne pas les réponses",
            remedy="ouvrir le formulaire pour le modifier et recopier cette adresse-là (…/forms/d/…/edit)",
        )
    found = _ID.search(given.partition("/d/")[2] or given)
    return found[1] if found else given.strip("/ ")


class Google:
    """Google's APIs as one service account; every failure in the organiser's words."""

    def __init__(self, key: Path, kind: str, base: str) -> None:
        self.key, self.kind, self.base = key, kind, base
        self._session: requests.Session | None = None
        self.account = ""

    def _opened(self) -> requests.Session:
        """Log in when first asked: a key that cannot be read stops the reading, not the service."""
        from google.auth.transport.requests import AuthorizedSession
        from google.oauth2.service_account import Credentials

        if self._session is None:
            try:
                found: Any = Credentials.from_service_account_file(  # type: ignore[no-untyped-call]  # google-auth's
                    str(self.key), scopes=SCOPES[self.kind]
                )
            except (OSError, ValueError, KeyError) as error:
                raise UnreadableSource(
                    f"la clé du compte de service Google « {self.key.name} » ne peut pas être lue",
                    remedy="console.cloud.google.com > IAM > Comptes de service > Clés : créer une clé JSON, puis la "
                    "nommer dans [registrations] credentials",
                ) from error
            self.account = found.service_account_email
            self._session = AuthorizedSession(found)  # type: ignore[no-untyped-call]  # google-auth's
        return self._session

    def get(self, path: str, **query: str) -> Any:
        """Ask for JSON. Raises UnreadableSource."""
        from google.auth.exceptions import GoogleAuthError

        session = self._opened()
        try:
            answer = session.get(f"{self.base}{path}", params=query, timeout=SECONDS)
            if answer.status_code == requests.codes.ok:
                return answer.json()
        except GoogleAuthError as error:
            raise UnreadableSource(
                "Google refuse la clé du compte de service",
                remedy="vérifier qu'elle n'a pas été supprimée et que l'horloge de cette machine est juste",
                permanent=False,
            ) from error
        except (requests.RequestException, ValueError) as error:
            raise _away(type(error).__name__) from error
        raise self._refusal(answer)

    def _refusal(self, answer: requests.Response) -> UnreadableSource:
        status, said = answer.status_code, answer.text
        if status == requests.codes.forbidden and ("SERVICE_DISABLED" in said or "has not been used" in said):
            return UnreadableSource(
                "l'API de Google n'est pas activée pour ce compte de service",
                remedy="console.cloud.google.com > API et services : activer Google Forms API ou Google Sheets API",
            )
        if status in (requests.codes.forbidden, requests.codes.unauthorized):
            return UnreadableSource(
                "Google ne laisse pas lire ce document", remedy=f"le partager, en lecture, avec {self.account}"
            )
        if status == requests.codes.not_found:
            return UnreadableSource(
                "ce document n'existe pas chez Google, ou n'est pas partagé",
                remedy=f"vérifier [registrations] document, et le partager avec {self.account}",
            )
        if status == requests.codes.bad_request:
            return UnreadableSource(
                "Google ne comprend pas la demande : est-ce bien un formulaire, ou bien une feuille de calcul ?",
                remedy='vérifier [registrations] source ("google-forms" ou "google-sheets") et document',
            )
        return _away(f"réponse {status}")


def _away(why: str) -> UnreadableSource:
    return UnreadableSource(
        f"Google n'a pas répondu comme il faut ({why})",
        remedy="rien à faire si cela ne dure pas",
        permanent=False,
    )


Response = Mapping[str, Any]


@dataclass(slots=True)
class FormAnswers:
    """A form's answers, asked for from the newest on; an edited answer keeps its id and gets a newer time."""

    google: Google
    document: str
    _responses: dict[str, Response] = field(default_factory=dict, init=False)
    _titles: dict[str, str] = field(default_factory=dict, init=False)
    """Question id → title, in the form's order."""
    _listed_at: datetime | None = field(default=None, init=False)

    def fetch(self, now: datetime) -> tuple[str, Sheet]:
        """Raises UnreadableSource."""
        path = f"/v1/forms/{quote(document_id(self.document), safe='')}"
        if self._listed_at is None or now - self._listed_at >= WHOLE:
            titles = _titles(self.google.get(path))
            responses = {r["responseId"]: r for r in self._pages(path, {})}
            self._titles, self._responses, self._listed_at = titles, responses, now
        else:
            newer = {r["responseId"]: r for r in self._pages(path, self._filter())}
            if any(question not in self._titles for r in newer.values() for question in r.get("answers", {})):
                self._titles = _titles(self.google.get(path))
            self._responses |= newer
        if len(self._responses) > MOST_ROWS:
            raise UnreadableSource(f"le formulaire a plus de {MOST_ROWS} réponses", remedy="en faire un par événement")
        return self._version(), self._sheet()

    def _pages(self, path: str, query: dict[str, str]) -> Iterator[Response]:
        """List answers, page after page; a page's token holds for the same filter only."""
        token: str | None = ""
        while token is not None:
            more = {"pageToken": token} if token else {}
            page = self.google.get(f"{path}/responses", pageSize=str(PAGE), **query, **more)
            yield from page.get("responses", ())
            token = page.get("nextPageToken") or None

    def _filter(self) -> dict[str, str]:
        newest = max((_submitted(r) for r in self._responses.values()), default="")
        if not newest:
            return {}
        since = datetime.fromisoformat(newest[:19] + "+00:00") - OVERLAP
        return {"filter": f"timestamp >= {since:%Y-%m-%dT%H:%M:%SZ}"}

    def _version(self) -> str:
        seen = sorted((key, _submitted(r)) for key, r in self._responses.items())
        return hashlib.blake2s(repr((seen, self._titles)).encode(), digest_size=16).hexdigest()

    def _sheet(self) -> Sheet:
        """Lay the answers out as the form's own export does: one row each, the first answer on line 2."""
        ordered = sorted(self._responses.values(), key=lambda r: (r.get("createTime", ""), r["responseId"]))
        collects = any(r.get("respondentEmail") for r in ordered)
        header = ("Horodateur", *(("Adresse e-mail",) if collects else ()), *self._titles.values())
        rows = [Row(1, header)]
        for line, response in enumerate(ordered, start=2):
            address = (response.get("respondentEmail", ""),) if collects else ()
            answers = response.get("answers", {})
            cells = (_submitted(response), *address, *(_said(answers.get(question)) for question in self._titles))
            rows.append(Row(line, cells))
        return Sheet("formulaire Google", rows)


def _submitted(response: Response) -> str:
    return str(response.get("lastSubmittedTime") or response.get("createTime", ""))


def _said(answer: Mapping[str, Any] | None) -> str:
    """Return what was answered; several ticks on a line each, since options may hold commas."""
    found = (answer or {}).get("textAnswers", {}).get("answers", ())
    return "\n".join(str(one.get("value", "")) for one in found)[:LONGEST_CELL]


def _titles(form: Mapping[str, Any]) -> dict[str, str]:
    """Name every question; a grid has one a row: « Question [Ligne] », as exports write it."""
    titles: dict[str, str] = {}
    for item in form.get("items", ()):
        title = item.get("title", "")
        if "questionItem" in item:
            titles[item["questionItem"]["question"]["questionId"]] = title
        for question in item.get("questionGroupItem", {}).get("questions", ()):
            titles[question["questionId"]] = f"{title} [{question.get('rowQuestion', {}).get('title', '')}]"
    return titles


@dataclass(slots=True)
class SheetAnswers:
    """A spreadsheet's answers: the sheet a form writes to, else the first that is shown."""

    google: Google
    document: str

    def fetch(self, _now: datetime) -> tuple[str, Sheet]:
        """Raises UnreadableSource."""
        path = f"/v4/spreadsheets/{quote(document_id(self.document), safe='')}"
        book = self.google.get(path, fields="properties.timeZone,sheets.properties(title,hidden,sheetType)")
        title = _answers_sheet(book.get("sheets", ()))
        found = self.google.get(
            f"{path}/values/{quote(_range(title), safe='')}",
            valueRenderOption="UNFORMATTED_VALUE",
            dateTimeRenderOption="SERIAL_NUMBER",
        )
        values: Sequence[Sequence[object]] = found.get("values", ())
        if len(values) > MOST_ROWS:
            raise UnreadableSource(f"la feuille a plus de {MOST_ROWS} lignes", remedy="en faire une par événement")
        zone = book.get("properties", {}).get("timeZone", "")
        version = hashlib.blake2s(repr((values, title, zone)).encode(), digest_size=16).hexdigest()
        return version, Sheet(f"feuille Google « {title} »", list(_rows(values)), zone=zone)


def _answers_sheet(sheets: Sequence[Mapping[str, Any]]) -> str:
    shown = [
        s["properties"]["title"]
        for s in sheets
        if not s["properties"].get("hidden") and s["properties"].get("sheetType", "GRID") == "GRID"
    ]
    if not shown:
        raise UnreadableSource("ce document n'a aucune feuille visible", remedy="vérifier [registrations] document")
    return str(next(filter(_MADE_BY_FORM.search, shown), shown[0]))


def _range(title: str) -> str:
    """A whole sheet in A1 notation: its title in quotes."""
    return "'" + title.replace("'", "''") + "'"


def _rows(values: Sequence[Sequence[object]]) -> Iterator[Row]:
    for line, cells in enumerate(values, start=1):
        texts = tuple(written(float(cell) if type(cell) is int else cell)[:LONGEST_CELL] for cell in cells)
        if any(text.strip() for text in texts):
            yield Row(line, texts)
