"""Writes the organiser's decisions on the list of registrations into corrections.toml, for whoever reads the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from orchestrator.settings.editing import read, rewrite, save, values_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """`addresses`: old → new; `keep`: right as it is; `answer`: what becomes of one answer among several."""

    addresses: Mapping[str, str] = field(default_factory=dict)
    keep: str = ""
    answer: Mapping[str, str | bool] = field(default_factory=dict)


def rule(path: Path, ruling: Ruling, now: datetime) -> None:
    """Add a decision to those there are; the file is made where there is none.

    Raises OrchestratorError for a file that cannot be read or was saved meanwhile, ValueError for one that is no TOML.
    """
    draft = read(path)
    said = values_of(draft.text)
    wanted: dict[str, object] = {}
    if ruling.keep:
        wanted["keep"] = list(dict.fromkeys([*said.get("keep", []), ruling.keep]))
    if ruling.addresses:
        wanted["addresses"] = dict(ruling.addresses)
    if ruling.answer:
        wanted["answers"] = [*said.get("answers", []), dict(ruling.answer)]
    save(path, rewrite(draft.text, wanted), draft.version, now)
