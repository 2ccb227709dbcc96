"""The funder's page: figures with charts, no script, ready to be printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestrator.core.funding import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One table of the page."""

    title: str
    column: str
    caption: str
    lines: tuple[Line, ...]

    @property
    def most(self) -> int:
        """What the longest bar stands for."""
        return max((line.registered for line in self.lines), default=0) or 1


def funder_page(folder: Path, facts: Mapping[str, str | int], blocks: Sequence[Block]) -> str:
    """Write the page. `folder`: the templates of papers."""
    pages = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    return pages.get_template("funder.html").render(**facts, blocks=blocks)
