"""The desk of the organiser's verbs: one event, its store, the hour, and a question before anything leaves."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.common import only, say

if TYPE_CHECKING:
    from orchestrator.core.model import Event
    from orchestrator.core.presence import Live
    from orchestrator.settings import Settings
    from orchestrator.store import Store

yes = click.option("--yes", "is_sure", is_flag=True, help="Ne pas demander confirmation.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One event, its store and the hour."""

    settings: Settings
    store: Store
    now: datetime

    @property
    def event(self) -> Event:
        return self.settings.event


def desk(configs: Sequence[Path], secrets: Path | None) -> Desk:
    """Open the one event named. Raises BadConfiguration for several, OrchestratorError for one never served."""
    from orchestrator import wiring
    from orchestrator.core.errors import OrchestratorError

    settings = only(configs, secrets)
    store = wiring.open_store(settings.store_url)
    if not store.events.is_known(settings.event.key):
        store.close()
        raise OrchestratorError(
            "cet événement n'a pas encore été servi d'ici", remedy="lancez d'abord orchestrator apply, ou run"
        )
    return Desk(settings=settings, store=store, now=wiring.SystemClock().now())


def ask(question: str, is_sure: bool) -> bool:
    """Ask before something leaves; where nobody can answer, nothing leaves."""
    if is_sure:
        return True
    if not sys.stdin.isatty():
        say(f"{question} Rien n'est fait : ajoutez --yes pour le faire.")
        return False
    return click.confirm(question, err=True)


def relay_of(at: Desk) -> str:
    from orchestrator import wiring

    return wiring.relay_name(at.settings)


def live(at: Desk) -> Live:
    """What is known of the meetings now."""
    from orchestrator.jobs import presence

    return presence.live(at.store, at.event.key, at.now)
