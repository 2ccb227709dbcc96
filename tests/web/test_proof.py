"""After the day: the certificate on somebody's page, and the page that checks it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from orchestrator.outside.zoom import Visit
from tests.jobs.theatre import HOUR
from tests.web.door import Door

pytestmark = pytest.mark.slow


def held(door: Door) -> None:
    """Let Zoé have been there all morning, and the day be over."""
    theatre = door.theatre
    [meeting] = theatre.zoom.meetings()
    way = theatre.store.meetings.ways(door.event.key)["day-1"]["zoe@exemple.fr"]
    session = door.event.session("matin")
    theatre.zoom.start_meeting(meeting["id"])
    seen = Visit(
        name="Zoé",
        registrant_id=way.registrant_id,
        joined_at=session.starts_at,
        left_at=session.ends_at - timedelta(minutes=9),
    )
    theatre.zoom.visit(meeting["id"], seen)
    theatre.zoom.end_meeting(meeting["id"])
    theatre.play(door.event.last_end + HOUR)


def test_who_came_finds_a_certificate_on_their_page_and_looking_notes_nothing(door: Door) -> None:
    browser, page = door.browser(), door.page_of()
    assert browser.get(f"{page}/attestation.pdf").status_code == 404
    held(door)
    assert f"{page}/attestation.pdf" in browser.get(page).text
    answer = browser.get(f"{page}/attestation.pdf")
    assert (answer.status_code, answer.headers["content-type"], answer.content[:5]) == (
        200,
        "application/pdf",
        b"%PDF-",
    )
    assert door.theatre.store.attendance.issued(door.event.key) == {}


def test_the_checking_page_runs_its_own_script_and_no_other(door: Door) -> None:
    answer = door.browser().get("/verifier")
    policy = answer.headers["content-security-policy"]
    assert re.search(r"script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'", policy)
    assert ("unsafe" in policy, "data-key=" in answer.text) == (False, True)
