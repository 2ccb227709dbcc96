"""The licences of what a user installs: each must be known, and one that an MIT program may be shipped beside."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "PSF-2.0",
    "Unlicense",
    "Zlib",
}
WEAK = {"LGPL-3.0-only", "LGPL-3.0-or-later", "MPL-2.0"}
"""Copyleft that stops at the library's own files: used as it is, unchanged and replaceable."""
OTHER_NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
FIELDS = ("License-Expression", "License-Classifier", "License-Metadata")
"""Where a package may say it, the most exact first."""


def is_fine(licence: str) -> bool:
    """Tell whether every part of an expression may be shipped with; of alternatives one is enough."""
    plain = licence.replace("(", "").replace(")", "") if " AND " in licence or " OR " in licence else licence
    return all(
        any(OTHER_NAMES.get(name.strip(), name.strip()) in PERMISSIVE | WEAK for name in re.split(r" OR ", part))
        for part in re.split(r" AND |; ", plain)
    )


def said(package: dict[str, str]) -> str:
    """What a package says of its licence; "" where it says nothing."""
    found = next((package[field] for field in FIELDS if package.get(field, "UNKNOWN") != "UNKNOWN"), "")
    return found if len(found) < 200 else ""  # a whole text is no name


def objections(lock: Path, out: Path) -> list[str]:
    """Write the list of the lock's packages, and name those that are not fine."""
    names = set(re.findall(r"^([a-z0-9.-]+)==", lock.read_text(), re.MULTILINE))
    rows = sorted((p["Name"].lower(), p["Version"], said(p)) for p in _installed() if _normal(p["Name"]) in names)
    with out.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("package", "version", "licence"), *rows])
    return [
        f"{name} {version}: {licence or 'no licence named'}" for name, version, licence in rows if not is_fine(licence)
    ]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed() -> list[dict[str, str]]:
    command = [sys.executable, "-m", "piplicenses", "--from=all", "--format=json", "--with-system"]
    found: list[dict[str, str]] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found
