"""The page on the seats: one HTML file that loads nothing. All is counted here; words and colours are the page's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from orchestrator.cli.common import local
from orchestrator.cli.seats_report import changes_named, named
from orchestrator.core.model import Event
from orchestrator.shipped import templates

COLOURS = {"1": "first", "2": "second", "3": "third"}
"""The class of a rank's segments; all later ranks share one."""


def draw(reports: Sequence[tuple[Event, Mapping[str, Any]]]) -> str:
    """Draw the reports of one or several events as one page."""
    stage = SandboxedEnvironment(
        loader=FileSystemLoader(templates() / "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    events = [(event, data, [_session(s, data) for s in data["sessions"]]) for event, data in reports]
    return stage.get_template("seats.html").render(events=events, named=named, changes=changes_named, local=local)


def _session(session: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Give every bar its width in percent of the widest workshop."""
    whatif = data["what_if"]["sessions"] if data["what_if"] else []
    after = next((s for s in whatif if s["session"] == session["session"]), None)
    others = {w["key"]: w for w in after["workshops"]} if after else {}
    widest = max(
        (max(w["seats"], w["taken"], w["asked"]) for w in (*session["workshops"], *others.values())), default=0
    )
    return {
        **session,
        "bar": segments(session["by_rank"], session["people"]),
        "rooms": {w["key"]: f"{w['code']} – {w['short']}" for w in session["workshops"]},
        "after": after and {**after, "bar": segments(after["by_rank"], after["people"])},
        "rows": [{**_row(w, widest), "after": _after(others.get(w["key"]), widest)} for w in session["workshops"]],
    }


def _row(workshop: Mapping[str, Any], widest: int) -> dict[str, Any]:
    return {
        **workshop,
        "bar": segments(workshop["by_rank"], widest),
        "room": _share(workshop["seats"], widest),
        "wanted": _share(workshop["asked"], widest),
    }


def _after(workshop: Mapping[str, Any] | None, widest: int) -> dict[str, Any] | None:
    return None if workshop is None else _row(workshop, widest)


def segments(ranks: Mapping[str, int], whole: int) -> list[dict[str, Any]]:
    """Cut a bar by rank: each segment's class, width in percent and people."""
    return [
        {
            "colour": COLOURS.get(name, "later" if name.isdigit() else name),
            "width": _share(n, whole),
            "n": n,
            "name": name,
        }
        for name, n in ranks.items()
        if n > 0
    ]


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 3) if whole else 0.0
