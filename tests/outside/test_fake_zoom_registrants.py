"""The fake Zoom's registrants: links, states, refusals."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .fake_zoom_client import MEETING, Client, asking, refusal

HAND_APPROVED = {"settings": {"approval_type": 1}}


def listed(client: Client, meeting: Any, **query: str) -> list[str]:
    found = client.said("GET", f"/meetings/{meeting['id']}/registrants", **query)[1]
    return [one["email"] for one in found["registrants"]]


def test_somebody_registered_has_a_link_of_their_own() -> None:
    with asking() as client:
        meeting = client.create()
        status, ana = client.register(meeting, "ana@exemple.fr", last_name="Bel", city="Tours", language="fr-FR")
        _, bo = client.register(meeting, "bo@exemple.fr")
        assert (status, ana["id"], ana["topic"], ana["start_time"]) == (
            201,
            meeting["id"],
            "Atelier",
            MEETING["start_time"],
        )
        link = rf"https://us02web\.zoom\.us/w/{meeting['id']}\?tk=[\w-]{{43}}\.DQ&pwd=[\w.-]+"
        assert re.fullmatch(link, ana["join_url"])
        assert ana["join_url"] != bo["join_url"]
        expected = {
            "id": ana["registrant_id"],
            "email": "ana@exemple.fr",
            "first_name": "Ana",
            "last_name": "Bel",
            "city": "Tours",
            "status": "approved",
            "create_time": "2026-11-30T09:00:00Z",
            "participant_pin_code": ana["participant_pin_code"],
            "join_url": ana["join_url"],
        }
        path = f"/meetings/{meeting['id']}/registrants/{ana['registrant_id']}"
        assert client.said("GET", path) == (200, expected)
        assert client.zoom.registrants(meeting["id"])[0] == expected


def test_registering_twice_gives_the_same_registrant() -> None:
    with asking() as client:
        meeting = client.create()
        first = client.register(meeting, "ana@exemple.fr")
        assert client.register(meeting, "ANA@exemple.fr", first_name="Anna") == first
        [batched] = client.batch(meeting, "Ana@exemple.fr")[1]["registrants"]
        assert (batched["registrant_id"], batched["join_url"]) == (first[1]["registrant_id"], first[1]["join_url"])
        assert listed(client, meeting) == ["ana@exemple.fr"]


def test_a_meeting_without_registration_refuses() -> None:
    with asking() as client:
        meeting = client.create(settings={"approval_type": 2})
        message = f"Registration has not been enabled for this meeting: {meeting['id']}."
        assert client.register(meeting, "ana@exemple.fr") == (400, refusal(300, message))
        assert client.batch(meeting, "ana@exemple.fr") == (400, refusal(404, message))
        assert client.set_status(meeting, "cancel", {"id": "x"}) == (400, refusal(300, message))


def test_where_approval_is_by_hand_there_is_no_link_until_approved() -> None:
    with asking() as client:
        meeting = client.create(**HAND_APPROVED)
        _, ana = client.register(meeting, "ana@exemple.fr")
        [bo] = client.batch(meeting, "bo@exemple.fr")[1]["registrants"]
        assert "join_url" not in ana
        assert "join_url" not in bo
        assert listed(client, meeting) == []
        assert listed(client, meeting, status="pending") == ["ana@exemple.fr", "bo@exemple.fr"]
        row = {"id": ana["registrant_id"], "email": "ana@exemple.fr"}
        assert client.set_status(meeting, "approve", row) == (204, None)
        assert listed(client, meeting) == ["ana@exemple.fr"]
        assert client.set_status(meeting, "deny", {"id": bo["registrant_id"]}) == (204, None)
        assert listed(client, meeting, status="denied") == ["bo@exemple.fr"]
        assert [("join_url" in one, one["status"]) for one in client.zoom.registrants(meeting["id"])] == [
            (True, "approved"),
            (False, "denied"),
        ]


def test_auto_approve_gives_the_link_at_once() -> None:
    with asking() as client:
        meeting = client.create(**HAND_APPROVED)
        assert "join_url" in client.register(meeting, "ana@exemple.fr", auto_approve=True)[1]
        assert "join_url" in client.batch(meeting, "bo@exemple.fr", auto_approve=True)[1]["registrants"][0]


@pytest.mark.parametrize("email", ["WEBINAIRES@exemple.fr", "bo@exemple.fr"])
def test_neither_the_host_nor_an_alternative_host_can_register(email: str) -> None:
    with asking(licensed_users=["bo@exemple.fr"]) as client:
        meeting = client.create(settings={"approval_type": 0, "alternative_hosts": "bo@exemple.fr"})
        expected = (400, refusal(3027, "Host can not register"))
        assert client.register(meeting, email) == expected
        assert client.batch(meeting, "ana@exemple.fr", email) == expected
        assert client.zoom.registrants(meeting["id"]) == []


def test_a_free_account_takes_no_registrations() -> None:
    with asking(plan="free") as client:
        meeting = client.create()
        expected = (400, refusal(200, f"Only available for paid users: {meeting['host_id']}."))
        assert client.register(meeting, "ana@exemple.fr") == expected
        assert client.batch(meeting, "ana@exemple.fr") == expected


def test_nobody_registers_once_the_meeting_is_over_unless_it_still_runs() -> None:
    with asking() as client:
        meeting = client.create()
        client.clock.forward(days=1, hours=2, minutes=15)
        client.login()
        assert client.register(meeting, "ana@exemple.fr")[1]["code"] == 3038
        assert client.batch(meeting, "ana@exemple.fr")[1]["code"] == 3038
        client.zoom.start_meeting(meeting["id"])
        assert client.register(meeting, "ana@exemple.fr")[0] == 201


def test_a_meeting_that_is_not_there_is_told_apart_by_operation() -> None:
    with asking() as client:
        gone, message = {"id": 1}, "Meeting does not exist: 1."
        assert client.register(gone, "ana@exemple.fr") == (404, refusal(1001, message))
        assert client.batch(gone, "ana@exemple.fr") == (404, refusal(3001, message))
        assert client.said("GET", "/meetings/1/registrants") == (404, refusal(3001, message))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "ana"}, "email"),
        ({"email": "a" * 120 + "@exemple.fr"}, "email"),
        ({"first_name": "é" * 65}, "first_name"),
        ({"last_name": "é" * 65}, "last_name"),
        ({"last_name": None}, "last_name"),
        ({"language": "fr"}, "language"),
        ({"custom_questions": [{"title": "Pourquoi", "value": "é" * 129}]}, "custom_questions"),
    ],
)
def test_a_field_of_a_registrant_out_of_bounds_is_named(changes: dict[str, Any], field: str) -> None:
    with asking() as client:
        meeting = client.create()
        body = {"email": "ana@exemple.fr", "first_name": "Ana", **changes}
        answer = client.said("POST", f"/meetings/{meeting['id']}/registrants", body)
        assert answer == (400, refusal(300, "Validation Failed.", field))


@pytest.mark.parametrize("field", ["email", "first_name"])
def test_address_and_first_name_are_required(field: str) -> None:
    with asking() as client:
        meeting = client.create()
        status, body = client.register(meeting, **{"email": "ana@exemple.fr", field: ""})
        errors = [{"field": field, "message": f"{field} is required."}]
        assert (status, body) == (400, {**refusal(300, "Validation Failed."), "errors": errors})


def test_a_batch_takes_thirty_people_and_only_three_fields() -> None:
    with asking() as client:
        meeting = client.create()
        emails = [f"p{number}@exemple.fr" for number in range(30)]
        status, body = client.batch(meeting, *emails)
        assert (status, [one["email"] for one in body["registrants"]]) == (201, emails)
        assert len({one["join_url"] for one in body["registrants"]}) == 30
        row = {"email": "q@exemple.fr", "first_name": "Q", "city": "Tours"}
        client.said("POST", f"/meetings/{meeting['id']}/batch_registrants", {"registrants": [row]})
        last = client.zoom.registrants(meeting["id"])[-1]
        assert (last["email"], "city" in last) == ("q@exemple.fr", False)


@pytest.mark.parametrize("count", [0, 31])
def test_a_batch_of_none_or_of_more_than_thirty_is_refused(count: int) -> None:
    with asking() as client:
        meeting = client.create()
        status, body = client.batch(meeting, *(f"p{number}@exemple.fr" for number in range(count)))
        assert (status, body["code"], body["errors"][0]["field"]) == (400, 300, "registrants")


def test_one_bad_row_fails_the_whole_batch() -> None:
    with asking() as client:
        meeting = client.create()
        expected = (400, refusal(300, "Validation Failed.", "registrants[1].email"))
        assert client.batch(meeting, "ana@exemple.fr", "bo") == expected
        assert client.zoom.registrants(meeting["id"]) == []


def test_batches_are_for_scheduled_meetings_only() -> None:
    with asking() as client:
        meeting = client.create(type=8, recurrence={"type": 1})
        assert client.batch(meeting, "ana@exemple.fr")[1]["code"] == 303
        assert client.register(meeting, "ana@exemple.fr")[0] == 201


def test_a_meeting_takes_4999_registrants() -> None:
    with asking() as client:
        meeting = client.create()
        for first in range(0, 4980, 30):
            assert client.batch(meeting, *(f"p{n}@exemple.fr" for n in range(first, first + 30)))[0] == 201
        full = refusal(3043, "Meeting has reached maximum attendee capacity.")
        assert client.batch(meeting, *(f"p{n}@exemple.fr" for n in range(4980, 5000))) == (400, full)
        assert client.batch(meeting, *(f"p{n}@exemple.fr" for n in range(4980, 4999)))[0] == 201
        assert client.register(meeting, "trop@exemple.fr") == (400, full)
        assert client.register(meeting, "p0@exemple.fr")[0] == 201
        page = client.said("GET", f"/meetings/{meeting['id']}/registrants", page_size="300")[1]
        assert (page["total_records"], page["page_count"], len(page["registrants"])) == (4999, 17, 300)


def test_registrants_come_in_pages_of_one_status() -> None:
    with asking() as client:
        meeting = client.create()
        client.batch(meeting, "a@exemple.fr", "b@exemple.fr", "c@exemple.fr")
        path = f"/meetings/{meeting['id']}/registrants"
        first = client.said("GET", path, page_size="2")[1]
        last = client.said("GET", path, page_size="2", next_page_token=first["next_page_token"])[1]
        assert [one["email"] for one in (*first["registrants"], *last["registrants"])] == [
            "a@exemple.fr",
            "b@exemple.fr",
            "c@exemple.fr",
        ]
        assert last["next_page_token"] == ""
        assert client.said("GET", path, status="cancelled")[1]["code"] == 300
        assert client.said("GET", path, page_size="301")[1]["code"] == 300


def test_a_cancelled_registration_ends_and_a_new_one_has_a_new_link() -> None:
    with asking() as client:
        meeting = client.create()
        _, ana = client.register(meeting, "ana@exemple.fr")
        row = {"id": ana["registrant_id"], "email": "ANA@exemple.fr"}
        assert client.set_status(meeting, "cancel", row) == (204, None)
        assert listed(client, meeting) == []
        assert client.set_status(meeting, "approve", row) == (204, None)
        assert listed(client, meeting) == []
        assert client.said("GET", f"/meetings/{meeting['id']}/registrants/{row['id']}")[1]["code"] == 300
        _, again = client.register(meeting, "ana@exemple.fr")
        assert again["registrant_id"] != ana["registrant_id"]
        assert again["join_url"] != ana["join_url"]
        assert [one["status"] for one in client.zoom.registrants(meeting["id"])] == ["cancelled", "approved"]


def test_status_rows_that_fit_nobody_are_passed_over_in_silence() -> None:
    with asking() as client:
        meeting = client.create()
        _, ana = client.register(meeting, "ana@exemple.fr")
        mixed = {"id": ana["registrant_id"], "email": "bo@exemple.fr"}
        assert client.set_status(meeting, "cancel", mixed, {"id": "x"}, {"email": "bo@exemple.fr"}) == (204, None)
        assert listed(client, meeting) == ["ana@exemple.fr"]
        assert client.set_status(meeting, "cancel", {"email": "ana@exemple.fr"}) == (204, None)
        assert listed(client, meeting) == []


def test_a_status_call_names_a_known_action_and_thirty_people_at_most() -> None:
    with asking() as client:
        meeting = client.create()
        expected = (400, refusal(300, "Validation Failed.", "action"))
        assert client.set_status(meeting, "delete", {"id": "x"}) == expected
        assert client.set_status(meeting, "cancel", *[{"id": "x"}] * 30)[0] == 204
        assert client.set_status(meeting, "cancel", *[{"id": "x"}] * 31)[1]["code"] == 300


def test_the_same_person_twice_in_one_status_call_is_cancelled_once() -> None:
    with asking() as client:
        meeting = client.create()
        _, ana = client.register(meeting, "ana@exemple.fr")
        row = {"id": ana["registrant_id"]}
        assert client.set_status(meeting, "cancel", row, row) == (204, None)
        assert [one["status"] for one in client.zoom.registrants(meeting["id"])] == ["cancelled"]


def test_a_registrant_is_deleted_by_id() -> None:
    with asking() as client:
        meeting = client.create()
        _, ana = client.register(meeting, "ana@exemple.fr")
        path = f"/meetings/{meeting['id']}/registrants/{ana['registrant_id']}"
        assert client.said("DELETE", path) == (204, None)
        assert listed(client, meeting) == []
        message = (
            "The value that you entered for the Registrant ID field is invalid. Enter a valid value and try again."
        )
        assert client.said("DELETE", path) == (400, refusal(300, message))
