"""What a sender's domain publishes about its mail: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orchestrator.gateways.surroundings.names import Names

MOST_LOOKUPS = 10
"""What a receiver looks up for one SPF record; beyond it the record counts as broken (RFC 7208, 4.6.4)."""
USUAL = ("default", "dkim", "mail", "smtp", "selector1", "selector2", "google", "k1", "k2", "s1", "s2", "mailjet")
"""Selectors that many hosts use; nobody can list those of a domain."""

_COSTS = re.compile(r"[+?~-]?(?:(?:a|mx|ptr)(?:[:/].*)?|exists:.*)$", re.IGNORECASE)
_FURTHER = re.compile(r"(?:[+?~-]?include:|redirect=)(.+)$", re.IGNORECASE)
_ALL = re.compile(r"([+?~-]?)all$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spf:
    """`records`: how many there are, one is right. `rest`: what becomes of other servers, - ~ ? + or "" (unsaid)."""

    records: int
    lookups: int = 0
    rest: str = ""
    domain_exists: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Dmarc:
    """The policy that holds, and the domain that publishes it."""

    domain: str
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dkim:
    """The selectors with a key, those withdrawn (an empty key), and whether the domain may have others."""

    selectors: tuple[str, ...]
    withdrawn: tuple[str, ...]
    may_have_others: bool


def spf(names: Names, domain: str) -> Spf:
    """Read who may send for a domain. Raises NameServerSilent."""
    found = _spf_records(names, domain)
    if len(found) != 1:
        return Spf(records=len(found), domain_exists=names.texts(domain).exists)
    lookups, rest = _walk(names, found[0], {domain})
    return Spf(records=1, lookups=lookups, rest=rest)


def _spf_records(names: Names, domain: str) -> list[str]:
    return [text for text in names.texts(domain).records if re.match(r"v=spf1( |$)", text, re.IGNORECASE)]


def _walk(names: Names, record: str, seen: set[str]) -> tuple[int, str]:
    """Count the lookups of a record and of those it names; say how it ends."""
    lookups, rest = 0, ""
    for term in record.split()[1:]:
        if found := _ALL.match(term):
            rest = found[1] or "+"
        elif _COSTS.match(term):
            lookups += 1
        elif further := _FURTHER.match(term):
            inner, ends = _follow(names, further[1].lower(), seen, lookups)
            lookups += 1 + inner
            rest = rest or (ends if term.lower().startswith("redirect=") else "")
    return lookups, rest


def _follow(names: Names, domain: str, seen: set[str], lookups: int) -> tuple[int, str]:
    """Go on in another domain's record; one with macros, met before or far beyond the limit is not followed."""
    if "%" in domain or domain in seen or lookups > 2 * MOST_LOOKUPS:
        return 0, ""
    seen.add(domain)
    return next((_walk(names, record, seen) for record in _spf_records(names, domain)), (0, ""))


def dmarc(names: Names, domain: str) -> Dmarc | None:
    """Find the policy of a domain or of the nearest domain above it. Raises NameServerSilent."""
    for above in _upwards(domain):
        for text in names.texts(f"_dmarc.{above}").records:
            tags = _tags(text)
            if tags.get("v", "").upper() == "DMARC1":
                policy = tags.get("p", "none") if above == domain else tags.get("sp", tags.get("p", "none"))
                return Dmarc(domain=above, policy=policy.lower())
    return None


def _upwards(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    yield from (".".join(labels[i:]) for i in range(max(1, len(labels) - 1)))


def dkim(names: Names, domain: str, selectors: Iterable[str]) -> Dkim:
    """Look for keys under some selectors. Raises NameServerSilent.

    Where `_domainkey` does not exist at all there is nothing below it either (RFC 8020).
    """
    if not names.texts(f"_domainkey.{domain}").exists:
        return Dkim(selectors=(), withdrawn=(), may_have_others=False)
    keys: dict[str, str] = {}
    for selector in selectors:
        for text in names.texts(f"{selector}._domainkey.{domain}").records:
            if (key := _tags(text).get("p")) is not None:
                keys[selector] = key
    return Dkim(
        selectors=tuple(s for s, key in keys.items() if key),
        withdrawn=tuple(s for s, key in keys.items() if not key),
        may_have_others=True,
    )


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, sign, value in pairs if sign}
