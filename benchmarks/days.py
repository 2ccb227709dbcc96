"""Whole days under every fault of the rehearsal, on the shipped example: which promises hold, and what it costs.

Prints JSON: by fault, the promises broken and for whom, how many letters left, how many virtual kills there were, and
the seconds it took. Ends with 1 where a promise is broken that the fault leaves room to keep. `--only` plays one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orchestrator import shipped

FAULTS: dict[str, Sequence[str]] = {
    "calm": (),
    "relay down 8h50-9h20": ("smtp-down=08:50-09:20",),
    "one address in ten put off": ("smtp-4xx=10%",),
    "Zoom down 7h-9h": ("zoom-down=07:00-09:00",),
    "Zoom busy 8h-8h30": ("zoom-429=08:00-08:30",),
    "latecomer at 9h20": ("latecomer=09:20",),
    "killed at 9h00 and at 13h30": ("kill=09:00:01", "kill=13:30:01"),
    "host late": ("host-late=09:40",),
    "meeting ended at lunch": ("ended-at=12:16",),
    "meeting deleted at 9h10": ("meeting-deleted=09:10",),
    "workshops brought together at 8h": ("merge=08:00/B/A",),
    "everything at once": (
        *("smtp-down=08:55-09:10", "smtp-4xx=10%", "zoom-429=08:00-08:30", "latecomer=09:20"),
        *("kill=09:10:05", "kill=13:30:01"),
    ),
    "relay down until the session has begun": ("smtp-down=08:30-09:31",),
}
CANNOT = {"relay down until the session has begun": "reminder-on-time"}
"""Where a promise cannot be kept: it must be named, person by person, and no other broken."""


def played(faults: Sequence[str]) -> dict[str, Any]:
    """Rehearse the example's day with these faults, as a user would."""
    with tempfile.TemporaryDirectory(prefix="days-") as name:
        out = Path(name) / "out"
        command = [sys.executable, "-m", "orchestrator", "rehearse", "-c", str(shipped.example_config())]
        command += ["--out", str(out), *(word for fault in faults for word in ("--fault", fault))]
        started = time.monotonic()
        code = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False).returncode
        report = json.loads((out / "report.json").read_text("utf-8"))
        return {
            "exit": code,
            "broken": {p["name"]: len(p["broken_for"]) for p in report["promises"] if p["broken_for"]},
            "people": report["people"],
            "letters": sum(counts["sent"] for counts in report["letters"].values()),
            "seconds": round(time.monotonic() - started, 1),
        }


def as_expected(name: str, found: dict[str, Any]) -> bool:
    """Every promise held, or just the one that cannot be."""
    return list(found["broken"]) == ([CANNOT[name]] if name in CANNOT else []) and found["exit"] == (name in CANNOT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(FAULTS))
    told = parser.parse_args()
    days = {}
    for name in [told.only] if told.only else FAULTS:
        days[name] = played(FAULTS[name])
        print(f"{name}: {days[name]}", file=sys.stderr, flush=True)
    wrong = [name for name, found in days.items() if not as_expected(name, found)]
    print(json.dumps({"days": days, "not_as_expected": wrong}, indent=2, ensure_ascii=False))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
