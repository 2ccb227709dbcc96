"""Whole histories of a day are played at the fake Zoom; who was there must come out as the history says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.core.model import After, Event, reference
from orchestrator.core.retention import attendance_ends_at, purged_at
from orchestrator.jobs.attendance import look, threshold_of
from orchestrator.outside.zoom import Fail, Visit
from tests import make
from tests.jobs.theatre import EVENT, HOUR, MINUTE, Theatre

PHONE = "+33 6 •• •• 12 34"


@dataclass(slots=True)
class History:
    """Plays who comes and goes, and remembers by itself which minutes each person was in each session."""

    theatre: Theatre
    truth: dict[tuple[str, str], set[int]]

    def come(
        self, who: str, start: datetime, minutes: int, *, room: str = "", name: str = "", by_phone: bool = False
    ) -> None:
        """Let somebody be in the meeting for some minutes; `by_phone`: with nothing that names them."""
        end = start + minutes * MINUTE
        ways = self.theatre.store.meetings.ways(self.theatre.event.key)["day-1"]
        registrant = "" if by_phone else ways[who].registrant_id
        visit = Visit(name=name or "Zoé Martin", joined_at=start, left_at=end, registrant_id=registrant, room=room)
        self.theatre.zoom.visit(self.meeting, visit)
        if not by_phone:
            for session in self.theatre.event.sessions:
                inside = {
                    n
                    for n in range((session.ends_at - session.starts_at) // MINUTE)
                    if start <= session.starts_at + n * MINUTE < end
                }
                if inside:
                    self.truth.setdefault((who, session.key), set()).update(inside)

    @property
    def meeting(self) -> int:
        return int(self.theatre.meeting()["id"])

    def opened(self) -> None:
        self.theatre.zoom.start_meeting(self.meeting)

    def ended(self) -> None:
        self.theatre.zoom.end_meeting(self.meeting)

    def minutes(self) -> dict[tuple[str, str], int]:
        return {key: len(minutes) for key, minutes in self.truth.items()}


def history(theatre: Theatre, *people: str) -> History:
    """Register people, homonyms all of them, and open the meeting."""
    for who in people:
        theatre.form.answer(who)
    theatre.turn()
    made = History(theatre, {})
    made.opened()
    return made


def seen(theatre: Theatre) -> dict[tuple[str, str], int]:
    found = look(theatre.event, theatre.store, threshold_of(theatre.event))
    return {key: one.minutes for key, one in found.attended.items()}


ZOE, MAX, LEA = "zoe@exemple.fr", "max@exemple.fr", "lea@exemple.fr"


def test_homonyms_reconnections_rooms_and_a_restart_at_lunch_come_out_as_they_were(anywhere: Theatre) -> None:
    morning, noon = anywhere.event.session("matin").starts_at, anywhere.event.session("apres-midi").starts_at
    day = history(anywhere, ZOE, MAX, LEA)
    day.come(ZOE, morning - 10 * MINUTE, 60)
    day.come(ZOE, morning + 55 * MINUTE, 90)
    day.come(ZOE, morning + 70 * MINUTE, 40, room="bo-1")
    day.come(MAX, morning, 20)
    day.ended()
    day.opened()
    day.come(MAX, noon + 5 * MINUTE, 130)
    day.ended()

    anywhere.play(anywhere.event.last_end + 25 * HOUR)

    assert seen(anywhere) == day.minutes() == {(ZOE, "matin"): 140, (MAX, "matin"): 20, (MAX, "apres-midi"): 130}
    kept = {(p.person, p.session): (p.minutes, p.came) for p in anywhere.store.attendance.kept(anywhere.event.key)}
    assert kept == {
        (reference(anywhere.event.key, who), session): (day.minutes().get((who, session), 0), came)
        for who, session, came in (
            (ZOE, "matin", True),
            (ZOE, "apres-midi", False),
            (MAX, "matin", False),
            (MAX, "apres-midi", True),
            (LEA, "matin", False),
            (LEA, "apres-midi", False),
        )
    }


def test_who_comes_without_having_said_so_is_kept_and_thanked(theatre: Theatre) -> None:
    theatre.start_again(after(slides="https://exemple.fr/diapos"))
    theatre.form.answer(MAX, sessions=("apres-midi",))
    day = history(theatre, ZOE)
    day.come(MAX, theatre.event.session("matin").starts_at, 150)
    day.ended()
    theatre.play(theatre.event.last_end + 4 * HOUR)

    kept = {(p.person, p.session): p.minutes for p in theatre.store.attendance.kept(theatre.event.key)}
    ref = reference(theatre.event.key, MAX)
    assert {s: n for (who, s), n in kept.items() if who == ref} == {"matin": 150, "apres-midi": 0}
    [mail] = [mail for mail in theatre.mails("after") if mail.to == MAX]
    assert "Merci d’avoir participé" in mail.text


def test_a_telephone_is_a_doubt_that_a_decision_settles(theatre: Theatre) -> None:
    morning = theatre.event.session("matin").starts_at
    day = history(theatre, ZOE)
    day.come(ZOE, morning, 120, by_phone=True, name=PHONE)
    day.ended()
    theatre.play(theatre.event.last_end + HOUR)

    [doubt] = look(theatre.event, theatre.store, threshold_of(theatre.event)).doubts
    assert (doubt.why, doubt.name, seen(theatre)) == ("telephone", PHONE, {})
    theatre.store.attendance.decide(theatre.event.key, doubt.stays, [ZOE], "contact@exemple.fr", theatre.at)

    theatre.turn(theatre.at + MINUTE)
    assert seen(theatre) == {(ZOE, "matin"): 120}
    assert [p.came for p in theatre.store.attendance.kept(theatre.event.key)] == [False, True]
    assert look(theatre.event, theatre.store, threshold_of(theatre.event)).doubts == ()


def test_durations_that_zoom_knows_late_are_read_again(theatre: Theatre) -> None:
    afternoon = theatre.event.session("apres-midi")
    day = history(theatre, ZOE)
    day.come(ZOE, afternoon.starts_at, 140)  # five minutes longer than the session
    day.ended()
    theatre.play(theatre.event.last_end + 14 * MINUTE)
    assert seen(theatre) == {}
    theatre.play(theatre.event.last_end + HOUR)
    assert seen(theatre) == {(ZOE, "apres-midi"): 135}


def test_zoom_away_after_the_end_is_asked_again_until_it_answers(theatre: Theatre) -> None:
    day = history(theatre, ZOE)
    day.come(ZOE, theatre.event.session("matin").starts_at, 100)
    day.ended()
    theatre.zoom_temper = lambda call: Fail(503) if "past_meetings" in call.path else None
    theatre.play(theatre.event.last_end + 15 * MINUTE)
    assert (seen(theatre), list(theatre.alarms())) == ({}, ["zoom:day-1:presence"])
    theatre.heal()
    theatre.turn(theatre.at + MINUTE)
    assert (seen(theatre), theatre.alarms()) == ({(ZOE, "matin"): 100}, {})


def test_attendance_outlives_people_and_ends_with_its_own_time(anywhere: Theatre) -> None:
    day = history(anywhere, ZOE)
    day.come(ZOE, anywhere.event.session("matin").starts_at, 100)
    day.ended()
    anywhere.play(purged_at(anywhere.event))
    key = anywhere.event.key
    assert [(p.name, p.minutes) for p in anywhere.store.attendance.kept(key)] == [
        ("Zoé Martin", 0),
        ("Zoé Martin", 100),
    ]
    assert anywhere.store.attendance.stays(key) == ()

    anywhere.turn(attendance_ends_at(anywhere.event))
    assert anywhere.store.attendance.kept(key) == ()


def after(**links: str) -> Event:
    """The event with a letter three hours after its end."""
    return replace(EVENT, after=After(at=EVENT.last_end + 3 * HOUR, **links))


def test_those_who_came_are_thanked_and_those_who_did_not_are_missed(anywhere: Theatre) -> None:
    anywhere.start_again(after(slides="https://exemple.fr/diapos", survey="https://exemple.fr/avis"))
    day = history(anywhere, ZOE, MAX)
    day.come(ZOE, anywhere.event.session("matin").starts_at, 120)
    day.ended()

    anywhere.play(anywhere.event.last_end + 4 * HOUR)

    told = {mail.to: mail for mail in anywhere.mails("after")}
    assert set(told) == {ZOE, MAX}
    assert ["Merci d’avoir participé" in told[who].text for who in (ZOE, MAX)] == [True, False]
    assert ["https://exemple.fr/avis" in told[who].text for who in (ZOE, MAX)] == [True, False]
    assert all("https://exemple.fr/diapos" in mail.text for mail in told.values())
    assert {mail.at for mail in told.values()} == {anywhere.event.last_end + 3 * HOUR}


def test_a_letter_whose_promised_link_is_missing_waits_and_says_so(theatre: Theatre) -> None:
    theatre.start_again(after(slides=""))
    history(theatre, ZOE).ended()
    theatre.play(theatre.event.last_end + 4 * HOUR)
    assert (theatre.told("after"), list(theatre.alarms())) == ([], ["after:links"])

    theatre.start_again(after(slides="https://exemple.fr/diapos"))
    theatre.turn(theatre.at + MINUTE)

    assert (theatre.told("after"), theatre.alarms()) == ([(ZOE, "after")], {})


def test_a_replay_is_found_in_zooms_cloud_when_it_is_ready(theatre: Theatre) -> None:
    theatre.start_again(after(replay="auto"))
    day = history(theatre, ZOE)
    day.ended()
    theatre.play(theatre.event.last_end + 4 * HOUR)
    assert theatre.told("after") == []

    theatre.zoom.recorded(day.meeting, "https://us02web.zoom.us/rec/play/abc")
    theatre.turn(theatre.at + HOUR)
    theatre.turn(theatre.at + MINUTE)

    [mail] = theatre.mails("after")
    assert "https://us02web.zoom.us/rec/play/abc" in mail.text


def across(night: datetime) -> Event:
    """The event in the night in which the clocks change: 1:30 to 3:30 by the wall, one hour or three in truth."""
    first = replace(make.session("matin"), starts_at=night, ends_at=night + 90 * MINUTE, doors_at=night - 15 * MINUTE)
    second = replace(
        make.session("apres-midi"),
        starts_at=night + 120 * MINUTE,
        ends_at=night + 240 * MINUTE,
        doors_at=night + 105 * MINUTE,
    )
    return replace(EVENT, sessions=(first, second), workshops=(), reminders=())


NIGHTS = [datetime(2027, 3, 28, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)]


@pytest.fixture(params=NIGHTS, ids=["spring", "autumn"])
def night(request: pytest.FixtureRequest, tmp_path: Path, sqlite_url: str) -> Iterator[Theatre]:
    event = across(request.param)
    with Theatre(tmp_path, sqlite_url, event) as one:
        one.at = event.first_start - timedelta(days=3)
        yield one


@pytest.mark.parametrize("seed", range(6))
def test_any_history_comes_out_as_it_was_even_in_the_night_the_clocks_change(night: Theatre, seed: int) -> None:
    draw = random.Random(seed)
    people = [f"p{n}@exemple.fr" for n in range(6)]
    day = history(night, *people)
    at = night.event.first_start - 20 * MINUTE
    while at < night.event.last_end:
        for who in people:
            if draw.random() < 0.5:
                day.come(who, at + draw.randrange(10) * MINUTE, draw.randrange(1, 70), room=draw.choice(["", "", "bo"]))
        if draw.random() < 0.3:
            day.come(people[0], at, 30, by_phone=True, name=PHONE)
        if draw.random() < 0.4:
            day.ended()
            day.opened()
        at += 30 * MINUTE
    day.ended()

    night.play(night.event.last_end + 25 * HOUR)

    assert seen(night) == day.minutes()
