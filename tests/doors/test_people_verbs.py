"""The verbs about people, as a user types them on the example."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orchestrator import shipped
from orchestrator.cli import main
from tests.contracts.exports import EXPECTED, EXPORTS

pytestmark = pytest.mark.slow


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """What `init` writes, the day put ahead, with the export a form has just given."""
    path = tmp_path / "config.toml"
    assert run("init", path).exit_code == 0
    path.write_text(path.read_text("utf-8").replace("2021-06", "2096-06"), "utf-8")
    (tmp_path / "inscriptions.csv").write_bytes(EXPORTS["google-fr.csv"]())
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def data(*words: object) -> Any:
    found = run(*words, "--json")
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def test_a_new_user_gets_from_a_downloaded_export_to_a_correct_plan_without_an_edit(config: Path) -> None:
    (planned,) = data("plan", "-c", config).values()
    assert planned["people"] == {"new": 3, "edited": 0, "withdrawn": 0, "held": 0}
    assert planned["seats"] == {"acteurs": 1, "action": 1}
    assert (planned["refused_rows"], planned["source_problem"]) == ([], None)


def test_check_says_in_json_who_would_be_registered_and_ends_with_1_where_nothing_can_be_read(config: Path) -> None:
    assert data("registrations", "check", "-c", config) == {"people": EXPECTED, "refused": [], "findings": []}
    bad = config.parent / "bad.csv"
    bad.write_text("Prénom;Nom\nZoé;Li\n")
    found = run("registrations", "check", "-c", config, bad, "--json")
    assert found.exit_code == 1
    assert [f["code"] for f in json.loads(found.stdout)["findings"]] == ["unreadable"]


def test_check_numbers_what_is_odd_and_says_what_to_do(config: Path) -> None:
    odd = config.parent / "odd.csv"
    odd.write_text("E-mail,Prénom\nzoe@gmial.com,Zoé\nnul,X\n")
    said = run("registrations", "check", "-c", config, odd).stdout
    assert "1. ligne 2 : « zoe@gmial.com » : sans doute « zoe@gmail.com »" in said
    assert "ligne 3 : adresse e-mail inutilisable" in said


def test_columns_writes_a_mapping_that_the_config_takes(config: Path) -> None:
    found = data("columns", config.parent / "inscriptions.csv", "-c", config)
    assert found["header_line"] == 1
    assert {"header": "Nom d'utilisateur", "means": ["email"]} in found["columns"]
    config.write_text(config.read_text("utf-8") + "\n" + found["toml"], "utf-8")
    assert data("registrations", "check", "-c", config)["people"] == EXPECTED


def test_a_person_is_added_corrected_withdrawn_and_exported(config: Path) -> None:
    added = data("person", "add", "Nour@exemple.fr", "--first", "=Nour", "--wish", "b", "-c", config)
    assert (added["email"], added["wishes"]) == ("nour@exemple.fr", {"matin": ["tensions"]})
    assert data("person", "edit", "nour@exemple.fr", "--session", "matin", "-c", config)["sessions"] == ["matin"]
    out = config.parent / "inscrits.csv"
    assert data("registrations", "export", "--out", out, "-c", config)["people"] == 1
    assert '"\'=Nour"' in out.read_text("utf-8-sig")
    assert run("person", "withdraw", "nour@exemple.fr", "-c", config).exit_code == 0
    again = run("person", "withdraw", "nour@exemple.fr", "-c", config)
    assert (again.exit_code, "personne n'est inscrit" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "nul"), 1),
        (("add", "a@exemple.fr", "--session", "midi"), 2),
        (("add", "a@exemple.fr", "--wish", "Z"), 2),
        (("edit", "a@exemple.fr"), 2),
    ],
)
def test_what_is_mistyped_is_said_and_changes_nothing(config: Path, words: tuple[str, ...], code: int) -> None:
    found = run("person", *words, "-c", config)
    assert (found.exit_code, "→" in found.stderr) == (code, True)
    assert "Traceback" not in found.output


def test_the_shipped_example_is_read_without_a_mapping() -> None:
    found = data("registrations", "check", "-c", shipped.example_config())
    assert len(found["people"]) == 200
    assert [refused["line"] for refused in found["refused"]] == [121]
