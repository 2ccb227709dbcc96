"""The wheel, built twice from two places at two times: the same bytes, or somebody could not check it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "build", "dist", "__pycache__", ".*_cache", ".hypothesis")
LONG_AGO = 1_000_000_000
"""The time of every file of the second copy, in seconds since 1970."""


def differences(root: Path, out: Path) -> list[str]:
    """Build both, keep the first with its digest in `out`, and say if they differ."""
    for old in out.glob("*.whl*"):
        old.unlink()
    first = build(root, out)
    digest = hashlib.sha256(first.read_bytes()).hexdigest()
    (out / f"{first.name}.sha256").write_text(f"{digest}  {first.name}\n")
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "elsewhere"
        shutil.copytree(root, copy, ignore=LEFT_OUT)
        for path in copy.rglob("*"):
            os.utime(path, (LONG_AGO, LONG_AGO))
        second = build(copy, Path(name), umask=0o077)
        return [] if second.read_bytes() == first.read_bytes() else [f"{first.name} is not the same twice"]


def build(root: Path, out: Path, *, umask: int = 0o022) -> Path:
    """Build the wheel of a checkout, with hatchling from the lock."""
    before = set(out.glob("*.whl"))
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=root, check=True, capture_output=True, umask=umask)
    return next(path for path in out.glob("*.whl") if path not in before)
