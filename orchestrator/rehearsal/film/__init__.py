"""The film of a rehearsed event: one page that shows what was sent, asked and promised. It judges nothing itself.

Here everything is counted and given its place; the explanations and colours are in `templates/web/film.html`.
"""

from __future__ import annotations

from functools import cache

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from orchestrator.rehearsal.film.after import blocks, steps, strips
from orchestrator.rehearsal.film.placing import in_order
from orchestrator.rehearsal.film.script import After, Fault, Film, Life
from orchestrator.rehearsal.film.studio import Studio
from orchestrator.rehearsal.film.told import call, operations, sent
from orchestrator.rehearsal.film.words import Words
from orchestrator.shipped import templates

__all__ = ["After", "Fault", "Film", "Life", "draw"]


def draw(film: Film) -> str:
    """Draw the film as one HTML page that loads nothing."""
    words = Words(event=film.event)
    studio = Studio(
        film=film, words=words, letters=tuple(map(sent, film.letters)), calls=tuple(map(call, film.exchanges))
    )
    days = [studio.day(day) for day in sorted({s.day for s in film.event.sessions})]
    rooms = [studio.room(key, figures) for key, figures in film.report["workshops"].items()]
    return _page().render(
        film=film,
        event=film.event,
        report=film.report,
        words=words,
        kinds=in_order(film.report["letters"]),
        before=studio.before(until=days[-1].axis.begins),
        days=days,
        rooms=rooms,
        lives=strips(days[0].axis, film.after.lives) if film.after else (),
        blocks=blocks(days),
        steps=steps(film.after, film.event.last_end) if film.after else (),
        operations=operations(studio.calls),
    )


@cache
def _page() -> Template:
    stage = SandboxedEnvironment(
        loader=FileSystemLoader(templates() / "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return stage.get_template("film.html")
