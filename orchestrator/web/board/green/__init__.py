"""The green light: ten lines that say whether the day will go well, each with its remedy and where to do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from orchestrator.web.board.desk import Desk
from orchestrator.web.board.green import around, letters, people
from orchestrator.web.board.green.light import Light

LOOKS: tuple[Callable[[Desk], Iterator[Light]], ...] = (
    people.people, people.rows, people.findings, people.links, letters.holds, letters.refused, around.zoom,
    people.seats, letters.late, letters.reminders, around.speakers, around.rescue, around.others,
)  # fmt: skip


def lights(desk: Desk) -> list[Light]:
    """Look at everything once; nothing is written and nobody outside is asked."""
    return [light for look in LOOKS for light in look(desk)]
