from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core.errors import Held
from orchestrator.core.model import Refusal
from tests import make
from tests.jobs.theatre import HEADER, HOUR, MINUTE, SECOND, Theatre
from tests.store.probe import dump

ZOE, ALI, VERA = "zoe@exemple.fr", "ali@exemple.fr", "vera@exemple.fr"


def test_a_first_beat_brings_everything_to_where_it_should_be(anywhere: Theatre) -> None:
    anywhere.form.answer(ZOE, "a")
    anywhere.form.answer(ALI, "b", sessions=["matin"])
    report = anywhere.turn()
    assert (report.new, report.registered, report.seated, report.letters.added, report.problems) == (2, 3, 2, 6, [])
    assert anywhere.registered() == [ALI, VERA, ZOE]
    assert anywhere.told() == [(ALI, "link"), (VERA, "host"), (ZOE, "link")]
    assert {d.kind for d in anywhere.deliveries() if d.state == "due"} == {"reminder"}


def test_a_second_beat_writes_nothing(anywhere: Theatre) -> None:
    anywhere.form.answer(ZOE, "a")
    anywhere.beat()
    before, writes = dump(anywhere.store), anywhere.writes()
    assert anywhere.beat().quiet
    anywhere.start_again()
    report = anywhere.beat()
    assert not report.quiet
    assert (dump(anywhere.store), anywhere.writes(), anywhere.relay.accepted) == (before, writes, [])


def test_a_beat_after_the_letters_left_writes_nothing(anywhere: Theatre) -> None:
    anywhere.form.answer(ZOE, "a")
    anywhere.turn()
    before, writes, letters = dump(anywhere.store), anywhere.writes(), list(anywhere.relay.accepted)
    for _ in range(2):
        anywhere.turn()
        anywhere.start_again()
    assert (dump(anywhere.store), anywhere.writes(), anywhere.relay.accepted) == (before, writes, letters)


def test_a_quiet_beat_asks_zoom_nothing(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.turn()
    theatre.beat()
    heard = len(theatre.heard)
    assert theatre.beat(theatre.at + MINUTE).quiet
    assert len(theatre.heard) == heard


def test_all_through_the_day_a_beat_again_at_the_same_instant_writes_nothing(theatre: Theatre) -> None:
    theatre.form.crowd(4, "a")
    for at in (
        make.LONG_BEFORE,
        make.TELL_AT - HOUR,
        make.TELL_AT,
        make.TELL_AT + HOUR,
        make.paris(8),
        make.paris(9),
        make.paris(9, 30),
        make.paris(10, 30),
        make.paris(13, 30),
        make.paris(16, 15),
    ):
        theatre.turn(at)
        theatre.start_again()
        theatre.turn(at)
        before, writes, letters = dump(theatre.store), theatre.writes(), list(theatre.relay.accepted)
        theatre.start_again()
        theatre.turn(at)
        assert (at, dump(theatre.store), theatre.writes(), theatre.relay.accepted) == (at, before, writes, letters)


def test_an_edited_answer_changes_what_is_owed(theatre: Theatre) -> None:
    theatre.form.answer(ZOE, sessions=["matin"])
    theatre.beat()
    theatre.form.answer(ZOE, sessions=["apres-midi"], first="Zoée")
    report = theatre.beat(theatre.at + MINUTE)
    assert (report.new, report.edited, report.gone) == (0, 1, 0)
    assert [p.first_name for p in theatre.store.people.registered("relation").values()] == ["Zoée"]
    reminders = {d.session: d.state for d in theatre.deliveries("reminder")}
    assert reminders == {"matin": "withdrawn", "apres-midi": "due"}


def test_an_answer_sent_twice_is_one_person(theatre: Theatre) -> None:
    theatre.form.answer(ZOE, first="Zoé")
    theatre.form.answer("Zoe@Exemple.FR ", first="Zoé")
    report = theatre.turn()
    assert (report.new, theatre.told("link")) == (1, [("Zoe@exemple.fr", "link")])


def test_a_withdrawn_person_is_cancelled_at_zoom_and_is_told_so_once(theatre: Theatre) -> None:
    theatre.form.answer(ZOE, "a")
    theatre.form.answer(ALI, "a")
    theatre.turn()
    theatre.form.remove(ZOE)
    report = theatre.turn(theatre.at + HOUR)
    assert (report.gone, report.unregistered) == (1, 1)
    assert theatre.registered() == [ALI, VERA]
    theatre.play(make.paris(17))
    assert theatre.told() == sorted(
        [
            (ALI, "link"),
            (ALI, "room"),
            (ALI, "reminder"),
            (ALI, "reminder"),
            (VERA, "host"),
            (ZOE, "bye"),
            (ZOE, "link"),
        ]
    )


def test_whoever_comes_back_gets_their_new_link(theatre: Theatre) -> None:
    theatre.form.answer(ALI)
    theatre.form.answer(ZOE)
    theatre.turn()
    [first] = theatre.mails("link", ZOE)
    theatre.form.remove(ZOE)
    theatre.turn(theatre.at + HOUR)
    theatre.form.answer(ZOE)
    theatre.turn(theatre.at + HOUR)
    [_, again] = theatre.mails(to=ZOE)
    [approved] = [
        r for r in theatre.zoom.registrants(theatre.meeting()["id"]) if r["status"] == "approved" and r["email"] == ZOE
    ]
    assert (again.kind, again.links) == ("moved", {approved["join_url"]})
    assert first.links != again.links


def test_whoever_comes_back_before_their_link_left_gets_one_link(theatre: Theatre) -> None:
    theatre.form.answer(ALI)
    theatre.form.answer(ZOE)
    theatre.beat()
    theatre.form.remove(ZOE)
    theatre.turn(theatre.at + HOUR)
    assert theatre.mails(to=ZOE) == []
    theatre.form.answer(ZOE)
    theatre.turn(theatre.at + HOUR)
    assert theatre.told("link") == [(ALI, "link"), (ZOE, "link")]


def test_an_unusable_row_is_named_and_stops_nobody(theatre: Theatre) -> None:
    theatre.form.answer("pas une adresse")
    theatre.form.answer(ZOE)
    report = theatre.turn()
    [refusal] = report.refused
    assert (refusal.line, theatre.told("link")) == (2, [(ZOE, "link")])
    reading = theatre.store.people.reading("relation")
    assert reading is not None
    assert reading.refused == (Refusal(line=2, reason=refusal.reason),)


def test_an_unreadable_file_keeps_the_last_good_state_and_raises_an_alarm_that_goes_away(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.turn()
    people = theatre.store.people.registered("relation")
    theatre.form.path.unlink()
    report = theatre.turn(theatre.at + MINUTE)
    [problem] = report.problems
    assert theatre.alarms() == {"source": (problem.what, problem.remedy)}
    assert problem.remedy
    assert report.next_at == theatre.at + 5 * SECOND
    assert theatre.store.people.registered("relation") == people
    theatre.turn(theatre.at + MINUTE)
    assert list(theatre.alarms()) == ["source"]
    theatre.form.answer(ALI)
    report = theatre.turn(theatre.at + SECOND)
    assert (theatre.alarms(), report.new, report.problems) == ({}, 1, [])
    assert theatre.told("link") == [(ALI, "link"), (ZOE, "link")]


def test_a_file_without_its_columns_is_unreadable_too(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.turn()
    theatre.form.save(header=["Mel", *HEADER[1:]])
    theatre.turn(theatre.at + MINUTE)
    [(key, (what, _))] = theatre.alarms().items()
    assert (key, "« Adresse »" in what) == ("source", True)
    assert list(theatre.store.people.registered("relation")) == [ZOE]


def test_letters_go_on_while_the_file_is_unreadable(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.turn()
    theatre.form.path.unlink()
    theatre.play(make.paris(17))
    assert theatre.told("reminder") == [(ZOE, "reminder"), (ZOE, "reminder")]


def test_many_gone_at_once_are_held_until_confirmed(theatre: Theatre) -> None:
    crowd = theatre.form.crowd(20)
    theatre.turn()
    theatre.beat()
    theatre.form.remove(*crowd[:4])
    report = theatre.turn(theatre.at + MINUTE)
    assert (report.held, report.gone, len(theatre.registered())) == (4, 0, 21)
    [problem] = report.problems
    assert "--confirm-withdrawals" in problem.remedy
    assert theatre.alarms() == {"held": (problem.what, problem.remedy)}
    theatre.start_again()
    assert theatre.turn(theatre.at + MINUTE).held == 4
    report = theatre.turn(theatre.at + MINUTE, confirmed=True)
    assert (report.held, report.gone, report.problems) == (0, 4, [])
    assert (len(theatre.registered()), theatre.alarms()) == (17, {})


def test_people_held_are_let_go_when_the_whole_file_comes_back(theatre: Theatre) -> None:
    crowd = theatre.form.crowd(20)
    theatre.turn()
    whole = dict(theatre.form.rows)
    theatre.form.remove(*crowd[:4])
    theatre.turn(theatre.at + MINUTE)
    assert list(theatre.alarms()) == ["held"]
    theatre.form.rows = whole
    theatre.form.save()
    report = theatre.turn(theatre.at + MINUTE)
    assert (report.held, report.gone, report.problems, theatre.alarms()) == (0, 0, [], {})


def test_a_few_who_leave_are_let_go_at_once(theatre: Theatre) -> None:
    crowd = theatre.form.crowd(20)
    theatre.turn()
    theatre.form.remove(*crowd[:3])
    assert theatre.turn(theatre.at + MINUTE).gone == 3


def test_an_empty_file_withdraws_nobody(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.turn()
    theatre.form.remove(ZOE)
    assert (theatre.turn(theatre.at + MINUTE).held, theatre.registered()) == (1, [VERA, ZOE])


def test_two_beats_of_one_event_never_run_at_once(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.store.leases.take("beat:relation", "elsewhere:1:2:3", theatre.at, MINUTE)
    before = dump(theatre.store)
    with pytest.raises(Held):
        theatre.beat()
    assert dump(theatre.store) == before
    assert theatre.beat(theatre.at + MINUTE).new == 1


def test_after_the_day_nothing_happens_any_more(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.play(make.paris(16, 15))
    writes, letters = theatre.writes(), list(theatre.relay.accepted)
    theatre.form.answer(ALI)
    theatre.turn(make.paris(16, 16))
    theatre.start_again(replace(theatre.event, title="Un autre titre"))
    theatre.turn(make.paris(18))
    assert (theatre.writes(), theatre.relay.accepted) == (writes, letters)
