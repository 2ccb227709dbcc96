"""Looks over all answers for addresses that are probably not what was meant, and people who answered under two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from orchestrator.core.alike import words_of
from orchestrator.core.model import Answer, Finding, identity
from orchestrator.gateways.registrations import oddities


def doubts(rows: Sequence[Answer]) -> Iterator[Finding]:
    """Report; every one of these people is registered as they typed it."""
    yield from _about_addresses(rows)
    yield from _about_people(rows)


def _about_addresses(rows: Iterable[Answer]) -> Iterator[Finding]:
    by_email = {identity(row.address): row for row in rows}
    counts = Counter(email.rpartition("@")[2] for email in by_email)
    usual = oddities.usual_domains(counts)
    better = {domain: meant for domain in counts if (meant := oddities.meant(domain, usual, counts))}
    for email, row in by_email.items():
        local, _, domain = email.rpartition("@")
        if meant := better.get(domain):
            yield Finding(
                line=row.line,
                code="address-typo",
                message=f"« {row.address} » : sans doute « {local}@{meant} » ; la personne est inscrite telle quelle",
                remedy=f'si oui, dans corrections.toml, sous [addresses] : "{email}" = "{local}@{meant}"',
            )
        if oddities.is_list(email):
            yield Finding(
                line=row.line,
                code="mailing-list",
                message=f"« {row.address} » ressemble à une liste de diffusion : tous ses membres auraient le même lien",
                remedy=f'demander à la personne son adresse à elle ; sinon, dans corrections.toml : keep = ["{email}"]',
            )


def _about_people(rows: Iterable[Answer]) -> Iterator[Finding]:
    """Report a first and last name that comes back under another address."""
    first: dict[frozenset[str], Answer] = {}
    told: set[str] = set()
    for row in rows:
        words = words_of(f"{row.first_name} {row.last_name}")
        if len(words) < 2 or not row.last_name:
            continue
        before = first.setdefault(words, row)
        email = identity(row.address)
        if identity(before.address) == email or email in told:
            continue
        told.add(email)
        yield Finding(
            line=row.line,
            code="same-person",
            message=f"{row.first_name} {row.last_name} est déjà à la ligne {before.line} avec une autre adresse "
            f"({before.address}, ici {row.address}) : deux inscriptions",
            remedy="si c'est une seule personne, dans corrections.toml, sous [addresses] : "
            f'"{identity(before.address)}" = "{email}" ; si ce sont deux personnes : keep = ["{email}"]',
        )
