"""Python and the time zones it knows."""

from __future__ import annotations

import re
import sys
import zoneinfo
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import tzdata

from orchestrator.doctor.patient import Patient
from orchestrator.inspection import Finding

LAST_DAY = {(3, 11): date(2027, 10, 31), (3, 12): date(2028, 10, 31), (3, 13): date(2029, 10, 31)}
"""Until when python.org mends security problems (peps.python.org, release schedules); distributions may go on."""
OLD = 2
"""Years: time zone data of that age have missed somebody's change of law."""


def python(patient: Patient) -> Iterator[Finding]:
    version, today = sys.version_info[:2], patient.clock.now().date()
    said = f"Python {sys.version.split()[0]}"
    if (last := LAST_DAY.get(version)) is not None and today > last:
        yield Finding(
            level="warning",
            what=f"{said} : python.org ne corrige plus cette version depuis le {last:%d/%m/%Y}",
            remedy="vérifiez que votre distribution la maintient encore, ou installez une version plus récente",
        )
    else:
        yield Finding(level="ok", what=said)


def zones(patient: Patient) -> Iterator[Finding]:
    """Say which data are used for the zones of the events, and whether they are old."""
    for zone in dict.fromkeys(s.event.timezone for s in patient.settings):
        version, where = zone_data(zone, zoneinfo.TZPATH)
        said = f"fuseau {zone} : données {version or 'de version inconnue'} ({where})"
        if version and patient.clock.now().year - int(version[:4]) >= OLD:
            yield Finding(
                level="warning", what=f"{said}, anciennes", remedy="mettez à jour le paquet tzdata du système"
            )
        else:
            yield Finding(level="ok", what=said)


def zone_data(zone: str, folders: Sequence[str]) -> tuple[str, str]:
    """Return the version (2026a) and the place of a zone's data as zoneinfo finds them: the system's come first."""
    for folder in map(Path, folders):
        if (folder / zone).is_file():
            return _version_in(folder), str(folder)
    return tzdata.IANA_VERSION, "paquet Python tzdata"


def _version_in(folder: Path) -> str:
    for name in ("tzdata.zi", "+VERSION"):
        try:
            with (folder / name).open(encoding="utf-8", errors="replace") as file:
                if found := re.search(r"\b\d{4}[a-z]{0,2}\b", file.readline()):
                    return found[0]
        except OSError:
            continue
    return ""
