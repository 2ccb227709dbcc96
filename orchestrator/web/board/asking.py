"""The page between a button and what it does: it says in numbers what will happen, and asks again when that changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from orchestrator import wiring
from orchestrator.core.errors import Held, OrchestratorError
from orchestrator.jobs.aside import between_beats
from orchestrator.web.board.desk import Desk
from orchestrator.web.security import Refused

PATIENCE = timedelta(seconds=8)
"""How long a page waits for a pass that is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a button would do. `carried`: what was filled in, sent along; `how`: "" or "grave"."""

    title: str
    lines: Sequence[str]
    button: str
    action: str
    back: str
    how: str = ""
    carried: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    letter: tuple[str, str] | None = None
    """Subject and text of the letter that would leave."""
    change: str = ""
    """The words of a second button that leads back to the form."""

    @property
    def seal(self) -> str:
        """Changes with every word and number that is asked about."""
        said = repr((self.title, tuple(self.lines), self.action, sorted(self.carried.items())))
        return hashlib.blake2s(said.encode(), digest_size=8).hexdigest()


def is_agreed(question: Question, filled: FormData) -> bool:
    """Whether a form says yes to just this question."""
    return filled.get("agreed") == question.seal


def ask(desk: Desk, question: Question, filled: FormData | None = None) -> HTMLResponse:
    """Ask; with a form that agreed to something else, say that it has changed since."""
    stale = bool(filled and filled.get("agreed"))
    return desk.show("ask.html", question=question, stale=stale)


@contextmanager
def explained() -> Iterator[None]:
    """Show on a page what the organiser's own verbs refuse, with its remedy."""
    try:
        yield
    except Held as error:
        raise Refused(
            409,
            "Un passage est en cours : réessayez dans quelques secondes.",
            "A pass is under way: try again in some seconds.",
        ) from error
    except OrchestratorError as error:
        raise Refused(409, str(error), str(error)) from error


@contextmanager
def alone(desk: Desk) -> Iterator[None]:
    """Keep beats out while something is looked at and written."""
    with explained(), between_beats(desk.key, desk.store, desk.house.clock, wiring.owner(), PATIENCE):
        yield
