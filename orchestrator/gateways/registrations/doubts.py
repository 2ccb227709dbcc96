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


def _about_addresses(rows: Sequence[Answer]) -> Iterator[Finding]:
    counts = Counter(row.address.rpartition("@")[2].casefold() for row in rows)
    usual = oddities.usual_domains(counts)
    better = {domain: likely for domain in counts if (likely := oddities.meant(domain, usual, counts))}
    told: set[str] = set()
    for row in rows:
        email = identity(row.address)
        local, _, domain = email.rpartition("@")
        odd = domain in better or oddities.is_list(email)
        if not odd or email in told:
            continue
        told.add(email)
        if meant := better.get(domain, ""):
            yield Finding(
                line=row.line,
                code="address-typo",
                message=f"« {row.address} » : sans doute « {local}@{meant} » ; la personne est inscrite telle quelle",
                remedy=f'si oui, dans corrections.toml, sous [addresses] : "{email}" = "{local}@{meant}"',
                address=email,
                instead=f"{local}@{meant}",
                keep=email,
            )
        if oddities.is_list(email):
            yield Finding(
                line=row.line,
                code="mailing-list",
                message=f"« {row.address} » ressemble à une liste de diffusion : "
                "tous ses membres auraient le même lien",
                remedy=f'demander à la personne son adresse à elle ; sinon, dans corrections.toml : keep = ["{email}"]',
                address=email,
                keep=email,
            )


def _about_people(rows: Iterable[Answer]) -> Iterator[Finding]:
    """Report a first and last name that comes back under another address."""
    first: dict[int, Answer] = {}  # by the hash of the name: of many people, the sets of words are not kept
    told: set[str] = set()
    for row in rows:
        words = words_of(f"{row.first_name} {row.last_name}")
        if len(words) < 2 or not row.last_name:
            continue
        before = first.setdefault(hash(words), row)
        if before is row:
            continue
        email = identity(row.address)
        same = words == words_of(f"{before.first_name} {before.last_name}")
        if identity(before.address) == email or email in told or not same:
            continue
        told.add(email)
        yield Finding(
            line=row.line,
            code="same-person",
            message=f"{row.first_name} {row.last_name} est déjà à la ligne {before.line} avec une autre adresse "
            f"({before.address}, ici {row.address}) : deux inscriptions",
            remedy="si c'est une seule personne, dans corrections.toml, sous [addresses] : "
            f'"{identity(before.address)}" = "{email}" ; si ce sont deux personnes : keep = ["{email}"]',
            address=identity(before.address),
            instead=email,
            keep=email,
        )
