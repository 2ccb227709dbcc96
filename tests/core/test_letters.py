"""Who is owed which letter, and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.facts import CANCELLED, almanac, changed_facts, digest, due_at, facts_for, has_way_in
from orchestrator.core.letters import Owed, owed
from orchestrator.core.model import Before, Event, OnTheDay, Quota, Rule, Session, ZoomWishes, reference
from orchestrator.core.recipients import Recipient, people_as_recipients, speaker_reference, speakers_as_recipients
from orchestrator.core.schedule import load_of, planned
from orchestrator.core.sending import Departure
from tests.make import (
    LONG_BEFORE,
    MEETING,
    PARIS,
    TELL_AT,
    event,
    paris,
    pass_,
    person,
    recipient,
    reminder,
    seat,
    session,
    speaker,
    speaking,
    told_seat,
    workshop,
)

NOW = paris(10, days=-5)
SENT = LONG_BEFORE + timedelta(minutes=1)
TWO_MEETINGS = event(zoom=ZoomWishes(host="hote@exemple.fr", meetings="one-per-session"))
MORNING_OFF = event(sessions=(session("matin", status="cancelled"), session("apres-midi")))
ALL_OFF = event(status="cancelled")
LATER = event(sessions=(session("matin", starts_at=paris(10)), session("apres-midi")))

Told = Mapping[str, tuple[str, datetime]]


def letters(
    who: Recipient, *, at: Event | None = None, now: datetime = NOW, meetings: Collection[str] = (MEETING,)
) -> list[Owed]:
    return list(owed(almanac(at or event()), who, now, meetings))


def names(found: Collection[Owed]) -> list[str]:
    """`reminder/matin/at-09:00`: what, of which session, by which rule."""
    return [
        "/".join(part for part in (letter.kind, letter.session, letter.rule) if part)
        for letter in sorted(found, key=lambda letter: (letter.kind, letter.session, letter.rule))
    ]


def informed(who: Recipient, at: Event | None = None, when: datetime = SENT) -> Recipient:
    """The same person after a letter that told everything as it is in an event."""
    facts = facts_for(almanac(at or event()), who)
    told = {fact: (value, when) for fact, value in facts.items()}
    return replace(who, told={**who.told, **told}, first_sent_at=who.first_sent_at or when)


def corrections(who: Recipient, *, at: Event | None = None) -> list[Owed]:
    return [letter for letter in letters(who, at=at) if letter.kind in ("moved", "cancelled")]


EVERYTHING = ["link", "reminder/apres-midi/before-30min", "reminder/matin/at-09:00"]


# the first letter


def test_whoever_registers_is_owed_the_link_at_once_until_their_last_session_ends() -> None:
    link = letters(recipient("Zoe@Exemple.fr", language="en"))[0]
    assert link == Owed(
        kind="link",
        person=reference("relation", "zoe@exemple.fr"),
        email="zoe@exemple.fr",
        to="Zoe@Exemple.fr",
        language="en",
        due_at=LONG_BEFORE,
        leave_from=LONG_BEFORE,
        wanted_by=LONG_BEFORE + timedelta(minutes=3),
        void_at=paris(16, 15),
    )


def test_a_letter_is_in_the_language_of_the_event_unless_its_reader_chose_one() -> None:
    assert {letter.language for letter in letters(recipient(), at=event(language="en"))} == {"en"}


def test_the_link_of_somebody_who_comes_in_the_morning_only_is_worthless_at_noon() -> None:
    assert letters(recipient(sessions=("matin",)))[0].void_at == paris(12, 15)


def test_nothing_is_owed_before_there_is_a_way_in() -> None:
    assert letters(recipient(passes={})) == []


def test_the_first_letter_waits_until_every_session_can_be_entered() -> None:
    half = recipient(passes={"matin": pass_()})
    assert not has_way_in(almanac(TWO_MEETINGS), half, ())
    assert letters(half, at=TWO_MEETINGS) == []
    whole = recipient(passes={"matin": pass_(), "apres-midi": pass_()})
    assert has_way_in(almanac(TWO_MEETINGS), whole, ())
    assert names(letters(whole, at=TWO_MEETINGS)) == EVERYTHING


def test_whoever_has_their_link_is_reminded_although_another_session_cannot_be_entered_yet() -> None:
    half = recipient(passes={"matin": pass_()}, seats={"matin": told_seat()}, first_sent_at=SENT)
    assert names(letters(half, at=TWO_MEETINGS)) == ["link", "reminder/matin/at-09:00", "room/matin"]


def test_a_session_that_is_added_is_told_once_it_can_be_entered() -> None:
    who = informed(recipient(sessions=("matin",), passes={"matin": pass_()}), TWO_MEETINGS)
    added = replace(who, sessions=("matin", "apres-midi"))
    assert corrections(added, at=TWO_MEETINGS) == []
    ready = replace(added, passes={"matin": pass_(), "apres-midi": pass_()})
    assert names(corrections(ready, at=TWO_MEETINGS)) == ["moved"]


def test_a_cancelled_session_needs_no_way_in() -> None:
    off = replace(TWO_MEETINGS, sessions=MORNING_OFF.sessions)
    assert names(letters(recipient(passes={"apres-midi": pass_()}), at=off)) == EVERYTHING[:2]


def test_somebody_without_sessions_is_owed_nothing() -> None:
    assert letters(recipient(sessions=())) == []
    assert letters(recipient(sessions=(), first_sent_at=SENT)) == []


def test_an_event_that_is_cancelled_is_announced_to_nobody_new() -> None:
    assert letters(recipient(), at=ALL_OFF) == []
    assert letters(speaking(), at=ALL_OFF) == []


# rooms


def test_those_of_the_wave_are_told_their_room_at_its_hour() -> None:
    who = recipient(seats={"matin": told_seat()})
    room = next(letter for letter in letters(who) if letter.kind == "room")
    assert room == Owed(
        kind="room",
        session="matin",
        person=who.ref,
        email=who.email,
        to=who.address,
        language="fr",
        due_at=TELL_AT,
        leave_from=TELL_AT,
        wanted_by=paris(9, 28),
        void_at=paris(12, 15),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"seats": {"matin": seat()}},
        {"seats": {"matin": told_seat(told_by="link")}},
        {"seats": {"matin": told_seat()}, "sessions": ("apres-midi",)},
    ],
    ids=["not told yet", "a latecomer", "not theirs any more"],
)
def test_nobody_else_gets_a_room_letter(changes: dict[str, Any]) -> None:
    assert "room/matin" not in names(letters(recipient(**changes)))


def test_a_cancelled_session_has_no_room_letter() -> None:
    assert names(letters(recipient(seats={"matin": told_seat()}), at=MORNING_OFF)) == EVERYTHING[:2]


def test_a_room_told_late_holds_up_no_reminder_of_its_session() -> None:
    who = recipient(seats={"matin": told_seat()})
    wanted_by = {one.kind: one.wanted_by for one in letters(who) if one.session == "matin"}
    assert (wanted_by["reminder"], wanted_by["room"]) == (paris(9, 27), paris(9, 28))


# reminders


def test_a_reminder_is_due_at_its_hour_and_worthless_when_its_session_starts() -> None:
    who = recipient(sessions=("matin",))
    assert letters(who)[1:] == [
        Owed(
            kind="reminder",
            session="matin",
            rule="at-09:00",
            revision="2027-06-24",
            person=who.ref,
            email=who.email,
            to=who.address,
            language="fr",
            due_at=paris(9),
            leave_from=paris(9),
            wanted_by=paris(9, 27),
            void_at=paris(9, 30),
        )
    ]


@pytest.mark.parametrize(("left", "reminded"), [(paris(8), True), (paris(8) + timedelta(seconds=1), False)])
def test_a_link_that_left_less_than_an_hour_before_serves_as_the_reminder(left: datetime, reminded: bool) -> None:
    who = recipient(sessions=("matin",), first_sent_at=left)
    assert ("reminder/matin/at-09:00" in names(letters(who, now=paris(8, 30)))) is reminded


@pytest.mark.parametrize(("now", "reminded"), [(paris(8), True), (paris(8, 1), False)])
def test_so_does_a_link_that_can_only_leave_within_that_hour(now: datetime, reminded: bool) -> None:
    assert ("reminder/matin/at-09:00" in names(letters(recipient(), now=now))) is reminded


def test_somebody_who_comes_in_the_morning_is_not_reminded_of_the_afternoon() -> None:
    assert names(letters(recipient(sessions=("matin",)))) == ["link", "reminder/matin/at-09:00"]


def test_a_cancelled_session_is_not_reminded_of() -> None:
    assert [r.session for r, _, _ in almanac(MORNING_OFF).hours] == ["apres-midi"]
    assert names(letters(recipient(), at=MORNING_OFF)) == ["link", "reminder/apres-midi/before-30min"]


def test_each_audience_gets_its_reminders() -> None:
    rules = {"registrants": 9, "speakers": 8, "all": 7}
    reminders = tuple(reminder("matin", OnTheDay(at=time(h)), audience=who) for who, h in rules.items())
    both = event(reminders=reminders)
    assert names(letters(recipient(), at=both)) == ["link", "reminder/matin/at-07:00", "reminder/matin/at-09:00"]
    assert names(letters(speaking(), at=both)) == ["host", "host/matin/at-07:00", "host/matin/at-08:00"]


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (OnTheDay(at=time(9)), "at-09:00"),
        (OnTheDay(at=time(18, 30), days_before=1), "at-18:30-1d"),
        (Before(lead=timedelta(minutes=30)), "before-30min"),
        (Before(lead=timedelta(days=2)), "before-2880min"),
    ],
)
def test_a_rule_has_a_stable_name(rule: Rule, name: str) -> None:
    assert rule.name == name


NIGHTS = {
    "no change": (date(2027, 6, 24), "08:00+02:00"),
    "summer begins": (date(2027, 3, 28), "08:00+02:00"),
    "summer ends": (date(2026, 10, 25), "08:00+01:00"),
}


@pytest.mark.parametrize(("day", "hour"), NIGHTS.values(), ids=list(NIGHTS))
def test_a_reminder_on_the_day_is_at_its_hour_on_the_wall_whatever_the_night(day: date, hour: str) -> None:
    morning = _session_on(day)
    the_day = event(sessions=(morning,), workshops=())
    assert due_at(the_day, reminder("matin", OnTheDay(at=time(8)))) == datetime.fromisoformat(f"{day}T{hour}")


@pytest.mark.parametrize(
    ("day", "eve", "lead"),
    [
        (date(2027, 6, 24), "2027-06-23T09:30+02:00", "2027-06-23T09:30+02:00"),
        (date(2027, 3, 28), "2027-03-27T09:30+01:00", "2027-03-27T08:30+01:00"),
        (date(2026, 10, 25), "2026-10-24T09:30+02:00", "2026-10-24T10:30+02:00"),
    ],
    ids=list(NIGHTS),
)
def test_the_eve_is_counted_by_the_wall_and_a_lead_in_elapsed_hours(day: date, eve: str, lead: str) -> None:
    the_day = event(sessions=(_session_on(day),), workshops=())
    on_the_eve = reminder("matin", OnTheDay(at=time(9, 30), days_before=1))
    a_day_ahead = reminder("matin", Before(lead=timedelta(hours=24)))
    assert due_at(the_day, on_the_eve) == datetime.fromisoformat(eve)
    assert due_at(the_day, a_day_ahead) == datetime.fromisoformat(lead)


def _session_on(day: date) -> Session:
    return session("matin", starts_at=paris(9, 30, day=datetime.combine(day, time(), tzinfo=PARIS)))


def test_a_day_before_the_event_is_counted_in_its_own_zone() -> None:
    """Auckland is half a day ahead: its morning is the eve's evening in UTC."""
    starts_at = datetime.fromisoformat("2027-06-24T09:00+12:00").astimezone(LONG_BEFORE.tzinfo)
    far = event(
        timezone="Pacific/Auckland",
        sessions=(session("matin", starts_at=starts_at, day=date(2027, 6, 24)),),
        workshops=(),
    )
    rule = OnTheDay(at=time(8), days_before=1)
    assert due_at(far, reminder("matin", rule)) == datetime.fromisoformat("2027-06-23T08:00+12:00")


# speakers


def test_a_speaker_is_owed_their_instructions_once_known_and_by_the_rules_for_speakers() -> None:
    with_rules = event(reminders=(reminder("matin", audience="speakers"),))
    who = speaking(at=with_rules)
    common: dict[str, Any] = {
        "kind": "host",
        "person": who.ref,
        "email": who.email,
        "to": who.address,
        "language": "fr",
    }
    assert letters(who, at=with_rules) == [
        Owed(**common, void_at=paris(16, 15)),
        Owed(
            **common,
            session="matin",
            rule="at-09:00",
            revision="2027-06-24",
            due_at=paris(9),
            leave_from=paris(9),
            wanted_by=paris(9, 27),
            void_at=paris(9, 30),
        ),
    ]


@pytest.mark.parametrize("role", ["host", "alternative-host"])
def test_whoever_signs_in_to_zoom_needs_the_meeting_and_no_personal_link(role: str) -> None:
    who = speaking(speaker(role=role), passes={})
    assert names(letters(who, meetings=())) == []
    assert names(letters(who, meetings=[MEETING])) == ["host"]


@pytest.mark.parametrize("role", ["speaker", "facilitator"])
def test_the_others_who_speak_need_their_personal_link(role: str) -> None:
    who = speaking(speaker(role=role))
    assert names(letters(replace(who, passes={}))) == []
    assert names(letters(who)) == ["host"]


def test_a_speaker_gets_no_room_letter() -> None:
    assert names(letters(replace(speaking(), seats={"matin": told_seat()}))) == ["host"]


def test_a_speaker_who_registered_as_well_is_two_readers_with_letters_of_their_own() -> None:
    vera = speaker("Vera@exemple.fr")
    both = event(speakers=(vera,))
    passes = {"vera@exemple.fr": {MEETING: pass_("vera@exemple.fr")}}
    people = list(people_as_recipients(both, [person("vera@exemple.fr")], passes, {}, {}, {}))
    speakers = list(speakers_as_recipients(both, passes, {}, {}))
    keys = {letter.key("relation") for who in people + speakers for letter in letters(who, at=both)}
    assert [names(letters(who, at=both)) for who in people + speakers] == [EVERYTHING, ["host"]]
    assert len(keys) == 4
    assert [who.ref for who in speakers] == [f"s-{who.ref}" for who in people]


# corrections


def test_what_is_true_for_somebody_is_the_hours_the_link_and_the_room_of_each_session() -> None:
    both = {"matin": pass_(), "apres-midi": pass_(join_url="https://zoom.example/w/2")}
    book, who = almanac(TWO_MEETINGS), recipient(passes=both, seats={"matin": told_seat()})
    morning = {"time:matin": book.times["matin"], "link:matin": digest(pass_().join_url)}
    afternoon = {"time:apres-midi": book.times["apres-midi"], "link:apres-midi": digest("https://zoom.example/w/2")}
    assert facts_for(book, who) == {**morning, "room:matin": "a", **afternoon}
    assert facts_for(book, who, ["apres-midi"]) == afternoon
    assert facts_for(book, replace(who, seats={"matin": seat()})) == {**morning, **afternoon}
    assert facts_for(almanac(ALL_OFF), who) == {"time:matin": CANCELLED, "time:apres-midi": CANCELLED}


def test_nothing_is_corrected_while_all_that_was_told_is_true() -> None:
    assert names(letters(informed(recipient(seats={"matin": told_seat()})))) == [*EVERYTHING, "room/matin"]


def test_nothing_is_corrected_before_anything_was_told() -> None:
    assert changed_facts(almanac(LATER), recipient()) == {}
    assert corrections(recipient(), at=LATER) == []


def test_a_told_hour_that_changes_is_corrected_until_the_event_ends() -> None:
    who = informed(recipient())
    (moved,) = corrections(who, at=LATER)
    assert moved == Owed(
        kind="moved",
        person=who.ref,
        email=who.email,
        to=who.address,
        language="fr",
        void_at=paris(16, 15),
        revision=moved.revision,
    )
    start, end = paris(10).isoformat(), paris(12, 45).isoformat()
    assert changed_facts(almanac(LATER), who) == {"time:matin": f"{start}/{end}"}


def test_a_told_link_that_changes_is_corrected() -> None:
    who = informed(recipient())
    new = replace(who, passes={MEETING: pass_(join_url="https://zoom.example/w/2?tk=new")})
    link = digest("https://zoom.example/w/2?tk=new")
    assert changed_facts(almanac(event()), new) == {"link:matin": link, "link:apres-midi": link}
    assert names(corrections(new)) == ["moved"]


def test_a_told_room_that_changes_is_corrected() -> None:
    who = informed(recipient(seats={"matin": told_seat("a")}))
    moved = replace(who, seats={"matin": told_seat("b")})
    assert changed_facts(almanac(event()), moved) == {"room:matin": "b"}
    assert names(corrections(moved)) == ["moved"]


def test_a_told_room_is_never_taken_away_silently() -> None:
    who = informed(recipient(seats={"matin": told_seat("a")}))
    gone = replace(who, seats={})
    assert changed_facts(almanac(event()), gone) == {"room:matin": ""}
    assert names(corrections(gone)) == ["moved"]


def test_the_room_of_the_wave_is_told_by_its_own_letter_only() -> None:
    who = replace(informed(recipient()), seats={"matin": told_seat()})
    assert names(letters(who)) == [*EVERYTHING, "room/matin"]


def test_the_room_of_a_session_added_late_is_told_by_the_correction() -> None:
    who = informed(recipient(sessions=("apres-midi",)))
    late = replace(who, sessions=("matin", "apres-midi"), seats={"matin": told_seat(told_by="link")})
    assert sorted(changed_facts(almanac(event()), late)) == ["link:matin", "room:matin", "time:matin"]
    assert names(corrections(late)) == ["moved"]


def test_a_session_left_is_one_correction_whatever_was_told_of_it() -> None:
    who = informed(recipient(seats={"matin": told_seat()}))
    left = replace(who, sessions=("apres-midi",))
    assert changed_facts(almanac(event()), left) == {"time:matin": ""}
    assert names(corrections(left)) == ["moved"]


def test_a_session_that_is_cancelled_is_told_by_a_letter_of_its_own() -> None:
    who = informed(recipient(seats={"matin": told_seat()}))
    assert changed_facts(almanac(MORNING_OFF), who) == {"time:matin": CANCELLED}
    assert names(corrections(who, at=MORNING_OFF)) == ["cancelled/matin"]


def test_an_event_that_is_cancelled_is_told_once_to_each() -> None:
    assert names(corrections(informed(recipient()), at=ALL_OFF)) == ["cancelled"]
    assert names(corrections(informed(speaking()), at=ALL_OFF)) == ["cancelled"]


def test_when_all_of_somebodys_sessions_are_cancelled_they_hear_it_in_one_letter() -> None:
    assert names(corrections(informed(recipient(sessions=("matin",))), at=MORNING_OFF)) == ["cancelled"]


def test_a_cancellation_waits_for_no_other_session() -> None:
    both = {"matin": pass_(), "apres-midi": pass_()}
    who = replace(informed(recipient(passes=both), TWO_MEETINGS), passes={})
    off = replace(TWO_MEETINGS, sessions=MORNING_OFF.sessions)
    assert names(corrections(who, at=off)) == ["cancelled/matin"]


def test_a_cancellation_is_told_once() -> None:
    who = informed(informed(recipient()), MORNING_OFF, when=NOW)
    assert corrections(who, at=MORNING_OFF) == []


def test_whoever_leaves_a_session_they_know_to_be_cancelled_hears_nothing_more() -> None:
    who = informed(informed(recipient()), MORNING_OFF, when=NOW)
    assert corrections(replace(who, sessions=("apres-midi",)), at=MORNING_OFF) == []


def test_whoever_adds_a_session_that_is_cancelled_hears_nothing_of_it() -> None:
    who = replace(informed(recipient(sessions=("apres-midi",))), sessions=("matin", "apres-midi"))
    assert corrections(who, at=MORNING_OFF) == []


def test_a_session_that_is_held_after_all_is_told() -> None:
    who = informed(informed(recipient()), MORNING_OFF, when=NOW)
    assert names(corrections(who)) == ["moved"]


def test_a_move_and_a_cancellation_are_two_letters() -> None:
    worse = replace(LATER, sessions=(LATER.sessions[0], session("apres-midi", status="cancelled")))
    assert names(corrections(informed(recipient()), at=worse)) == ["cancelled/apres-midi", "moved"]


def test_going_back_is_a_new_correction_and_so_is_moving_again() -> None:
    first = informed(recipient())
    second = informed(first, LATER, when=NOW)
    third = informed(second, event(), when=NOW + timedelta(hours=1))
    keys = [
        letter.key("relation")
        for who, at in ((first, LATER), (second, event()), (third, LATER))
        for letter in corrections(who, at=at)
    ]
    assert len(keys) == len(set(keys)) == 3


def test_a_correction_keeps_its_key_until_it_is_sent() -> None:
    who = informed(recipient())
    in_paris = {fact: (value, at.astimezone(PARIS)) for fact, (value, at) in who.told.items()}
    (found,), (again,) = corrections(who, at=LATER), corrections(replace(who, told=in_paris), at=LATER)
    assert found.key("relation") == again.key("relation")


# keys


def test_a_key_names_the_event_the_letter_the_reader_and_never_an_address() -> None:
    ref = "f0bf8612d63a6dd6"
    assert [letter.key("relation") for letter in letters(recipient(seats={"matin": told_seat()}))] == [
        f"relation/link/-/-/{ref}/1",
        f"relation/room/matin/-/{ref}/1",
        f"relation/reminder/matin/at-09:00/{ref}/2027-06-24",
        f"relation/reminder/apres-midi/before-30min/{ref}/2027-06-24",
    ]


facts = st.fixed_dictionaries(
    {},
    optional={
        "time:matin": st.sampled_from([almanac(event()).times["matin"], almanac(LATER).times["matin"], CANCELLED]),
        "time:apres-midi": st.sampled_from([almanac(event()).times["apres-midi"], CANCELLED]),
        "time:soir": st.just("2027-06-24T18:00:00+00:00/2027-06-24T19:00:00+00:00"),
        "link:matin": st.sampled_from([digest(pass_().join_url), "other"]),
        "room:matin": st.sampled_from(["a", "b"]),
    },
)
readers = st.builds(
    recipient,
    sessions=st.sampled_from([("matin",), ("apres-midi",), ("matin", "apres-midi"), ()]),
    passes=st.sampled_from([{}, {MEETING: pass_()}]),
    seats=st.sampled_from([{}, {"matin": seat()}, {"matin": told_seat()}, {"matin": told_seat("b", told_by="link")}]),
    told=facts.map(lambda told: {fact: (value, SENT) for fact, value in told.items()}),
    first_sent_at=st.sampled_from([None, SENT, paris(8, 30)]),
    speaker=st.sampled_from([None, speaker(), speaker(role="host")]),
)
events = st.sampled_from([event(), LATER, MORNING_OFF, ALL_OFF])


@given(readers, events, st.sampled_from([NOW, TELL_AT, paris(8, 45), paris(13), paris(17)]))
def test_nothing_is_owed_twice_and_the_same_state_owes_the_same(who: Recipient, at: Event, now: datetime) -> None:
    found = letters(who, at=at, now=now)
    keys = [letter.key("relation") for letter in found]
    assert len(keys) == len(set(keys))
    assert found == letters(who, at=at, now=now)


@given(readers, events, events)
def test_once_everything_was_told_nothing_is_left_to_correct(who: Recipient, before: Event, after: Event) -> None:
    who = replace(informed(replace(who, told={}), before), first_sent_at=SENT)
    assert corrections(informed(who, after, when=NOW), at=after) == []


# waves


def leaving(at: Event, found: list[Owed], now: datetime = NOW) -> dict[tuple[datetime, int], Departure]:
    """When each wave leaves, by its hour and size."""
    load = load_of(found, at.quota, now)
    return {(wave.due_at, load[wave]): departure for wave, departure in planned(load, at.quota, now).items()}


def test_a_wave_leaves_earlier_when_the_relay_is_slow_and_all_of_it_together() -> None:
    slow = event(quota=Quota(per_minute=1))
    crowd = [recipient(f"p{n}@exemple.fr", sessions=("matin",), first_sent_at=SENT) for n in range(40)]
    found = [letter for who in crowd for letter in letters(who, at=slow) if letter.kind == "reminder"]
    assert leaving(slow, found) == {(paris(9), 40): Departure(leave_from=paris(8, 46), last_at=paris(9, 25))}


def test_speakers_are_through_before_the_registrants_of_their_session() -> None:
    slow = event(quota=Quota(per_minute=1), reminders=(reminder("matin", audience="all"),))
    everybody = [recipient(f"p{n}@exemple.fr", first_sent_at=SENT) for n in range(29)] + [speaking(first_sent_at=SENT)]
    found = [letter for who in everybody for letter in letters(who, at=slow) if letter.rule]
    assert leaving(slow, found) == {
        (paris(9), 1): Departure(leave_from=paris(8, 56), last_at=paris(8, 56)),
        (paris(9), 29): Departure(leave_from=paris(8, 57), last_at=paris(9, 25)),
    }


def test_letters_leave_at_their_hours_when_the_relay_is_fast_enough() -> None:
    found = letters(recipient(seats={"matin": told_seat()}))
    assert all(
        at == departure.leave_from for (at, _), departure in leaving(event(quota=Quota(per_minute=60)), found).items()
    )


# readers


def test_people_are_brought_together_with_what_is_known_of_them() -> None:
    zoe, ref = (
        person("Zoe@exemple.fr", sessions=("apres-midi", "soir", "matin")),
        reference("relation", "zoe@exemple.fr"),
    )
    told = {"time:matin": ("9:30", SENT)}
    found = people_as_recipients(
        event(),
        [zoe],
        {zoe.email: {MEETING: pass_()}},
        {zoe.email: {"matin": seat()}},
        {ref: told},
        {ref: SENT},
    )
    assert list(found) == [recipient("Zoe@exemple.fr", seats={"matin": seat()}, told=told, first_sent_at=SENT)]


def test_speakers_are_brought_together_with_what_is_known_of_them() -> None:
    vera = speaker(" Vera@exemple.fr ", workshops=("a",), sessions=("apres-midi", "matin"))
    at = event(speakers=(vera,), workshops=(workshop("a"),))
    ref = speaker_reference(at, vera)
    found = list(speakers_as_recipients(at, {"vera@exemple.fr": {MEETING: pass_()}}, {ref: {}}, {ref: SENT}))
    assert found == [
        Recipient(
            ref=ref,
            email="vera@exemple.fr",
            address="Vera@exemple.fr",
            sessions=("matin", "apres-midi"),
            speaker=vera,
            passes={MEETING: pass_()},
            first_sent_at=SENT,
        )
    ]


def test_whoever_registers_after_a_session_is_over_does_not_wait_for_a_way_into_it() -> None:
    late = recipient(passes={"apres-midi": pass_()}, registered_at=paris(13, 40))
    found = letters(late, at=TWO_MEETINGS, now=paris(13, 40))
    assert [letter.kind for letter in found] == ["link"]
    assert letters(late, at=TWO_MEETINGS, now=paris(11)) == []
