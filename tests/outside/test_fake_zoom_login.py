"""Who may call the fake Zoom."""

from __future__ import annotations

import pytest
import requests

from orchestrator.outside.zoom import FakeZoom
from orchestrator.outside.zoom.routes import SCOPES

from .fake_zoom_client import HOST, Clock, asking, refusal


def test_a_token_lasts_an_hour_and_names_its_scopes_and_its_base() -> None:
    with asking() as client:
        answer = client.token()
        token = answer.json()
        assert len(token.pop("access_token")) > 40
        assert answer.status_code == 200
        assert token == {
            "token_type": "bearer",
            "expires_in": 3600,
            "scope": " ".join(sorted(SCOPES)),
            "api_url": client.zoom.api_url.removesuffix("/v2"),
        }


def test_the_token_may_be_asked_for_in_the_query() -> None:
    with asking() as client:
        answer = client.http.post(
            client.zoom.token_url,
            params={"grant_type": "account_credentials", "account_id": client.zoom.account_id},
            auth=(client.zoom.client_id, client.zoom.client_secret),
            timeout=5,
        )
        assert answer.status_code == 200


def test_a_wrong_secret_is_an_invalid_client() -> None:
    with asking() as client:
        answer = client.http.post(client.zoom.token_url, auth=(client.zoom.client_id, "wrong"), timeout=5)
        assert (answer.status_code, answer.json()) == (
            400,
            {"reason": "Invalid client_id or client_secret", "error": "invalid_client"},
        )


def test_a_secret_in_the_body_instead_of_basic_is_refused() -> None:
    with asking() as client:
        form = {"client_id": client.zoom.client_id, "client_secret": client.zoom.client_secret}
        answer = requests.post(client.zoom.token_url, data=form, timeout=5)
        assert (answer.status_code, answer.json()) == (
            400,
            {"reason": "Invalid client credentials", "error": "invalid_client"},
        )


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"account_id": "wrong"}, "invalid_request"),
    ],
)
def test_a_wrong_grant_or_account_is_named_in_the_error(form: dict[str, str], error: str) -> None:
    with asking() as client:
        answer = client.token(**form)
        assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_without_a_good_token_nothing_is_answered() -> None:
    with asking() as client:
        client.http.headers["Authorization"] = "Bearer wrong"
        assert client.said("GET", f"/users/{HOST}") == (401, refusal(124, "Invalid access token."))
        del client.http.headers["Authorization"]
        assert client.said("GET", f"/users/{HOST}") == (401, refusal(124, "Invalid access token."))


def test_a_token_expires_after_its_hour_and_another_one_helps() -> None:
    with asking() as client:
        client.clock.forward(seconds=3599)
        assert client.said("GET", f"/users/{HOST}")[0] == 200
        client.clock.forward(seconds=1)
        assert client.said("GET", f"/users/{HOST}") == (401, refusal(124, "Access token is expired."))
        client.login()
        assert client.said("GET", f"/users/{HOST}")[0] == 200


def test_missing_scopes_are_named() -> None:
    with asking(scopes=["user:read:user:admin"]) as client:
        assert client.token().json()["scope"] == "user:read:user:admin"
        message = "Invalid access token, does not contain scopes:[user:read:settings:admin]."
        assert client.said("GET", f"/users/{HOST}/settings") == (400, refusal(4711, message))


def test_classic_scopes_of_older_apps_will_do() -> None:
    with asking(scopes=["user:read:admin", "meeting:write:admin"]) as client:
        assert client.said("GET", f"/users/{HOST}/settings")[0] == 200
        meeting = client.create()
        assert client.said("PATCH", f"/meetings/{meeting['id']}", {})[0] == 204
        assert client.said("GET", f"/meetings/{meeting['id']}")[1]["code"] == 4711


def test_me_is_nobody_for_a_server_to_server_app() -> None:
    with asking() as client:
        assert client.said("GET", "/users/me/meetings") == (404, refusal(1001, "User does not exist: me."))


def test_an_unknown_user_does_not_exist() -> None:
    with asking() as client:
        expected = (404, refusal(1001, "User does not exist: autre@exemple.fr."))
        assert client.said("GET", "/users/autre%40exemple.fr") == expected
        assert client.said("POST", "/users/autre%40exemple.fr/meetings", {}) == expected


@pytest.mark.parametrize(("plan", "kind"), [("free", 1), ("pro", 2), ("business", 2)])
def test_a_user_is_licensed_on_a_paid_plan_and_found_by_address_or_id(plan: str, kind: int) -> None:
    with asking(plan=plan) as client:
        user = client.said("GET", f"/users/{HOST.upper()}")[1]
        assert (user["email"], user["type"]) == (HOST, kind)
        assert client.said("GET", f"/users/{user['id']}") == (200, user)


@pytest.mark.parametrize("scheduling", [True, False])
def test_the_settings_tell_of_breakout_rooms_and_capacity(scheduling: bool) -> None:
    with asking(breakout_scheduling=scheduling, capacity=500) as client:
        settings = client.said("GET", f"/users/{HOST}/settings")[1]
        assert settings["in_meeting"]["breakout_room"] is True
        assert settings["in_meeting"]["breakout_room_schedule"] is scheduling
        assert settings["feature"]["meeting_capacity"] == 500


def test_the_papers_are_all_a_client_needs() -> None:
    with FakeZoom(now=Clock(), account_id="a", client_id="i", client_secret="s") as zoom:
        assert zoom.papers() == {
            "api_url": zoom.api_url,
            "token_url": zoom.token_url,
            "account_id": "a",
            "client_id": "i",
            "client_secret": "s",
            "host": HOST,
        }


def test_it_starts_again_on_its_port_with_all_it_knew() -> None:
    with asking() as client:
        meeting, port = client.create(), client.zoom.api_url
        client.zoom.stop()
        with pytest.raises(requests.ConnectionError):
            client.read(meeting)
        client.zoom.start()
        assert client.zoom.api_url == port
        assert client.read(meeting)["uuid"] == meeting["uuid"]
