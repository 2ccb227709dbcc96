"""The seats' rules through whole beats: who is told what when workshops close, shrink or join."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from orchestrator.core.model import Event, identity
from orchestrator.jobs.whatif import look, merge, move
from tests import make
from tests.jobs.theatre import EVENT, HOUR, MINUTE, Theatre

ZOE, ALI, DAN, LATE = "zoe@exemple.fr", "ali@exemple.fr", "dan@exemple.fr", "tard@exemple.fr"


def rooms(theatre: Theatre) -> dict[str, str]:
    return {s.person: s.workshop for s in theatre.store.seats.all("relation").values()}


def with_seats(theatre: Theatre, **changes: object) -> Event:
    return replace(EVENT, seating=replace(EVENT.seating, **changes))  # type: ignore[arg-type]  # fields of Seating


def of(*workshops: tuple[str, int]) -> Event:
    return replace(EVENT, workshops=tuple(make.workshop(key, seats=seats) for key, seats in workshops))


def told(theatre: Theatre, *people: tuple[str, str]) -> None:
    """Seat people in the workshop they wish, and tell them."""
    for who, workshop in people:
        theatre.form.answer(who, workshop)
    theatre.turn()
    theatre.turn(make.TELL_AT)


def test_merging_two_workshops_moves_the_people_of_one_and_tells_them_alone(anywhere: Theatre) -> None:
    told(anywhere, (ZOE, "a"), (ALI, "b"), (DAN, "b"))
    anywhere.store.seats.merge("relation", "b", "a", anywhere.at)
    anywhere.turn(make.TELL_AT + MINUTE)
    assert rooms(anywhere) == {ZOE: "a", ALI: "a", DAN: "a"}
    assert anywhere.told("moved") == [(ALI, "moved"), (DAN, "moved")]
    assert "A – Atelier a" in anywhere.mails("moved", ALI)[0].text
    anywhere.form.answer(LATE, "b")
    anywhere.turn(make.TELL_AT + HOUR)
    assert rooms(anywhere)[LATE] == "a"
    anywhere.play(make.paris(17))
    assert len(anywhere.told("moved")) == 2


def test_workshops_merged_one_after_the_other_end_in_the_last(theatre: Theatre) -> None:
    theatre.start_again(of(("a", 5), ("b", 5), ("c", 5)))
    told(theatre, (ZOE, "a"), (ALI, "b"), (DAN, "c"))
    theatre.store.seats.merge("relation", "a", "b", theatre.at)
    theatre.store.seats.merge("relation", "b", "c", theatre.at)
    theatre.turn(make.TELL_AT + MINUTE)
    assert rooms(theatre) == dict.fromkeys((ZOE, ALI, DAN), "c")


def test_places_taken_away_after_telling_move_the_fewest_and_only_they_are_told(theatre: Theatre) -> None:
    theatre.start_again(of(("a", 4), ("b", 4)))
    told(theatre, *((f"p{n}@exemple.fr", "a") for n in range(4)))
    before = rooms(theatre)
    theatre.start_again(of(("a", 3), ("b", 4)))
    theatre.turn(make.TELL_AT + HOUR)
    moved = {who for who, room in rooms(theatre).items() if room != before[who]}
    assert (Counter(rooms(theatre).values()), len(moved)) == (Counter(a=3, b=1), 1)
    assert [to for to, _ in theatre.told("moved")] == list(moved)
    assert "a perdu des places" in theatre.mails("moved")[0].text
    theatre.turn(make.TELL_AT + 2 * HOUR)
    assert len(theatre.told("moved")) == 1


def test_after_wishes_close_seats_stay_and_newcomers_take_what_is_free(theatre: Theatre) -> None:
    closing = make.TELL_AT - 5 * HOUR
    theatre.start_again(replace(of(("a", 1), ("b", 3)), seating=replace(EVENT.seating, wishes_until=closing)))
    theatre.form.answer(ZOE, "a")
    theatre.turn()
    theatre.turn(closing)
    theatre.form.answer(ZOE, "b")
    theatre.form.answer(ALI, "a")
    theatre.turn(closing + HOUR)
    assert rooms(theatre) == {ZOE: "a", ALI: "b"}
    theatre.turn(make.TELL_AT)
    assert (rooms(theatre), theatre.told("room")) == ({ZOE: "a", ALI: "b"}, [(ALI, "room"), (ZOE, "room")])


def test_who_waits_gets_the_place_that_frees_and_is_told(theatre: Theatre) -> None:
    theatre.start_again(of(("a", 1)))
    told(theatre, (ZOE, "a"), (ALI, "a"))
    [seated] = rooms(theatre)
    waiting = ALI if seated == ZOE else ZOE
    assert list(theatre.alarms()) == ["seats:waiting:matin"]
    theatre.form.remove(seated)
    theatre.form.answer(LATE, "a")
    theatre.turn(make.TELL_AT + HOUR)
    assert rooms(theatre) == {waiting: "a"}
    assert "Atelier a" in theatre.mails(to=waiting)[-1].text


def test_a_workshop_too_small_is_closed_and_the_organiser_warned_once_wishes_are_closed(theatre: Theatre) -> None:
    workshops = (make.workshop("a"), make.workshop("b", minimum=3))
    theatre.start_again(replace(EVENT, workshops=workshops))
    for who, wishes in ((ZOE, "a"), (ALI, "b")):
        theatre.form.answer(who, wishes)
    theatre.turn()
    assert (rooms(theatre), theatre.alarms()) == ({ZOE: "a", ALI: "a"}, {})
    theatre.turn(make.TELL_AT)
    assert list(theatre.alarms()) == ["seats:closed:b"]
    theatre.start_again(replace(EVENT, workshops=workshops[:1]))
    theatre.turn(make.TELL_AT + HOUR)
    assert theatre.alarms() == {}


def test_somebody_moved_by_hand_stays_there_before_and_after_telling(theatre: Theatre) -> None:
    theatre.form.answer(ZOE, "a")
    theatre.turn()
    for at, room in ((make.LONG_BEFORE + HOUR, "b"), (make.TELL_AT + HOUR, "a")):
        theatre.at = at
        seen = look(theatre.event, theatre.store, theatre.world.registrations, at)
        theatre.store.seats.put("relation", move(seen, ZOE.upper(), room).seat)
        theatre.turn(at)
        theatre.turn(at + MINUTE)
        assert rooms(theatre) == {identity(ZOE): room}
        theatre.turn(make.TELL_AT)
    assert theatre.told("room") == [(ZOE, "room")]
    assert theatre.told("moved") == [(ZOE, "moved")]


def test_a_look_writes_nothing_and_foresees_what_a_merge_does(theatre: Theatre) -> None:
    told(theatre, (ZOE, "a"), (ALI, "b"), (DAN, "b"))
    versions = theatre.store.events.versions("relation")
    found = merge(look(theatre.event, theatre.store, theatre.world.registrations, theatre.at), "B", "A")
    assert (found.people, found.taken, found.others.moved, found.others.told) == (2, 3, (ALI, DAN), 2)
    assert theatre.store.events.versions("relation") == versions
    assert theatre.store.seats.merged("relation") == {}


def test_the_reason_told_is_that_of_the_day_it_was_told(theatre: Theatre) -> None:
    theatre.start_again(of(("a", 1), ("b", 5)))
    for who in (ZOE, ALI):
        theatre.form.answer(who, "a", "b")
    theatre.turn()
    theatre.turn(make.TELL_AT)
    unlucky = next(who for who, room in rooms(theatre).items() if room == "b")
    sentence = "Votre 2e choix : le 1er, « A – Atelier a », avait 2 demandes pour 1 place, votre tirage : n° 2."
    assert sentence in theatre.mails("room", unlucky)[0].text
    theatre.form.crowd(5, "a")
    theatre.turn(make.TELL_AT + timedelta(hours=2))
    seat = theatre.store.seats.of("relation", unlucky)["matin"]
    assert (seat.asked, seat.places, seat.drawn) == (2, 1, 2)
