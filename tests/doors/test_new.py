"""`new` takes last year's event to another day."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

from click.testing import CliRunner

from orchestrator import shipped
from orchestrator.cli import main
from orchestrator.settings import cloning

EXAMPLE = shipped.example_config()


def new(folder: Path, *more: str) -> tuple[int, str, Path]:
    path = folder / "event.toml"
    arguments = ["new", str(path), "--from", str(EXAMPLE), "--date", "2028-06-22", *more]
    done = CliRunner().invoke(main, arguments)
    return done.exit_code, done.output, path


def test_every_date_moves_by_as_many_days_and_every_comment_stays(tmp_path: Path) -> None:
    code, _, path = new(tmp_path)
    text = path.read_text("utf-8")
    found = tomllib.loads(text)

    assert code == 0
    assert found["event"]["key"] == "relation-police-population-2028"
    assert str(found["event"]["date"]) == "2028-06-22"
    assert {name: str(found["seating"][name]) for name in ("wishes_until", "tell_at")} == {
        "wishes_until": "2028-06-20 12:00:00",
        "tell_at": "2028-06-20 18:00:00",
    }
    comments = [line.partition("#")[2] for line in EXAMPLE.read_text("utf-8").splitlines()]
    assert [line.partition("#")[2] for line in text.splitlines()] == comments


def test_last_years_people_are_not_taken_along(tmp_path: Path) -> None:
    _, said, path = new(tmp_path, "--key", "rencontre-2028")
    registrations = tomllib.loads(path.read_text("utf-8"))["registrations"]

    assert (registrations["path"], registrations["form_url"]) == ("inscriptions-rencontre-2028.csv", "")
    assert "registrations.form_url" in said


def test_last_years_slides_are_promised_to_nobody(tmp_path: Path) -> None:
    text, left = cloning.clone(shipped.example_config().read_text("utf-8"), date=date(2022, 6, 23), key="neuf")
    assert tomllib.loads(text)["after"] == {"slides": "", "survey": ""}
    assert [line.partition(" :")[0] for line in left if line.startswith("after")] == ["after.slides", "after.survey"]


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "event.toml").write_text("# mine\n")
    assert (new(tmp_path)[0], (tmp_path / "event.toml").read_text()) == (2, "# mine\n")


def test_the_old_key_is_refused(tmp_path: Path) -> None:
    assert new(tmp_path, "--key", "relation-police-population")[0] == 2


def test_a_year_in_the_key_is_changed() -> None:
    day = date(2028, 6, 22)
    assert [cloning.next_key(key, day) for key in ("forum-2027", "forum", "forum-2028")] == [
        "forum-2028",
        "forum-2028",
        "forum-2028",
    ]
