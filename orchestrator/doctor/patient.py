"""What the doctor is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestrator.gateways.surroundings.names import Names
from orchestrator.ports import Clock
from orchestrator.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """The events of one service. `names` is None offline; `selectors` are the DKIM ones named, if any were."""

    settings: tuple[Settings, ...]
    clock: Clock
    names: Names | None
    secrets: Path | None = None
    selectors: tuple[str, ...] = ()

    @property
    def store(self) -> Path | None:
        """The database's file; None where a server holds it."""
        url = self.settings[0].store_url
        return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains letters come from."""
        return tuple(dict.fromkeys(s.mail.sender.email.rpartition("@")[2].lower() for s in self.settings))
