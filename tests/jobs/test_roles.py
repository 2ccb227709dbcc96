"""What a process says of itself that does not beat, or whose beats an engine spreads over several."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest

from orchestrator.core.errors import OrchestratorError
from orchestrator.daemon import ELSEWHERE, Daemon
from tests.jobs.theatre import SECOND, Theatre


class Asked:
    """An engine that remembers what it was asked for."""

    def __init__(self, *, is_down: bool = False) -> None:
        self.jobs: list[tuple[str, str]] = []
        self.is_down = is_down

    def enqueue(self, job: str, about: str = "", at: datetime | None = None) -> None:
        if self.is_down:
            raise OrchestratorError("le moteur ne répond pas", remedy="", permanent=False)
        self.jobs.append((job, "" if at else about))

    def every(self, seconds: int, job: str) -> None:
        """Nothing is regular here."""

    def run_worker(self, jobs: object, stop: threading.Event) -> None:
        stop.wait()


def test_who_does_not_beat_is_well_while_others_do(theatre: Theatre) -> None:
    pages = Daemon([theatre.world], roles=["web"])
    assert not pages.health()[0]
    theatre.store.highwater.note(theatre.at)
    assert pages.health()[0]
    theatre.at += ELSEWHERE + SECOND
    assert not pages.health()[0]


def test_a_page_without_beats_of_its_own_has_another_process_beat(theatre: Theatre) -> None:
    engine = Asked()
    Daemon([theatre.world], roles=["web", "post"], engine=engine).look_now()
    assert engine.jobs == [("beat", "asked")]


@pytest.mark.parametrize("is_down", [False, True])
def test_a_beat_that_finds_letters_due_wakes_a_post_and_outlives_an_engine_that_is_down(
    theatre: Theatre, *, is_down: bool
) -> None:
    engine = Asked(is_down=is_down)
    theatre.form.crowd(2)
    daemon = Daemon([theatre.world], roles=["beat"], engine=engine)
    daemon.beat_all()
    assert engine.jobs == ([] if is_down else [("deliver", theatre.world.relay)])
    assert theatre.mails() == []
