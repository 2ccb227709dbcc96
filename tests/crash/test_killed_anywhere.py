"""The service is killed at moments it speaks to Zoom or to the relay, and started again: a sample of the whole walk."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest

from orchestrator import wiring
from orchestrator.outside.relay import Moment, Relay, Verdict
from tests.crash.service import CONNECTIONS, Still
from tests.crash.walk import Stage, everybody_is_well, killed_at, moments_of_a_run, walk


@pytest.mark.slow
def test_killed_at_any_moment_and_started_again_nobody_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "calm").mkdir()
    moments = moments_of_a_run(tmp_path / "calm")
    draw = random.Random(int(os.environ.get("CRASH_SEED", "1")))
    first = range(1, 7)  # token, find, create, read, registrations: the moments that make a meeting
    later = draw.sample(range(7, moments - 3), 6)
    for moment in (*first, *later):
        killed_at(tmp_path / f"at-{moment}", moment)


@pytest.mark.slow
@pytest.mark.skipif("CRASH_ALL" not in os.environ, reason="it takes a minute; `./run figures` does it")
def test_killed_at_every_single_moment(tmp_path: Path) -> None:
    assert all(moment <= last for moment, last, _copies in walk(tmp_path))


def test_the_kill_shows_in_the_outbox_as_a_letter_in_doubt(tmp_path: Path) -> None:
    (tmp_path / "calm").mkdir()
    folder = tmp_path / "doubt"
    folder.mkdir()
    stage = Stage(folder)
    stage.kill_at = 10**9
    accepted = 0

    def at_first_acceptance(moment: Moment) -> Verdict | None:
        nonlocal accepted
        accepted += moment.stage == "accepted"
        if moment.stage == "accepted" and accepted == 1:
            os.kill(stage.pid, signal.SIGKILL)
            stage.kills += 1
            return Verdict(drop=True)
        return None

    stage.relay = Relay(now=Still().now, temper=at_first_acceptance)
    with stage.zoom, stage.relay:
        assert stage.run() == -signal.SIGKILL
        assert stage.run() == 0
        everybody_is_well(stage)
    store = wiring.open_store(f"sqlite:///{folder}/store.db")
    doubtful = [d for d in store.outbox.all("relation-police-population") if d.in_doubt]
    store.close()
    assert 1 <= len(doubtful) <= CONNECTIONS
    copies = len(stage.relay.accepted) - len({a.data for a in stage.relay.accepted})
    assert 1 <= copies <= CONNECTIONS
