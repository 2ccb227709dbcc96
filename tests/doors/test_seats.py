"""The verbs about seats, as an organiser runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orchestrator import shipped
from orchestrator.cli import main

POLL = """# NUMBER ALTERNATIVES: 3
# ALTERNATIVE NAME 1: Alpha
# ALTERNATIVE NAME 2: Beta
# ALTERNATIVE NAME 3: Gamma
3: 1,2,3
1: 2,1,3
"""
KEY = "relation-police-population"


def run(*words: object) -> Result:
    return CliRunner().invoke(main, list(map(str, ("seats", *words))))


def data(*words: object) -> Any:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture
def poll(tmp_path: Path) -> Path:
    path = tmp_path / "poll.soc"
    path.write_text(POLL)
    return path


def test_solve_prints_the_total_rank_the_shares_and_every_voters_place(poll: Path) -> None:
    found = data("solve", poll, "--seats", 2, "--aim", "most-satisfied")
    assert found.pop("seconds") >= 0
    assert found == {
        "voters": 4,
        "alternatives": 3,
        "aim": "most-satisfied",
        "total_rank": 5,
        "by_rank": [3, 1, 0],
        "unplaced": 0,
        "unlisted": 0,
        "taken": {"1": 2, "2": 2, "3": 0},
        "seats": {"1": 1, "2": 1, "3": 2, "4": 2},
    }


def test_solve_takes_a_number_of_places_for_each_alternative(poll: Path) -> None:
    assert data("solve", poll, "--seats", "1=1,2=0,3=2")["by_rank"] == [1, 0, 2]
    assert data("solve", poll, "--seats", "1,2=0")["unplaced"] == 2


@pytest.mark.parametrize(
    ("seats", "said"),
    [("1=2", "combien de places pour 2"), ("4=1,2", "aucune alternative n'a le numéro 4"), ("x", "écrivez 25")],
)
def test_solve_says_what_is_wrong_with_the_places(poll: Path, seats: str, said: str) -> None:
    done = run("solve", poll, "--seats", seats)
    assert (done.exit_code, said in done.stderr) == (2, True)


def test_solve_says_which_line_is_wrong(poll: Path) -> None:
    poll.write_text(POLL.replace("1: 2,1,3", "1: 2,2,3"))
    done = run("solve", poll, "--seats", 2)
    assert (done.exit_code, done.stderr.startswith(f"{poll}:6: une alternative est classée deux fois")) == (2, True)
    assert run("solve", poll.with_name("none.soc"), "--seats", 2).exit_code == 2


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The example, with a workshop too small for those who wish it."""
    text = shipped.example_config().read_text("utf-8").replace("seats = 60", "seats = 40", 1)
    text = text.replace("# minimum = 8", "minimum = 8")
    path = tmp_path / "event.toml"
    path.write_text(text.replace("examples/inscriptions.csv", str(shipped.examples() / "inscriptions.csv")))
    return path


@pytest.mark.slow
def test_the_report_counts_everybody_once_and_writes_nothing(config: Path) -> None:
    found = data("-c", config)[KEY]
    [session] = found["sessions"]
    assert sum(session["by_rank"].values()) == session["people"] == len(session["seats"])
    assert {w["code"]: w["taken"] for w in session["workshops"]}["A"] == 40
    assert sum(w["taken"] for w in session["workshops"]) == session["people"]
    more = session["workshops"][0]["more"]
    assert (more["places"], more["first_choices"]) == (3, 3)
    assert list(config.parent.iterdir()) == [config]


@pytest.mark.slow
def test_other_numbers_of_places_are_tried_without_writing(config: Path) -> None:
    what_if = data("-c", config, "--seats", "A=43")[KEY]["what_if"]
    assert (what_if["by_rank"]["1"], what_if["told_moved"]) == (3, 0)
    text = run("-c", config, "--seats", "acteurs=43").stdout
    assert "Et si acteurs = 43 ? +3 1er choix" in text
    wrong = run("-c", config, "--seats", "Z=1")
    assert (wrong.exit_code, "aucun atelier ne s'appelle « Z »" in wrong.stderr) == (1, True)


@pytest.mark.slow
def test_the_page_loads_nothing_and_escapes_what_was_typed(config: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text("utf-8").replace('short = "Liens avec les acteurs"', 'short = "<script>x"'))
    page = tmp_path / "page.html"
    assert run("-c", config, "--seats", "A=43", "--page", page).exit_code == 0
    text = page.read_text("utf-8")
    assert ("&lt;script&gt;x" in text, "<script" in text, "http" in text) == (True, False, False)


@pytest.mark.slow
def test_a_move_by_hand_and_a_merge_say_their_cost_and_are_kept(config: Path) -> None:
    soon = config.read_text("utf-8").replace("2021-06", "2099-06")
    config.write_text(soon)
    seats = {one["person"]: one["workshop"] for one in data("-c", config)[KEY]["sessions"][0]["seats"]}
    who = next(email for email, workshop in seats.items() if workshop == "acteurs")
    tried = data("move", who, "C", "-c", config, "--dry-run")
    assert (tried["workshop"], tried["rank_before"], tried["written"]) == ("action", 1, False)
    assert run("-c", config, "move", who.upper(), "C").exit_code == 0
    found = {one["person"]: one for one in data("-c", config)[KEY]["sessions"][0]["seats"]}
    assert found[who]["why"] == "L’équipe d’organisation vous y a placé·e."
    merged = data("merge", "b", "A", "-c", config)
    assert (merged["closed"], merged["kept"], merged["written"]) == ("tensions", "acteurs", True)
    codes = [w["code"] for w in data("-c", config)[KEY]["sessions"][0]["workshops"]]
    assert codes == ["A", "C"]
    again = run("merge", "B", "A", "-c", config)
    assert (again.exit_code, "aucun atelier ne s'appelle « B »" in again.stderr) == (1, True)
    nobody = run("move", "personne@exemple.fr", "A", "-c", config)
    assert (nobody.exit_code, "personne n'est inscrit" in nobody.stderr) == (1, True)
