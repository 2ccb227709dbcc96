"""Run every look in turn, writing what it finds under build/supply; exit 1 where one of them objects.

It reads the lock, the environment made from it and the tree as it stands; it asks nothing of the network.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from supply import licences, secrets, wheel

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "build" / "supply"
LOCK = ROOT / "requirements.lock"


def bill_of_materials() -> list[str]:
    """Write the CycloneDX list of what the hashed lock installs."""
    out = OUT / "sbom.cdx.json"
    command = ["cyclonedx_py", "requirements", "--pyproject", "pyproject.toml", "--output-reproducible", "--of", "JSON"]
    return _objections([sys.executable, "-m", *command, "-o", str(out), str(LOCK)])


def dependencies() -> list[str]:
    """Hold the imports against what pyproject.toml asks for."""
    return _objections([str(Path(sys.executable).with_name("deptry")), "--no-ansi", "."])


def _objections(command: list[str]) -> list[str]:
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    return [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines()


LOOKS: dict[str, Callable[[], list[str]]] = {
    "bill of materials": bill_of_materials,
    "licences": lambda: licences.objections(LOCK, OUT / "licences.csv"),
    "dependencies": dependencies,
    "secrets": lambda: secrets.found(ROOT),
    "wheel, twice": lambda: wheel.differences(ROOT, OUT),
}


def main() -> int:
    """Look at everything; 1 if anything was objected to."""
    OUT.mkdir(parents=True, exist_ok=True)
    trouble = False
    for name, look in LOOKS.items():
        objections = look()
        trouble = trouble or bool(objections)
        print("✗" if objections else "✓", name, *objections, sep="\n    " if objections else " ")
    print(f"{OUT.relative_to(ROOT)}: {', '.join(sorted(path.name for path in OUT.iterdir()))}")
    return int(trouble)


if __name__ == "__main__":
    sys.exit(main())
