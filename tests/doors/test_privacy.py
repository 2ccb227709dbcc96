"""The verbs about what is known of people, run as a user would run them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.lab import Lab

pytestmark = pytest.mark.slow
KEY = "relation-police-population"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path) as found:
        assert found.run("apply").exit_code == 0
        yield found


def somebody(lab: Lab) -> str:
    """The address of the first person of the form."""
    with (lab.folder / "inscriptions.csv").open(newline="", encoding="utf-8-sig") as file:
        return next(value for value in next(csv.DictReader(file)).values() if "@" in value)


def test_an_export_prints_everything_about_a_person(lab: Lab) -> None:
    exported = json.loads(lab.run("person export", somebody(lab)).stdout)
    assert {"person", "letter", "way"} <= exported[KEY].keys()


def test_an_erasure_forgets_a_person_here_and_at_zoom_and_they_stay_forgotten(lab: Lab) -> None:
    address = somebody(lab)
    [meeting] = lab.zoom.meetings()

    erased = lab.run("person erase", address, "--yes")

    assert erased.exit_code == 0, erased.output
    assert lab.run("apply").exit_code == 0
    assert json.loads(lab.run("person export", address).stdout)[KEY] == {}
    approved = {r["email"] for r in lab.zoom.registrants(meeting["id"]) if r["status"] == "approved"}
    assert address not in approved
    assert len(approved) == 10


def test_a_purge_tells_what_is_held_and_until_when_and_erases_nothing_before(lab: Lab) -> None:
    before = lab.dump()
    told = lab.run("purge", "--dry-run")
    assert (told.exit_code, "6 personnes" in told.stdout, lab.dump()) == (0, True, before)
    assert lab.json("purge")[KEY]["rows"]["person"] == 6
