"""Zoom's refusals as our errors: Zoom's own words, what happened and what to do, in the organiser's language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from orchestrator.core.errors import AlternativeHostRefused, MeetingGone, ZoomError, ZoomLacksScopes
from orchestrator.gateways.zoom.patience import busy
from orchestrator.gateways.zoom.wire import Answer

_LICENCE = "Attribuez à l'hôte une licence Zoom Meetings (Administration → Utilisateurs), puis recommencez."
_HOST = "Vérifiez [zoom] host : il doit être un utilisateur de ce compte Zoom."
_APP = "Vérifiez que l'application Zoom est activée et ne sert qu'à une seule installation."
ADD_SCOPES = "Ajoutez-les sur marketplace.zoom.us → Manage → votre application → Scopes → Add Scopes."
_ALTERNATIVE_HOST = (
    "Chaque hôte alternatif doit être un utilisateur sous licence de ce compte Zoom : corrigez ou retirez-le."
)
_SETTINGS = "Vérifiez la réunion et les droits de l'hôte sur zoom.us."
_CASES: dict[int, tuple[str, str]] = {
    124: ("Zoom ne reconnaît plus l'accès donné à l'application", _APP),
    200: ("L'hôte n'a pas droit à cette opération", _LICENCE),
    300: ("Zoom refuse un champ de la demande", "Corrigez la valeur nommée, puis recommencez."),
    303: ("La réunion n'accepte pas d'inscriptions groupées", _SETTINGS),
    404: ("L'inscription n'est pas activée pour la réunion", "Réactivez l'inscription de la réunion sur zoom.us."),
    1001: ("Zoom ne connaît pas cet utilisateur", _HOST),
    1114: ("Zoom refuse un hôte alternatif", _ALTERNATIVE_HOST),
    1010: ("L'utilisateur n'est pas de ce compte Zoom", _HOST),
    2300: ("Zoom ne connaît pas cette adresse", "Vérifiez [zoom] api_url ; d'ordinaire il n'y en a pas besoin."),
    2306: ("L'application ne peut pas voir les réunions d'autrui", "Donnez-lui les scopes « :admin »."),
    3000: ("Zoom refuse l'accès à la réunion ou de programmer pour cet hôte", _SETTINGS),
    3001: ("Zoom ne trouve pas cette réunion", _SETTINGS),
    3002: ("La réunion est en cours", "Recommencez quand elle sera terminée."),
    3003: ("L'hôte déclaré n'est pas celui de la réunion", _HOST),
    3007: ("La réunion est terminée", "Il n'y a plus rien à faire sur cette réunion."),
    3027: ("L'hôte et ses suppléants ne peuvent pas être inscrits", "Ils entrent connectés à leur compte Zoom."),
    3038: ("La réunion est terminée, on ne peut plus s'y inscrire", "Vérifiez la date de la réunion sur zoom.us."),
    3043: ("La réunion a atteint sa capacité", "Prenez une licence « Grandes réunions » ou répartissez le public."),
    3161: ("L'hôte n'a pas le droit d'organiser cette réunion", _LICENCE),
    4700: ("Zoom refuse l'accès de l'application", _APP),
    4711: ("Il manque un droit (scope) à l'application Zoom", ADD_SCOPES),
    12702: ("La réunion est trop ancienne", "Zoom ne montre plus les réunions de plus d'un an."),
}  # fmt: skip
_ALTERNATIVE = ("Zoom refuse un hôte alternatif", _ALTERNATIVE_HOST)
_UNKNOWN = (
    "Zoom refuse la demande",
    "Le message de Zoom dit pourquoi ; s'il ne suffit pas, transmettez-le au support.",
)
_SCOPE = re.compile(r"[a-z_]+(?::[a-z_]+)+")
_ADDRESS = re.compile(r"([^\s@<>\"'(),;:\[\]])[^\s@<>\"'(),;:\[\]]*@([^\s@<>\"'(),;:\[\]]+)")
_LINK = re.compile(r"https?://\S+")
_LONGEST = 600


_OF_ONE_MEETING = ("/meetings/", "/past_meetings/", "/report/meetings/")
_GONE = "rien : orchestrator apply en crée une nouvelle ; chacun reçoit alors une lettre avec son nouveau lien"


def refusal(answer: Answer, path: str, now: datetime) -> ZoomError:
    """Name what Zoom answered with a 4xx to a call of `path`."""
    code, words = code_of(answer.data), words_of(answer.data)
    if answer.status == 429 or "rate limit" in words.lower():
        return busy(words, answer.headers, now)
    if lacks_scopes(answer.data):
        return _scopes(words, code, answer.status)
    if _is_gone(code, words, path):
        what = f"La réunion n'existe plus chez Zoom{_quoted(words)}."
        return MeetingGone(what, remedy=_GONE, code=code, status=answer.status)
    alternative = "alternative host" in words.lower()
    what, remedy = _ALTERNATIVE if alternative else _CASES.get(code, _UNKNOWN)
    kind = AlternativeHostRefused if alternative else ZoomError
    return kind(f"{what} (code {code}){_quoted(words)}.", remedy=remedy, code=code, status=answer.status)


def code_of(data: Any) -> int:
    code = data.get("code") if isinstance(data, dict) else None
    return code if isinstance(code, int) else 0


def words_of(data: Any) -> str:
    """Take Zoom's own words out of an error body, masked and on one line."""
    if not isinstance(data, dict):
        return ""
    said = [data.get("message") or data.get("reason") or data.get("errorMessage"), *_details(data.get("errors"))]
    return masked(" ; ".join(str(part) for part in said if part))


def _details(errors: Any) -> Iterator[str]:
    """Read `errors[]`: which field, and why."""
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict):
            yield " : ".join(str(error[key]) for key in ("field", "message") if error.get(key))


def masked(text: str) -> str:
    """Leave of an address its first letter and domain, of a link nothing; cut to a readable length."""
    text = _ADDRESS.sub(r"\1…@\2", _LINK.sub("‹lien›", " ".join(text.split())))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def lacks_scopes(data: Any) -> bool:
    """Tell Zoom's 4711 (also seen as 4700): the token is good but may not do this."""
    return code_of(data) in (4700, 4711) and "scope" in words_of(data).lower()


def _scopes(words: str, code: int, status: int) -> ZoomLacksScopes:
    missing = _SCOPE.findall(words.partition("scopes")[2])
    named = ", ".join(missing) if missing else "voir le message de Zoom"
    return ZoomLacksScopes(
        f"Il manque des droits (scopes) à l'application Zoom : {named}.{_quoted(words)}",
        remedy=ADD_SCOPES,
        code=code,
        status=status,
    )


def _is_gone(code: int, words: str, path: str) -> bool:
    """Believe Zoom's code only, never HTTP 404 alone: a wrong api_url answers it too (code 2300)."""
    return path.startswith(_OF_ONE_MEETING) and (code == 3001 or (code == 1001 and "meeting" in words.lower()))


def _quoted(words: str) -> str:
    return f" : « {words} »" if words else ""
