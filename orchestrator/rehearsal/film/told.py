"""What happened, as the files of a rehearsal tell it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Outcome = Literal["read", "write", "error", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    at: datetime
    kind: str
    session: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    at: datetime
    operation: str
    """Method and path, without numbers or addresses: `PATCH /meetings/{}`."""
    status: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    name: str
    calls: int
    lost: int
    errors: tuple[tuple[int, int], ...]
    """How often each status was answered: (429, 3)."""


def sent(line: Mapping[str, Any]) -> Sent:
    at = datetime.fromisoformat(line["at"])
    return Sent(at=at, kind=line["kind"], session=line["session"] or "", rule=line["rule"] or "")


def call(line: Mapping[str, Any]) -> Call:
    parts = str(line["path"]).partition("?")[0].removeprefix("/v2").strip("/").split("/")
    path = "/" + "/".join(part if re.fullmatch("[a-z_]+", part) else "{}" for part in parts)
    reads = line["method"] == "GET" or path == "/oauth/token"
    outcome: Outcome = "read" if reads else "write"
    if line.get("lost"):
        outcome = "lost"
    elif line["status"] >= 400:
        outcome = "error"
    at = datetime.fromisoformat(line["at"])
    return Call(at=at, operation=f"{line['method']} {path}", status=line["status"], outcome=outcome)


def operations(calls: Iterable[Call]) -> list[Operation]:
    """Count the calls by operation, the most frequent first."""
    by_name: dict[str, list[Call]] = {}
    for call in calls:
        by_name.setdefault(call.operation, []).append(call)
    return [
        Operation(
            name=name,
            calls=len(made),
            lost=sum(c.outcome == "lost" for c in made),
            errors=tuple(sorted(Counter(c.status for c in made if c.outcome == "error").items())),
        )
        for name, made in sorted(by_name.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]
