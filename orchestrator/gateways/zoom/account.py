"""What of the account, the app or the host would spoil the day, before the day."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.core.errors import ZoomError, ZoomLacksScopes
from orchestrator.gateways.zoom.api import ZoomApi
from orchestrator.gateways.zoom.refusals import ADD_SCOPES
from orchestrator.gateways.zoom.shapes import Feature, UserSettings, UserShape
from orchestrator.ports import Oddity

NEEDED: dict[str, str] = {
    "meeting:write:meeting:admin": "meeting:write:admin",
    "meeting:read:meeting:admin": "meeting:read:admin",
    "meeting:read:list_meetings:admin": "meeting:read:admin",
    "meeting:update:meeting:admin": "meeting:write:admin",
    "meeting:delete:meeting:admin": "meeting:write:admin",
    "meeting:write:registrant:admin": "meeting:write:admin",
    "meeting:write:batch_registrants:admin": "meeting:write:admin",
    "meeting:read:list_registrants:admin": "meeting:read:admin",
    "meeting:update:registrant_status:admin": "meeting:write:admin",
    "user:read:user:admin": "user:read:admin",
    "user:read:settings:admin": "user:read:admin",
}
"""Granular scope → the classic one that stands for it on older apps."""
SMALLEST = 100
"""Participants a plain licence takes in; worth a word, most days are planned for more."""
_LICENSED, _NO_SUCH_USER = 2, (1001, 1010)
_ADVANCED = "zoom.us → Paramètres de l'hôte → Réunion → En réunion (avancé)"
_BREAKOUT = f"{_ADVANCED} → Salle de petit groupe"


def examine(api: ZoomApi, host: str, user: str) -> tuple[Oddity, ...]:
    """Look at the scopes, the host's licence and their settings; what may not be read is named by its scope."""
    odd = [*_scopes(api.scopes())]
    try:
        odd += [*_licence(api, host, user)]
        odd += [*_settings(api, user)]
    except ZoomLacksScopes as error:
        odd = odd or [Oddity(what=error.message, remedy=error.remedy)]
    except ZoomError as error:
        if error.code not in _NO_SUCH_USER:
            raise
        odd.append(
            Oddity(
                what=f"L'hôte {host} n'est pas un utilisateur de ce compte Zoom.",
                remedy="Corrigez [zoom] host, ou ajoutez cet utilisateur (zoom.us → Administration → Utilisateurs).",
            )
        )
    return tuple(odd)


def is_licensed(api: ZoomApi, user: str) -> bool:
    """Tell whether somebody is a licensed user of the account."""
    try:
        return api.ask(UserShape, "GET", user).type == _LICENSED
    except ZoomError as error:
        if error.code not in _NO_SUCH_USER:
            raise
        return False


def capacity(api: ZoomApi, user: str) -> int:
    """Return how many people the host's meetings take in at once; 0 if Zoom does not say."""
    return _room_for(_read_settings(api, user).feature)


def _scopes(granted: frozenset[str]) -> Iterator[Oddity]:
    missing = [granular for granular, classic in NEEDED.items() if not {granular, classic} & granted]
    if granted and missing:
        yield Oddity(
            what=f"Il manque des droits (scopes) à l'application Zoom : {', '.join(missing)}.", remedy=ADD_SCOPES
        )


def _licence(api: ZoomApi, host: str, user: str) -> Iterator[Oddity]:
    known = api.ask(UserShape, "GET", user)
    if known.type != _LICENSED:
        yield Oddity(
            what=f"L'hôte {host} n'a pas de licence : pas d'inscriptions, 40 minutes au plus.",
            remedy="Attribuez-lui une licence Zoom Meetings (zoom.us → Administration → Utilisateurs).",
        )
    if known.status not in ("", "active"):
        yield Oddity(
            what=f"Le compte Zoom de l'hôte {host} n'est pas actif.",
            remedy="Activez-le (zoom.us → Administration → Utilisateurs).",
        )


def _settings(api: ZoomApi, user: str) -> Iterator[Oddity]:
    settings = _read_settings(api, user)
    if not settings.in_meeting.breakout_room:
        yield Oddity(what="Les salles de petit groupe sont désactivées pour l'hôte.", remedy=f"Activez {_BREAKOUT}.")
    elif not settings.in_meeting.breakout_room_schedule:
        yield Oddity(
            what="Zoom oubliera sans rien dire les salles préparées : leur préparation est désactivée pour l'hôte.",
            remedy=f"Cochez {_BREAKOUT} → « Affecter les participants aux salles lors de la programmation ».",
            fatal=False,
        )
    yield from _ways_in(settings)
    room_for = _room_for(settings.feature)
    if 0 < room_for <= SMALLEST:
        yield Oddity(
            what=f"Les réunions de l'hôte accueillent au plus {room_for} personnes à la fois.",
            remedy="S'il en vient plus, ajoutez une licence « Grandes réunions » à l'hôte.",
            fatal=False,
        )


def _ways_in(settings: UserSettings) -> Iterator[Oddity]:
    """Look at what helps people whom the application fails: the browser, the telephone, captions."""
    if settings.in_meeting.show_a_join_from_your_browser_link is False:
        yield Oddity(
            what="Zoom ne montre pas aux participants le lien « Rejoindre depuis votre navigateur ».",
            remedy=f"Cochez {_ADVANCED} → « Afficher un lien Rejoindre à partir de votre navigateur ».",
            fatal=False,
        )
    chosen = settings.audio_conferencing.global_dial_in_countries.selected_countries
    countries = [country.code.upper() for country in chosen]
    if countries and "FR" not in countries:
        yield Oddity(
            what="Les lettres n'auront pas de numéro de téléphone en France.",
            remedy="Ajoutez la France : zoom.us → Paramètres de l'hôte → Audioconférence → « Pays/régions d'appel ».",
            fatal=False,
        )
    captions = settings.in_meeting.closed_captioning
    if captions is not None and not (captions.enable and captions.auto_transcribing):
        yield Oddity(
            what="Les sous-titres automatiques sont désactivés pour l'hôte.",
            remedy=f"Activez {_ADVANCED} → « Sous-titres automatisés ».",
            fatal=False,
            about="captions",
        )


def _read_settings(api: ZoomApi, user: str) -> UserSettings:
    return api.ask(UserSettings, "GET", f"{user}/settings")


def _room_for(feature: Feature) -> int:
    large = feature.large_meeting_capacity if feature.large_meeting else 0
    return max(feature.meeting_capacity, large)
