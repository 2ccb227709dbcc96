"""After the day: the certificate on somebody's page, and the page that checks it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from orchestrator.core.certificates import number
from orchestrator.core.model import reference
from orchestrator.core.retention import purged_at
from orchestrator.jobs.attendance import look, threshold_of
from orchestrator.outside.zoom import Visit
from tests.jobs.theatre import HOUR
from tests.web.door import Door, csrf, text

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
    assert f'href="{page}/attestation"' in browser.get(page).text
    printed = browser.get(f"{page}/attestation")
    said = text(printed.text)
    assert "Zoé Martin" in said
    assert "2 h 36" in said.replace("\xa0", " ")
    assert f'href="{page}/attestation.pdf"' in printed.text
    assert "unsafe" not in printed.headers["content-security-policy"]
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


def test_the_organiser_sees_who_was_there_and_decides_what_zoom_could_not_tell(door: Door) -> None:
    theatre, board = door.theatre, door.organiser()
    assert "L'événement n'est pas terminé" in text(board.get("/after").text)
    held(door)
    [meeting] = theatre.zoom.meetings()
    session = door.event.session("apres-midi")
    theatre.zoom.visit(
        meeting["id"], Visit(name="+33 6 •• •• 12 34", joined_at=session.starts_at, left_at=session.ends_at)
    )
    theatre.play(theatre.at + 4 * HOUR)
    board = door.organiser()
    page = board.get("/after").text
    assert "« +33 6 •• •• 12 34 » , par téléphone" in text(page)
    [doubt] = look(door.event, theatre.store, threshold_of(door.event)).doubts
    form = {"csrf": csrf(page), "key": doubt.key}

    def answer(**said: str) -> str:
        return str(board.post("/after/decide", data={**form, **said}).headers["location"])

    assert answer() == "/after?done=say-who"
    assert answer(address="max@exemple.fr") == "/after?done=not-registered"
    assert answer(address="ZOE@exemple.fr") == "/after?done=attendance-decided"
    assert board.post("/after/decide", data=form).status_code == 404

    theatre.turn(theatre.at + timedelta(minutes=1))
    sheet = text(board.get("/after/sheet").text)
    assert ("156 min présent·e" in sheet, "135 min présent·e" in sheet) == (True, True)
    assert "a dit qui était là" in text(board.get("/journal").text)
    assert "style-src 'sha256-" in board.get("/after/funder").headers["content-security-policy"]


def test_a_certificate_is_issued_anew_or_revoked_from_the_persons_page(door: Door) -> None:
    held(door)
    board, ref = door.organiser(), reference(door.event.key, "zoe@exemple.fr")
    pdf = f"{door.page_of()}/attestation"
    word = {"csrf": csrf(board.get(f"/people/{ref}").text)}
    first = door.browser().get(pdf).text

    board.post(f"/people/{ref}/certificate/again", data=word)
    again = door.browser().get(pdf).text
    stem = number(door.event.key, "zoe@exemple.fr", 1)[:-1]
    assert (f"{stem}1" in first, f"{stem}1" in again, f"{stem}2" in again) == (True, False, True)

    board.post(f"/people/{ref}/certificate/revoke", data=word)
    assert door.browser().get(pdf).status_code == 404
    assert "annulée" in text(board.get(f"/people/{ref}").text)
    assert set(door.theatre.store.attendance.revoked(door.event.key)) >= {f"{stem}1"}


def test_what_was_purged_is_reported_and_counted_down_to(door: Door) -> None:
    held(door)
    board = door.organiser()
    assert "Dans 30 jours" in text(board.get("/").text)
    door.theatre.play(purged_at(door.event) + HOUR)
    board = door.organiser()
    said = text(board.get("/after").text)
    assert "lignes sur les personnes ont été effacées d'ici" in said
    assert "zoe@exemple.fr" not in said
