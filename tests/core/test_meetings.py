"""What Zoom should hold."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.meetings import (
    AGENDA_LENGTH,
    NAME_LENGTH,
    TOPIC_LENGTH,
    Cancel,
    Create,
    MeetingSpec,
    Registrant,
    Revise,
    Room,
    differences,
    meeting_of,
    meetings_of,
    registrants,
    rooms_frozen,
    spec_for,
    tag_of,
    with_rooms_of,
)
from orchestrator.core.model import Event, Seat, ZoomWishes
from tests.make import DAY, MEETING, event, paris, person, seat, session, speaker, spec, told_seat, workshop

NOW = paris(20, days=-1)
HOST = "hote@exemple.fr"


def wishes(**changes: Any) -> ZoomWishes:
    return replace(ZoomWishes(host=HOST), **changes)


PER_SESSION = event(zoom=wishes(meetings="one-per-session"))


def keys(of: Event) -> dict[str, list[str]]:
    return {meeting: [s.key for s in sessions] for meeting, sessions in meetings_of(of).items()}


def made(of: Event, meeting: str = MEETING, now: datetime = NOW, seats: tuple[Seat, ...] = ()) -> MeetingSpec:
    found = spec_for(of, meeting, now, seats)
    assert found is not None
    return found


def rooms(of: Event, *seats: Seat, meeting: str = MEETING, now: datetime = NOW) -> dict[str, list[str]]:
    return {room.name: list(room.emails) for room in made(of, meeting, now, seats).rooms}


# which meetings


def test_one_meeting_covers_the_day_or_each_session_has_its_own() -> None:
    assert keys(event()) == {"day-1": ["matin", "apres-midi"]}
    assert keys(PER_SESSION) == {"matin": ["matin"], "apres-midi": ["apres-midi"]}


def test_a_gathering_of_two_days_has_two_meetings() -> None:
    two_days = event(sessions=(session("lendemain", starts_at=paris(9, 30, days=1)), session("matin")))
    assert keys(two_days) == {"day-1": ["matin"], "day-2": ["lendemain"]}
    assert [meeting_of(two_days, key) for key in ("matin", "lendemain")] == ["day-1", "day-2"]


@pytest.mark.parametrize("meetings", ["one-per-day", "one-per-session"])
@given(days=st.integers(-400, 400))
def test_a_meeting_keeps_its_key_and_its_tag_when_the_event_moves(meetings: str, days: int) -> None:
    before = event(zoom=wishes(meetings=meetings))
    moved = replace(
        before,
        sessions=tuple(
            session(key, starts_at=paris(h, m, days=days)) for key, h, m in (("matin", 9, 30), ("apres-midi", 14, 0))
        ),
    )
    assert keys(moved) == keys(before)
    assert [tag_of(moved, key) for key in keys(moved)] == [made(before, key).tag for key in keys(before)]


def test_cancelling_one_day_renames_no_other() -> None:
    two_days = event(
        sessions=(session("matin", status="cancelled"), session("lendemain", starts_at=paris(9, 30, days=1)))
    )
    assert spec_for(two_days, "day-1", NOW) is None
    assert made(two_days, "day-2").agenda == "Session lendemain"


# what a meeting is


def test_a_meeting_is_all_that_the_organiser_wants() -> None:
    wanted = event(
        zoom=wishes(host=" Hote@Exemple.fr", waiting_room=True, recording="cloud", several_devices=False),
        speakers=(
            speaker("b@exemple.fr", role="alternative-host"),
            speaker("A@Exemple.fr", role="alternative-host", sessions=("apres-midi",)),
            speaker("vera@exemple.fr"),
        ),
    )
    assert made(wanted) == MeetingSpec(
        tag="[orchestrator:relation/day-1]",
        host="hote@exemple.fr",
        topic="La relation de soin",
        agenda="Session matin · Session apres-midi",
        starts_at=paris(9, 30),
        minutes=405,
        timezone="Europe/Paris",
        rooms=(Room(name="A – Atelier a"), Room(name="B – Atelier b")),
        alternative_hosts=("a@exemple.fr", "b@exemple.fr"),
        waiting_room=True,
        recording="cloud",
        several_devices=False,
        contact_name="Pôle ressources",
        contact_email="contact@exemple.fr",
    )


def test_a_meeting_of_one_session_has_its_hours_its_hosts_and_its_rooms() -> None:
    of = replace(PER_SESSION, speakers=(speaker("b@exemple.fr", role="alternative-host", sessions=("apres-midi",)),))
    morning, afternoon = made(of, "matin"), made(of, "apres-midi")
    assert (morning.starts_at, morning.minutes, afternoon.starts_at, afternoon.minutes) == (
        paris(9, 30),
        165,
        paris(14),
        135,
    )
    assert (len(morning.rooms), len(afternoon.rooms)) == (2, 0)
    assert (morning.alternative_hosts, afternoon.alternative_hosts) == ((), ("b@exemple.fr",))


def test_the_host_is_never_their_own_alternative() -> None:
    of = event(speakers=(speaker("HOTE@exemple.fr", role="alternative-host"),))
    assert made(of).alternative_hosts == ()


def test_a_meeting_shrinks_to_the_sessions_that_are_held() -> None:
    found = made(event(sessions=(session("matin", status="cancelled"), session("apres-midi"))))
    assert (found.starts_at, found.minutes, found.agenda, found.rooms) == (paris(14), 135, "Session apres-midi", ())


@pytest.mark.parametrize("of", [event(status="cancelled"), event(sessions=(session(status="cancelled"),))])
def test_nobody_needs_a_meeting_whose_sessions_are_all_cancelled(of: Event) -> None:
    assert spec_for(of, MEETING, NOW) is None


def test_nobody_needs_a_meeting_the_event_does_not_have() -> None:
    assert spec_for(event(), "day-2", NOW) is None


def test_texts_are_cut_to_what_zoom_takes() -> None:
    long = made(event(title="t" * 300, sessions=(session(title="s" * 3000),)))
    assert (len(long.topic), len(long.tag) + len(long.agenda)) == (TOPIC_LENGTH, AGENDA_LENGTH)


def test_a_night_with_a_clock_change_lasts_as_long_as_it_does() -> None:
    evening = datetime.fromisoformat("2026-10-24T20:00:00+00:00")
    night = session("nuit", starts_at=evening, ends_at=evening + timedelta(hours=8), day=DAY.date())
    assert made(event(sessions=(night,), workshops=())).minutes == 480


# rooms


def test_a_room_holds_those_who_were_told_it_and_nobody_else() -> None:
    found = rooms(
        event(),
        told_seat("b", person="zoe@exemple.fr"),
        told_seat("b", person="ali@exemple.fr", told_by="link"),
        seat("a", person="bob@exemple.fr"),
    )
    assert found == {"A – Atelier a": [], "B – Atelier b": ["ali@exemple.fr", "zoe@exemple.fr"]}


def test_whoever_animates_a_room_is_in_it_once_people_are() -> None:
    of = event(speakers=(speaker("Vera@exemple.fr", role="facilitator", workshops=("a", "b")),))
    assert rooms(of) == {"A – Atelier a": [], "B – Atelier b": []}
    assert rooms(of, told_seat("a")) == {"A – Atelier a": ["vera@exemple.fr", "zoe@exemple.fr"], "B – Atelier b": []}


def test_a_facilitator_who_was_told_a_seat_is_not_in_two_rooms() -> None:
    of = event(speakers=(speaker("zoe@exemple.fr", role="facilitator", workshops=("b",)),))
    found = rooms(of, told_seat("a", person="zoe@exemple.fr"), told_seat("b", person="ali@exemple.fr"))
    assert found == {"A – Atelier a": ["zoe@exemple.fr"], "B – Atelier b": ["ali@exemple.fr"]}


def test_rooms_are_sorted_by_their_codes_whatever_the_order_of_the_file() -> None:
    of = event(workshops=tuple(workshop(key, code=code) for key, code in (("x", "C"), ("y", "A"), ("z", "B"))))
    assert [name[0] for name in rooms(of)] == ["A", "B", "C"]


AFTERNOON_TOO = event(
    workshops=(workshop("a"), workshop("z", session="apres-midi", opens_at=paris(15), short="Suite")),
)


@pytest.mark.parametrize(
    ("now", "names"),
    [
        (paris(12, 14), ["A – Atelier a"]),
        (paris(12, 15), ["Z – Suite"]),
        (paris(16, 15), ["Z – Suite"]),
    ],
)
def test_the_rooms_are_those_of_the_first_session_that_is_not_over(now: datetime, names: list[str]) -> None:
    assert list(rooms(AFTERNOON_TOO, now=now)) == names


def test_a_seat_of_another_session_is_in_no_room_of_this_one() -> None:
    of = replace(AFTERNOON_TOO, zoom=wishes(meetings="one-per-session"))
    seats = (told_seat("a"), told_seat("z", session="apres-midi", person="ali@exemple.fr"))
    assert rooms(of, *seats, meeting="matin") == {"A – Atelier a": ["zoe@exemple.fr"]}
    assert rooms(of, *seats, meeting="apres-midi") == {"Z – Suite": ["ali@exemple.fr"]}


@pytest.mark.parametrize(
    ("now", "frozen"),
    [
        (paris(10, 25) - timedelta(seconds=1), False),
        (paris(10, 25), True),
        (paris(12, 15) - timedelta(seconds=1), True),
        (paris(12, 15), False),
        (paris(14, 54), False),
        (paris(14, 55), True),
        (paris(16, 15), False),
    ],
)
def test_rooms_are_frozen_from_five_minutes_before_they_open_to_the_end(now: datetime, frozen: bool) -> None:
    assert rooms_frozen(AFTERNOON_TOO, MEETING, now) is frozen


def test_a_meeting_without_rooms_has_none_to_freeze() -> None:
    assert not rooms_frozen(event(workshops=()), MEETING, paris(10, 30))
    assert not rooms_frozen(PER_SESSION, "apres-midi", paris(10, 30))


# changes


def test_a_difference_is_named_by_its_field() -> None:
    other = replace(spec(), topic="Autre", minutes=1)
    assert differences(spec(), spec()) == frozenset()
    assert differences(spec(), other) == {"topic", "minutes"}
    assert differences(spec(), replace(spec(), rooms=(Room(name="A"),))) == {"rooms"}


def test_rooms_can_be_left_as_they_were_sent() -> None:
    sent = spec(rooms=(Room(name="A"),))
    assert with_rooms_of(spec(topic="Autre"), sent) == spec(topic="Autre", rooms=(Room(name="A"),))


def test_a_change_says_what_it_does() -> None:
    assert str(Create(meeting=MEETING, spec=spec())) == "créer la réunion « La relation de soin » (420 min, 0 salles)"
    assert (
        str(Revise(meeting=MEETING, spec=spec(), changed=frozenset({"topic", "minutes"})))
        == "modifier la réunion « La relation de soin » : durée en minutes, titre"
    )
    assert str(Cancel(meeting=MEETING)) == "supprimer la réunion day-1"


def test_every_field_of_a_meeting_is_compared() -> None:
    changed: dict[str, Any] = {f.name: object() for f in fields(MeetingSpec)}
    assert differences(spec(), MeetingSpec(**changed)) == changed.keys()


# who is registered


def shown(name_in_zoom: str = "{first} {last}", *, seats: tuple[Seat, ...] = (), **changes: Any) -> tuple[str, str]:
    (found,) = registrants(event(zoom=wishes(name_in_zoom=name_in_zoom)), MEETING, [person(**changes)], seats)
    return found.first_name, found.last_name


def test_people_and_speakers_are_registered_once_each_in_the_order_of_their_addresses() -> None:
    of = event(speakers=(speaker("Vera@exemple.fr"), speaker("zoe@exemple.fr", name="Zoé Intervenante")))
    assert registrants(of, MEETING, [person("Zoe@exemple.fr"), person("ali@exemple.fr", first_name="Ali")], ()) == [
        Registrant(email="ali@exemple.fr", first_name="Ali", last_name="Martin"),
        Registrant(email="vera@exemple.fr", first_name="Véra", last_name="Intervenante"),
        Registrant(email="zoe@exemple.fr", first_name="Zoé", last_name="Martin"),
    ]


def test_the_host_and_the_alternative_hosts_are_never_registered_even_if_they_signed_up() -> None:
    of = event(
        speakers=(
            speaker("second@exemple.fr", role="alternative-host"),
            speaker("tiers@exemple.fr", role="host"),
            speaker("Hote@exemple.fr", role="speaker"),
        )
    )
    people = [person(a) for a in ("HOTE@exemple.fr", "Second@exemple.fr", "tiers@exemple.fr")]
    assert registrants(of, MEETING, people, ()) == []


def test_only_those_of_its_sessions_are_registered_for_a_meeting() -> None:
    of = replace(PER_SESSION, speakers=(speaker("vera@exemple.fr", sessions=("apres-midi",)),))
    people = [person("a@exemple.fr", sessions=("matin",)), person("b@exemple.fr", sessions=("apres-midi",))]
    assert [r.email for r in registrants(of, "matin", people, ())] == ["a@exemple.fr"]
    assert [r.email for r in registrants(of, "apres-midi", people, ())] == ["b@exemple.fr", "vera@exemple.fr"]


def test_nobody_is_registered_for_a_session_that_is_cancelled_alone() -> None:
    of = event(sessions=(session("matin", status="cancelled"), session("apres-midi")))
    people = [person("a@exemple.fr", sessions=("matin",)), person("b@exemple.fr")]
    assert [r.email for r in registrants(of, MEETING, people, ())] == ["b@exemple.fr"]


@pytest.mark.parametrize(
    ("name_in_zoom", "without_seat", "with_seat"),
    [
        ("{first} {last}", ("Zoé", "Martin"), ("Zoé", "Martin")),
        ("{code} · {first} {last}", ("Zoé", "Martin"), ("A · Zoé", "Martin")),
        ("{first} {last} ({code})", ("Zoé", "Martin"), ("Zoé Martin (A)", "")),
        ("{first} – {code} – {last}", ("Zoé", "Martin"), ("Zoé – A –", "Martin")),
        ("{first}", ("Zoé", ""), ("Zoé", "")),
        ("{last} {first}", ("Martin Zoé", ""), ("Martin Zoé", "")),
        ("{last}, {first}", ("Martin, Zoé", ""), ("Martin, Zoé", "")),
        ("{code}", ("Zoé", ""), ("A", "")),
    ],
)
def test_people_are_shown_in_zoom_as_the_organiser_wants(
    name_in_zoom: str, without_seat: tuple[str, str], with_seat: tuple[str, str]
) -> None:
    assert shown(name_in_zoom) == without_seat
    assert shown(name_in_zoom, seats=(told_seat("a"),)) == with_seat


def test_a_code_that_was_not_told_is_not_shown() -> None:
    assert shown("{code} · {first} {last}", seats=(seat("a"),)) == ("Zoé", "Martin")


@pytest.mark.parametrize(
    ("name_in_zoom", "changes", "name"),
    [
        ("{first} {last}", {"last_name": ""}, ("Zoé", "")),
        ("{first} {last}", {"first_name": ""}, ("Martin", "")),
        ("{last}, {first}", {"last_name": ""}, ("Zoé", "")),
        ("{first} {last}", {"shown_as": "Zo (CHU)"}, ("Zo (CHU)", "")),
        ("{last} {first}", {"shown_as": "Zo"}, ("Zo", "")),
        ("{first} {last}", {"first_name": "{last} {0}"}, ("{last} {0}", "Martin")),
    ],
)
def test_whatever_part_of_a_name_is_known_is_shown(
    name_in_zoom: str, changes: dict[str, Any], name: tuple[str, str]
) -> None:
    assert shown(name_in_zoom, **changes) == name


def test_the_name_somebody_chose_keeps_its_code() -> None:
    assert shown("{code} · {first} {last}", seats=(told_seat("b"),), shown_as="Zo") == ("B · Zo", "")


def test_names_are_cut_to_what_zoom_takes() -> None:
    assert [len(part) for part in shown(first_name="x" * 100, last_name="y" * 100)] == [NAME_LENGTH, NAME_LENGTH]
