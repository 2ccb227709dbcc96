"""Who is new, who changed, who is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.alike import is_same_person
from orchestrator.core.intake import FULL, NO_SESSION, TOO_LATE, Intake, Rules, decide
from orchestrator.core.model import Answer, Answers, Person, Refusal, TurnedAway, Wishes

NOW = datetime(2021, 6, 20, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
FREEZE = datetime(2021, 6, 22, 10, tzinfo=UTC)
RULES = Rules(wishes_until=FREEZE)
A: Wishes = (("a",), ("b",))
B: Wishes = (("b",), ("a",))


def answer(
    line: int, address: str = "zoe@exemple.fr", at: int | None = None, name: str = "Zoé", wishes: Wishes = A
) -> Answer:
    return Answer(
        line=line,
        address=address,
        first_name=name,
        submitted_at=None if at is None else NOW - timedelta(days=1) + timedelta(seconds=at),
        sessions=("matin",),
        wishes={"matin": wishes},
    )


def take(
    rows: list[Answer], known: Mapping[str, Person] | None = None, now: datetime = NOW, confirmed: bool = False
) -> Intake:
    return decide(Answers(rows=tuple(rows)), known or {}, now, rules=RULES, confirmed=confirmed)


def after(known: Mapping[str, Person], intake: Intake) -> dict[str, Person]:
    """Apply an intake, as the store does."""
    people = {**known, **{person.email: person for person in (*intake.new, *intake.edited)}}
    return {email: person for email, person in people.items() if email not in intake.gone}


def crowd(size: int) -> list[Answer]:
    return [answer(line, f"p{line}@exemple.fr", name=f"P{line}") for line in range(2, size + 2)]


def known_from(rows: list[Answer]) -> dict[str, Person]:
    return after({}, take(rows))


def test_a_first_answer_registers_a_person_as_they_typed_it() -> None:
    row = Answer(
        line=7,
        address="Zoe@exemple.fr",
        first_name="Zoé",
        last_name="Li",
        submitted_at=NOW - timedelta(hours=1),
        sessions=("matin",),
        wishes={"matin": A},
        shown_as="Z",
        organisation="Ville",
        needs="rampe",
        language="en",
    )
    assert take([row]) == Intake(
        new=(
            Person(
                email="zoe@exemple.fr",
                address="Zoe@exemple.fr",
                first_name="Zoé",
                last_name="Li",
                shown_as="Z",
                language="en",
                sessions=("matin",),
                wishes={"matin": A},
                organisation="Ville",
                needs="rampe",
                line=7,
                submitted_at=NOW - timedelta(hours=1),
                registered_at=NOW,
            ),
        )
    )


def test_the_same_answers_again_change_nothing_even_when_their_lines_moved() -> None:
    rows = [answer(2, "a@exemple.fr"), answer(3, "b@exemple.fr")]
    moved = [replace(row, line=9 - row.line) for row in rows]
    assert take(moved, known_from(rows), LATER) == Intake()


def test_newcomers_stand_in_the_order_in_which_they_answered() -> None:
    rows = [answer(2, "c@x.fr"), answer(3, "b@x.fr", at=20), answer(4, "a@x.fr", at=10), answer(5, "d@x.fr")]
    assert [person.email for person in take(rows).new] == ["a@x.fr", "b@x.fr", "c@x.fr", "d@x.fr"]


def test_a_corrected_answer_edits_the_person_and_keeps_when_they_were_first_known() -> None:
    known = known_from([answer(2)])
    (edited,) = take([answer(2), answer(3, name="Zoë", wishes=B)], known, LATER).edited
    expected = replace(known["zoe@exemple.fr"], first_name="Zoë", wishes={"matin": B}, line=3)
    assert edited == expected


@pytest.mark.parametrize(
    ("rows", "winner"),
    [
        ([answer(2, at=10, name="old"), answer(3, at=20, name="new")], "new"),
        ([answer(2, at=20, name="new"), answer(3, at=10, name="old")], "new"),
        ([answer(2, at=10, name="old"), answer(3, at=10, name="new")], "new"),
        ([answer(2, name="old"), answer(3, name="new")], "new"),
        ([answer(2, at=20, name="old"), answer(3, name="new")], "new"),
        ([answer(2, name="old"), answer(3, at=20, name="new")], "new"),
        ([answer(2, at=20, name="new"), answer(3, at=10, name="x"), answer(4, at=5, name="y")], "new"),
    ],
)
def test_the_newest_answer_counts_by_its_stamp_or_else_by_its_line(rows: list[Answer], winner: str) -> None:
    theirs = [replace(row, first_name="Zoé", shown_as=row.first_name) for row in rows]
    for order in (theirs, theirs[::-1]):
        assert [person.shown_as for person in take(order).new] == [winner]


def test_one_address_typed_in_two_cases_is_one_person() -> None:
    (person,) = take([answer(2, "ZOE@exemple.fr"), answer(3, "zoe@exemple.fr")]).new
    assert person.email == "zoe@exemple.fr"


def test_of_two_people_under_one_address_the_first_keeps_the_place_and_the_second_is_told() -> None:
    rows = [answer(2, name="Marie", at=1), answer(3, name="Paul", at=2), answer(4, name="MARIE", at=3, wishes=B)]
    intake = take(rows)
    assert [(person.first_name, person.wishes["matin"]) for person in intake.new] == [("MARIE", B)]
    assert intake.turned_away == (
        TurnedAway(email="zoe@exemple.fr", address="zoe@exemple.fr", reason="shared", name="Paul", line=3),
    )
    assert [(f.line, f.code) for f in intake.findings] == [(3, "shared-address")]
    assert intake.refused == ()


def test_the_place_goes_to_the_second_person_of_an_address_when_the_first_does_not_come_any_more() -> None:
    rows = [answer(2, name="Marie", at=1), answer(3, name="Paul", at=2)]
    left = replace(answer(4, name="Marie", at=3), sessions=(), withdrawn=True)
    assert [person.first_name for person in take([*rows, left]).new] == ["Paul"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Zoé Li", "ZOE LI", True),
        ("Marie Durand", "Durand Marie", True),
        ("Marie", "Marie Durand", True),
        ("J. Dupont", "Jean Dupont", True),
        ("Chris Li", "Christophe Li", True),
        ("Jean-Paul Li", "Jean Li", True),
        ("Marie Durand", "Mme Marie Durand-Martin", True),
        ("Jean Dupont", "Jean Dupond", True),
        ("Marie Durand", "Paul Durand", False),
        ("Marie Durand", "Marie Lopez", False),
        ("Jean Martin", "Jeanne Martin", False),
        ("Paul Li", "Paule Li", False),
        ("Accueil", "Paul Martin", False),
    ],
)
def test_two_spellings_are_one_person_and_two_colleagues_are_two(one: str, other: str, same: bool) -> None:
    assert is_same_person(one, other) is is_same_person(other, one) is same


def test_wishes_can_change_until_the_hour_and_stay_from_then_on() -> None:
    known = known_from([answer(2)])
    changed = [answer(2, name="Zoë", wishes=B)]
    just_before = take(changed, known, FREEZE - timedelta(microseconds=1)).edited
    from_then = take(changed, known, FREEZE).edited
    assert [(person.first_name, person.wishes["matin"]) for person in just_before] == [("Zoë", B)]
    assert [(person.first_name, person.wishes["matin"]) for person in from_then] == [("Zoë", A)]
    assert take([answer(2, wishes=B)], known, FREEZE) == Intake()


def test_a_latecomers_wishes_are_taken_after_the_hour() -> None:
    assert take([answer(2, wishes=B)], now=FREEZE + timedelta(days=1)).new[0].wishes == {"matin": B}


def test_someone_who_disappears_from_the_source_is_withdrawn_and_registered_again_when_back() -> None:
    rows = crowd(2)
    known = known_from(rows)
    gone = take(rows[:1], known)
    assert gone == Intake(gone=("p3@exemple.fr",))
    assert take(rows, after(known, gone), LATER).new == (replace(known["p3@exemple.fr"], registered_at=LATER),)


def test_someone_who_chooses_no_session_is_refused_and_withdrawn_if_they_were_known() -> None:
    nowhere = replace(answer(3), sessions=())
    refused = (Refusal(line=3, reason=NO_SESSION),)
    assert take([nowhere]) == Intake(refused=refused)
    assert take([answer(2), nowhere], known_from([answer(2)])) == Intake(gone=("zoe@exemple.fr",), refused=refused)


def test_refusals_of_the_source_are_kept_in_the_order_of_lines() -> None:
    nowhere = replace(answer(3), sessions=())
    refused = (Refusal(line=5, reason="x"), Refusal(line=2, reason="y"))
    intake = decide(Answers(rows=(nowhere,), refused=refused), {}, NOW, rules=RULES)
    assert [refusal.line for refusal in intake.refused] == [2, 3, 5]


@pytest.mark.parametrize(
    ("known", "gone", "held"),
    [(10, 3, False), (10, 4, True), (200, 4, False), (199, 4, True), (250, 5, False), (249, 5, True)],
)
def test_many_who_vanish_at_once_are_held(known: int, gone: int, held: bool) -> None:
    rows = crowd(known)
    emails = tuple(sorted(row.address for row in rows[:gone]))
    expected = Intake(held=emails) if held else Intake(gone=emails)
    assert take(rows[gone:], known_from(rows)) == expected


def test_holding_stops_neither_newcomers_nor_corrections() -> None:
    rows = crowd(10)
    intake = take([replace(rows[0], first_name="Zoë"), answer(2)], known_from(rows))
    assert [person.email for person in intake.new] == ["zoe@exemple.fr"]
    assert [person.first_name for person in intake.edited] == ["Zoë"]
    assert len(intake.held) == 9


def test_a_source_that_is_suddenly_without_answers_is_always_held() -> None:
    assert take([], known_from([answer(2)])) == Intake(held=("zoe@exemple.fr",))
    assert take([]) == Intake()


def test_the_organiser_confirms_and_those_held_are_withdrawn() -> None:
    rows = crowd(10)
    emails = tuple(sorted(row.address for row in rows))
    assert take([], known_from(rows), confirmed=True) == Intake(gone=emails)


# Whatever the answers

stamps = st.lists(st.integers(0, 10_000), unique=True, max_size=12)
histories = stamps.flatmap(
    lambda seconds: st.tuples(
        *(
            st.builds(
                lambda address, name, wishes, comes, at=at: replace(
                    answer(0, address, at, name, wishes), sessions=("matin",) if comes else ()
                ),
                st.sampled_from(["a@x.fr", "A@x.fr", "b@x.fr", "c@x.fr", "d@x.fr", "e@x.fr"]),
                st.sampled_from(["Zoé", "Ann"]),
                st.sampled_from([A, B, ()]),
                st.booleans(),
            )
            for at in seconds
        )
    )
)
quick = settings(database=None, max_examples=60)


def numbered(rows: list[Answer] | tuple[Answer, ...]) -> list[Answer]:
    return [replace(row, line=line) for line, row in enumerate(rows, start=2)]


def without_lines(people: Mapping[str, Person]) -> dict[str, Person]:
    return {email: replace(person, line=0) for email, person in people.items()}


@quick
@given(histories)
def test_importing_twice_is_importing_once(history: tuple[Answer, ...]) -> None:
    rows = numbered(history)
    again = take(rows, known_from(rows), LATER, confirmed=True)
    assert replace(again, refused=(), turned_away=(), findings=()) == Intake()


@quick
@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_when_their_stamps_differ(history, random) -> None:  # type: ignore[no-untyped-def]  # strategies fill it
    shuffled = random.sample(history, len(history))
    one, other = known_from(numbered(history)), known_from(numbered(shuffled))
    assert without_lines(one) == without_lines(other)
    again, first = take(numbered(shuffled), one, LATER), take(numbered(shuffled))
    assert again == Intake(refused=first.refused, turned_away=first.turned_away, findings=first.findings)


@quick
@given(histories)
def test_a_growing_file_ends_where_the_whole_file_does(history: tuple[Answer, ...]) -> None:
    known: dict[str, Person] = {}
    for end in range(len(history) + 1):
        known = after(known, take(numbered(history[:end]), known, confirmed=True))
    assert without_lines(known) == without_lines(known_from(numbered(history)))


@quick
@given(histories, histories)
def test_any_source_leads_to_itself_from_any_state(first: tuple[Answer, ...], second: tuple[Answer, ...]) -> None:
    known = known_from(numbered(first))
    reached = after(known, take(numbered(second), known, confirmed=True))
    assert without_lines(reached) == without_lines(known_from(numbered(second)))


def test_newcomers_after_the_closing_are_refused_and_known_people_stay() -> None:
    rows = [answer(2, "a@exemple.fr", at=1), answer(3, "b@exemple.fr", at=7200)]
    closes = NOW - timedelta(days=1) + timedelta(hours=1)
    found = decide(Answers(rows=tuple(rows)), {}, NOW, rules=Rules(wishes_until=FREEZE, closes_at=closes))
    assert [p.email for p in found.new] == ["a@exemple.fr"]
    assert found.refused == (Refusal(line=3, reason=TOO_LATE),)
    assert [(n.email, n.reason, n.name) for n in found.turned_away] == [("b@exemple.fr", "late", "Zoé")]
    again = decide(
        Answers(rows=tuple(rows)), after({}, found), LATER, rules=Rules(wishes_until=FREEZE, closes_at=closes)
    )
    assert (again.new, again.edited, again.gone, again.refused) == ((), (), (), found.refused)


def test_beyond_the_limit_people_wait_and_enter_when_a_place_frees() -> None:
    rows = [answer(line, f"p{line}@exemple.fr", at=100 - line, name=f"P{line}") for line in (2, 3, 4)]
    first = decide(Answers(rows=tuple(rows)), {}, NOW, rules=Rules(wishes_until=FREEZE, limit=2))
    assert [p.email for p in first.new] == ["p4@exemple.fr", "p3@exemple.fr"]
    assert first.refused == (Refusal(line=2, reason=FULL),)
    assert [(n.email, n.reason) for n in first.turned_away] == [("p2@exemple.fr", "full")]
    left = decide(Answers(rows=tuple(rows[:2])), after({}, first), LATER, rules=Rules(wishes_until=FREEZE, limit=2))
    assert ([p.email for p in left.new], left.gone) == (["p2@exemple.fr"], ("p4@exemple.fr",))
