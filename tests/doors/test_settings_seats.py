from __future__ import annotations

from pathlib import Path

import pytest

from tests.doors.test_settings import PLAIN, loaded, refused, written

SEATING = """
[seating]
held_back = 2
keep_together = [["A@Exemple.fr", "b@exemple.fr"]]
keep_apart = [["a@exemple.fr", "c@exemple.fr"]]
same_room = ["LSF"]
mix = { forces = ["police", "gendarmerie"] }
mix_at_most = 3
"""
MORE = """
[[workshops]]
key = "soir"
session = "apres-midi"
code = "S"
title = "Le même, l'après-midi"
seats = 10
minimum = 4
same_as = "acteurs"
"""


def test_the_rules_of_the_seats_are_read(tmp_path: Path) -> None:
    event = loaded(tmp_path, PLAIN + SEATING + MORE).event
    seating = event.seating
    assert (seating.held_back, seating.same_room, seating.mix, seating.mix_at_most) == (
        2,
        ("LSF",),
        (("forces", ("police", "gendarmerie")),),
        3,
    )
    assert seating.keep_together == (frozenset({"a@exemple.fr", "b@exemple.fr"}),)
    assert seating.keep_apart == (frozenset({"a@exemple.fr", "c@exemple.fr"}),)
    assert (event.workshop("soir").minimum, event.workshop("soir").same_as) == (4, "acteurs")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (
            "minimum = 4",
            "minimum = 11",
            57,
            "le minimum (11) dépasse le nombre de places (10) ; corrigez l'un des deux",
        ),
        ('same_as = "acteurs"', 'same_as = "acteur"', 58, "voulez-vous dire `acteurs` ?"),
        ('session = "apres-midi"\ncode', 'session = "matin"\ncode', 58, "nommez celui d'une autre session"),
        ('["A@Exemple.fr", "b@exemple.fr"]', '["A@Exemple.fr"]', 45, "un groupe a au moins deux personnes"),
        ("c@exemple.fr", "B@exemple.fr", 46, "a@exemple.fr et b@exemple.fr sont aussi à garder ensemble"),
        ('"police", "gendarmerie"', "", 48, "ne doit pas être vide"),
        ('mix = { forces = ["police", "gendarmerie"] }', "", 49, "il n'y a pas de publics à mêler"),
        ("held_back = 2", "held_back = -1", 44, "doit être au moins 0"),
    ],
)
def test_rules_that_no_seating_could_follow_are_refused_at_their_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    text = (PLAIN + SEATING + MORE).replace(old, new) if "session" not in old else _second(old, new)
    [problem] = refused(written(tmp_path, text))
    assert problem.startswith(f"config.toml:{line}: ")
    assert said in problem


def _second(old: str, new: str) -> str:
    head, _, tail = (PLAIN + SEATING + MORE).rpartition(old)
    return head + new + tail


def test_a_group_no_workshop_can_hold_is_refused(tmp_path: Path) -> None:
    many = ", ".join(f'"p{n}@exemple.fr"' for n in range(41))
    text = PLAIN + f"\n[seating]\nkeep_together = [[{many}]]\n"
    [problem] = refused(written(tmp_path, text))
    assert "ces 41 personnes ne tiennent dans aucun atelier (40 places au plus)" in problem
