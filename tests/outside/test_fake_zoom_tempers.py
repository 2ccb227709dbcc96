"""What may go wrong with the fake Zoom on demand, who hears of it, and what it makes of nonsense."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from orchestrator.outside.zoom import (
    BUSY,
    MAINTENANCE,
    Answer,
    Call,
    Drop,
    Exchange,
    Expire,
    Fail,
    FakeZoom,
    Fault,
    Garble,
    Lose,
)

from .fake_zoom_client import HOST, MEETING, NOW, Client, asking, refusal

USER = f"/users/{HOST}"


class Witness:
    """Hears everything, and answers creations with one fault."""

    def __init__(self, fault: Fault | None = None) -> None:
        self.fault = fault
        self.heard: list[Exchange] = []
        self.calls: list[Call] = []

    def temper(self, call: Call) -> Fault | None:
        self.calls.append(call)
        return self.fault if call.method == "POST" and call.path.endswith("/meetings") else None


def create_under(fault: Fault) -> Iterator[tuple[Client, Witness]]:
    witness = Witness(fault)
    with asking(temper=witness.temper, hear=witness.heard.append) as client:
        yield client, witness


def post(client: Client) -> requests.Response:
    return client.ask("POST", f"{USER}/meetings", MEETING)


def test_maintenance_answers_a_page_and_does_nothing() -> None:
    for client, witness in create_under(MAINTENANCE):
        answer = post(client)
        assert answer.status_code == 503
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.text.startswith("<!DOCTYPE html>")
        assert client.zoom.meetings() == []
        assert (witness.heard[-1].status, witness.heard[-1].response) == (503, answer.text)


def test_any_answer_can_be_given_instead_of_the_work() -> None:
    for client, _ in create_under(
        Answer(status=429, body={"code": 429}, headers={"Retry-After": "2026-12-01T00:00:00Z"})
    ):
        answer = post(client)
        assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (
            429,
            {"code": 429},
            "2026-12-01T00:00:00Z",
        )
        assert client.zoom.meetings() == []
    for client, _ in create_under(BUSY):
        assert post(client).json()["message"].startswith("You have reached the maximum per-second rate limit")


def test_a_dropped_call_is_not_done() -> None:
    for client, witness in create_under(Drop()):
        with pytest.raises(requests.ConnectionError):
            post(client)
        assert client.zoom.meetings() == []
        assert (witness.heard[-1].status, witness.heard[-1].response, witness.heard[-1].lost) == (0, None, False)


def test_a_lost_answer_leaves_the_work_done() -> None:
    for client, witness in create_under(Lose()):
        with pytest.raises(requests.ConnectionError):
            post(client)
        [meeting] = client.zoom.meetings()
        last = witness.heard[-1]
        assert (last.status, last.lost) == (201, True)
        assert last.response is not None
        assert last.response["id"] == meeting["id"]


def test_a_failure_after_the_work_leaves_it_done() -> None:
    for client, witness in create_under(Fail()):
        answer = post(client)
        assert (answer.status_code, answer.json()) == (500, refusal(500, "Internal Server Error"))
        assert len(client.zoom.meetings()) == 1
        assert (witness.heard[-1].status, witness.heard[-1].lost) == (500, False)


@pytest.mark.parametrize(("how", "begins"), [("html", "<!DOCTYPE"), ("empty", ""), ("truncated", '{"uuid":')])
def test_a_garbled_answer_is_no_json_and_leaves_the_work_done(how: Any, begins: str) -> None:
    for client, witness in create_under(Garble(how)):
        answer = post(client)
        assert answer.status_code == 201
        assert answer.text.startswith(begins)
        with pytest.raises(requests.JSONDecodeError):
            answer.json()
        assert len(client.zoom.meetings()) == 1
        assert witness.heard[-1].response == answer.text


def test_an_answer_cut_in_its_middle_leaves_the_work_done() -> None:
    for client, witness in create_under(Garble("cut")):
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            post(client)
        assert len(client.zoom.meetings()) == 1
        assert (witness.heard[-1].status, witness.heard[-1].lost) == (201, True)


@pytest.mark.parametrize(("how", "status"), [("html", 200), ("empty", 204), ("truncated", 204), ("cut", 0)])
def test_an_answer_without_a_body_can_be_garbled_too(how: Any, status: int) -> None:
    faults: list[Fault] = []
    with asking(temper=lambda call: faults.pop() if faults else None) as client:
        meeting = client.create()
        faults.append(Garble(how))
        if status:
            assert client.ask("PATCH", f"/meetings/{meeting['id']}", {"topic": "Neuf"}).status_code == status
        else:
            with pytest.raises(requests.ConnectionError):
                client.ask("PATCH", f"/meetings/{meeting['id']}", {"topic": "Neuf"})
        assert client.read(meeting)["topic"] == "Neuf"


def test_tokens_can_be_made_to_expire() -> None:
    for client, witness in create_under(Expire()):
        assert client.said("POST", f"{USER}/meetings", MEETING) == (401, refusal(124, "Access token is expired."))
        witness.fault = None
        client.login()
        assert post(client).status_code == 201


def test_the_login_can_fail_too() -> None:
    with asking() as client:
        pass
    with FakeZoom(now=client.clock, temper=lambda call: MAINTENANCE) as zoom:
        assert Client(zoom, client.clock).token().status_code == 503


def test_everything_is_heard_in_order_and_without_secrets() -> None:
    witness = Witness()
    with asking(hear=witness.heard.append, temper=witness.temper) as client:
        client.said("GET", USER, login_type="100")
        secret = client.zoom.client_secret
        requests.post(
            client.zoom.token_url, data={"client_secret": secret}, params={"client_secret": secret}, timeout=5
        )
        form = {"grant_type": "account_credentials", "account_id": client.zoom.account_id}
        assert witness.calls[0] == Call(at=NOW, method="POST", path="/oauth/token", body=form)
        token, user, wrong = witness.heard
        assert token.response is not None
        assert token.response["access_token"] == "…"
        assert (token.method, token.path, token.status, token.request) == ("POST", "/oauth/token", 200, form)
        assert (user.path, user.at) == ("/v2/users/webinaires@exemple.fr?login_type=100", NOW)
        assert user.response is not None
        assert user.response["email"] == HOST
        assert (wrong.path, wrong.request) == ("/oauth/token?client_secret=…", {"client_secret": "…"})
        told = repr((witness.heard, witness.calls))
        assert secret not in told
        assert str(client.http.headers["Authorization"]).split()[1] not in told


def test_the_path_is_heard_as_it_was_sent() -> None:
    witness = Witness()
    with asking(temper=witness.temper) as client:
        client.ask("GET", "/users/x%40y.fr/meetings?type=upcoming")
        assert witness.calls[-1].path == "/v2/users/x%40y.fr/meetings?type=upcoming"


def test_a_temper_may_set_the_clock_forward_before_the_work() -> None:
    time = [NOW]

    def late(call: Call) -> None:
        time[0] += timedelta(minutes=1)

    def now() -> datetime:
        return time[0]

    heard: list[Exchange] = []
    with asking(now=now, temper=late, hear=heard.append) as client:
        answer = post(client)
        assert answer.json()["created_at"] == "2026-11-30T09:02:00Z"
        assert parsedate_to_datetime(answer.headers["Date"]) == NOW + timedelta(minutes=2)
        assert [one.at for one in heard] == [NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)]


def test_many_at_once_are_served_one_by_one() -> None:
    busy: list[Exchange] = []
    inside = threading.Lock()

    def hear(exchange: Exchange) -> None:
        assert inside.acquire(blocking=False)
        busy.append(exchange)
        inside.release()

    with asking(hear=hear) as client:
        meeting = client.create()

        def register(start: int) -> None:
            with requests.Session() as http:
                for number in range(start, start + 10):
                    body = {"email": f"p{number}@exemple.fr", "first_name": "P"}
                    url = f"{client.zoom.api_url}/meetings/{meeting['id']}/registrants"
                    auth = {"Authorization": str(client.http.headers["Authorization"])}
                    assert http.post(url, json=body, headers=auth, timeout=5).status_code == 201

        threads = [threading.Thread(target=register, args=(10 * one,)) for one in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(client.zoom.registrants(meeting["id"])) == 50
        assert len(busy) == 52


@pytest.mark.parametrize("body", [b'{"topic":', b'{"duration": NaN}', b"\xff", b"[" * 100_000])
def test_malformed_json_is_refused(body: bytes) -> None:
    with asking() as client:
        url = f"{client.zoom.api_url}{USER}/meetings"
        answer = client.http.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=5)
        expected = refusal(300, "Request Body should be a valid JSON object.")
        assert (answer.status_code, answer.json()) == (400, expected)
        assert client.said("GET", USER)[0] == 200


@pytest.mark.parametrize("body", [None, [], "text", 3])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    with asking() as client:
        status, said = client.said("POST", f"{USER}/meetings", body)
        assert (status, said["code"]) == (400, 300)


def test_a_body_of_another_type_is_refused() -> None:
    with asking() as client:
        answer = client.http.post(f"{client.zoom.api_url}{USER}/meetings", data={"topic": "a"}, timeout=5)
        assert (answer.status_code, answer.json()) == (415, refusal(300, "Unsupported Content Type"))


def test_a_huge_body_is_read_to_its_end_and_refused() -> None:
    with asking() as client:
        head = b"POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 16000000\r\n\r\n"
        assert client.raw(head + b"a" * 16_000_000).startswith(b"HTTP/1.1 413 ")
        assert client.said("GET", USER)[0] == 200


def test_a_body_without_a_length_is_refused() -> None:
    with asking() as client:
        answer = client.http.post(f"{client.zoom.api_url}{USER}/meetings", data=iter([b"{}"]), timeout=5)
        assert (answer.status_code, answer.json()["code"]) == (411, 300)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("POST", "/users/a/settings"), ("GET", "//["), ("GET", "/meetings/")]
)
def test_an_unknown_operation_is_not_recognised(method: str, path: str) -> None:
    with asking() as client:
        assert client.said(method, path) == (404, refusal(2300, "This API endpoint is not recognized."))


def test_a_number_too_long_is_no_meeting() -> None:
    with asking() as client:
        assert client.said("GET", "/meetings/" + "9" * 6000)[1]["code"] == 300
        assert client.said("PUT", "/meetings/" + "9" * 6000 + "/status", {"action": "recover"})[1]["code"] == 300


def test_half_a_character_in_a_topic_is_answered_all_the_same() -> None:
    with asking() as client:
        url = f"{client.zoom.api_url}{USER}/meetings"
        headers = {"Content-Type": "application/json"}
        answer = client.http.post(url, data=b'{"topic": "a\\ud800"}', headers=headers, timeout=5)
        assert (answer.status_code, answer.json()["topic"]) == (201, "a?")


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"BREW / HTTP/1.1", b"501"), (b"nonsense", b"400"), (b"GET / HTTP/2.0", b"505")],
)
def test_what_is_not_http_is_answered_in_json(sent: bytes, status: bytes) -> None:
    with asking() as client:
        head, _, body = client.raw(sent + b"\r\n\r\n").partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 " + status + b" ")
        assert body.startswith(b'{"code":' + status)


def test_a_connection_is_kept_for_the_next_call() -> None:
    with asking() as client:
        answer = client.raw(b"GET /v2/users/a HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
        assert answer.count(b"HTTP/1.1 401 Unauthorized\r\n") == 2


def test_stopping_ends_connections_kept_alive() -> None:
    with asking() as client:
        client.ask("GET", USER)
        before = threading.active_count()
        client.zoom.stop()
        assert threading.active_count() < before
        client.zoom.stop()
