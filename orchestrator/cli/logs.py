"""The log on stderr: a line, or a JSON object, for each thing that happened; what comes from outside forges none."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal

Form = Literal["text", "json"]
FORMS = ("text", "json")

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""What moves a terminal's cursor, ends a line or turns the direction of writing around it."""


def start(form: Form) -> None:
    """Send the log to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if form == "json" else Text())
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    for chatty in ("apscheduler", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def visible(text: str) -> str:
    """Escape control characters as Python would write them."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Text(logging.Formatter):
    """`2027-06-24T07:00:00.000Z INFO …`; a traceback follows indented, so that its lines pass for no others."""

    def format(self, record: logging.LogRecord) -> str:
        lines = [f"{_instant(record)} {record.levelname} {visible(record.getMessage())}"]
        if record.exc_info:
            lines += [f"    {visible(line)}" for line in self.formatException(record.exc_info).splitlines()]
        return "\n".join(lines)


class Json(logging.Formatter):
    """One object a line: time (UTC), level, logger, message, and traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "time": _instant(record),
            "level": record.levelname,
            "logger": record.name,
            "message": visible(record.getMessage()),
        }
        if record.exc_info:
            said["traceback"] = [visible(line) for line in self.formatException(record.exc_info).splitlines()]
        return json.dumps(said, ensure_ascii=False)
