"""Reads where somebody says they are, as the name of a time zone."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from orchestrator.gateways.registrations.names import bare

FRENCH = {
    "métropole": "Europe/Paris",
    "France": "Europe/Paris",
    "La Réunion": "Indian/Reunion",
    "Guyane": "America/Cayenne",
    "Nouvelle-Calédonie": "Pacific/Noumea",
    "Polynésie française": "Pacific/Tahiti",
    "Saint-Pierre-et-Miquelon": "America/Miquelon",
    "Wallis-et-Futuna": "Pacific/Wallis",
    "Londres": "Europe/London",
    "Bruxelles": "Europe/Brussels",
    "Québec": "America/Montreal",
    "Genève": "Europe/Zurich",
}
"""Places people name that are no zone's city."""
AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


def zone_named(text: str) -> str:
    """Return the IANA name of `Europe/London`, `London` or « La Réunion »; "" for anything else."""
    return _zones().get(bare(text), "") if text.strip() else ""


@cache
def _zones() -> dict[str, str]:
    names = [name for name in sorted(available_timezones()) if name.partition("/")[0] in AREAS]
    cities = {bare(name.rpartition("/")[2]): name for name in names}
    return cities | {bare(name): name for name in (*names, "UTC")} | {bare(said): name for said, name in FRENCH.items()}
