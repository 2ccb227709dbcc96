"""Recognises what a column holds by its header, in French and English, however the question was worded."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from orchestrator.gateways.registrations.names import bare, normal

_KNOWN = {
    "email": """adresse e-mail | adresse mail | adresse de messagerie | adresse électronique | adresse courriel
        | courriel | e-mail | mail | mél | adresse mél
        | email address | e-mail address | mail address | nom d'utilisateur | username
        | adresse e-mail du participant | email participant | email de l'adhérent | participant email""",
    "payer": "email payeur | adresse e-mail du payeur | e-mail acheteur | email acheteur | payer email | buyer email",
    "first_name": "prénom | prénoms | prénom participant | prénom adhérent | prénom du participant | first name"
    " | firstname | given name | forename",
    "last_name": "nom | nom de famille | nom d'usage | nom participant | nom adhérent | nom du participant | last name"
    " | lastname | surname | family name",
    "full_name": "nom et prénom | prénom et nom | nom prénom | prénom nom | nom complet | nom et prénoms | full name"
    " | name | nom & prénom | prénom & nom | identité",
    "submitted_at": "horodateur | timestamp | date de soumission | heure de fin | completion time | date submitted"
    " | submitted at | submission date | soumission à | soumis le | heure de soumission"
    " | date d'inscription | date de réponse"
    " | date de la commande | submitdate | submitted time | terminé à | date et heure | date d'envoi | créé | complété",
    "started_at": "heure de début | start time | date de lancement | started at",
    "last_page": "dernière page | last page | lastpage",
    "language": "langue | language | langue souhaitée | langue préférée"
    " | langue de la personne | langue de correspondance"
    " | langue de communication | preferred language | langue de départ | start language | startlanguage",
    "shown_as": "pseudo | pseudonyme | nom affiché | nom à afficher | nom dans zoom | nom affiché dans zoom"
    " | nom à afficher dans zoom | display name | screen name | nom zoom",
    "needs": "besoins particuliers | besoins spécifiques | besoins d'accessibilité | accessibilité | special needs"
    " | accessibility needs | accessibility | access needs | aménagements | besoins",
    "status": "statut de la commande | statut de l'inscription | order status | registration status",
    "withdrawal": "annulation | désistement | désinscription | withdrawal | cancellation",
}
"""What the programs and people call each column, the surest first."""

_PATTERNS = {
    "next_invitation": r"\b(?:invit|inform|preven|recontact|avert|notif)\w*\b.*\b(?:prochain|futur|suivant|next)"
    r"|\b(?:prochain\w*|futur\w*|next) invitations?\b",
    "withdrawal": r"\bne (?:viens|viendrai|participe|participerai) plus\b|\bno longer (?:come|coming|attend\w*)\b"
    r"|\b(?:annul|desist|desinscri|cancel|withdraw)\w*\b.*\b(?:inscription|venue|participation|registration|place)\b",
    "payer": r"\b(?:payeur|acheteur|payer|buyer)\b.*\bmail\b|\bmail\b.*\b(?:payeur|acheteur|payer|buyer)\b",
    "email": r"\be-?mails?\b|\bmel\b|\bmails?\b|\bcourriels?\b|\badresses? (?:electronique|de messagerie)\b",
    "full_name": r"\bnoms? (?:et |& ?|/ ?|, ?)?prenoms?\b|\bprenoms? (?:et |& ?|/ ?|, ?)?noms?\b|\bfull name\b"
    r"|\bfirst (?:name )?(?:and|&) last name\b",
    "shown_as": r"\bpseudo|\bnom\b.*\b(?:affiche|afficher|apparaitre)\b"
    r"|\b(?:affiche|afficher|apparaitre|appele)\w*\b.*\bzoom\b"
    r"|\bzoom\b.*\bname\b|\bdisplay(?:ed)? name\b",
    "first_name": r"\bprenoms?\b|\b(?:first|given) name\b",
    "last_name": r"^(?:(?:quel est )?(?:votre|ton|indiquez votre|your)? ?)nom(?: de famille| d'usage)?$"
    r"|\b(?:last|family) name\b",
    "needs": r"\baccessib|\bbesoins? (?:particulier|specifique|d'|en|de)|\bhandicap|\bamenagement"
    r"|\b(?:special|access) (?:need|requirement)|\bdispositions? particuli"
    r"|\binterpret(?:e|ation)\b.*\b(?:lsf|signes)\b",
    "language": r"^(?:dans |en )?(?:quelle |votre |which |your )?(?:preferred )?(?:langue|language)\b",
}
_NOT_THEIRS = re.compile(
    r"\b(?:responsable|referente?|superieure?|manager|collegues?|assistante?|directeur|directrice|encadrante?|n ?\+ ?1"
    r"|chef(?:fe)?|supervisor|colleague|organisme|structure|entreprise|societe|service|association|collectivite|second)\b"
)
_CONSENT = re.compile(
    r"\b(?:accept\w*|autoris\w*|consen\w*|souhaitez-vous|recevoir|newsletter|lettre d'information|actualites|agree"
    r"|subscribe|comment avez-vous|how did|conditions|politique|lu)\b"
)
_WHOSE = re.compile(
    r"^(?:(?:quel(?:le)?s? (?:est|sont)|merci d'indiquer|veuillez (?:indiquer|saisir|renseigner)|indiquez|saisissez"
    r"|entrez"
    r"|what is|please (?:enter|give)|enter) )?(?:(?:votre|vos|ton|ta|tes|your|mon|ma|my|l'|la|le) ?)?"
)
_NUMBERED = re.compile(r"^(?:q(?:uestion)? ?)?\d{1,2} ?[.):–-] ?", re.IGNORECASE)
_ASIDE = re.compile(r"\s*[(\[][^)\]]*[)\]]|[\s*:?!.]+$|^[\s*]+")


def plain(header: str) -> str:
    """Bring a header to lower case without accents, numbering, asides in brackets, or marks at its ends."""
    text = unaccented(normal(header))
    text = _NUMBERED.sub("", text)
    for _ in range(3):
        text = _ASIDE.sub("", text)
    return text.strip()


def unaccented(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


_EXACT = {
    bare(name): (key, sure)
    for key, names in _KNOWN.items()
    for sure, name in enumerate(" ".join(names.split()).split(" | "))
}
_FUZZY = {key: re.compile(pattern) for key, pattern in _PATTERNS.items()}
_LOOSE = 100


@dataclass(frozen=True, slots=True)
class Meaning:
    """`sure` orders the headers that mean the same: the lowest is the best."""

    key: str
    sure: int


@lru_cache(4_096)
def meaning(header: str) -> Meaning | None:
    """Say what a header means; None for a question of the form's own."""
    text = plain(header)
    asked = _WHOSE.sub("", text, count=1)
    for spelled, loss in ((text, 0), (asked, 20), (re.sub(r"\d$", "", asked), 40)):
        if found := _EXACT.get(bare(spelled)):
            return Meaning(found[0], found[1] + loss)
    return None if len(text) > 120 else _loosely(text)


def _loosely(text: str) -> Meaning | None:
    for key, pattern in _FUZZY.items():
        if pattern.search(text):
            if key in ("email", "first_name", "last_name", "full_name") and _NOT_THEIRS.search(text):
                return None
            if key in ("email", "withdrawal") and _CONSENT.search(text):
                return None
            confirmation = 50 if re.search(r"\bconfirm|\bretap|\bsaisir a nouveau", text) else 0
            return Meaning(key, _LOOSE + confirmation)
    return None
