"""The shipped example cut down to what an event's file says beside a service.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.settings.sources import OVERRIDES, SHARED

_HEADER = re.compile(r"^(?:# )?\[+([a-z_]+)[a-z_.]*\]+$", re.MULTILINE)
_KEY = re.compile(r"^([a-z_]+) = ")


def alongside(text: str, service: Mapping[str, Any]) -> str:
    """Leave out of an example, paragraph by paragraph, what service.toml says or alone may say."""
    kept, waiting = list[str](), list[str]()
    for paragraph in re.split(r"\n\n+", text.strip("\n")):
        found = _HEADER.search(paragraph)
        if found is None:  # words about what comes next
            waiting.append(paragraph)
            continue
        rest = paragraph if found[1] not in SHARED else _what_is_left(paragraph, found[1], service.get(found[1], {}))
        kept += [*waiting, rest] if rest else []
        waiting = []
    return "\n\n".join([*kept, *waiting]) + "\n"


def _what_is_left(paragraph: str, section: str, said: Mapping[str, Any]) -> str:
    allowed = OVERRIDES.get(section, frozenset())
    left, some = list[str](), False
    for key, lines in _keys(paragraph):
        if key and ((allowed is not None and key not in allowed) or key in said):
            continue
        left += lines
        some = some or bool(key)
    return "\n".join(left) if some else ""


def _keys(paragraph: str) -> Iterator[tuple[str, list[str]]]:
    """Each key with the comments above it; "" for the header, and for comments that end the paragraph."""
    lines: list[str] = []
    for line in paragraph.splitlines():
        lines.append(line)
        key = _KEY.match(line)
        if key or line.startswith("["):
            yield (key[1] if key else ""), lines
            lines = []
    yield "", lines
