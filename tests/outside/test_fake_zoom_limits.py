"""The fake Zoom's rate limits, in virtual time."""

from __future__ import annotations

from typing import Any

import pytest

from .fake_zoom_client import HOST, Client, Clock, asking, refusal

PER_SECOND = "You have reached the maximum per-second rate limit for this API. Try again later."
PER_DAY = (
    "You have reached the maximum daily rate limit for this API. Refer to the response header for details on"
    " when you can make another request."
)
SAVES = (
    "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for this"
    " particular user. You may resume these requests at GMT 00:00:00."
)


def limit_headers(client: Client, path: str) -> dict[str, str]:
    headers = client.ask("GET", path).headers
    return {name: headers[name] for name in headers if name.startswith("X-RateLimit") or name == "Retry-After"}


@pytest.mark.parametrize(
    ("plan", "light", "medium", "heavy"), [("free", 4, 2, 1), ("pro", 30, 20, 10), ("business", 80, 60, 40)]
)
def test_the_account_has_so_many_calls_a_second_by_label(plan: str, light: int, medium: int, heavy: int) -> None:
    with asking(plan=plan, rates=True) as client:
        report = "/report/meetings/1/participants"
        for path, allowed in ((f"/users/{HOST}", light), (f"/users/{HOST}/settings", medium), (report, heavy)):
            codes = [client.ask("GET", path).status_code for _ in range(allowed + 1)]
            assert codes.count(429) == 1
            assert codes[-1] == 429
        assert client.said("GET", report) == (429, refusal(429, PER_SECOND))
        client.clock.forward(seconds=1)
        assert client.said("GET", f"/users/{HOST}")[0] == 200


def test_the_per_second_limit_tells_when_it_ends() -> None:
    with asking(plan="free", rates=True) as client:
        path = f"/users/{HOST}/settings"
        assert limit_headers(client, path) == {"X-RateLimit-Category": "Medium"}
        client.ask("GET", path)
        assert limit_headers(client, path) == {
            "X-RateLimit-Category": "Medium",
            "X-RateLimit-Type": "QPS",
            "X-RateLimit-Limit": "2",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(int(client.clock.time.timestamp()) + 1),
        }


def test_the_accounts_daily_limit_tells_when_it_ends() -> None:
    clock = Clock()
    with asking(plan="free", rates=True, now=clock, temper=lambda call: clock.forward(seconds=1)) as client:
        path = "/report/meetings/1/participants"
        token = client.http.headers["Authorization"]
        call = f"GET /v2{path} HTTP/1.1\r\nAuthorization: {token!s}\r\n\r\n".encode()
        assert client.raw(call * 1000).count(b"HTTP/1.1 400 ") == 1000  # not on a free account, but counted
        assert client.said("GET", path) == (429, refusal(429, PER_DAY))
        assert limit_headers(client, path) == {
            "X-RateLimit-Category": "Heavy",
            "X-RateLimit-Type": "Daily-limit",
            "X-RateLimit-Limit": "1000",
            "X-RateLimit-Remaining": "0",
            "Retry-After": "2026-12-01T00:00:00Z",
        }


def test_rates_can_be_left_out_for_a_clock_that_stands_still() -> None:
    with asking(plan="free", rates=False) as client:
        assert [client.ask("GET", f"/users/{HOST}").status_code for _ in range(50)] == [200] * 50


def test_a_host_saves_meetings_a_hundred_times_a_day_and_deleting_is_free() -> None:
    with asking(licensed_users=["bo@exemple.fr"]) as client:
        meeting = client.create()
        path = f"/meetings/{meeting['id']}"
        for _ in range(99):
            assert client.ask("PATCH", path, {}).status_code == 204
        assert client.said("PATCH", path, {}) == (429, refusal(429, SAVES))
        assert client.said("POST", f"/users/{HOST}/meetings", {}) == (429, refusal(429, SAVES))
        assert client.said("POST", "/users/bo@exemple.fr/meetings", {})[0] == 201
        headers = client.ask("PATCH", path, {}).headers
        assert headers["X-RateLimit-Limit"] == "6000"
        assert "Retry-After" not in headers
        assert "X-RateLimit-Type" not in headers
        client.clock.forward(hours=14, minutes=59, seconds=59)
        client.login()
        assert client.said("PATCH", path, {})[0] == 429
        client.clock.forward(seconds=1)
        assert client.said("PATCH", path, {})[0] == 204
        assert client.said("DELETE", path)[0] == 204


def test_somebody_is_added_to_a_meeting_three_times_a_day() -> None:
    with asking() as client:
        meeting, other = client.create(), client.create()
        assert client.register(meeting, "ana@exemple.fr")[0] == 201
        assert client.register(meeting, "ANA@exemple.fr")[0] == 201
        assert client.batch(meeting, "ana@exemple.fr")[0] == 201
        message = (
            "You have exceeded the daily rate limit of (3) for Add meeting registrant API requests for the registrant"
        )
        assert client.register(meeting, "ana@exemple.fr") == (429, refusal(429, message))
        assert client.batch(meeting, "bo@exemple.fr", "ana@exemple.fr") == (429, refusal(429, message))
        assert [one["email"] for one in client.zoom.registrants(meeting["id"])] == ["ana@exemple.fr"]
        assert client.register(other, "ana@exemple.fr")[0] == 201
        client.clock.forward(hours=15)
        client.login()
        assert client.register(meeting, "ana@exemple.fr")[0] == 201


def test_a_refused_batch_costs_nobody_an_addition() -> None:
    with asking() as client:
        meeting = client.create()
        for _ in range(4):
            assert client.batch(meeting, "ana@exemple.fr", HOST)[1]["code"] == 3027
        assert client.register(meeting, "ana@exemple.fr")[0] == 201


def test_somebodys_status_changes_ten_times_a_day() -> None:
    with asking() as client:
        meeting = client.create()
        row: dict[str, Any] = {"id": client.register(meeting, "ana@exemple.fr")[1]["registrant_id"]}
        for _ in range(5):
            assert client.set_status(meeting, "deny", row)[0] == 204
            assert client.set_status(meeting, "approve", row)[0] == 204
        assert client.set_status(meeting, "deny", row)[0] == 429
        client.clock.forward(hours=15)
        client.login()
        assert client.set_status(meeting, "deny", row)[0] == 204
