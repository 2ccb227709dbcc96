"""Writes what a rehearsal left: the letters' and exchanges' lines, report.json and the film."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from orchestrator import wiring
from orchestrator.core.letters import KINDS
from orchestrator.core.retention import attendance_ends_at, purged_at
from orchestrator.rehearsal import film
from orchestrator.rehearsal.aftermath import came
from orchestrator.rehearsal.evidence import Day, Evidence
from orchestrator.rehearsal.faults import Trouble
from orchestrator.rehearsal.promises import judge
from orchestrator.rehearsal.stage import write_lines
from orchestrator.rehearsal.telling import after_of, texts_end_at
from orchestrator.store import Store

Curves = Mapping[str, Sequence[tuple[datetime, int]]]


def write(evidence: Evidence, seats: Curves, troubles: Sequence[Trouble], killed: Sequence[datetime]) -> dict[str, Any]:
    """Judge the day and write every file into the rehearsal's folder; returns the report."""
    store, eve = wiring.open_store(evidence.store_url), wiring.open_store(evidence.eve_url)
    try:
        day = Day.of(evidence, store, eve)
        _complete(day)
        report = _report(day, store, eve)
    finally:
        store.close()
        eve.close()
    out = evidence.out
    write_lines(out / "mail.jsonl", evidence.letters)
    write_lines(out / "zoom.jsonl", evidence.exchanges)
    (out / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", "utf-8")
    page = film.draw(
        film.Film(
            event=evidence.event,
            begins=evidence.begins,
            ends=evidence.ends,
            letters=evidence.letters,
            exchanges=evidence.exchanges,
            report=report,
            arrivals=[a.at for a in evidence.arrivals],
            faults=_faults(evidence, troubles, killed),
            seats=seats,
            after=after_of(day, texts_end_at(day)),
        )
    )
    (out / "film.html").write_text(page, "utf-8")
    return report


def _complete(day: Day) -> None:
    """Say of each accepted letter which session and rule it was for."""
    for line in day.evidence.letters:
        if (delivery := day.by_message.get(line["message_id"])) is not None:
            line["session"], line["rule"] = delivery.session or None, delivery.rule or None


def _report(day: Day, store: Store, eve: Store) -> dict[str, Any]:
    event = day.event
    reading, taken = store.people.reading(event.key), store.seats.taken(event.key)
    counts = eve.outbox.counts(event.key)
    return {
        "event": event.key,
        "people": store.people.ever(event.key),
        "refused_rows": [{"line": r.line, "reason": r.reason} for r in (reading.refused if reading else ())],
        "workshops": {w.key: {"seats": w.seats, "taken": taken.get(w.key, 0)} for w in event.workshops},
        "letters": {
            kind: {
                "owed": sum(n for state, n in counts[kind].items() if state != "withdrawn"),
                "sent": counts[kind]["sent"],
                "void": counts[kind]["void"],
                "refused": counts[kind]["refused"],
            }
            for kind in KINDS
            if kind in counts
        },
        "after": _after(day),
        "promises": [{"name": p.name, "held": p.held, "broken_for": list(p.broken_for)} for p in judge(day)],
    }


def _after(day: Day) -> dict[str, Any]:
    """The figures of the weeks after the day."""
    event, after = day.event, day.evidence.after
    there = came(event, after)
    return {
        "came": len(there),
        "doubts": dict(Counter(why for why, _ in after.seen.doubts)),
        "decided": after.seen.decided,
        "certificates": len(after.seen.issued),
        "attendance_kept": len(after.seen.attendance),
        "purged_at": purged_at(event).isoformat(),
        "attendance_ends_at": attendance_ends_at(event).isoformat(),
        "left": len(after.seen.left_here) + len(after.seen.left_at_zoom),
    }


def _faults(evidence: Evidence, troubles: Sequence[Trouble], killed: Sequence[datetime]) -> list[film.Fault]:
    shown = []
    for trouble in troubles:
        if trouble.kind == "kill":
            continue
        begins = trouble.begins or evidence.begins
        ends = trouble.ends if trouble.begins else evidence.ends
        shown.append(film.Fault(label=trouble.label, begins=begins, ends=ends))
    return shown + [film.Fault(label="processus tué", begins=at) for at in killed]
