"""What taking in a list costs, end to end: from the file on the disk to the rows in the store, and again unchanged.

Every size is measured in a process of its own, so that `peak_mb` is those imports' alone (VmHWM, Linux). Times are
the processor's, so that a busy machine does not spoil them. `again_cpu_s` is the second import of the same file, read
whole; `unchanged_ms` is what a beat asks of a file that has not changed: one stat.
Prints JSON.  Usage: imports [ROWS …]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.core import intake
from orchestrator.core.model import Event
from orchestrator.gateways.registrations import Columns, Register, in_file
from orchestrator.rehearsal import people
from orchestrator.store import Reading, Store

SIZES = (1_000, 10_000, 100_000)
NOW = datetime(2021, 6, 20, 12, tzinfo=UTC)


def taken_in(source: Register, store: Store) -> float:
    """Do what a beat does with a source that has changed; returns seconds of processor."""
    began, key = time.process_time(), source.event.key
    fingerprint, answers = source.fingerprint(), source.read()
    known = store.people.registered(key)
    found = intake.decide_for(source.event, answers, known, NOW, entries=store.entries.all(key))
    reading = Reading(fingerprint=fingerprint, read_at=NOW, rows=len(answers.rows), refused=found.refused)
    store.people.record(key, reading, found.new, found.edited, found.gone)
    return time.process_time() - began


def event() -> Event:
    """The example, its workshops called by their short titles: 100,000 answers fit in the 20 MB that are read."""
    [settings] = gate.load(shipped.example_config(), environ={})
    return replace(settings.event, workshops=tuple(replace(w, title=w.short) for w in settings.event.workshops))


def write(file: Path, rows: int) -> None:
    """Invent a list, in a process whose memory is not measured."""
    people.write_csv(people.invent(event(), rows, "imports", NOW - timedelta(hours=1)), file)


def measure(folder: Path) -> dict[str, float]:
    """Import the list of a folder into a new store, then again, then look whether it changed."""
    held = event()
    file = folder / "list.csv"
    source = in_file(file, Columns(), held)
    store = wiring.open_store(f"sqlite:///{folder / 'imports.db'}")
    store.events.serve(held, NOW)
    first = taken_in(source, store)
    second = taken_in(source, store)
    began = time.perf_counter()
    source.fingerprint()
    unchanged = time.perf_counter() - began
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return {
        "file_mb": round(file.stat().st_size / 1e6, 1),
        "people": len(store.people.registered(held.key)),
        "first_cpu_s": round(first, 2),
        "again_cpu_s": round(second, 2),
        "unchanged_ms": round(unchanged * 1e3, 3),
        "peak_mb": round(int(peak.split()[1]) / 1024),
    }


def apart(task: str, folder: str, rows: int) -> str:
    run = [sys.executable, "-m", "benchmarks.imports", task, folder, str(rows)]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout


def main() -> None:
    if sys.argv[1:2] == ["write"]:
        write(Path(sys.argv[2]) / "list.csv", int(sys.argv[3]))
    elif sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure(Path(sys.argv[2]))))
    else:
        for rows in map(int, sys.argv[1:] or SIZES):
            with tempfile.TemporaryDirectory(prefix="imports-") as folder:
                apart("write", folder, rows)
                print(json.dumps({"rows": rows, **json.loads(apart("measure", folder, rows))}), flush=True)


if __name__ == "__main__":
    main()
