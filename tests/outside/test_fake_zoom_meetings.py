"""The fake Zoom's meetings, with what Zoom drops or changes in silence."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .fake_zoom_client import HOST, MEETING, Client, asking, refusal

ROOMS = {"enable": True, "rooms": [{"name": "A – Lire", "participants": ["ana@exemple.fr"]}]}


def ids(client: Client, **query: str) -> list[int]:
    return [one["id"] for one in client.said("GET", f"/users/{HOST}/meetings", **query)[1]["meetings"]]


def test_a_meeting_is_given_back_whole() -> None:
    with asking() as client:
        created = client.create()
        read = client.read(created)
        assert re.fullmatch(r"8\d{10}", str(created["id"]))
        assert re.fullmatch(r"\d{6}", created["password"])
        assert created["join_url"] == (f"https://us02web.zoom.us/j/{created['id']}?pwd={created['encrypted_password']}")
        assert created["dynamic_host_key"].isdigit()
        assert created["host_email"] == HOST
        assert {**created, "start_url": ""} == {**read, "start_url": ""}
        assert created["start_url"] != read["start_url"]
        [held] = client.zoom.meetings()
        assert {**held, "start_url": ""} == {**read, "start_url": ""}


def test_what_is_not_sent_gets_zooms_defaults() -> None:
    with asking() as client:
        meeting = client.create(settings={})
        settings = meeting["settings"]
        assert {name: settings[name] for name in ("approval_type", "waiting_room", "alternative_hosts")} == {
            "approval_type": 2,
            "waiting_room": False,
            "alternative_hosts": "",
        }
        assert settings["registrants_email_notification"] is True
        assert settings["registrants_confirmation_email"] is True
        assert settings["breakout_room"] == {"enable": False}
        assert "registration_url" not in meeting
        sent = client.create(settings={"registrants_email_notification": False})["settings"]
        assert sent["registrants_email_notification"] is False


def test_an_empty_meeting_starts_now_for_an_hour() -> None:
    with asking() as client:
        status, meeting = client.said("POST", f"/users/{HOST}/meetings", {})
        got = [meeting[name] for name in ("topic", "type", "start_time", "duration")]
        assert (status, got) == (201, ["Zoom Meeting", 2, "2026-11-30T09:00:00Z", 60])


def test_the_numbers_to_dial_from_france_are_given() -> None:
    with asking() as client:
        numbers = client.create()["settings"]["global_dial_in_numbers"]
        assert {(one["country"], one["city"], one["number"][:11]) for one in numbers} == {
            ("FR", "Paris", "+33 1 7037 ")
        }
        assert len(numbers) == 2


@pytest.mark.parametrize(
    ("start_time", "timezone", "kept"),
    [
        ("2026-12-01T08:30:00Z", "Europe/Paris", "2026-12-01T08:30:00Z"),
        ("2026-12-01T09:30:00", "Europe/Paris", "2026-12-01T08:30:00Z"),
        ("2026-12-01T09:30:00", "America/Montreal", "2026-12-01T14:30:00Z"),
        ("2026-11-30T08:59:59Z", "Europe/Paris", "2026-11-30T09:00:00Z"),
    ],
)
def test_a_start_is_utc_with_z_local_without_it_and_now_if_past(start_time: str, timezone: str, kept: str) -> None:
    with asking() as client:
        meeting = client.create(start_time=start_time, timezone=timezone)
        assert (meeting["start_time"], meeting["timezone"]) == (kept, timezone)
        client.clock.forward(days=-1)
        moved = client.create()
        patch = {"start_time": start_time, "timezone": timezone}
        assert client.said("PATCH", f"/meetings/{moved['id']}", patch) == (204, None)
        assert client.read(moved)["start_time"] == (kept if kept[11:13] != "09" else start_time)


def test_a_past_start_is_ignored_by_a_change() -> None:
    with asking() as client:
        meeting = client.create()
        patch = {"start_time": "2026-11-30T08:00:00Z", "topic": "Autre"}
        assert client.said("PATCH", f"/meetings/{meeting['id']}", patch) == (204, None)
        changed = client.read(meeting)
        assert (changed["start_time"], changed["topic"]) == (MEETING["start_time"], "Autre")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"topic": "é" * 201}, "topic"),
        ({"agenda": "é" * 2001}, "agenda"),
        ({"duration": 0}, "duration"),
        ({"duration": 1441}, "duration"),
        ({"duration": True}, "duration"),
        ({"type": 7}, "type"),
        ({"start_time": "2026-12-01T09:30:00+01:00"}, "start_time"),
        ({"start_time": "2026-13-01T09:30:00Z"}, "start_time"),
        ({"timezone": "Europe/Lutece"}, "timezone"),
        ({"password": "12345678901"}, "password"),
        ({"settings": {"approval_type": True}}, "settings.approval_type"),
        ({"settings": {"auto_recording": "both"}}, "settings.auto_recording"),
        ({"settings": {"waiting_room": "yes"}}, "settings.waiting_room"),
        ({"settings": {"jbh_time": 7}}, "settings.jbh_time"),
        ({"settings": {"breakout_room": {"enable": True, "rooms": ["A"]}}}, "settings.breakout_room"),
        ({"settings": {"breakout_room": {"rooms": [{"name": "A"}] * 101}}}, "settings.breakout_room"),
        (
            {"settings": {"breakout_room": {"rooms": [{"name": "A", "participants": ["a@b.fr"] * 1001}]}}},
            "settings.breakout_room",
        ),
    ],
)
def test_a_field_out_of_bounds_is_named_and_nothing_is_done(changes: dict[str, Any], field: str) -> None:
    with asking() as client:
        expected = (400, refusal(300, "Validation Failed.", field))
        assert client.said("POST", f"/users/{HOST}/meetings", {**MEETING, **changes}) == expected
        assert client.zoom.meetings() == []
        meeting = client.create()
        assert client.said("PATCH", f"/meetings/{meeting['id']}", {"topic": "Non", **changes}) == expected
        assert client.read(meeting)["topic"] == "Atelier"


def test_the_longest_topic_and_agenda_are_kept() -> None:
    with asking() as client:
        meeting = client.create(topic="é" * 200, agenda="é" * 2000)
        assert (meeting["topic"], meeting["agenda"]) == ("é" * 200, "é" * 2000)


def test_a_recurring_meeting_needs_its_recurrence() -> None:
    with asking() as client:
        status, body = client.said("POST", f"/users/{HOST}/meetings", {"type": 8})
        assert (status, body["errors"][0]["field"]) == (400, "recurrence")
        assert client.create(type=8, recurrence={"type": 1})["recurrence"] == {"type": 1}


def test_a_change_merges_settings_and_replaces_the_rooms() -> None:
    with asking() as client:
        meeting = client.create(settings={"approval_type": 0, "mute_upon_entry": True, "breakout_room": ROOMS})
        before = client.read(meeting)["settings"]
        rooms = {"enable": True, "rooms": [{"name": "B", "participants": []}]}
        client.said("PATCH", f"/meetings/{meeting['id']}", {"settings": {"breakout_room": rooms}})
        assert before["breakout_room"] == ROOMS
        assert client.read(meeting)["settings"] == {**before, "breakout_room": rooms}
        client.said("PATCH", f"/meetings/{meeting['id']}", {"settings": {"focus_mode": True}})
        assert client.read(meeting)["settings"] == {**before, "breakout_room": rooms, "focus_mode": True}
        client.said("PATCH", f"/meetings/{meeting['id']}", {"settings": {"breakout_room": {"enable": False}}})
        assert client.read(meeting)["settings"]["breakout_room"] == {"enable": False}


def test_rooms_are_dropped_in_silence_where_the_host_may_not_schedule_them() -> None:
    with asking(breakout_scheduling=False) as client:
        meeting = client.create(settings={"breakout_room": ROOMS})
        assert meeting["settings"]["breakout_room"] == {"enable": False}
        patch = {"settings": {"breakout_room": ROOMS}}
        assert client.said("PATCH", f"/meetings/{meeting['id']}", patch) == (204, None)
        assert client.read(meeting)["settings"]["breakout_room"] == {"enable": False}


def test_a_waiting_room_forbids_joining_before_the_host() -> None:
    with asking() as client:
        settings = client.create(settings={"waiting_room": True, "join_before_host": True})["settings"]
        assert (settings["waiting_room"], settings["join_before_host"]) == (True, False)


def test_a_meeting_without_a_fixed_time_takes_no_registrations() -> None:
    with asking() as client:
        meeting = client.create(type=3)
        assert meeting["settings"]["approval_type"] == 2
        assert "start_time" not in meeting


@pytest.mark.parametrize("options", [{}, {"plan": "free", "licensed_users": ["bo@exemple.fr"]}])
def test_one_alternative_host_unknown_or_unlicensed_fails_the_whole_call(options: dict[str, Any]) -> None:
    with asking(**options) as client:
        body = {**MEETING, "settings": {"alternative_hosts": "bo@exemple.fr"}}
        expected = (400, refusal(1114, "Could not find Zoom user for alternative host: bo@exemple.fr"))
        assert client.said("POST", f"/users/{HOST}/meetings", body) == expected
        meeting = client.create()
        patch = {"topic": "Non", "settings": {"alternative_hosts": f"{HOST};bo@exemple.fr"}}
        assert client.said("PATCH", f"/meetings/{meeting['id']}", patch)[0] == 400
        assert client.read(meeting)["topic"] == "Atelier"


def test_licensed_users_of_the_account_may_be_alternative_hosts() -> None:
    with asking(licensed_users=["bo@exemple.fr", "cy@exemple.fr"]) as client:
        both = "bo@exemple.fr;cy@exemple.fr"
        assert client.create(settings={"alternative_hosts": both})["settings"]["alternative_hosts"] == both


def test_nobody_schedules_for_another() -> None:
    with asking(licensed_users=["bo@exemple.fr"]) as client:
        body = {**MEETING, "schedule_for": "bo@exemple.fr"}
        expected = (400, refusal(3000, "You cannot schedule a meeting for bo@exemple.fr"))
        assert client.said("POST", f"/users/{HOST}/meetings", body) == expected


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_meeting_unknown_or_deleted_does_not_exist(method: str) -> None:
    with asking() as client:
        meeting = client.create()
        path = f"/meetings/{meeting['id']}"
        assert client.said("DELETE", path) == (204, None)
        assert client.said(method, path, {}) == (404, refusal(3001, f"Meeting does not exist: {meeting['id']}."))
        assert client.said(method, "/meetings/1", {}) == (404, refusal(3001, "Meeting does not exist: 1."))
        assert client.said(method, "/meetings/abc", {}) == (400, refusal(300, "Invalid meeting ID."))
        assert client.said("PUT", path + "/status", {"action": "recover"}) == (204, None)
        assert client.read(meeting)["id"] == meeting["id"]


def test_a_running_meeting_is_not_deleted_until_it_is_ended() -> None:
    with asking() as client:
        meeting = client.create()
        path = f"/meetings/{meeting['id']}"
        client.zoom.start_meeting(meeting["id"])
        assert client.read(meeting)["status"] == "started"
        assert client.said("DELETE", path)[1]["code"] == 3002
        assert client.said("PUT", path + "/status", {"action": "end"}) == (204, None)
        assert client.read(meeting)["status"] == "waiting"
        assert client.said("DELETE", path) == (204, None)


def test_a_number_is_forgotten_thirty_days_after_the_end() -> None:
    with asking() as client:
        meeting = client.create()
        client.clock.forward(days=31)
        client.login()
        assert client.said("GET", f"/meetings/{meeting['id']}")[0] == 200
        client.clock.forward(days=1)
        client.login()
        assert client.said("GET", f"/meetings/{meeting['id']}")[0] == 404


def test_lists_cut_the_agenda_and_show_little() -> None:
    with asking() as client:
        meeting = client.create(agenda="[tag] " + "é" * 300)
        [listed] = client.said("GET", f"/users/{HOST}/meetings")[1]["meetings"]
        assert listed["agenda"] == "[tag] " + "é" * 244
        assert set(meeting) > set(listed)
        assert "settings" not in listed
        assert "password" not in listed


def test_upcoming_leaves_out_what_is_over_and_keeps_what_runs() -> None:
    with asking() as client:
        early, late = client.create(), client.create(start_time="2026-12-01T13:00:00Z")
        assert ids(client, type="upcoming") == [early["id"], late["id"]]
        client.clock.forward(days=1, hours=3)
        client.login()
        assert ids(client, type="upcoming") == [late["id"]]
        assert ids(client, type="previous_meetings") == [early["id"]]
        assert ids(client) == ids(client, type="scheduled") == [early["id"], late["id"]]
        client.zoom.start_meeting(early["id"])
        assert ids(client, type="upcoming") == [early["id"], late["id"]]
        assert ids(client, type="live") == [early["id"]]
        assert client.said("GET", f"/users/{HOST}/meetings", type="past")[0] == 400


def test_a_list_comes_in_pages() -> None:
    with asking() as client:
        made = {client.create()["id"] for _ in range(5)}
        path, seen, token = f"/users/{HOST}/meetings", list[int](), ""
        for length in (2, 2, 1):
            page = client.said("GET", path, page_size="2", next_page_token=token)[1]
            assert (page["total_records"], page["page_count"], len(page["meetings"])) == (5, 3, length)
            seen += [one["id"] for one in page["meetings"]]
            token = page["next_page_token"]
        assert (set(seen), len(seen), token) == (made, 5, "")


def test_a_page_token_lives_a_quarter_of_an_hour_and_serves_its_own_list() -> None:
    with asking() as client:
        for _ in range(2):
            client.create()
        path = f"/users/{HOST}/meetings"
        token = client.said("GET", path, page_size="1")[1]["next_page_token"]
        expected = (400, refusal(300, "The next page token is invalid or expired."))
        assert client.said("GET", path, page_size="1", next_page_token="wrong") == expected
        assert client.said("GET", path, page_size="1", type="live", next_page_token=token) == expected
        client.clock.forward(minutes=15)
        assert client.said("GET", path, page_size="1", next_page_token=token) == expected


@pytest.mark.parametrize("size", ["0", "301", "many"])
def test_a_page_holds_from_one_to_three_hundred(size: str) -> None:
    with asking() as client:
        status, body = client.said("GET", f"/users/{HOST}/meetings", page_size=size)
        assert (status, body["code"], body["errors"][0]["field"]) == (400, 300, "page_size")


def test_the_invitation_holds_the_link_anybody_may_use() -> None:
    with asking() as client:
        meeting = client.create()
        text = client.said("GET", f"/meetings/{meeting['id']}/invitation")[1]["invitation"]
        assert meeting["join_url"] in text
        assert meeting["password"] in text


def test_invite_links_carry_the_names_to_show() -> None:
    with asking() as client:
        meeting = client.create()
        path = f"/meetings/{meeting['id']}/invite_links"
        people = [{"name": "A · Ana"}, {"name": "B · Bo"}]
        status, body = client.said("POST", path, {"attendees": people, "ttl": 7_776_000})
        assert (status, [one["name"] for one in body["attendees"]]) == (201, ["A · Ana", "B · Bo"])
        assert len({one["join_url"] for one in body["attendees"]}) == 2
        wrongs: list[dict[str, Any]] = [
            {"attendees": []},
            {"attendees": people[:1] * 501},
            {"attendees": people, "ttl": 7_776_001},
            {"attendees": [{"name": "é" * 65}]},
        ]
        for wrong in wrongs:
            assert client.said("POST", path, wrong)[1]["code"] == 300


@pytest.mark.parametrize("report", ["past_meetings", "report/meetings"])
def test_who_was_there_is_told_only_of_a_meeting_that_was_held(report: str) -> None:
    with asking() as client:
        meeting = next(one for one in iter(client.create, None) if "/" in one["uuid"])
        path = f"/{report}/{meeting['id']}/participants"
        assert client.said("GET", path)[1]["code"] == 3001
        client.zoom.start_meeting(meeting["id"])
        client.zoom.end_meeting(meeting["id"])
        expected = {"page_count": 0, "page_size": 30, "total_records": 0, "next_page_token": "", "participants": []}
        assert client.said("GET", path) == (200, expected)
        twice = meeting["uuid"].replace("/", "%252F").replace("+", "%2B").replace("=", "%3D")
        assert client.said("GET", f"/{report}/{twice}/participants") == (200, expected)


def test_who_was_there_is_not_told_on_a_free_account() -> None:
    with asking(plan="free") as client:
        assert client.said("GET", "/past_meetings/1/participants") == (
            400,
            refusal(200, "Only available for paid account."),
        )
