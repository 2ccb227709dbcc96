from __future__ import annotations

import os
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from orchestrator import settings as gate
from orchestrator import shipped
from orchestrator.core.errors import BadConfiguration
from orchestrator.settings.editing import (
    WAS,
    ChangedMeanwhile,
    merge,
    past,
    read,
    rewrite,
    save,
    values_of,
    write_secret,
)

NOW = datetime(2027, 6, 1, 8, 30, tzinfo=UTC)
EXAMPLE = shipped.example_config().read_text("utf-8")
SMALL = """# Le jour
[event]
title = "Avant"  # lu partout
supporters = [{ name = "Ville" }]

# Les moments
[[sessions]]
key = "matin"
start = 09:30:00

[[sessions]]
key = "soir"  # après
start = 18:00:00
"""


def test_a_file_rewritten_with_what_it_says_stays_as_it_is() -> None:
    assert rewrite(EXAMPLE, values_of(EXAMPLE)) == EXAMPLE


def test_a_changed_value_changes_its_line_and_keeps_its_remark() -> None:
    changed = rewrite(SMALL, {"event": {"title": "Après"}, "sessions": [{WAS: 0, "start": time(10)}, {WAS: 1}]})
    assert changed == SMALL.replace('"Avant"', '"Après"').replace("09:30:00", "10:00:00")


def test_a_row_is_added_at_the_end_and_another_removed_alone() -> None:
    rows = [{WAS: 1}, {WAS: None, "key": "nuit", "start": time(22), "title": None}]
    changed = rewrite(SMALL, {"sessions": rows})
    assert values_of(changed)["sessions"] == [
        {"key": "soir", "start": time(18), WAS: 0},
        {"key": "nuit", "start": time(22), WAS: 1},
    ]
    assert 'key = "soir"  # après' in changed
    assert "# Les moments" in changed


def test_a_key_set_to_nothing_is_taken_out_and_an_empty_one_left_alone() -> None:
    text = '[mail]\nusername = ""\nlist = []\nhost = "a"\n'
    nothing = {"mail": {"username": None, "list": None, "host": None}}
    assert rewrite(text, nothing) == '[mail]\nusername = ""\nlist = []\n'


def test_rows_of_a_section_are_written_on_one_line() -> None:
    rows = [{WAS: 0, "name": "Ville"}, {WAS: None, "name": "Région", "logo": None}]
    changed = rewrite(SMALL, {"event": {"supporters": rows}})
    assert 'supporters = [{name = "Ville"}, {name = "Région"}]' in changed


def test_changes_of_two_people_to_different_things_are_both_kept() -> None:
    base = {"a": 1, "b": 2, "rows": [{WAS: 0, "x": 1, "y": 1}]}
    mine = {"a": 9, "b": 2, "rows": [{WAS: 0, "x": 9, "y": 1}]}
    theirs = {"a": 1, "b": 8, "rows": [{WAS: 0, "x": 1, "y": 8}]}
    assert merge(base, mine, theirs) == ({"a": 9, "b": 8, "rows": [{WAS: 0, "x": 9, "y": 8}]}, [])


def test_two_changes_of_the_same_thing_are_named_and_the_later_stands() -> None:
    assert merge({"e": {"a": 1}}, {"e": {"a": 2}}, {"e": {"a": 3}}) == ({"e": {"a": 2}}, [("e", "a")])
    assert merge({"a": 1}, {"a": 2}, {"a": 2}) == ({"a": 2}, [])


def test_a_file_somebody_else_has_saved_since_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    path.write_text(SMALL, "utf-8")
    first = read(path)
    second = save(path, SMALL + "# mien\n", first.version, NOW)
    with pytest.raises(ChangedMeanwhile):
        save(path, SMALL + "# autre\n", first.version, NOW)
    assert path.read_text("utf-8") == SMALL + "# mien\n"
    assert (past(path, first.version), past(path, second), past(path, "f" * 16)) == (SMALL, SMALL + "# mien\n", None)


def test_a_saved_file_keeps_its_rights_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    path.write_text(SMALL, "utf-8")
    path.chmod(0o604)
    save(path, "a = 1\n", read(path).version, NOW)
    assert path.stat().st_mode & 0o777 == 0o604
    assert sorted(os.listdir(tmp_path)) == [".history", "event.toml"]


def test_a_new_file_is_made_only_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    save(path, "a = 1\n", "", NOW)
    with pytest.raises(ChangedMeanwhile):
        save(path, "a = 2\n", "", NOW)


def test_a_text_that_is_not_written_yet_is_judged_as_the_file_would_be(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    path.write_text(EXAMPLE, "utf-8")
    [settings] = gate.load(tmp_path, environ={}, instead={path: EXAMPLE.replace("seats = 60", "seats = 61")})
    assert {w.seats for w in settings.event.workshops} == {61}
    with pytest.raises(BadConfiguration) as refused:
        gate.load(path, environ={}, instead={path: EXAMPLE.replace("end = 12:15:00", "end = 08:00:00")})
    assert "event.toml:36: sessions.0.end – " in refused.value.problems[0]
    assert path.read_text("utf-8") == EXAMPLE


def test_secrets_beside_the_file_are_found_by_themselves(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    path.write_text(EXAMPLE, "utf-8")
    write_secret(tmp_path / "secrets", "mail__password", "mot de passe")
    [settings] = gate.load(path, environ={})
    assert settings.mail.password.get_secret_value() == "mot de passe"
    assert (tmp_path / "secrets" / "mail__password").stat().st_mode & 0o777 == 0o600
