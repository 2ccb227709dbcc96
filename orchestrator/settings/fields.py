"""What a value in the file may look like; every refusal in the organiser's words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sized
from datetime import date, datetime, time, timedelta
from string import Formatter
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

YEARS = range(2000, 2101)


def refusal(what: str, remedy: str = "") -> PydanticCustomError:
    """Say what is wrong with a value, and what to write instead."""
    return PydanticCustomError("refusal", "{what}", {"what": what, "remedy": remedy})


def slug_of(text: str) -> str:
    """The nearest short key: no accents, no spaces."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:40].rstrip("-_")


def _one_line(text: str) -> str:
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text):
        raise refusal("doit tenir sur une seule ligne, sans caractère de contrôle")
    return text.strip()


_Sized = TypeVar("_Sized", bound=Sized)


def _not_empty(value: _Sized) -> _Sized:
    if not value:
        raise refusal("ne doit pas être vide")
    return value


def _key(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", text):
        nearest = slug_of(text)
        raise refusal(
            "doit être un nom court sans espace, accent ni « / » (40 caractères au plus)",
            f"écrivez par exemple `{nearest}`" if nearest else "écrivez par exemple `matin`",
        )
    return text


def _code(text: str) -> str:
    if not re.fullmatch(r"\w{1,8}", text):
        raise refusal("doit être une lettre ou un code de 8 caractères au plus, sans espace", "écrivez par exemple `A`")
    return text


def _email(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise refusal("n'est pas une adresse e-mail", "écrivez par exemple `contact@exemple.fr`") from error


_SENDER = re.compile(r'"?(?P<name>[^"<>]*?)"?\s*<(?P<email>[^<>]+)>')


def sender_parts(text: str) -> tuple[str, str]:
    """The name and the address of `Pôle ressources <contact@exemple.fr>`; the name may be missing."""
    match = _SENDER.fullmatch(text.strip())
    return (match["name"].strip(), match["email"].strip()) if match else ("", text.strip())


def _sender(text: str) -> str:
    name, address = sender_parts(text)
    email = _email(address)
    return f"{name} <{email}>" if name else email


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
        _ = parts.port
    except ValueError:
        good = False
    if text and not good:
        raise refusal("n'est pas une adresse web", "écrivez-la en entier, par exemple `https://exemple.fr/`")
    return text


def _domain(text: str) -> str:
    domain = text.removeprefix("@").casefold()
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain):
        raise refusal("n'est pas un domaine", "écrivez par exemple `gendarmerie.interieur.gouv.fr`")
    return domain


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError) as error:
        raise refusal("fuseau horaire inconnu", "écrivez par exemple `Europe/Paris`") from error
    return text


def _bind(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise refusal("doit être une adresse et un port", "écrivez par exemple `127.0.0.1:8080`")
    return text


def _store_url(text: str) -> str:
    if re.match(r"postgresql(\+psycopg)?://.", text):
        return text
    if not re.match(r"sqlite:///.", text) or ":memory:" in text:
        raise refusal(
            "n'est pas l'adresse d'une base",
            "écrivez par exemple `sqlite:///orchestrator.db` ou `postgresql://hote/base`",
        )
    return text


def _name_in_zoom(text: str) -> str:
    try:
        names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        plain = not re.search(r"[{}]", re.sub(r"\{(first|last|code)\}", "", text))
    except ValueError:
        names, plain = set(), False
    if not plain or not names:
        raise refusal("n'accepte que {first}, {last} et {code}", "écrivez par exemple `{first} {last}`")
    return text


def _date(value: Any) -> Any:
    if isinstance(value, str):
        value = _parsed(date.fromisoformat, value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise refusal("une date est attendue", "écrivez-la sans guillemets, par exemple `2021-06-24`")
    return _in_years(value)


_CLOCK = re.compile(r"(\d{1,2})\s?[hH:]\s?(\d{2})?(?::(\d{2}))?")


def _time(value: Any) -> Any:
    if isinstance(value, str) and (match := _CLOCK.fullmatch(value.strip())):
        hour, minute, second = (int(part or 0) for part in match.groups())
        value = time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else value
    if not isinstance(value, time):
        raise refusal("une heure est attendue", "écrivez-la sans guillemets, par exemple `09:30:00`")
    return value


def _moment(value: Any) -> Any:
    if isinstance(value, str):
        value = _parsed(datetime.fromisoformat, value)
    if not isinstance(value, datetime):
        raise refusal(
            "un jour et une heure sont attendus", "écrivez-les sans guillemets, par exemple `2021-06-22T18:00:00`"
        )
    return _in_years(value)


def _parsed(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text.strip())
    except ValueError:
        return text


def _in_years(value: date) -> date:
    if value.year not in YEARS:
        raise refusal(f"l'année doit être comprise entre {YEARS[0]} et {YEARS[-1]}")
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, (bool, float)):
        raise refusal("un nombre entier est attendu", "écrivez-le sans guillemets ni virgule, par exemple `60`")
    return value


_LEAD = re.compile(r"(?:(\d{1,4})\s*h(?:\s*(\d{1,2})\s*(?:min)?)?|(\d{1,5})\s*min)")
_LONGEST = timedelta(days=60)


def lead_of(text: str) -> timedelta:
    """The length of `30 min`, `2 h`, `1 h 30`; zero when it cannot be read."""
    match = _LEAD.fullmatch(text.strip().lower())
    if not match:
        return timedelta()
    hours, minutes, alone = (int(part or 0) for part in match.groups())
    return timedelta(hours=hours, minutes=minutes + alone)


def _lead(text: str) -> str:
    if not timedelta() < lead_of(text) <= _LONGEST:
        raise refusal("une durée est attendue", "écrivez par exemple `30 min`, `2 h` ou `1 h 30`")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
Key = Annotated[str, AfterValidator(_key)]
Code = Annotated[str, AfterValidator(_code)]
AtLeastOne = AfterValidator(_not_empty)
Words = Annotated[Line, AtLeastOne]
Email = Annotated[Line, AfterValidator(_email)]
EmailOrNothing = Annotated[Line, AfterValidator(lambda text: text and _email(text))]
Sender = Annotated[Line, AfterValidator(_sender)]
Url = Annotated[Line, AfterValidator(_url)]
Domain = Annotated[Line, AfterValidator(_domain)]
Zone = Annotated[str, AfterValidator(_zone)]
Bind = Annotated[Line, AfterValidator(_bind)]
StoreUrl = Annotated[Line, AfterValidator(_store_url)]
NameInZoom = Annotated[Words, AfterValidator(_name_in_zoom)]
Day = Annotated[date, BeforeValidator(_date)]
Clock = Annotated[time, BeforeValidator(_time)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Lead = Annotated[Line, AfterValidator(_lead)]
Count = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=1_000_000)]
Days = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=3650)]
