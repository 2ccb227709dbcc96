"""The pages' server: health, and Zoom's webhooks from the fake Zoom over HTTP to what is known of who is there."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.gateways.zoom.webhooks import LARGEST
from orchestrator.outside.zoom import FakeZoom, Poster, signed
from orchestrator.store import Kept, Store, Way
from orchestrator.web.webhooks import Inbox
from tests.doors.pages import Still, opened

NOW = datetime(2021, 6, 24, 7, 20, tzinfo=UTC)
SECRET = "s3cret"
pytestmark = pytest.mark.slow


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


@pytest.fixture
def store(sqlite_url: str, open_store: Any) -> Store:
    found: Store = open_store(sqlite_url)
    return found


def test_who_enters_is_known_by_their_registration(store: Store) -> None:
    with opened(store, inbox=Inbox(store, Still(NOW), [SECRET])) as port:
        poster = Poster(f"http://127.0.0.1:{port}/webhooks/zoom")
        with FakeZoom(now=Still(NOW).now, webhook_secret=SECRET, tell=poster, rates=False) as zoom:
            from orchestrator.core.meetings import Registrant
            from orchestrator.gateways.zoom.api import ZoomApi
            from orchestrator.gateways.zoom.meetings import ZoomMeetings
            from tests.contracts.test_zoom_gateway import PLAIN

            papers = {k: v for k, v in zoom.papers().items() if k != "host"}
            api = ZoomApi(**papers, now=Still(NOW).now, api_url_is_fixed=True)  # type: ignore[arg-type]  # all are texts
            meetings = ZoomMeetings(api)
            number = meetings.create(PLAIN)
            [way] = meetings.register(number, [Registrant(email="zoe@exemple.fr", first_name="Zoé")])
            api.close()
            store.meetings.record("relation", Kept(key="day-1", tag="[t]", zoom_id=number))
            mine = Way(email=way.email, meeting="day-1", zoom_id=number, state="open", registrant_id=way.registrant_id)
            store.meetings.record_ways("relation", [mine])
            zoom.start_meeting(number)
            zoom.enter(number, "zoe@exemple.fr")
            zoom.leave(number, "zoe@exemple.fr")
            zoom.end_meeting(number)
            poster.wait()
    store.presence.apply(NOW)
    [run] = store.presence.runs("relation")["day-1"]
    [stay] = store.presence.stays("relation")
    assert (poster.answers, run.started_at, run.ended_at) == ([200] * 4, NOW, NOW)
    assert (stay.email, stay.joined_at, stay.left_at) == ("zoe@exemple.fr", NOW, NOW)


def test_what_is_not_zooms_is_refused_and_nothing_of_it_is_kept(store: Store) -> None:
    started = json.dumps({"event": "meeting.started", "event_ts": 1, "payload": {"object": {"id": 8, "uuid": "u"}}})
    good = signed(SECRET, started.encode(), NOW)
    bad = signed("guess", started.encode(), NOW)
    with opened(store, inbox=Inbox(store, Still(NOW), [SECRET])) as port:
        assert ask(port, "POST", "/webhooks/zoom", bad.body, **bad.headers)[0] == 401
        assert ask(port, "POST", "/webhooks/zoom", good.body)[0] == 401
        assert ask(port, "POST", "/webhooks/zoom", b"x" * (LARGEST + 1))[0] == 413
        assert ask(port, "GET", "/webhooks/zoom")[0] == 405
        with store.db.read() as c:
            assert c.exec_driver_sql("SELECT count(*) FROM webhook").scalar() == 0
        assert [ask(port, "POST", "/webhooks/zoom", good.body, **good.headers) for _ in range(2)] == [(200, b"{}")] * 2
        with store.db.read() as c:
            assert c.exec_driver_sql("SELECT count(*) FROM webhook").scalar() == 1


def test_without_a_secret_nothing_listens_and_health_is_told(store: Store) -> None:
    with opened(store, health=lambda: (False, {"ok": False})) as port:
        assert ask(port, "POST", "/webhooks/zoom", b"{}")[0] == 404
        assert ask(port, "GET", "/healthz") == (503, b'{"ok":false}')
        assert ask(port, "HEAD", "/healthz") == (503, b"")
        assert ask(port, "GET", "/docs")[0] == 404
