"""Letters that somebody asked for, that wait for a word, or that fetch whoever is missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.core.facts import almanac
from orchestrator.core.holds import WaveKey, waves
from orchestrator.core.letters import Owed, owed
from orchestrator.core.model import LetterWishes, Quota, TurnedAway
from orchestrator.core.notices import Notice, addressed, again, announcement, turned_away
from orchestrator.core.presence import Live
from orchestrator.core.recipients import Recipient
from orchestrator.core.sending import Wave
from orchestrator.core.told import farewell
from tests.make import (
    LONG_BEFORE,
    MEETING,
    TELL_AT,
    event,
    paris,
    recipient,
    reminder,
    seat,
    speaker,
    speaking,
    told_seat,
)

NOW = paris(14, 2)
VOID = paris(14, 20)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SENT = {"first_sent_at": LONG_BEFORE + MINUTE}


def said(audience: str = "all", **changes: object) -> Notice:
    return replace(announcement(audience, "Reprise à 14h15", "À tout de suite.", VOID, NOW), **changes)


def to(letters: list[Owed]) -> list[str]:
    return sorted(letter.to for letter in letters)


# what the organiser announces


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        ("all", ["ali@exemple.fr", "vera@exemple.fr", "zoe@exemple.fr"]),
        ("speakers", ["vera@exemple.fr"]),
        ("session:apres-midi", ["vera@exemple.fr", "zoe@exemple.fr"]),
        ("workshop:a", ["ali@exemple.fr"]),
        ("workshop:b", []),
        ("person:ali@exemple.fr", ["ali@exemple.fr"]),
    ],
)
def test_an_announcement_reaches_its_audience_only(audience: str, expected: list[str]) -> None:
    at = event(speakers=(speaker(),))
    everybody = [
        recipient("zoe@exemple.fr", seats={"matin": seat("b")}),  # not told yet: it would learn its room
        recipient("ali@exemple.fr", sessions=("matin",), seats={"matin": told_seat("a", person="ali@exemple.fr")}),
        speaking(at=at),
    ]
    assert to(list(addressed(almanac(at), [said(audience)], everybody, NOW))) == expected


def test_somebody_who_speaks_and_registered_gets_an_announcement_once() -> None:
    at = event(speakers=(speaker("zoe@exemple.fr"),))
    everybody = [recipient("zoe@exemple.fr"), speaking(at.speakers[0], at=at)]
    assert to(list(addressed(almanac(at), [said()], everybody, NOW))) == ["zoe@exemple.fr"]


def test_an_announcement_leaves_at_once_and_never_after_its_deadline() -> None:
    [letter] = addressed(almanac(event()), [said()], [recipient()], NOW)
    assert (letter.leave_from, letter.void_at) == (NOW, VOID)
    assert list(addressed(almanac(event()), [said()], [recipient()], VOID)) == []


def test_the_same_words_to_the_same_people_are_the_same_announcement() -> None:
    later = announcement("all", "Reprise à 14h15", "À tout de suite.", VOID, NOW + MINUTE)
    assert later.key == said().key
    assert announcement("speakers", "Reprise à 14h15", "À tout de suite.", VOID, NOW).key != said().key


def test_a_link_is_sent_again_once_there_is_one_and_to_nobody_else() -> None:
    notice = again(event(), "zoe@exemple.fr", NOW)
    waiting = recipient(passes={})
    assert list(addressed(almanac(event()), [notice], [waiting], NOW)) == []
    letters = list(addressed(almanac(event()), [notice], [recipient(), recipient("ali@exemple.fr")], NOW))
    assert [(one.kind, one.to) for one in letters] == [("resend", "zoe@exemple.fr")]
    assert again(event(), "zoe@exemple.fr", NOW + timedelta(seconds=5)).key == notice.key


def test_whoever_asks_themselves_gets_a_second_letter_only_after_the_first() -> None:
    mine = again(event(), "zoe@exemple.fr", NOW, by_its_reader=True)
    sent = [(None, []), (NOW + MINUTE, []), (NOW - MINUTE, ["zoe@exemple.fr"])]
    for first, expected in sent:
        assert to(list(addressed(almanac(event()), [mine], [recipient(first_sent_at=first)], NOW))) == expected
    by_hand = again(event(), "zoe@exemple.fr", NOW)
    assert to(list(addressed(almanac(event()), [by_hand], [recipient()], NOW))) == ["zoe@exemple.fr"]


def test_somebody_who_speaks_and_registered_gets_both_their_letters_again() -> None:
    at = event(speakers=(speaker("zoe@exemple.fr"),))
    everybody = [recipient("zoe@exemple.fr"), speaking(at.speakers[0], at=at)]
    letters = list(addressed(almanac(at), [again(at, "zoe@exemple.fr", NOW)], everybody, NOW))
    assert [(one.kind, one.rule) for one in letters] == [("resend", ""), ("host", "again")]


# those who are not registered


def refused(reason: str) -> list[Notice]:
    away = TurnedAway(email="tard@exemple.fr", address="Tard@exemple.fr", reason=reason, name="Dan Tardif")  # type: ignore[arg-type]
    return list(turned_away(event(), [away], NOW))


@pytest.mark.parametrize(("code", "kind"), [("late", "late"), ("full", "late"), ("shared", "shared")])
def test_whoever_is_turned_away_is_told_why_at_the_address_they_gave(code: str, kind: str) -> None:
    [notice] = refused(code)
    assert (notice.kind, notice.code, notice.address, notice.name) == (kind, code, "Tard@exemple.fr", "Dan Tardif")
    [letter] = addressed(almanac(event()), [notice], [], NOW)
    assert (letter.kind, letter.to, letter.person[:2]) == (kind, "Tard@exemple.fr", "n-")


def told(**facts: str) -> dict[str, tuple[str, object]]:
    return {fact.replace("_", ":"): (value, LONG_BEFORE) for fact, value in facts.items()}


def test_whoever_withdraws_is_told_so_once_they_were_told_anything() -> None:
    gone = recipient(told=told(time_matin="x"), gone_at=NOW - HOUR * 20, sessions=())
    [letter] = farewell(almanac(event()), gone, NOW - HOUR * 20)
    assert (letter.kind, letter.leave_from) == ("bye", NOW - HOUR * 20 + timedelta(minutes=10))
    assert list(farewell(almanac(event()), replace(gone, told={}), NOW - HOUR * 20)) == []


def test_nobody_is_told_that_a_cancelled_or_past_session_is_no_longer_theirs() -> None:
    gone = recipient(told=told(time_matin="cancelled"), gone_at=NOW - HOUR, sessions=())
    assert list(farewell(almanac(event()), gone, NOW - HOUR * 20)) == []
    past = replace(gone, told=told(time_matin="x"))
    assert list(farewell(almanac(event()), past, NOW)) == []


def test_whoever_comes_back_is_owed_a_first_letter_again() -> None:
    left = {"bye:": ("x", paris(8, days=-2))}
    [first] = [one for one in owed(almanac(event()), recipient(told=left), paris(9, days=-2)) if one.kind == "link"]
    [before] = [one for one in owed(almanac(event()), recipient(), paris(9, days=-2)) if one.kind == "link"]
    assert first.key("relation") != before.key("relation")


# who is missed


def missed(now_open: object, *, who: Recipient | None = None, seen: object = None) -> list[Owed]:
    live = Live(open_since={MEETING: now_open} if now_open else {}, seen=seen or {})
    letters = owed(almanac(event(), live=live), who or recipient(**SENT), paris(9, 31), ())
    return [one for one in letters if one.kind == "started" and one.session == "matin"]


def test_whoever_is_not_seen_five_minutes_after_the_start_is_fetched_until_twenty_five_past() -> None:
    [letter] = missed(paris(9, 10))
    assert (letter.leave_from, letter.void_at) == (paris(9, 35), paris(9, 55))


def test_nobody_is_fetched_before_the_host_is_there_or_when_nothing_is_known() -> None:
    assert missed(None) == []
    [letter] = missed(paris(9, 40))
    assert letter.leave_from == paris(9, 45)
    assert missed(paris(9, 50)) == []


def test_nobody_is_fetched_who_is_there_or_has_just_got_their_link() -> None:
    assert missed(paris(9, 10), seen={MEETING: {"zoe@exemple.fr": paris(9, 20)}}) == []
    assert missed(paris(9, 10), who=recipient(first_sent_at=paris(9, 31))) == []
    yesterday = {MEETING: {"zoe@exemple.fr": paris(9, 20, days=-1)}}
    assert len(missed(paris(9, 10), seen=yesterday)) == 1


def test_speakers_are_not_fetched_by_letter() -> None:
    at = event(speakers=(speaker(),))
    live = Live(open_since={MEETING: paris(9)})
    kinds = {one.kind for one in owed(almanac(at, live=live), speaking(at=at, **SENT), paris(9, 31))}
    assert kinds == {"host"}


# what waits for a word


def ahead(count: int = 120, **changes: object) -> dict[WaveKey, object]:
    at = event(reminders=(reminder("matin", approve=True, **changes),), quota=Quota(per_minute=60))
    book = almanac(at)
    people = [recipient(f"p{n}@exemple.fr", **SENT) for n in range(count)]
    letters = [one for who in people for one in owed(book, who, TELL_AT)]
    return waves(at, [one for one in letters if one.kind == "reminder"], TELL_AT)  # type: ignore[return-value]


def test_a_wave_must_leave_early_enough_for_its_last_letter() -> None:
    [wave] = ahead().values()
    assert (str(wave.wave), wave.letters, wave.needs_approval) == ("reminder/matin/at-09:00", 120, True)  # type: ignore[attr-defined]
    assert wave.latest == paris(9, 24)  # type: ignore[attr-defined]  # 5 minutes before the session, 60 a minute


def test_its_latest_departure_heeds_the_limit_of_a_domain() -> None:
    quota = Quota(per_hour_to={"exemple.fr": 50})
    at = event(reminders=(reminder("matin", approve=True),), quota=quota)
    people = [recipient(f"p{n}@exemple.fr", **SENT) for n in range(120)]
    letters = [one for who in people for one in owed(almanac(at), who, TELL_AT) if one.kind == "reminder"]
    [wave] = waves(at, letters, TELL_AT).values()
    assert (wave.letters, wave.latest) == (120, paris(7, 25))  # 50 at 7:25, 50 at 8:25, 20 at 9:25


def test_its_latest_departure_heeds_what_the_relay_does_for_other_events() -> None:
    at = event(reminders=(reminder("matin", approve=True),), quota=Quota(per_minute=60))
    letters = [one for one in owed(almanac(at), recipient(**SENT), TELL_AT) if one.kind == "reminder"]
    more_wanted = Wave(due_at=paris(9), finish_by=paris(9, 25), wanted_by=paris(9))
    [wave] = waves(at, letters, TELL_AT, {more_wanted: 600}).values()
    [alone] = waves(at, letters, TELL_AT).values()
    assert (alone.latest, wave.latest) == (paris(9, 25), paris(9, 25))
    less_wanted = replace(more_wanted, wanted_by=paris(10))
    [wave] = waves(at, letters, TELL_AT, {less_wanted: 600}).values()
    assert wave.latest < paris(9, 25)


def test_a_reminder_without_an_answer_leaves_all_the_same_unless_the_organiser_says_otherwise() -> None:
    [wave] = ahead().values()
    assert wave.leaves_at(None) == wave.latest  # type: ignore[attr-defined]
    assert wave.leaves_at(wave.latest) == wave.latest + timedelta(minutes=15)  # type: ignore[attr-defined]
    [strict] = ahead(if_silent="hold").values()
    assert strict.leaves_at(None) is None  # type: ignore[attr-defined]


def test_a_wave_that_waits_is_called_to_mind_four_hours_and_one_hour_before() -> None:
    [wave] = ahead().values()
    latest = wave.latest  # type: ignore[attr-defined]
    hours = [latest - 5 * HOUR, latest - 4 * HOUR, latest - HOUR, latest]
    assert [wave.warning(at) for at in hours] == ["", "4h", "1h", "late"]  # type: ignore[attr-defined]


def test_announced_seats_wait_where_the_organiser_wants_to_see_them_first() -> None:
    at = event(letters=LetterWishes(approve_rooms=True))
    who = recipient(seats={"matin": told_seat()}, **SENT)
    found = waves(at, owed(almanac(at), who, TELL_AT), TELL_AT)
    assert {str(key): one.needs_approval for key, one in found.items() if key.kind == "room"} == {"room/matin": True}
