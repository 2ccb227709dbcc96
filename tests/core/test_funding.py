"""The funder's figures count everybody and single out nobody."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.funding import SMALLEST, Line, Seen, by_session, by_structure, by_workshop, merged


def seen(
    person: str, structure: str = "Mairie", *, session: str = "matin", workshop: str = "a", came: bool = True
) -> Seen:
    return Seen(person=person, session=session, structure=structure, workshop=workshop, came=came)


def test_a_half_day_counts_who_registered_and_who_came() -> None:
    rows = [seen("1"), seen("2", came=False), seen("1", session="apres-midi")]
    assert by_session(rows, ("matin", "apres-midi", "soir")) == (
        Line(name="matin", registered=2, came=1),
        Line(name="apres-midi", registered=1, came=1),
        Line(name="soir", registered=0, came=0),
    )


def test_somebody_who_came_to_one_session_of_two_came_once() -> None:
    rows = [seen(str(n), session=s, came=s == "apres-midi") for n in range(6) for s in ("matin", "apres-midi")]
    assert by_structure(rows) == (Line(name="Mairie", registered=6, came=6),)


def test_small_structures_are_merged_and_the_next_one_joins_them_where_they_are_still_few() -> None:
    rows = (
        [seen(f"m{n}") for n in range(9)]
        + [seen(f"p{n}", "Police  nationale") for n in range(6)]
        + [seen("x", "Seule")]
    )
    assert by_structure(rows) == (
        Line(name="Mairie", registered=9, came=9),
        Line(name="", registered=7, came=7, merged=2),
    )


def test_workshops_stay_in_their_order() -> None:
    rows = [seen(f"{w}{n}", workshop=w) for w, size in (("b", 8), ("a", 6)) for n in range(size)]
    assert [line.name for line in by_workshop(rows, ("a", "b", "c"))] == ["a", "b"]


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 12).map(lambda n: (n, n // 2))))
def test_nobody_is_lost_and_no_group_is_smaller_than_five_unless_all_are(groups: dict[str, tuple[int, int]]) -> None:
    lines = merged(groups)
    assert sum(line.registered for line in lines) == sum(n for n, _ in groups.values())
    assert sum(line.came for line in lines) == sum(n for _, n in groups.values())
    assert all(line.registered >= SMALLEST for line in lines) or len(lines) == 1
