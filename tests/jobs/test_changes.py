from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from orchestrator.core.model import Before, Reminder
from tests import make
from tests.jobs.theatre import EVENT, HOUR, MINUTE, SECOND, Mail, Theatre, moved, off

ZOE, ALI, VERA, LATE = "zoe@exemple.fr", "ali@exemple.fr", "vera@exemple.fr", "tard@exemple.fr"


def seats(theatre: Theatre) -> dict[str, tuple[str, str]]:
    """Who sits in which workshop, and which letter tells it."""
    return {s.person: (s.workshop, s.told_by) for s in theatre.store.seats.all("relation").values()}


def last(theatre: Theatre, to: str) -> Mail:
    return theatre.mails(to=to)[-1]


# seats


def test_seats_move_freely_until_they_are_told(theatre: Theatre) -> None:
    theatre.start_again(replace(EVENT, workshops=(make.workshop("a", seats=1), make.workshop("b"))))
    theatre.form.answer(ALI, "a")
    theatre.turn()
    assert seats(theatre) == {ALI: ("a", "")}
    theatre.form.answer(ALI, "b")
    theatre.form.answer(ZOE, "a")
    theatre.turn(theatre.at + HOUR)
    assert seats(theatre) == {ALI: ("b", ""), ZOE: ("a", "")}
    assert theatre.told("room") == theatre.told("moved") == []


def test_seats_are_told_at_their_hour_and_kept_afterwards(theatre: Theatre) -> None:
    theatre.form.answer(ZOE, "a")
    theatre.turn()
    assert "Atelier a" not in last(theatre, ZOE).text
    theatre.turn(make.TELL_AT - SECOND)
    assert theatre.told("room") == []
    theatre.turn(make.TELL_AT)
    assert (theatre.told("room"), seats(theatre)) == ([(ZOE, "room")], {ZOE: ("a", "room")})
    assert "Atelier a" in last(theatre, ZOE).text
    theatre.form.answer(ZOE, "b")
    theatre.turn(make.TELL_AT + HOUR)
    assert (seats(theatre), theatre.told("moved")) == ({ZOE: ("a", "room")}, [])


def test_a_latecomers_link_letter_names_their_room_and_no_other_letter_does(theatre: Theatre) -> None:
    theatre.form.answer(ZOE, "a")
    theatre.turn()
    theatre.turn(make.TELL_AT)
    theatre.form.answer(LATE, "b")
    theatre.play(make.paris(17))
    assert seats(theatre)[LATE] == ("b", "link")
    [link] = theatre.mails("link", LATE)
    assert "B – Atelier b" in link.text
    assert "Atelier b" not in theatre.mails("link", ZOE)[0].text
    assert theatre.told("room") == [(ZOE, "room")]


def test_whoever_leaves_after_the_rooms_were_told_frees_a_seat_for_a_latecomer_only(theatre: Theatre) -> None:
    theatre.start_again(replace(EVENT, workshops=(make.workshop("a", seats=1), make.workshop("b", seats=3))))
    for who in (ZOE, ALI, "dan@exemple.fr"):
        theatre.form.answer(who, "a")
    theatre.turn()
    theatre.turn(make.TELL_AT)
    before = seats(theatre)
    lucky = next(who for who, seat in before.items() if seat[0] == "a")
    theatre.form.remove(lucky)
    theatre.form.answer(LATE, "a")
    theatre.turn(make.TELL_AT + HOUR)
    assert seats(theatre) == {**{who: seat for who, seat in before.items() if who != lucky}, LATE: ("a", "link")}


def test_whoever_leaves_a_session_leaves_their_seat_and_finds_another_on_return(theatre: Theatre) -> None:
    theatre.form.answer(ZOE, "a")
    theatre.turn()
    theatre.turn(make.TELL_AT)
    theatre.form.answer(ZOE, sessions=["apres-midi"])
    theatre.turn(make.TELL_AT + HOUR)
    assert (seats(theatre), last(theatre, ZOE).kind) == ({}, "moved")
    theatre.form.answer(ZOE, "a")
    theatre.turn(make.TELL_AT + 2 * HOUR)
    again = last(theatre, ZOE)
    assert (list(seats(theatre)), again.kind) == ([ZOE], "moved")
    assert f"Atelier {seats(theatre)[ZOE][0]}" in again.text


# the day


def test_everyone_gets_exactly_their_letters(anywhere: Theatre) -> None:
    anywhere.form.answer(ZOE, "a")
    anywhere.form.answer(ALI, sessions=["apres-midi"])
    anywhere.play(make.paris(17))
    assert anywhere.told() == sorted(
        [(ZOE, kind) for kind in ("link", "room", "reminder", "reminder")]
        + [(ALI, kind) for kind in ("link", "reminder")]
        + [(VERA, "host")]
    )
    hours = {(mail.to, mail.at) for mail in anywhere.mails("reminder")}
    assert hours == {(ZOE, make.paris(9)), (ZOE, make.paris(13, 30)), (ALI, make.paris(13, 30))}


def test_a_latecomer_gets_their_link_at_once_and_no_reminder_an_hour_later(theatre: Theatre) -> None:
    theatre.turn()
    theatre.turn(make.paris(8, 20))
    theatre.form.answer(ZOE)
    theatre.turn(make.paris(8, 21))
    theatre.play(make.paris(17))
    assert [(mail.kind, mail.at) for mail in theatre.mails(to=ZOE)] == [
        ("link", make.paris(8, 21)),
        ("reminder", make.paris(13, 30)),
    ]


def test_whoever_registers_during_a_session_still_gets_their_link(theatre: Theatre) -> None:
    theatre.turn()
    theatre.turn(make.paris(10))
    theatre.form.answer(ZOE)
    theatre.turn(make.paris(10, 5))
    assert theatre.told("link") == [(ZOE, "link")]


def test_a_speaker_is_reminded_where_a_rule_says_so(theatre: Theatre) -> None:
    theatre.start_again(
        replace(EVENT, reminders=(Reminder(session="matin", rule=Before(lead=timedelta(days=1)), audience="speakers"),))
    )
    theatre.form.answer(ZOE)
    theatre.play(make.paris(17))
    assert [(m.to, m.at) for m in theatre.mails("host")] == [
        (VERA, make.LONG_BEFORE),
        (VERA, make.paris(9, 30, days=-1)),
    ]
    assert theatre.told("reminder") == []


def test_no_letter_holds_the_start_link_of_the_host(theatre: Theatre) -> None:
    theatre.form.answer(ZOE, "a")
    theatre.play(make.paris(17))
    assert all(b"zak=" not in mail.accepted.data and "/s/" not in mail.text for mail in theatre.mails())


# cancelled and moved


def test_a_cancelled_session_is_told_once_and_reminds_nobody(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.form.answer(ALI, sessions=["matin"])
    theatre.form.answer("dan@exemple.fr", sessions=["apres-midi"])
    theatre.turn()
    theatre.start_again(off(EVENT, "matin"))
    theatre.turn(theatre.at + HOUR)
    assert theatre.told("cancelled") == [(ALI, "cancelled"), (VERA, "cancelled"), (ZOE, "cancelled")]
    assert theatre.meeting()["start_time"] == "2027-06-24T12:00:00Z"
    theatre.play(make.paris(17))
    assert theatre.told("reminder") == [("dan@exemple.fr", "reminder"), (ZOE, "reminder")]
    assert len(theatre.told("cancelled")) == 3


def test_a_cancelled_session_disappears_from_calendars(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.turn()
    theatre.start_again(off(EVENT, "matin"))
    theatre.turn(theatre.at + HOUR)
    [letter] = theatre.mails("cancelled", ZOE)
    calendar = b"".join(
        part.get_payload(decode=True) or b""  # type: ignore[misc]  # bytes of a single part
        for part in letter.message.walk()
        if part.get_content_type() == "text/calendar"
    )
    assert (b"METHOD:CANCEL" in calendar, b"STATUS:CANCELLED" in calendar) == (True, True)


def test_a_session_held_after_all_is_told_too(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.turn()
    theatre.start_again(off(EVENT, "matin"))
    theatre.turn(theatre.at + HOUR)
    theatre.start_again(EVENT)
    theatre.turn(theatre.at + HOUR)
    assert [mail.kind for mail in theatre.mails(to=ZOE)] == ["link", "cancelled", "moved"]
    theatre.play(make.paris(17))
    assert [mail.at for mail in theatre.mails("reminder", ZOE)] == [make.paris(9), make.paris(13, 30)]


def test_an_event_cancelled_before_anybody_was_told_writes_to_nobody(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.beat()
    theatre.start_again(off(EVENT, "matin", "apres-midi"))
    theatre.play(make.paris(17))
    assert theatre.mails() == []


def test_a_moved_event_is_told_with_a_newer_calendar_entry_and_reminds_at_the_new_hour(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.turn()
    later = moved(EVENT, timedelta(hours=2))
    theatre.start_again(later)
    theatre.turn(theatre.at + HOUR)
    [link], [news] = theatre.mails("link", ZOE), theatre.mails("moved", ZOE)
    assert set(link.sequences) == set(news.sequences)
    assert all(news.sequences[uid] > number for uid, number in link.sequences.items())
    assert link.links == news.links
    assert theatre.meeting()["start_time"] == "2027-06-24T09:30:00Z"
    theatre.play(make.paris(19))
    assert [mail.at for mail in theatre.mails("reminder", ZOE)] == [make.paris(9), make.paris(15, 30)]
    assert len(theatre.mails("moved", ZOE)) == 1


def test_an_event_moved_back_and_forth_is_told_each_time(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.turn()
    for event in (moved(EVENT, HOUR), EVENT, moved(EVENT, HOUR)):
        theatre.start_again(event)
        theatre.turn(theatre.at + HOUR)
    assert [mail.kind for mail in theatre.mails(to=ZOE)] == ["link", "moved", "moved", "moved"]
    sequences = [max(mail.sequences.values()) for mail in theatre.mails(to=ZOE)]
    assert sequences == sorted(set(sequences))


def test_an_event_moved_to_another_day_after_its_reminder_reminds_again_on_the_new_day(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.turn()
    theatre.turn(make.paris(9))
    assert theatre.told("reminder") == [(ZOE, "reminder")]
    week = timedelta(days=7)
    theatre.start_again(moved(EVENT, week))
    theatre.turn(make.paris(9, 10))
    theatre.play(make.paris(17) + week)
    assert [mail.at for mail in theatre.mails("reminder", ZOE)] == [
        make.paris(9),
        make.paris(9) + week,
        make.paris(13, 30) + week,
    ]


def test_a_reminder_that_has_left_is_not_sent_again_for_a_small_move(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.turn()
    theatre.turn(make.paris(9))
    theatre.start_again(moved(EVENT, 15 * MINUTE))
    theatre.play(make.paris(17))
    assert [mail.at for mail in theatre.mails("reminder", ZOE)] == [make.paris(9), make.paris(13, 45)]
    assert len(theatre.mails("moved", ZOE)) == 1
