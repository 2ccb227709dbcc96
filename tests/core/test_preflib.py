from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.ballots import Ballot, solve
from orchestrator.core.preflib import BadBallots, read
from tests.core.test_seating import AIMS, NO_PLACE, or_tools_cost

NEW = """# FILE NAME: 00001-1.soi
# NUMBER ALTERNATIVES: 3
# ALTERNATIVE NAME 1: Alpha
# ALTERNATIVE NAME 2: Bêta: the 2nd
# ALTERNATIVE NAME 7: Gamma
2: 1,7
1: 7, 2 ,1
1: {2,7},1
"""
OLD = "3\n1,Alpha\n2,Bêta, the 2nd\n7,Gamma\n4,4,3\n2,1,7\n1,7,2,1\n1,{2,7},1\n"
BALLOTS: list[Ballot] = [((0,), (2,)), ((0,), (2,)), ((2,), (1,), (0,)), ((1, 2), (0,))]


@pytest.mark.parametrize("text", [NEW, OLD, "\ufeff" + NEW.replace("\n", "\r\n"), NEW + "\n\n"])
def test_files_with_the_new_and_the_old_header_are_read_with_their_counts_expanded(text: str) -> None:
    poll = read(text)
    assert (list(poll.names), poll.names[1]) == ([1, 2, 7], "Alpha")
    assert poll.ballots == BALLOTS


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("", 0, "vide"),
        ("# FILE NAME: x\n1: 1,2\n", 0, "ALTERNATIVE NAME"),
        (NEW.replace("2: 1,7", "x: 1,7"), 6, "nombre de votants"),
        (NEW.replace("2: 1,7", "2: 1,9"), 6, "numéro 9"),
        (NEW.replace("2: 1,7", "2: 1,,7"), 6, "un ordre"),
        (NEW.replace("2: 1,7", "2: {1,7"), 6, "un ordre"),
        (NEW.replace("2: 1,7", "2: 1,1"), 6, "deux fois"),
        (NEW.replace("2: 1,7", "2 1,7"), 6, "attendu"),
        (NEW.replace("2: 1,7", "999999999: 1,7"), 6, "plus de"),
        (NEW.replace("NUMBER ALTERNATIVES: 3", "NUMBER ALTERNATIVES: 4"), 0, "4 alternatives annoncées"),
        (NEW.partition("2: 1,7")[0], 0, "aucun votant"),
        (OLD.replace("4,4,3", "4,4"), 5, "trois totaux"),
        (OLD.replace("2,1,7", "2,1,-7"), 6, "numéro d'une alternative"),
        ("a,b\n", 1, "nombre d'alternatives"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_line(text: str, line: int, part: str) -> None:
    with pytest.raises(BadBallots, match=part) as error:
        read(text)
    assert error.value.line == line


@settings(max_examples=150)
@given(st.text(alphabet="0123456789,:{}# \nALTERNTIVMU", max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        poll = read(text)
    except BadBallots:
        return
    assert all(0 <= place < len(poll.names) for ballot in poll.ballots for rank in ballot for place in rank)


@pytest.mark.parametrize("aim", AIMS)
@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("each", [9, 13])
def test_ballots_cost_what_or_tools_finds_and_ranks_are_those_of_the_places(
    aim: str, complete: bool, each: int
) -> None:
    lots = random.Random(each)
    ballots = [
        tuple((place,) for place in lots.sample(range(6), 6 if complete else lots.randint(1, 3))) for _ in range(66)
    ]
    found = solve(ballots, [each] * 6, aim)  # type: ignore[arg-type]  # one of AIMS
    for ballot, place, rank in zip(ballots, found.places, found.ranks, strict=True):
        wished = [keys[0] for keys in ballot]
        assert rank == (0 if place < 0 else wished.index(place) + 1 if place in wished else len(wished) + 1)
    assert max(found.places.count(place) for place in range(6)) <= each
    price = [NO_PLACE, 0, *(100**rank if aim == "nobody-badly" else rank for rank in range(1, 7))]
    costs = [{str(place): price[rank] for rank, (place,) in enumerate(ballot, 1)} for ballot in ballots]
    unwished = [price[len(ballot) + 1] for ballot in ballots]
    room = {str(place): each for place in range(6)}
    assert sum(price[rank] for rank in found.ranks) == or_tools_cost(costs, room, unwished)
