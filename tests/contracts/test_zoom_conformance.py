"""All that is said between the service and the fake Zoom, held against our record and Zoom's own description."""

from __future__ import annotations

import copy
from dataclasses import asdict
from typing import Any

import pytest

from orchestrator.jobs.trial import trial
from orchestrator.outside.zoom import BUSY, Lose
from tests import make
from tests.contracts.zoom_record import OPERATIONS, strangers
from tests.jobs.theatre import EVENT, HOUR, MINUTE, Theatre, moved
from tests.migrated import lay

pytestmark = pytest.mark.slow


def lived(theatre: Theatre) -> list[dict[str, Any]]:
    """Everything the service ever says to Zoom, in one life: its traffic."""
    theatre.form.crowd(35, "a")
    theatre.spoil("POST", "/meetings", Lose())
    theatre.spoil("POST", "batch_registrants", Lose())
    theatre.spoil("GET", "/meetings", BUSY)
    theatre.turn()
    theatre.turn(theatre.at + MINUTE)
    theatre.turn(make.TELL_AT)
    theatre.form.answer("late@exemple.fr", "b", first="é" * 300, last="x")
    theatre.form.remove("p003@exemple.fr")
    theatre.turn(theatre.at + HOUR)
    theatre.start_again(moved(EVENT, HOUR))
    theatre.turn(theatre.at + HOUR)
    theatre.world.meetings.examine(EVENT.zoom.host)
    theatre.world.meetings.upcoming(EVENT.zoom.host)
    theatre.world.meetings.unable_to_host(["nobody@exemple.fr"])
    trial(theatre.world, ["chef@exemple.fr"])
    theatre.play(make.paris(18))
    return [asdict(exchange) for exchange in theatre.heard]


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("life")
    with Theatre(folder, lay(folder / "store.db")) as theatre:
        return lived(theatre)


def test_everything_sent_and_answered_fits_what_zoom_describes(traffic: list[dict[str, Any]]) -> None:
    assert strangers(traffic) == []
    asked = {one.method + one.path for one in OPERATIONS for line in traffic if one.fits(line["method"], _path(line))}
    assert asked == {one.method + one.path for one in OPERATIONS}


def _path(line: dict[str, Any]) -> str:
    return str(line["path"].partition("?")[0].removeprefix("/v2"))


def test_the_judge_sees_a_wrong_field_a_wrong_value_and_an_unknown_operation(traffic: list[dict[str, Any]]) -> None:
    patch = next(copy.deepcopy(line) for line in traffic if line["method"] == "PATCH")
    patch["request"] = {"topics": "x", "duration": 0}
    unknown = {**patch, "path": "/v2/meetings/1/livestream"}
    assert len(strangers([patch])) >= 2
    assert strangers([unknown]) == ["PATCH /meetings/1/livestream is not in our record"]
