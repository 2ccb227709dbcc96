"""Says whether an address can be used for mail and for Zoom, without the network."""

from __future__ import annotations

import re

from orchestrator.gateways.registrations.names import clean

LONGEST = 128
"""Zoom's limit (POST /meetings/{meetingId}/registrants: email)."""


class Unusable(ValueError):
    """A row cannot be used; the message is the reason, in the organiser's language."""


_PLAIN = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@"
    r"(?:[a-z0-9](?:[a-z0-9]{0,2}|[a-z0-9][a-z0-9](?!--)[a-z0-9-]{0,58}[a-z0-9])\.)+"
    r"(?!(?:arpa|invalid|local|localhost|onion|test|example)$)[a-z]{2,63}"
)
"""What nearly every address looks like: no need to look closer."""


def usable(typed: str) -> str:
    """Return the address without what surrounds it, its domain in ASCII. Raises Unusable."""
    if len(typed) <= LONGEST and _PLAIN.fullmatch(typed):
        return typed
    # Imported here: it brings `idna`'s tables, and the commands that read no address start without it.
    from email_validator import EmailNotValidError, validate_email

    address = clean(typed, most=1_000)
    try:
        # `test_environment` lets the domains kept for tests (RFC 2606, .test) through: rehearsals use them.
        checked = validate_email(
            address, check_deliverability=False, allow_smtputf8=False, test_environment=True
        ).ascii_email
    except EmailNotValidError as error:
        raise Unusable(_reason(address)) from error
    if checked is None or len(checked) > LONGEST:
        raise Unusable(_reason(address))
    return checked


def _reason(address: str) -> str:
    if not address:
        return "pas d'adresse e-mail"
    return f"adresse e-mail inutilisable « {_shortened(address)} » : {_fault(address)}"


def _fault(address: str) -> str:
    local, _, domain = address.partition("@")
    faults = {
        "une seule adresse est attendue": address.count("@") > 1 or any(mark in address for mark in ",;"),
        "il manque le @": "@" not in address,
        "elle contient une espace": " " in address,
        "rien devant le @": not local,
        "un accent ou un signe particulier devant le @": not local.isascii(),
        "il manque la fin du domaine (.fr, .org…)": "." not in domain.strip("."),
        f"plus de {LONGEST} caractères, Zoom n'en accepte pas tant": len(address) > LONGEST,
    }
    return next((fault for fault, found in faults.items() if found), "elle n'a pas la forme nom@domaine.fr")


def _shortened(address: str) -> str:
    local, at, domain = address.partition("@")
    return f"{local[:2]}…{at}{re.split('[ ,;@]', domain)[0][:30]}"
