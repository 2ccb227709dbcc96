"""Keys and passwords that would have come into the tree. Looks at the files as they are, not at the history."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

GUESSES = ("Base64HighEntropyString", "HexHighEntropyString")
"""Detectors that take every hash for a secret."""
PRETENDED = ("BasicAuthDetector", "KeywordDetector")
"""Detectors that every test of a wrong login would set off."""


def found(root: Path) -> list[str]:
    """Name every place that holds what looks like one: `file:line: what`."""
    files = _files(root)
    tests = [name for name in files if name.startswith("tests/")]
    rest = [name for name in files if not name.startswith("tests/")]
    return _scan(root, rest, GUESSES) + _scan(root, tests, (*GUESSES, *PRETENDED))


def _files(root: Path) -> list[str]:
    """What is in the tree or would be with the next `git add`, but for the locks, which are made of hashes."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.splitlines()
    return [name for name in listed if not name.endswith(".lock") and (root / name).is_file()]


def _scan(root: Path, names: list[str], without: tuple[str, ...]) -> list[str]:
    switched_off = [word for name in without for word in ("--disable-plugin", name)]
    command = [sys.executable, "-m", "detect_secrets", "scan", "--no-verify", *switched_off, *names]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    results = json.loads(done.stdout)["results"]
    return [f"{name}:{hit['line_number']}: {hit['type']}" for name, hits in results.items() for hit in hits]
