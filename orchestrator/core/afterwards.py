"""The letter after the event: thanks, slides, replay, survey; not the same for those who came and those who did not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from orchestrator.core.letters import Owed
from orchestrator.core.model import Event
from orchestrator.core.recipients import Recipient
from orchestrator.core.retention import purged_at

KIND = "after"
FOUND = "auto"
"""A replay that Zoom's cloud is asked for."""
WORTH = timedelta(days=14)
"""How long after its hour thanks are still worth sending."""
NAMES = {"slides": "les diaporamas", "replay": "l'enregistrement", "survey": "le questionnaire"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What the letter promises: an empty link is not there yet, one that is None is not promised."""

    slides: str | None = None
    replay: str | None = None
    survey: str | None = None

    def missing(self) -> tuple[str, ...]:
        """What is promised and not there yet, by its key."""
        return tuple(name for name in NAMES if getattr(self, name) == "")

    def given(self) -> dict[str, str]:
        """What can be given."""
        return {name: getattr(self, name) or "" for name in NAMES}


def links_of(event: Event, replay: str = "") -> Links:
    """The links as the config has them; `replay` is what Zoom's cloud has given, if it was asked for."""
    said = event.after
    if said is None:
        return Links()
    return Links(slides=said.slides, replay=replay if said.replay == FOUND else said.replay, survey=said.survey)


def thanks(event: Event, links: Links, everybody: Iterable[Recipient]) -> Iterator[Owed]:
    """List the letters to everybody registered, once every link it promises is there."""
    if event.after is None or event.status == "cancelled" or links.missing():
        return
    void_at = min(event.after.at + WORTH, purged_at(event))
    for who in everybody:
        if who.speaker is None and who.sessions:
            yield Owed(
                kind=KIND,
                person=who.ref,
                email=who.email,
                to=who.address,
                language=who.language or event.language,
                due_at=event.after.at,
                void_at=void_at,
            )


def told_apart(links: Links, came: bool | None) -> dict[str, object]:
    """What the letter says to one person. `came` None: nobody knows who was there."""
    return {**links.given(), "came": came}
