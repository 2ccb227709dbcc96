"""What a letter may say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.contents import Name, Outlook, changes_in_words, compose, greeting, spaced
from orchestrator.core.facts import CANCELLED, almanac, due_at
from orchestrator.core.meetings import Phone
from orchestrator.core.model import Before, Event, OnTheDay, ProgrammeItem, Supporter, ZoomWishes
from orchestrator.core.recipients import Recipient
from tests.make import (
    LONG_BEFORE,
    MEETING,
    PARIS,
    TELL_AT,
    event,
    found,
    paris,
    pass_,
    recipient,
    reminder,
    seat,
    session,
    speaker,
    speaking,
    told_seat,
    workshop,
)

NAME = Name(first="Zoé", last="Martin")
FOUND = found(phones=(Phone(country="FR", number="+33 1 70 37 97 29", city="Paris"),))
OUTLOOK = Outlook(meetings={MEETING: FOUND})
TWO_MEETINGS = event(zoom=ZoomWishes(host="hote@exemple.fr", meetings="one-per-session"))
TWO_FOUND = Outlook(meetings={"matin": FOUND, "apres-midi": found(zoom_id="912345678")})


def says(
    who: Recipient | None = None, *, at: Event | None = None, outlook: Outlook = OUTLOOK, **changes: Any
) -> dict[str, Any]:
    return compose(at or event(), who or recipient(), NAME, outlook, **{"kind": "link", "session": ""} | changes)


def local(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    return paris(hour, minute, days=days).astimezone(PARIS)


ROOM_A = {"code": "A", "title": "Atelier a", "name": "A – Atelier a", "opens_at": local(10, 30)}


# greeting


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("Jean-Pierre", "D'Arc"),
        ("M.", "Dupont"),
        ("J.-P.", "Martin"),
        ("J.P.", "Martin"),
        ("Zoé", ""),
        ("", "Ñuñez"),
        ("José Ma.", "de la Cruz"),
        ("Anne", "O’Neill"),
        ("Martin", "Luther King Jr."),
        ("Élisabeth", "II"),
        ("李", "小龍"),
    ],
)
def test_people_are_greeted_by_their_names(first: str, last: str) -> None:
    assert greeting(Name(first=first, last=last)) == f"{first} {last}".strip()


def test_a_greeting_is_one_line_with_single_spaces() -> None:
    assert greeting(Name(first=" Jean \n Pierre", last="\tMartin ")) == "Jean Pierre Martin"


@pytest.mark.parametrize(
    "typed",
    [
        "gagnez sur evil.example",
        "www.x",
        "WWW.x",
        "http://x",
        "HTTPS://x",
        "ftp://x",
        "zoe@exemple",
        "écrivez à zoe@exemple.fr",
        "t.me",
        "t.me/evil",
        "bit.ly/x",
        "evil1.com",
        "gagnez-1000.fr",
        "evil.c0m",
        "evil.xn--p1ai",
        "пример.рф",
        "例え。テスト",
        "evil．com",
        "192.168.0.1",
        "8.8.8.8",
    ],
)
def test_a_name_that_could_pass_for_a_link_or_an_address_is_not_repeated(typed: str) -> None:
    assert greeting(Name(first=typed)) == ""
    assert greeting(Name(first="Zoé", last=typed)) == ""
    assert greeting(Name(first=f"({typed})")) == ""


def test_a_link_cut_in_two_is_none() -> None:
    assert greeting(Name(first="evil.", last="example")) == "evil. example"


@pytest.mark.parametrize(("length", "greeted"), [(60, True), (61, False)])
def test_a_name_long_enough_for_a_message_is_not_repeated(length: int, greeted: bool) -> None:
    assert bool(greeting(Name(first="x" * length))) is greeted


@given(st.text(), st.text())
def test_whatever_was_typed_a_greeting_is_short_and_holds_no_link(first: str, last: str) -> None:
    said = greeting(Name(first=first, last=last))
    assert len(said) <= 60
    assert "@" not in said
    assert "://" not in said
    assert said in ("", " ".join(f"{first} {last}".split()))


# everything at once


def test_a_letter_says_what_its_reader_needs_in_the_hours_of_the_place() -> None:
    at = event(
        supporters=(Supporter(name="Région", logo="region.png"),),
        fallback_url="https://exemple.fr/secours",
        form_url="https://exemple.fr/inscription",
        controller="Association",
        dpo="dpo@exemple.fr",
        programme=(
            ProgrammeItem(session="matin", at=paris(9, 45), title="Temps #1", people=("Véra",)),
            ProgrammeItem(session="apres-midi", at=paris(14), title="Temps #4"),
        ),
    )
    who = recipient("Zoe@exemple.fr", sessions=("matin",), seats={"matin": told_seat()})
    outlook = replace(OUTLOOK, why={"matin": "C'était votre premier vœu."})
    assert says(who, at=at, outlook=outlook, kind="reminder", session="matin", changes=[{"what": "link"}]) == {
        "kind": "reminder",
        "event": {
            "key": "relation",
            "title": "La relation de soin",
            "date": date(2027, 6, 24),
            "zone": "Europe/Paris",
            "organiser": {"name": "Pôle ressources", "email": "contact@exemple.fr", "phone": "+33 1 23 45 67 89"},
            "supporters": ["Région"],
            "fallback_url": "https://exemple.fr/secours",
            "form_url": "https://exemple.fr/inscription",
        },
        "person": {
            "first_name": "Zoé",
            "last_name": "Martin",
            "greeting": "Zoé Martin",
            "address": "Zoe@exemple.fr",
            "zone": "",
        },
        "ways": [
            {
                "link": "https://zoom.example/w/1?tk=zoe@exemple.fr",
                "sign_in_as": "",
                "number": "812 3456 7890",
                "passcode": "123456",
                "phones": [{"country": "FR", "number": "+33 1 70 37 97 29", "city": "Paris"}],
                "sessions": ["matin"],
            }
        ],
        "sessions": [
            {
                "key": "matin",
                "title": "Session matin",
                "starts_at": local(9, 30),
                "ends_at": local(12, 15),
                "doors_at": local(9, 15),
                "local": None,
                "cancelled": False,
                "programme": [{"at": local(9, 45), "title": "Temps #1", "people": ["Véra"]}],
                "has_workshops": True,
                "room": {**ROOM_A, "why": "C'était votre premier vœu."},
            }
        ],
        "session": "matin",
        "rooms_told_at": None,
        "changes": [{"what": "link"}],
        "host": None,
        "soon": None,
        "unread": False,
        "fallback": False,
        "page": "",
        "after": None,
        "asked": None,
        "notice": {"controller": "Association", "dpo": "dpo@exemple.fr", "people_days": 30},
    }


def test_hours_are_shown_by_the_wall_clock_of_the_event() -> None:
    (morning, _) = says()["sessions"]
    assert [morning[key].isoformat() for key in ("doors_at", "starts_at", "ends_at")] == [
        "2027-06-24T09:15:00+02:00",
        "2027-06-24T09:30:00+02:00",
        "2027-06-24T12:15:00+02:00",
    ]


def test_the_organiser_answers_for_the_data_unless_somebody_else_does() -> None:
    assert says()["notice"] == {"controller": "Pôle ressources", "dpo": "", "people_days": 30}


# ways in


def ways(*args: Any, **changes: Any) -> list[tuple[str, list[str]]]:
    return [(way["link"], way["sessions"]) for way in says(*args, **changes)["ways"]]


def test_there_is_one_way_in_for_each_meeting() -> None:
    assert ways() == [(pass_().join_url, ["matin", "apres-midi"])]
    both = recipient(passes={"matin": pass_(), "apres-midi": pass_(join_url="https://zoom.example/w/2")})
    assert ways(both, at=TWO_MEETINGS, outlook=TWO_FOUND) == [
        (pass_().join_url, ["matin"]),
        ("https://zoom.example/w/2", ["apres-midi"]),
    ]


def test_there_is_no_way_into_a_session_that_is_cancelled() -> None:
    off = event(sessions=(session("matin", status="cancelled"), session("apres-midi")))
    assert ways(at=off) == [(pass_().join_url, ["apres-midi"])]
    assert [s["cancelled"] for s in says(at=off)["sessions"]] == [True, False]
    assert ways(at=event(status="cancelled")) == []


def test_there_is_no_way_into_a_meeting_zoom_has_not_got() -> None:
    assert ways(outlook=Outlook()) == []


@pytest.mark.parametrize("role", ["host", "alternative-host"])
def test_whoever_signs_in_to_zoom_has_no_personal_link(role: str) -> None:
    assert ways(speaking(speaker(role=role))) == [("", ["matin", "apres-midi"])]


@pytest.mark.parametrize("role", ["speaker", "facilitator"])
def test_the_others_who_speak_have_one(role: str) -> None:
    assert ways(speaking(speaker(role=role))) == [(pass_("vera@exemple.fr").join_url, ["matin", "apres-midi"])]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("81234567890", "812 3456 7890"),
        ("8123456789", "812 345 6789"),
        ("912345678", "912 34 5678"),
        ("1234567", "1234567"),
        ("", ""),
    ],
)
def test_a_meeting_number_is_grouped_as_zoom_shows_it(number: str, shown: str) -> None:
    assert spaced(number) == shown


# rooms


@pytest.mark.parametrize(
    ("who", "told_at"),
    [
        (recipient(), TELL_AT),
        (recipient(seats={"matin": seat()}), TELL_AT),
        (recipient(seats={"matin": told_seat()}), None),
        (recipient(sessions=("apres-midi",)), None),
        (speaking(), None),
    ],
    ids=["no seat yet", "not told yet", "told", "no workshops", "a speaker"],
)
def test_a_letter_says_when_rooms_will_be_told_until_they_are(who: Recipient, told_at: datetime | None) -> None:
    said = says(who)["rooms_told_at"]
    assert said == told_at
    assert said is None or said.tzinfo == PARIS


def test_the_rooms_of_a_cancelled_session_will_not_be_told() -> None:
    off = event(sessions=(session("matin", status="cancelled"), session("apres-midi")))
    assert says(at=off)["rooms_told_at"] is None


def test_a_seat_that_is_not_told_is_in_no_letter() -> None:
    assert [s["room"] for s in says(recipient(seats={"matin": seat()}))["sessions"]] == [None, None]


def test_a_room_is_named_with_its_hour_and_the_reason_where_there_is_one() -> None:
    who = recipient(seats={"matin": told_seat()})
    assert [s["room"] for s in says(who)["sessions"]] == [{**ROOM_A, "why": ""}, None]


# speakers


@pytest.mark.parametrize(
    ("role", "account"),
    [
        ("host", "hote@exemple.fr"),
        ("alternative-host", "vera@exemple.fr"),
        ("speaker", ""),
        ("facilitator", ""),
    ],
)
def test_whoever_signs_in_is_told_with_which_account(role: str, account: str) -> None:
    assert says(speaking(speaker(role=role)))["host"]["sign_in_as"] == account


def test_a_speaker_reads_who_sits_where_in_their_sessions_and_which_room_is_theirs() -> None:
    vera = speaker(role="facilitator", workshops=("b",), sessions=("matin",), affiliation="CHU")
    at = event(workshops=(workshop("a"), workshop("b"), workshop("z", session="apres-midi")))
    outlook = replace(OUTLOOK, now=TELL_AT, taken={"a": 3, "z": 9}, expected={"matin": 40, "apres-midi": 30})
    room_b = {"code": "B", "title": "Atelier b", "name": "B – Atelier b", "opens_at": local(10, 30)}
    assert says(speaking(vera), at=at, outlook=outlook, kind="host")["host"] == {
        "role": "facilitator",
        "name": "Véra Intervenante",
        "affiliation": "CHU",
        "sign_in_as": "",
        "is_reminder": False,
        "rooms": [
            {**ROOM_A, "session": "Session matin", "seats": 10, "taken": 3, "mine": False},
            {**room_b, "session": "Session matin", "seats": 10, "taken": 0, "mine": True},
        ],
        "expected": {"matin": 40},
    }
    assert says(speaking(vera), at=at, session="matin")["host"]["is_reminder"] is True


def test_a_first_letter_gives_no_numbers_of_people_before_the_seats_are_told() -> None:
    vera = speaker(role="facilitator", workshops=("a",), sessions=("matin",))
    outlook = replace(OUTLOOK, now=TELL_AT - timedelta(seconds=1), taken={"a": 1}, expected={"matin": 1})
    said = says(speaking(vera), at=event(workshops=(workshop("a"),)), outlook=outlook, kind="host")["host"]
    assert (said["expected"], [room["taken"] for room in said["rooms"]]) == ({}, [None])


# changes

TIMES = almanac(event()).times
LATER = event(sessions=(session("matin", starts_at=paris(10)), session("apres-midi")))
BEFORE = {"starts_at": local(9, 30), "ends_at": local(12, 15)}
AFTER = {"starts_at": local(10), "ends_at": local(12, 45)}


def changes(told: dict[str, str], changed: dict[str, str], at: Event | None = None) -> list[dict[str, Any]]:
    who = recipient(told={fact: (value, LONG_BEFORE) for fact, value in told.items()})
    return changes_in_words(at or event(), who, changed)


def entry(what: str, before: Any = None, after: Any = None, *, of: str = "Session matin") -> dict[str, Any]:
    return {"what": what, "session": of, "before": before, "after": after}


def test_a_new_hour_is_told_with_the_old_one() -> None:
    new = almanac(LATER).times["matin"]
    assert changes({"time:matin": TIMES["matin"]}, {"time:matin": new}) == [entry("time", BEFORE, AFTER)]


def test_a_new_link_is_told_without_naming_it() -> None:
    assert changes({"link:matin": "old"}, {"link:matin": "new"}) == [entry("link")]


def test_a_new_room_is_told_with_the_old_one() -> None:
    room_b = {"code": "B", "title": "Atelier b", "name": "B – Atelier b", "opens_at": local(10, 30)}
    assert changes({"room:matin": "a"}, {"room:matin": "b"}) == [entry("room", ROOM_A, room_b)]
    assert changes({"room:matin": "a"}, {"room:matin": ""}) == [entry("room", ROOM_A)]
    assert changes({"room:matin": "closed"}, {"room:matin": "a"}) == [entry("room", None, ROOM_A)]


def test_a_session_that_is_added_is_one_change_and_its_link_and_room_are_none() -> None:
    new = {"time:matin": TIMES["matin"], "link:matin": "x", "room:matin": "a"}
    assert changes({"time:apres-midi": TIMES["apres-midi"]}, new) == [entry("added", None, BEFORE)]


def test_a_session_that_is_held_after_all_is_an_added_one() -> None:
    assert changes({"time:matin": CANCELLED}, {"time:matin": TIMES["matin"]}) == [entry("added", None, BEFORE)]


def test_a_session_that_was_left_is_told_as_such() -> None:
    assert changes({"time:matin": TIMES["matin"]}, {"time:matin": ""}) == [entry("removed", BEFORE)]


def test_a_session_the_event_no_longer_has_is_named_by_its_key() -> None:
    told = {"time:soir": TIMES["matin"]}
    assert changes(told, {"time:soir": ""}) == [entry("removed", BEFORE, of="soir")]


def test_a_cancellation_is_left_to_its_own_letter() -> None:
    told = {"time:matin": TIMES["matin"], "link:apres-midi": "old"}
    assert changes(told, {"time:matin": CANCELLED, "link:apres-midi": "new"}) == [
        entry("link", of="Session apres-midi")
    ]


# how soon


SEVERAL = event(
    reminders=(
        reminder("matin", OnTheDay(at=time(9), days_before=7)),
        reminder("matin", OnTheDay(at=time(9), days_before=1)),
        reminder("matin", OnTheDay(at=time(18), days_before=1)),
        reminder("matin", OnTheDay(at=time(6))),
        reminder("matin", Before(lead=timedelta(minutes=30))),
        reminder("matin", Before(lead=timedelta(minutes=30)), audience="speakers"),
        reminder("apres-midi", OnTheDay(at=time(18), days_before=1)),
    )
)


def soon(now: datetime, at: Event = SEVERAL, who: Recipient | None = None) -> dict[str, Any]:
    said = says(who, at=at, outlook=replace(OUTLOOK, now=now), kind="reminder", session="matin")["soon"]
    return {name: value for name, value in said.items() if value is not None}


def test_no_two_reminders_of_a_session_say_the_same_of_how_soon_it_is() -> None:
    mine = [r for r in SEVERAL.reminders if r.session == "matin" and r.audience != "speakers"]
    assert [soon(due_at(SEVERAL, one)) for one in mine] == [
        {"days": 7, "nth": 1},
        {"days": 1, "nth": 1},
        {"days": 1, "nth": 2},
        {"days": 0, "nth": 1},
        {"minutes": 30, "nth": 1},
    ]


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (paris(9, 4), {"minutes": 25}),
        (paris(9, 4) + timedelta(seconds=59), {"minutes": 25}),
        (paris(9, 29), {"minutes": 0}),
        (paris(8), {"minutes": 90}),
        (paris(7, 59), {"days": 0}),
        (paris(23, 59, days=-1), {"days": 1}),
    ],
)
def test_a_reminder_says_how_soon_its_session_is_when_it_leaves(now: datetime, said: dict[str, int]) -> None:
    assert soon(now) == {**said, "nth": 2 if said == {"days": 1} else 1}


def test_past_midnight_the_last_minutes_are_counted_all_the_same() -> None:
    night = event(sessions=(session("matin", starts_at=paris(0, 15)), session("apres-midi")), reminders=())
    assert soon(paris(23, 45, days=-1), night) == {"minutes": 30, "nth": 1}


def test_no_letter_but_a_reminder_says_how_soon() -> None:
    assert says(outlook=replace(OUTLOOK, now=LONG_BEFORE), kind="started", session="matin")["soon"] is None
