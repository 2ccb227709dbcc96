"""The rules of the seats, each held against every possible answer where there are few enough."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.model import Event, Person, Seat, Speaker
from orchestrator.core.outcome import outcome, worth
from orchestrator.core.seating import barred, seat
from tests.core.test_seating import (
    AIMS,
    NOW,
    SESSION,
    a_person,
    a_workshop,
    an_event,
    crowd,
    fill,
    lot,
    random_crowd,
    told,
)


def ruled(seats: Mapping[str, int], **seating: Any) -> Event:
    event = an_event(seats)
    return replace(event, seating=replace(event.seating, **seating))


def rooms(answer: Mapping[str, Seat]) -> dict[str, str]:
    return {email: got.workshop for email, got in answer.items()}


def troubles(event: Event, people: Sequence[Person], answer: Mapping[str, Seat]) -> list[str]:
    return [one.key for one in outcome(event, SESSION, people, answer).troubles]


wishes = st.lists(st.sampled_from("ABC"), max_size=3, unique=True)
peoples = st.lists(wishes, min_size=1, max_size=6).map(lambda all: [a_person(f"p{i}", *w) for i, w in enumerate(all)])
capacities = st.fixed_dictionaries(dict.fromkeys("ABC", st.integers(0, 4)))


def every_move(event: Event, kept: Mapping[str, Seat]) -> Iterator[tuple[int, dict[str, str]]]:
    """Every way to keep the told people within the capacities, with how many move."""
    room = {w.key: w.seats for w in event.workshops}
    for places in product(room, repeat=len(kept)):
        if all(places.count(key) <= seats for key, seats in room.items()):
            new = dict(zip(kept, places, strict=True))
            yield sum(new[email] != got.workshop for email, got in kept.items()), new


def ranks(people: Sequence[Person], new: Mapping[str, str], keys: str = "ABC") -> tuple[int, ...]:
    """How many sit at the worst rank, at the next, …; a workshop not wished comes after one's last wish."""
    got = Counter[int]()
    for person in people:
        wished = [key for (key,) in person.wishes.get(SESSION, ()) if key in keys]
        room = new[person.email]
        got[wished.index(room) + 1 if room in wished else len(wished) + 1] += 1
    return tuple(got[rank] for rank in range(4, 1, -1))


@pytest.mark.slow
@settings(max_examples=250)
@given(peoples, capacities, capacities, st.sampled_from(["", "A", "B"]))
def test_when_capacities_change_or_a_workshop_closes_the_fewest_told_people_move_and_to_the_best_for_all(
    people: list[Person], before: dict[str, int], after: dict[str, int], gone: str
) -> None:
    seats = seat(an_event(before), SESSION, people, {})
    kept = {email: replace(got, told_at=NOW) for email, got in seats.items()}
    event = an_event({key: n for key, n in after.items() if key != gone})
    answer = seat(event, SESSION, [p for p in people if p.email in kept], kept)
    ways = list(every_move(event, kept))
    if not ways:  # not enough places: whoever has a workshop stays there
        held = {w.key for w in event.workshops}
        assert {email for email, got in kept.items() if got.workshop in held} <= answer.keys()
        return
    fewest = min(moved for moved, _ in ways)
    new = rooms(answer)
    assert sum(new[email] != got.workshop for email, got in kept.items()) == fewest
    among = [p for p in people if p.email in kept]
    held = "".join(w.key for w in event.workshops)
    assert ranks(among, new, held) == min(ranks(among, way, held) for moved, way in ways if moved == fewest)


@pytest.mark.slow
@settings(max_examples=150)
@given(peoples, peoples, capacities, st.randoms(use_true_random=False))
def test_whoever_comes_leaves_or_is_listed_in_another_order_moves_nobody_who_was_told(
    first: list[Person], more: list[Person], capacity: dict[str, int], lots: Any
) -> None:
    event = an_event(capacity)
    kept = {email: replace(got, told_at=NOW) for email, got in seat(event, SESSION, first, {}).items()}
    late = [replace(p, email=f"late-{p.email}", registered_at=NOW + timedelta(minutes=i)) for i, p in enumerate(more)]
    staying = [p for p in first if lots.random() < 0.8]
    everyone = [*staying, *late]
    answer = seat(event, SESSION, everyone, kept)
    assert {p.email: answer.get(p.email) for p in staying if p.email in kept} == {
        p.email: kept[p.email] for p in staying if p.email in kept
    }
    assert all(taken <= capacity[key] for key, taken in fill(answer).items())
    assert seat(event, SESSION, lots.sample(everyone, len(everyone)), kept) == answer


def test_latecomers_are_served_as_they_come_and_who_waited_before_them() -> None:
    event = an_event({"A": 2, "B": 1})
    people = [a_person("told", "A"), a_person("waits", "A"), *crowd(2, "A", "B", name="late")]
    late = [replace(p, registered_at=NOW + timedelta(minutes=i)) for i, p in enumerate(people)]
    waiting = [late[0], replace(late[1], registered_at=NOW - timedelta(days=1)), *late[2:]]
    answer = seat(event, SESSION, waiting[::-1], told(people[0], "A"))
    assert rooms(answer) == {"told": "A", "waits": "A", "late0": "B"}


# minimum sizes


def with_minimum(event: Event, **minimum: int) -> Event:
    return replace(event, workshops=tuple(replace(w, minimum=minimum.get(w.key, 0)) for w in event.workshops))


def test_a_workshop_that_cannot_fill_is_closed_and_its_people_get_their_next_wish() -> None:
    event = with_minimum(an_event({"A": 10, "B": 10, "C": 10}), C=3)
    people = [*crowd(5, "A", name="a"), *crowd(2, "C", "B", name="c")]
    answer = seat(event, SESSION, people, {})
    assert {email: (got.workshop, got.rank) for email, got in answer.items() if email[0] == "c"} == {
        "c0": ("B", 2),
        "c1": ("B", 2),
    }
    assert troubles(event, people, answer) == ["seats:closed:C"]


def test_closing_one_workshop_may_fill_the_next() -> None:
    event = with_minimum(an_event({"A": 10, "B": 10, "C": 10}), B=3, C=3)
    people = [*crowd(4, "A", name="a"), *crowd(2, "B", "A", name="b"), a_person("c", "C", "B")]
    assert fill(seat(event, SESSION, people, {})) == {"A": 4, "B": 3}


def test_a_workshop_below_its_minimum_stays_open_where_the_others_have_no_room() -> None:
    event = with_minimum(an_event({"A": 4, "B": 4}), B=3)
    people = [*crowd(4, "A", name="a"), a_person("b", "B")]
    answer = seat(event, SESSION, people, {})
    assert (fill(answer), troubles(event, people, answer)) == ({"A": 4, "B": 1}, ["seats:small:B"])


def test_once_told_nobody_is_alone_in_a_workshop_that_was_closed_and_none_closes_for_a_withdrawal() -> None:
    event = with_minimum(an_event({"A": 10, "B": 10, "C": 10}), B=3, C=3)
    people = [*crowd(3, "A", name="a"), *crowd(3, "B", name="b")]
    kept = {email: replace(got, told_at=NOW) for email, got in seat(event, SESSION, people, {}).items()}
    newcomer = replace(a_person("late", "C", "A"), registered_at=NOW)
    answer = seat(event, SESSION, [*people[:-1], newcomer], kept)
    assert fill(answer) == {"A": 4, "B": 2}


# groups


def test_a_group_to_keep_together_sits_in_one_workshop_where_it_costs_the_others_least() -> None:
    together = frozenset({"p0", "p1", "p2"})
    event = ruled({"A": 3, "B": 3, "C": 3}, keep_together=(together,))
    people = [a_person("p0", "A", "B"), a_person("p1", "A", "B"), a_person("p2", "B", "A"), *crowd(2, "A", name="q")]
    answer = seat(event, SESSION, people, {})
    assert {answer[email].workshop for email in together} == {"B"}
    assert [answer[q].rank for q in ("q0", "q1")] == [1, 1]
    assert troubles(event, people, answer) == []


@pytest.mark.slow
@settings(max_examples=120)
@given(peoples, st.fixed_dictionaries(dict.fromkeys("ABC", st.integers(1, 4))), st.sampled_from(AIMS))
def test_a_pair_kept_together_and_a_pair_kept_apart_are_seated_as_well_as_can_be(
    people: list[Person], capacity: dict[str, int], aim: Any
) -> None:
    event = ruled(capacity, keep_together=(frozenset({"p0", "p1"}),), keep_apart=(frozenset({"p2", "p3"}),), aim=aim)
    people = [p if p.wishes else a_person(p.email, "A") for p in people]
    answer = rooms(seat(event, SESSION, people, {}))
    room = {w.key: w.seats for w in event.workshops}
    if sum(room.values()) < len(people):
        return
    ways = []
    for places in product(room, repeat=len(people)):
        way = dict(zip((p.email for p in people), places, strict=True))
        apart = way.get("p2", "-") != way.get("p3", "+")
        if apart and way["p0"] == way.get("p1", way["p0"]) and all(places.count(k) <= n for k, n in room.items()):
            ways.append(way)
    if ways:
        assert answer in ways
        worst = [ranks(people, way) for way in ways]
        if aim == "nobody-badly":
            assert ranks(people, answer) == min(worst)
        else:
            total = [
                sum(n * rank for n, rank in zip(one, (3, 2, 1), strict=True)) for one in (ranks(people, answer), *worst)
            ]
            assert total[0] == min(total)


def test_a_newcomer_joins_their_group_that_was_told_if_there_is_room() -> None:
    group = (frozenset({"old", "new"}),)
    old, new = a_person("old", "B"), replace(a_person("new", "A"), registered_at=NOW)
    for seats, room, keys in ((2, "B", []), (1, "A", ["seats:together:matin:1"])):
        event = ruled({"A": 3, "B": seats}, keep_together=group)
        answer = seat(event, SESSION, [old, new], told(old, "B"))
        assert (answer["new"].workshop, troubles(event, [old, new], answer)) == (room, keys)


def test_people_kept_apart_from_somebody_told_do_not_meet_them() -> None:
    event = ruled({"A": 9, "B": 9}, keep_apart=(frozenset({"old", "new"}),))
    old, new = a_person("old", "A"), a_person("new", "A", "B")
    assert seat(event, SESSION, [new, old], told(old, "A"))["new"].workshop == "B"


def test_all_who_need_the_same_measure_are_in_one_room_whatever_they_call_it() -> None:
    needs = ["Interprète LSF", "lsf svp", "Besoin de l.s.f", "vélotypie", "Velotypie !", "ALSFA"]
    people = [replace(a_person(f"p{i}", "ABC"[i % 3], "ABC"[(i + 1) % 3]), needs=text) for i, text in enumerate(needs)]
    event = ruled({"A": 6, "B": 6, "C": 6}, same_room=("LSF", "vélotypie"))
    answer = rooms(seat(event, SESSION, people, {}))
    assert (answer["p0"] == answer["p1"], answer["p3"] == answer["p4"]) == (True, True)
    assert (answer["p2"], answer["p5"]) == ("C", "C")


def test_a_group_too_large_for_any_room_is_split_and_said() -> None:
    people = [replace(p, needs="LSF") for p in crowd(5, "A")]
    event = ruled({"A": 3, "B": 3}, same_room=("LSF",))
    answer = seat(event, SESSION, people, {})
    assert (sorted(fill(answer).values()), troubles(event, people, answer)) == ([2, 3], ["seats:together:matin:1"])


# pinned, held back, twice


def test_who_facilitates_a_workshop_is_in_it_beside_its_places() -> None:
    speaker = Speaker(name="Lou", email="Lead@x.fr", role="facilitator", sessions=(SESSION,), workshops=("B",))
    event = replace(an_event({"A": 1, "B": 1}), speakers=(speaker,))
    people = [a_person("lead@x.fr", "A"), *crowd(2, "B", "A")]
    answer = seat(event, SESSION, people, {})
    assert (answer["lead@x.fr"].workshop, answer["lead@x.fr"].reason) == ("B", "facilitator")
    assert sorted(got.workshop for email, got in answer.items() if email != "lead@x.fr") == ["A", "B"]


def test_whom_the_organiser_placed_stays_and_pushes_nobody_out() -> None:
    people = crowd(3, "A", "B")
    kept = {**told(people[0], "A"), **told(people[1], "A")}
    by_hand = {"p2": replace(told(people[2], "A")["p2"], reason="organiser")}
    assert seat(an_event({"A": 2, "B": 5}), SESSION, people, kept | by_hand) == kept | by_hand


def test_places_held_back_are_for_latecomers_unless_somebody_would_find_none() -> None:
    late = [replace(a_person("late", "A"), registered_at=NOW)]
    for number, before, after in ((4, {"A": 2, "B": 2}, "A"), (6, {"A": 3, "B": 3}, None)):
        event, people = ruled({"A": 3, "B": 3}, held_back=1), crowd(number, "A", "B")
        answer = seat(event, SESSION, people, {})
        kept = {email: replace(got, told_at=NOW) for email, got in answer.items()}
        assert fill(answer) == before
        assert rooms(seat(event, SESSION, [*people, *late], kept)).get("late") == after


def test_nobody_is_in_the_same_workshop_twice_a_day() -> None:
    event = an_event({"A": 3, "B": 3})
    twin = replace(a_workshop("A2", 3), session="soir", same_as="A")
    event = replace(event, workshops=(*event.workshops, twin, replace(a_workshop("C2", 3), session="soir")))
    event = replace(event, sessions=(*event.sessions, replace(event.sessions[0], key="soir")))
    morning = {(SESSION, "p"): Seat(person="p", session=SESSION, workshop="A")}
    closed = barred(event, "soir", morning)
    person = replace(a_person("p"), wishes={"soir": (("A2",), ("C2",))})
    assert closed == {"p": frozenset({"A2"})}
    assert rooms(seat(event, "soir", [person], {}, barred=closed)) == {"p": "C2"}
    only = replace(event, workshops=event.workshops[:-1])
    assert seat(only, "soir", [person], {}, barred=closed) == {}


# mixing, worth


def publics(event: Event, people: Sequence[Person], answer: Mapping[str, Seat]) -> dict[str, dict[str, int]]:
    return {w.workshop.key: dict(w.publics) for w in outcome(event, SESSION, people, answer).workshops}


MIX = (("police", ("police", "gendarmerie")), ("acteurs", ("association",)))


def of(organisation: str, people: Sequence[Person]) -> list[Person]:
    return [replace(p, organisation=organisation) for p in people]


def test_publics_are_mixed_where_it_costs_no_wish() -> None:
    people = [*of("Police nationale", crowd(6, "AB", name="x")), *of("Une association", crowd(6, "AB", name="y"))]
    event = ruled({"A": 6, "B": 6}, mix=MIX)
    answer = seat(event, SESSION, people, {})
    half = {"police": 3, "acteurs": 3}
    assert publics(event, people, answer) == {"A": half, "B": half}
    assert {got.rank for got in answer.values()} == {1}


@pytest.mark.parametrize(("price", "police"), [(0, {"A": 6, "B": 0}), (2, {"A": 5, "B": 1}), (6, {"A": 3, "B": 3})])
def test_mixing_costs_at_most_as_many_wishes_as_the_organiser_allows(price: int, police: dict[str, int]) -> None:
    people = [*of("Gendarmerie", crowd(6, "A", "B", name="x")), *of("association", crowd(6, "B", "A", name="y"))]
    event = ruled({"A": 6, "B": 6}, mix=MIX, mix_at_most=price)
    answer = seat(event, SESSION, people, {})
    assert {key: found.get("police", 0) for key, found in publics(event, people, answer).items()} == police
    assert Counter(got.rank for got in answer.values()) == Counter({1: 12 - price, 2: price})
    mixed = {email for email, got in answer.items() if got.reason == "mixed"}
    assert mixed == {*sorted((p.email for p in people[:6]), key=lot)[6 - price // 2 :]} | {
        *sorted((p.email for p in people[6:]), key=lot)[6 - price // 2 :]
    }


def test_more_places_are_worth_what_solving_again_with_them_gives() -> None:
    people = [*crowd(5, "A", "B"), a_person("b", "B")]
    found = worth(an_event({"A": 2, "B": 4}), SESSION, people, {})
    assert {key: dict(one.by_rank) for key, one in found.items()} == {"A": {1: 3, 2: -3}, "B": {}}
    assert found["A"].first_choices == 3


def test_with_every_rule_at_once_the_order_of_the_people_changes_nothing() -> None:
    words = ["Police", "Une association", "Mairie"]
    people = [
        replace(p, organisation=words[i % 3], needs="LSF" if i % 17 == 0 else "")
        for i, p in enumerate(random_crowd(90, "ABCDE", seed=3))
    ]
    event = ruled(
        {"A": 20, "B": 20, "C": 30, "D": 30, "E": 9},
        keep_together=(frozenset({"p1", "p2", "p3"}), frozenset({"p4", "p5"})),
        keep_apart=(frozenset({"p6", "p7", "p1"}),),
        same_room=("LSF",),
        mix=MIX,
        mix_at_most=4,
        held_back=1,
    )
    event = with_minimum(event, D=9, E=5)
    answer = seat(event, SESSION, people, {})
    assert (len(answer), troubles(event, people, answer)) == (90, [])
    for lots in map(random.Random, range(3)):
        shuffled = replace(event, workshops=tuple(lots.sample(event.workshops, 5)))
        assert seat(shuffled, SESSION, lots.sample(people, len(people)), {}) == answer
