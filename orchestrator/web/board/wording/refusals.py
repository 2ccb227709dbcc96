"""What the gate says of a value, in the words of somebody who fills in a form and not a file, in both languages."""

from __future__ import annotations

import re

_RECEIVED = re.compile(r"(.*?)(?: \(reçu : (.*)\))?", re.DOTALL)
_APART = re.compile(r" ; (?![^«»]*»)")
"""Between a refusal and its remedy, and not inside what somebody typed."""
_OF_A_FILE = (
    (r"écrivez(?:-l[ae]s?)?(?: sans guillemets(?: ni virgule)?)?,? par exemple", "par exemple"),
    (r"écrivez-la en entier, par exemple", "en entier, par exemple"),
    (r"ajoutez par exemple `before = \"(.+)\"`", r"par exemple une avance de « \1 »"),
    (r"`(\d\d:\d\d):00`", r"« \1 »"),
    (r"`(\d{4}-\d\d-\d\d)T(\d\d:\d\d):00`", r"« \1 \2 »"),
    (r" \(`(?:at|before)`\)", ""),
    (r"à ses `sessions`", "à ses sessions"),
    (r"aucune session n'a cette clé", "cette session n'existe pas"),
    (r"aucun atelier n'a cette clé", "cet atelier n'existe pas"),
    (r"`([^`]*)`", r"« \1 »"),
)
"""What is said of quotation marks and keys, and what a form's reader is told instead."""
_ENGLISH = {
    "à remplir": "to be filled in",
    "à remplir, par exemple « (.+) »": r"to be filled in, for example “\1”",
    "ne doit pas être vide": "must not be empty",
    "doit tenir sur une seule ligne, sans caractère de contrôle": "must fit on one line",
    r"doit être un nom court sans espace, accent ni « / » \(40 caractères au plus\)": (
        "must be a short name without spaces, accents or “/” (40 characters at most)"
    ),
    "doit être une lettre ou un code de 8 caractères au plus, sans espace": (
        "must be a letter or a code of 8 characters at most, without spaces"
    ),
    "n'est pas une adresse e-mail": "is not an e-mail address",
    "n'est pas une adresse web": "is not a web address",
    "n'est pas un domaine": "is not a domain",
    "n'est pas l'adresse d'une base": "is not a database's address",
    "l'adresse doit être chiffrée": "the address must be encrypted",
    "fuseau horaire inconnu": "unknown time zone",
    "doit être une adresse et un port": "must be an address and a port",
    r"n'accepte que \{first\}, \{last\} et \{code\}": "takes only {first}, {last} and {code}",
    "une date est attendue": "a date is expected",
    "une heure est attendue": "a time is expected",
    "un jour et une heure sont attendus": "a day and a time are expected",
    "une durée est attendue": "a duration is expected",
    "un nombre entier est attendu": "a whole number is expected",
    "ce nombre est trop grand": "this number is too large",
    "un texte est attendu": "a text is expected",
    "cette valeur ne convient pas": "this value will not do",
    "valeur inconnue": "unknown value",
    r"doit être au moins (\S+)": r"must be at least \1",
    r"doit être au plus (\S+)": r"must be at most \1",
    r"l'année doit être comprise entre (\d+) et (\d+)": r"the year must be between \1 and \2",
    r"la fin \((.+)\) doit venir après le début \((.+)\)": r"the end (\1) must come after the start (\2)",
    r"l'ouverture \((.+)\) ne peut pas venir après le début \((.+)\)": (
        r"the doors (\1) cannot come after the start (\2)"
    ),
    "corrigez l'une des deux heures": "correct one of the two times",
    r"la lettre d'après ne peut pas partir avant la fin \((.+)\)": (
        r"the letter after cannot leave before the end (\1)"
    ),
    "choisissez une (?:autre heure|heure plus tardive)": "choose another time",
    r"cette heure est hors de la session « (.+) » \((.+)\)": r"this time is outside “\1” (\2)",
    "corrigez l'heure ou la session": "correct the time or the session",
    r"ce rappel \((.+)\) doit partir avant le début de la session \((.+)\)": (
        r"this reminder (\1) must leave before the session starts (\2)"
    ),
    "avancez-le": "move it earlier",
    "un rappel a soit une heure, soit une avance": "a reminder has either a time or a lead",
    "gardez l'une des deux": "keep one of the two",
    r"les places \((.+)\) doivent être annoncées avant les ateliers \(session du (.+)\)": (
        r"the seats (\1) must be told before the workshops (\2)"
    ),
    "avancez l'annonce": "tell them earlier",
    r"les vœux \((.+)\) doivent se clore au plus tard à l'annonce des places \((.+)\)": (
        r"wishes (\1) must close by the time seats are told (\2)"
    ),
    "avancez la clôture": "close them earlier",
    r"le minimum \((\d+)\) dépasse le nombre de places \((\d+)\)": r"the minimum (\1) exceeds the seats (\2)",
    "corrigez l'un des deux": "correct one of the two",
    r"(\d+) caractères, c'est trop long pour un nom de salle Zoom": (
        r"\1 characters are too long for the name of a Zoom room"
    ),
    r"(\d+) au plus avec le code « (.+) »": r"\1 at most with the code “\2”",
    "deux salles de la même réunion Zoom s'appelleraient « (.+) »": (
        r"two rooms of one Zoom meeting would be called “\1”"
    ),
    "changez le code": "change the code",
    "désigne déjà une autre session": "is another session's already",
    "désigne déjà un autre atelier(?: de cette session)?": "is another workshop's already",
    "donnez à chacun le sien": "give each its own",
    "cette session n'existe pas": "there is no such session",
    "cet atelier n'existe pas": "there is no such workshop",
    "cet atelier a lieu dans une session où cette personne ne vient pas": (
        "this workshop is in a session this person does not come to"
    ),
    "ajoutez « (.+) » à ses sessions": r"add “\1” to their sessions",
    r"commencez par « (.+) »": r"begin with “\1”",
    r"voulez-vous dire « (.+) » \?": r"did you mean “\1”?",
    r"(?:valeurs )?possibles : (.+)": r"possible values: \1",
    r"par exemple (?:une avance de )?(.+)": r"for example \1",
    r"en entier, (par exemple .+)": r"in full, \1",
}


def in_both(what: str) -> tuple[str, str]:
    """A refusal with its remedy in French and in English; one that has no English words yet is French in both."""
    french = [_for_a_form(part) for part in _APART.split(what)]
    english = [_in_english(part) for part in french]
    said = " ; ".join(french)
    return said, "; ".join(filter(None, english)) if all(english) else said


def _for_a_form(part: str) -> str:
    said, received = _parted(part)
    for pattern, instead in _OF_A_FILE:
        said = re.sub(pattern, instead, said)
    return f"{said} (reçu : {received})" if received else said


def _in_english(part: str) -> str:
    """The English of one part; "" where nobody has worded it."""
    said, received = _parted(part)
    for pattern, english in _ENGLISH.items():
        if match := re.fullmatch(pattern, said, re.DOTALL):
            words = re.sub(r"« (.+?) »", r"“\1”", match.expand(english)).replace(" ou ", " or ")
            return f"{words} (received: {received.replace('« ', '“').replace(' »', '”')})" if received else words
    return ""


def _parted(part: str) -> tuple[str, str]:
    """What is said, and what was received: that is left as it was typed."""
    match = _RECEIVED.fullmatch(part)
    assert match is not None, part
    return match[1], match[2] or ""
