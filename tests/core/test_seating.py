"""Seats are held against two independent judges: every possible answer in small cases, OR-Tools in large ones."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.explaining import explain
from orchestrator.core.flow import Group, Place, assign
from orchestrator.core.model import Event, Organiser, Person, Seat, Seating, Session, Wishes, Workshop, ZoomWishes
from orchestrator.core.seating import demand, seat

NOW = datetime(2021, 6, 24, 7, 30, tzinfo=UTC)
SESSION = "matin"
AIMS = ("nobody-badly", "most-satisfied")


def an_event(seats: Mapping[str, int], *, aim: Any = "nobody-badly", seed: str = "") -> Event:
    return Event(
        key="relation",
        title="Relation",
        date=NOW.date(),
        timezone="Europe/Paris",
        organiser=Organiser(name="Pôle ressources", email="contact@exemple.fr"),
        sessions=(Session(key=SESSION, title="Matin", starts_at=NOW, ends_at=NOW, doors_at=NOW, day=NOW.date()),),
        seating=Seating(wishes_until=NOW, tell_at=NOW, aim=aim, seed=seed),
        zoom=ZoomWishes(host="hote@exemple.fr"),
        workshops=tuple(a_workshop(key, places) for key, places in seats.items()),
    )


def a_workshop(key: str, seats: int) -> Workshop:
    return Workshop(key=key, session=SESSION, code=key, title=key, short="Atelier", seats=seats, opens_at=NOW)


def a_person(email: str, *wishes: str) -> Person:
    """`a_person("p", "A", "BC")` wishes A first, then B and C equally."""
    ranks = {SESSION: tuple(tuple(rank) for rank in wishes)} if wishes else {}
    return Person(email=email, address=email, first_name=email, wishes=ranks)


def crowd(number: int, *wishes: str, name: str = "p") -> list[Person]:
    return [a_person(f"{name}{i}", *wishes) for i in range(number)]


def a_seat(workshop: str, rank: int, reason: str, *, person: str = "p") -> Seat:
    return Seat(person=person, session=SESSION, workshop=workshop, rank=rank, reason=reason)


def told(person: Person, workshop: str) -> dict[str, Seat]:
    return {person.email: Seat(person=person.email, session=SESSION, workshop=workshop, told_at=NOW)}


def fill(seats: Mapping[str, Seat]) -> dict[str, int]:
    return dict(Counter(seat.workshop for seat in seats.values()))


def known(wishes: Wishes, workshops: Iterable[str]) -> list[set[str]]:
    """What is left of the wishes without unknown and repeated workshops, written another way than in the code."""
    left = set(workshops)
    ranks = []
    for rank in wishes:
        ranks.append(left & set(rank))
        left -= set(rank)
    return [rank for rank in ranks if rank]


Answer = Mapping[str, str | None]


def ranks(event: Event, people: Sequence[Person], answer: Answer) -> list[int | None]:
    """The rank everybody gets: None = no place, 0 = a place without wishes; not wished = the one after one's last."""
    keys = [workshop.key for workshop in event.workshops]
    ranked = [known(person.wishes.get(SESSION, ()), keys) for person in people]
    got: list[int | None] = []
    for person, wished in zip(people, ranked, strict=True):
        workshop = answer.get(person.email)
        rank = next((r for r, keys in enumerate(wished, 1) if workshop in keys), len(wished) + 1 if wished else 0)
        got.append(rank if workshop else None)
    return got


def score(event: Event, people: Sequence[Person], answer: Answer) -> tuple[int, ...]:
    """What the documentation promises, worst thing first; less is better."""
    got = ranks(event, people, answer)
    keys = [workshop.key for workshop in event.workshops]
    left_out = [
        bool(known(person.wishes.get(SESSION, ()), keys))
        for person, rank in zip(people, got, strict=True)
        if rank is None
    ]
    badly = [got.count(rank) for rank in range(len(keys) + 1, 1, -1)]
    aim = badly if event.seating.aim == "nobody-badly" else [sum(filter(None, got))]
    return left_out.count(True), *aim, left_out.count(False)


def uneven(event: Event, answer: Answer, taken: Mapping[str, int]) -> Fraction:
    load = Counter(taken) + Counter(workshop for workshop in answer.values() if workshop)
    return sum((Fraction(load[w.key] ** 2, w.seats) for w in event.workshops if w.seats), Fraction(0))


def every_answer(event: Event, people: Sequence[Person], taken: Mapping[str, int]) -> Iterator[dict[str, str | None]]:
    room = {workshop.key: max(0, workshop.seats - taken.get(workshop.key, 0)) for workshop in event.workshops}
    for places in product([None, *room], repeat=len(people)):
        if all(places.count(key) <= free for key, free in room.items()):
            yield dict(zip((person.email for person in people), places, strict=True))


wishes = st.lists(st.lists(st.sampled_from("ABCX"), max_size=2).map("".join), max_size=3)
peoples = st.lists(wishes, max_size=5).map(lambda all: [a_person(f"p{i}", *w) for i, w in enumerate(all)])
rooms = st.dictionaries(st.sampled_from("ABC"), st.integers(0, 3), max_size=3)


@pytest.mark.slow
@settings(max_examples=300)
@given(rooms, peoples, st.sampled_from(AIMS), st.dictionaries(st.sampled_from("ABC"), st.integers(1, 2), max_size=2))
def test_no_other_answer_is_better_nor_as_good_for_everybody_and_more_even(
    seats: dict[str, int], people: list[Person], aim: str, taken: dict[str, int]
) -> None:
    event = an_event(seats, aim=aim)
    taken = {key: min(number, seats[key]) for key, number in taken.items() if key in seats}
    kept = [(a_person(f"t{key}{i}"), key) for key, number in taken.items() for i in range(number)]
    before = {email: seat for person, key in kept for email, seat in told(person, key).items()}
    answer = seat(event, SESSION, [*people, *(person for person, _ in kept)], before)
    assert {email: answer[email] for email in before} == before
    new = {email: got.workshop for email, got in answer.items() if email not in before}
    others = list(every_answer(event, people, taken))
    assert new in [{email: workshop for email, workshop in other.items() if workshop} for other in others]
    assert score(event, people, new) == min(score(event, people, other) for other in others)
    as_good = [other for other in others if ranks(event, people, other) == ranks(event, people, new)]
    assert uneven(event, new, taken) == min(uneven(event, other, taken) for other in as_good)


def random_crowd(number: int, keys: str, *, seed: int) -> list[Person]:
    """A crowd where the first workshops are in fashion and every fifth person wishes nothing or equally."""
    lots = random.Random(seed)
    people = []
    for i in range(number):
        ranks = sorted(keys, key=lambda key: -(lots.random() ** (keys.index(key) + 1)))[: lots.randint(0, 5)]
        if ranks and not i % 5:
            ranks[:2] = ["".join(ranks[:2])]
        people.append(a_person(f"p{i}", *ranks))
    return people


@pytest.mark.parametrize("aim", AIMS)
@pytest.mark.parametrize("places", [70, 83, 120])
def test_the_wishes_cost_what_or_tools_finds(places: int, aim: str) -> None:
    keys = "ABCDEFGHIJKL"
    event = an_event(dict.fromkeys(keys, places), aim=aim)
    people = [person for person in random_crowd(1000, keys, seed=places) if person.wishes]
    answer = seat(event, SESSION, people, {})
    price = [0, *(100**rank if aim == "nobody-badly" else rank for rank in range(7))]
    costs = [
        {key: price[rank] for rank, keys in enumerate(known(p.wishes[SESSION], keys), 1) for key in keys}
        for p in people
    ]
    unwished = [price[len(known(p.wishes[SESSION], keys)) + 1] for p in people]
    mine = sum(
        cost.get(answer[p.email].workshop, other) if p.email in answer else NO_PLACE
        for p, cost, other in zip(people, costs, unwished, strict=True)
    )
    assert mine == or_tools_cost(costs, dict.fromkeys(keys, places), unwished)
    assert len(answer) == min(len(people), places * len(keys))


NO_PLACE = 100**7


def or_tools_cost(costs: list[dict[str, int]], room: dict[str, int], unwished: Sequence[int]) -> int:
    from ortools.graph.python import min_cost_flow  # type: ignore[import-untyped]  # has no stubs

    flow = min_cost_flow.SimpleMinCostFlow()
    room = {**room, "nowhere": max(0, len(costs) - sum(room.values()))}
    nodes = {key: len(costs) + i for i, key in enumerate(room)}
    sink = len(costs) + len(room)
    for i, cost in enumerate(costs):
        flow.set_node_supply(i, 1)
        for key, node in nodes.items():
            flow.add_arc_with_capacity_and_unit_cost(
                i, node, 1, NO_PLACE if key == "nowhere" else cost.get(key, unwished[i])
            )
    for key, node in nodes.items():
        flow.add_arc_with_capacity_and_unit_cost(node, sink, room[key], 0)
    flow.set_node_supply(sink, -len(costs))
    assert flow.solve() == flow.OPTIMAL
    return int(flow.optimal_cost())


@pytest.mark.parametrize("aim", AIMS)
def test_the_order_of_the_people_and_of_the_workshops_changes_nothing(aim: str) -> None:
    seats = {"A": 30, "B": 30, "C": 40, "D": 90, "E": 20}
    people = random_crowd(220, "ABCDE", seed=1)
    answer = seat(an_event(seats, aim=aim), SESSION, people, {})
    for lots in map(random.Random, range(3)):
        shuffled = {key: seats[key] for key in lots.sample(list(seats), len(seats))}
        others = lots.sample(people, len(people))
        assert seat(an_event(shuffled, aim=aim), SESSION, others, {}) == answer


def lot(email: str, seed: str = "relation") -> bytes:
    return hashlib.blake2b(f"{seed}\n{SESSION}\n{email}".encode(), digest_size=8).digest()


@pytest.mark.parametrize("places", [40, 47, 60])
def test_nobody_envies_an_equal_but_for_the_published_draw(places: int) -> None:
    people = random_crowd(220, "ABCDE", seed=places)
    answer = seat(an_event(dict.fromkeys("ABCDE", places)), SESSION, people, {})
    alike: dict[str, list[Person]] = {}
    for person in people:
        ranks = known(person.wishes.get(SESSION, ()), "ABCDE")
        alike.setdefault(str([sorted(rank) for rank in ranks]), []).append(person)
    for group in alike.values():
        lucky = sorted(group, key=lambda person: lot(person.email))
        got = [(answer[p.email].rank or 98) if p.email in answer else 99 for p in lucky]
        assert got == sorted(got)


@pytest.mark.parametrize("seed", ["", "6-12-23-31-44-49"])
def test_the_lowest_lot_wins_the_last_place(seed: str) -> None:
    people = crowd(9, "A", "B")
    answer = seat(an_event({"A": 1, "B": 8}, seed=seed), SESSION, people, {})
    winner = min((person.email for person in people), key=lambda email: lot(email, seed or "relation"))
    assert [email for email, got in answer.items() if got.rank == 1] == [winner]


def test_equal_wishes_written_in_another_order_are_drawn_together() -> None:
    people = [*crowd(6, "AB", "C"), *crowd(6, "BA", "X", "C", name="q")]
    answer = seat(an_event({"A": 3, "B": 3, "C": 6}), SESSION, people, {})
    lucky = sorted((person.email for person in people), key=lot)
    assert [answer[email].rank for email in lucky] == [1] * 6 + [2] * 6


@pytest.mark.parametrize(
    ("seats", "others"),
    [
        ({"A": 3, "B": 1, "C": 1}, crowd(3, "A", "B")),
        ({"A": 2, "B": 2, "C": 1, "D": 0}, [a_person(f"p{third}", "A", "B", third) for third in "CDX"]),
    ],
)
def test_between_people_with_different_wishes_each_loses_as_often(seats: dict[str, int], others: list[Person]) -> None:
    people = [*others, a_person("lone", "A", "C")]
    moved = Counter(
        email
        for seed in range(400)
        for email, got in seat(an_event(seats, seed=f"s{seed}"), SESSION, people, {}).items()
        if got.rank == 2
    )
    fair = 400 * (len(people) - seats["A"]) / len(people)
    assert moved.total() == 400 * (len(people) - seats["A"])
    assert all(0.75 * fair < times < 1.25 * fair for times in moved.values()), moved


def test_the_seats_say_why() -> None:
    people = [a_person("first", "A"), a_person("second", "B"), a_person("told", "A"), a_person("none")]
    kept = told(people[2], "B")
    answer = seat(an_event({"A": 1, "B": 1, "C": 5}), SESSION, people, kept)
    assert answer == {
        **kept,
        "first": a_seat("A", 1, "wish-1", person="first"),
        "second": a_seat("C", 0, "wishes-full", person="second"),
        "none": a_seat("C", 0, "no-wishes", person="none"),
    }


def test_nobody_badly_spares_the_worst_where_most_satisfied_counts_the_sum() -> None:
    people = [a_person("x", "A", "B"), a_person("y", "B", "C"), a_person("z", "D", "A", "C")]
    seats = {"A": 1, "B": 1, "C": 1, "D": 0}
    ranks = {
        aim: sorted(got.rank for got in seat(an_event(seats, aim=aim), SESSION, people, {}).values()) for aim in AIMS
    }
    assert ranks == {"nobody-badly": [2, 2, 2], "most-satisfied": [1, 1, 3]}


def test_where_the_capacity_was_lowered_the_highest_lots_move_before_anybody_new_is_seated() -> None:
    people = crowd(4, "A")
    kept = {email: s for person in people[:3] for email, s in told(person, "A").items()}
    answer = seat(an_event({"A": 2, "B": 1}), SESSION, people, kept)
    unlucky = max(kept, key=lot)
    assert answer == kept | {unlucky: replace(kept[unlucky], workshop="B", reason="moved-away")}


def test_told_people_for_whom_no_other_place_is_left_stay_beyond_the_capacity() -> None:
    people = crowd(3, "A")
    kept = {email: s for person in people for email, s in told(person, "A").items()}
    assert seat(an_event({"A": 1, "B": 0}), SESSION, people, kept) == kept


def test_the_told_seat_of_somebody_who_does_not_come_is_free_again() -> None:
    gone, newcomer = crowd(2, "A")
    assert fill(seat(an_event({"A": 1}), SESSION, [newcomer], told(gone, "A"))) == {"A": 1}


def test_a_newcomer_gets_the_best_free_place_and_moves_nobody() -> None:
    people = crowd(10, "A", "B", "C")
    event = an_event({"A": 5, "B": 5, "C": 5})
    before = seat(event, SESSION, people, {})
    newcomer = a_person("new", "A", "C", "B")
    after = seat(event, SESSION, [newcomer, *people], before)
    assert after == before | {"new": a_seat("C", 2, "wish-2", person="new")}


def test_who_finds_no_place_gets_no_seat_and_the_highest_lots_lose() -> None:
    people = crowd(7, "A")
    answer = seat(an_event({"A": 2, "B": 3}), SESSION, people, {})
    assert list(fill(answer).items()) == [("A", 2), ("B", 3)]
    assert set(answer) == set(sorted((p.email for p in people), key=lot)[:5])


def test_people_without_wishes_do_not_take_the_places_of_those_who_have_some() -> None:
    people = [*crowd(3), *crowd(3, "A", "B", name="w")]
    answer = seat(an_event({"A": 2, "B": 2}), SESSION, people, {})
    assert sorted(got.reason for got in answer.values()) == ["no-wishes", "wish-1", "wish-1", "wish-2"]


@pytest.mark.parametrize("wishes", [(), ("AB",), ("BA",), ("XBA",)])
def test_who_wishes_nothing_or_all_the_same_fills_the_places_evenly(wishes: tuple[str, ...]) -> None:
    assert fill(seat(an_event({"A": 40, "B": 20}), SESSION, crowd(30, *wishes), {})) == {"A": 20, "B": 10}


def test_people_without_wishes_go_where_fewest_sit() -> None:
    people = [*crowd(6, "A"), *crowd(6, name="n")]
    assert fill(seat(an_event({"A": 10, "B": 10, "C": 0}), SESSION, people, {})) == {"A": 6, "B": 6}


def test_unknown_workshops_and_repeated_wishes_are_left_out_and_the_next_move_up() -> None:
    answer = seat(an_event({"A": 0, "B": 1}), SESSION, [a_person("p", "X", "A", "AB")], {})
    assert answer == {"p": a_seat("B", 2, "wish-2")}


def test_naming_fewer_wishes_wins_nothing() -> None:
    people = [a_person("only", "A"), *crowd(3, "A", "B")]
    lost = Counter(
        email
        for seed in range(400)
        for email, got in seat(an_event({"A": 3, "B": 3}, seed=f"s{seed}"), SESSION, people, {}).items()
        if got.workshop == "B"
    )
    assert lost.total() == 400
    assert all(75 < times < 125 for times in lost.values()), lost


def test_without_people_or_workshops_there_are_no_seats() -> None:
    assert seat(an_event({"A": 3}), SESSION, [], {}) == {}
    assert seat(an_event({}), SESSION, crowd(2, "A"), {}) == {}


def test_groups_may_share_a_flow_without_any_event() -> None:
    groups = [Group(3, {0: 0, 1: 1}, 9), Group(2, {0: 0}, 9)]
    assert assign(groups, [Place(3), Place(2, 1), Place(4)]) == [{0: 1, 1: 1, 2: 1}, {0: 2}]


def test_the_demand_counts_first_wishes() -> None:
    people = [*crowd(3, "A", "B"), a_person("e", "AB", "C"), a_person("u", "X", "C"), a_person("n")]
    assert demand(an_event({"A": 1, "B": 1, "C": 1, "D": 1}), SESSION, people) == {"A": 4, "B": 1, "C": 1, "D": 0}


WISHES = (("A",), ("B",))


@pytest.mark.parametrize(
    ("got", "language", "wishes", "sentence"),
    [
        (a_seat("A", 1, "wish-1"), "fr", WISHES, "Votre 1er choix."),
        (
            a_seat("B", 2, "wish-2"),
            "fr",
            WISHES,
            "Votre 2e choix : le 1er, « A – Atelier », avait 31 demandes pour 24 places.",
        ),
        (
            a_seat("B", 2, "wish-2"),
            "en",
            WISHES,
            "Your 2nd choice: the 1st, “A – Atelier”, was asked for by 31 people for 24 places.",
        ),
        (a_seat("B", 2, "wish-2"), "fr", (), "Votre 2e choix."),
        (a_seat("A", 2, "wish-2"), "fr", WISHES, "Votre 2e choix."),
        (
            a_seat("A", 4, "wish-4"),
            "en",
            (("C",), ("B",)),
            "Your 4th choice: the 1st, “C – Atelier”, was full (9 places).",
        ),
        (
            a_seat("B", 0, "wishes-full"),
            "fr",
            (("X",), (), ("A", "C")),
            "Vos choix étaient complets : le 1er, « A – Atelier », avait 31 demandes pour 24 places.",
        ),
        (
            a_seat("B", 0, "no-wishes"),
            "fr",
            (),
            "Vous n’aviez pas indiqué de choix : les places libres ont été réparties entre les ateliers.",
        ),
    ],
)
def test_a_seat_is_explained_in_one_sentence(got: Seat, language: str, wishes: Wishes, sentence: str) -> None:
    event = an_event({"A": 24, "B": 24, "C": 9})
    assert explain(got, event, {"A": 31, "B": 2, "C": 3}, language, wishes) == sentence
