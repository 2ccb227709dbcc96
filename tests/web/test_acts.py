"""The organiser's buttons: each says in numbers what it will do, does it once one agrees, and writes it down."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from fastapi.routing import APIRoute

from orchestrator.core.model import LetterWishes, reference
from orchestrator.core.recipients import FALLBACK
from orchestrator.jobs.seats import of_session
from orchestrator.store import Delivery
from orchestrator.web.board.asking import ask
from tests import make
from tests.store.probe import dump
from tests.web.door import URL, Door, TestClient, csrf, form, text
from tests.web.test_hostile import routes

pytestmark = pytest.mark.slow


def opened(door: Door, path: str, data: dict[str, Any] | None = None, browser: TestClient | None = None) -> Any:
    """The page that asks: behind a link, or behind a form that was filled in."""
    browser = browser or door.organiser()
    if data is None:
        return browser, browser.get(path)
    return browser, browser.post(path, data={"csrf": csrf(browser.get("/").text), **data})


def done(door: Door, path: str, data: dict[str, Any] | None = None) -> tuple[str, str]:
    """Ask, agree; gives what the page said and where it led."""
    browser, page = opened(door, path, data)
    assert page.status_code == 200, text(page.text)
    before = state(door)
    action, fields = form(page.text)
    assert state(door) == before
    answer = browser.post(action, data=fields)
    assert answer.status_code == 303, text(answer.text)
    return text(page.text).replace("\u00a0", " "), answer.headers["location"]


def state(door: Door) -> Any:
    return {name: rows for name, rows in dump(door.house.store).items() if name not in ("attempt", "visit")}


def journal(door: Door) -> list[tuple[str, str]]:
    return [(entry.who, entry.what) for entry in door.house.store.journal.all(door.event.key)]


def letters(door: Door, kind: str) -> list[Delivery]:
    return [d for d in door.house.store.outbox.all(door.event.key) if d.kind == kind]


def zoe(door: Door, path: str = "") -> str:
    return f"/people/{reference(door.event.key, 'zoe@exemple.fr')}{path}"


def test_pausing_says_how_many_letters_wait_and_resuming_how_many_leave(door: Door) -> None:
    said, _ = done(door, "/letters/pause")
    n = sum(1 for d in door.house.store.outbox.all(door.event.key) if d.state == "due")
    assert f"{n} lettres attendraient votre reprise" in said
    assert door.house.store.holds.paused_since(door.event.key) is not None
    day = text(door.organiser().get("/").text)
    assert f"Les envois sont en pause : {n} lettres attendent" in day
    said, _ = done(door, "/letters/resume")
    assert f"{n} lettres à leur heure" in said
    assert door.house.store.holds.paused_since(door.event.key) is None
    assert journal(door) == [("contact@exemple.fr", "resume"), ("contact@exemple.fr", "pause")]


def test_what_was_agreed_to_is_what_is_done_or_one_is_asked_again(door: Door) -> None:
    browser, page = opened(door, "/letters/pause")
    action, fields = form(page.text)
    door.theatre.form.answer("ali@exemple.fr", "a", first="Ali")
    door.theatre.turn()
    door.theatre.turn()
    before = state(door)
    again = browser.post(action, data=fields)
    assert (again.status_code, "Les chiffres ont changé" in text(again.text)) == (200, True)
    assert state(door) == before


def test_a_wave_is_approved_with_its_number(door: Door) -> None:
    door.theatre.start_again(replace(door.event, letters=LetterWishes(approve_rooms=True)))
    door.served()
    door.theatre.play(make.TELL_AT)
    assert [d.state for d in letters(door, "room")] == ["due"]
    page = door.organiser().get("/letters").text
    assert "D'accord pour 1 lettre" in text(page).replace("\u00a0", " ")
    assert "1 lettre attend votre accord" in text(door.organiser().get("/").text)
    [path] = re.findall(r'href="(/letters/approve[^"]*)"', page)
    said, _ = done(door, path)
    assert "1 lettre, à 1 personne" in said
    door.theatre.turn()
    assert [d.state for d in letters(door, "room")] == ["sent"]
    assert journal(door) == [("contact@exemple.fr", "approve")]
    assert door.organiser().get(path).status_code == 404


WORDS = {"to": "all", "subject": "Reprise à 14h15", "text": "À tout de suite !\n\nL'équipe"}


def test_an_announcement_is_shown_with_its_readers_before_it_leaves_and_never_twice(door: Door) -> None:
    data = {**WORDS, "void_at": f"{make.paris(16, 0):%Y-%m-%dT%H:%M}"}
    said, where = done(door, "/letters/announce", data)
    readers = len({d.email for d in letters(door, "announce")})
    assert f"À tout le monde : {readers} personnes à cet instant" in said
    assert "Bonjour Camille" in said
    assert "À tout de suite !" in said
    assert where == "/letters?done=announced"
    door.theatre.turn()
    assert {d.state for d in letters(door, "announce")} == {"sent"}
    said, where = done(door, "/letters/announce", data)
    assert "mot pour mot" in said
    assert where == "/letters?done=announced-before"
    assert len(letters(door, "announce")) == readers
    assert journal(door) == [("contact@exemple.fr", "announce")]


def test_an_announcement_that_cannot_leave_says_what_to_correct(door: Door) -> None:
    for wrong, said in (
        ({"to": "session:nulle-part"}, "à choisir dans la liste"),
        ({"subject": ""}, "à remplir"),
        ({"void_at": "demain"}, "un jour et une heure sont attendus"),
        ({"void_at": "2001-01-01T10:00"}, "cette heure est passée"),
    ):
        data = {**WORDS, "void_at": f"{make.paris(16, 0):%Y-%m-%dT%H:%M}", **wrong}
        _, page = opened(door, "/letters/announce", data)
        assert said in text(page.text)
        assert 'name="agreed"' not in page.text


def test_plan_b_is_told_to_everybody_who_has_a_link_and_taken_back_from_those_who_were_told(door: Door) -> None:
    said, _ = done(door, "/letters/fallback")
    n = len(letters(door, "fallback"))
    assert f"{n} personnes reçoivent tout de suite une lettre" in said
    assert door.house.store.memos.get(door.event.key, FALLBACK) == "on"
    door.theatre.turn()
    assert "Plan B en cours" in text(door.organiser().get("/").text)
    said, _ = done(door, "/letters/fallback")
    assert f"{n} personnes qui avaient été envoyées" in said
    door.theatre.turn()
    assert [d.state for d in letters(door, "fallback")] == ["sent"] * 2 * n
    assert [what for _, what in journal(door)] == ["fallback-off", "fallback-on"]


def test_a_link_is_sent_again_to_one_person(door: Door) -> None:
    said, _ = done(door, zoe(door, "/resend"))
    assert "1 lettre part tout de suite à zoe@exemple.fr" in said
    door.theatre.turn()
    assert [(d.email, d.state) for d in letters(door, "resend")] == [("zoe@exemple.fr", "sent")]
    assert journal(door) == [("contact@exemple.fr", "resend")]


def test_a_seat_is_moved_once_its_cost_was_shown(door: Door) -> None:
    door.theatre.play(make.TELL_AT)
    said, _ = done(door, zoe(door, "/move?to=c"))
    for words in ("Avant : 1er vœu ; après : hors de ses vœux", "Personne d'autre ne change", "1 lettre de changement"):
        assert words in said
    seats = of_session("matin", door.house.store.seats.all(door.event.key))
    assert seats["zoe@exemple.fr"].workshop == "c"
    door.theatre.turn()
    assert len(letters(door, "moved")) == 1
    assert journal(door) == [("contact@exemple.fr", "seat-moved")]
    assert opened(door, zoe(door, "/move?to=nothing"))[1].status_code == 409


def test_two_workshops_are_merged_once_their_people_were_counted(door: Door) -> None:
    door.theatre.play(make.TELL_AT)
    _, page = opened(door, "/workshops/a/merge")
    assert 'value="b"' in page.text
    said, _ = done(door, "/workshops/a/merge?into=b")
    assert "1 lettre de changement part" in said
    door.theatre.turn()
    seats = of_session("matin", door.house.store.seats.all(door.event.key))
    assert seats["zoe@exemple.fr"].workshop == "b"
    assert "Fermé : ses personnes ont rejoint" in text(door.organiser().get("/workshops").text)
    assert journal(door) == [("contact@exemple.fr", "workshops-merged")]


@pytest.mark.parametrize("how", ["adopt", "restore"])
def test_what_somebody_changed_at_zoom_is_kept_or_restored(door: Door, how: str) -> None:
    """Once Zoom has shown twice that it holds something else."""
    theatre = door.theatre
    _change_topic(door)
    _, page = opened(door, "/zoom")
    assert "/zoom/decide?field=topic&amp;how=adopt" in page.text
    said, _ = done(door, f"/zoom/decide?field=topic&how={how}")
    assert "1 réunion ; rien d'autre ne change" in said
    theatre.turn()
    kept = door.house.store.meetings.all(door.event.key)["day-1"]
    assert kept.applied is not None
    assert kept.found is not None
    assert (kept.applied.topic == "Autre titre") == (how == "adopt")
    assert journal(door) == [("contact@exemple.fr", f"drift-{how}ed" if how == "adopt" else "drift-restored")]


def _change_topic(door: Door) -> None:
    """Let the last reading have found another title."""
    store, key = door.house.store, door.event.key
    kept = store.meetings.all(key)["day-1"]
    assert kept.found is not None
    seen = replace(kept.found, spec=replace(kept.found.spec, topic="Autre titre"))
    store.meetings.record(key, replace(kept, found=seen, restored=frozenset({"topic"})))


def test_a_finding_is_decided_in_a_file_of_its_own_and_not_asked_again(door: Door) -> None:
    door.theatre.form.answer("zoe@autre.fr", "a")
    door.theatre.turn()
    page = door.organiser().get("/registrations").text
    assert "C'est une seule personne" in text(page)
    assert "1 réponse à éclaircir" in text(door.organiser().get("/").text)
    [path] = {p.replace("&amp;", "&") for p in re.findall(r'href="(/registrations/decide[^"]*keep)"', page)}
    said, _ = done(door, path)
    assert "est bonne telle quelle" in said
    corrections = next(iter(door.house.served.values())).settings.registrations.corrections
    assert corrections.read_text("utf-8") == 'keep = ["zoe@autre.fr"]\n'
    assert journal(door) == [("contact@exemple.fr", "answer-decided")]
    assert opened(door, "/registrations/decide?line=99&code=same-person&what=keep")[1].status_code == 404


NEW = {"address": "neuve@exemple.fr", "first_name": "Neuve", "last_name": "Venue", "sessions": ["matin"]}


def test_somebody_is_added_corrected_and_withdrawn_by_hand(door: Door) -> None:
    said, where = done(door, "/people/new", NEW)
    assert "part à neuve@exemple.fr" in said
    door.theatre.turn()
    door.theatre.turn()
    people = door.house.store.people
    added = people.registered(door.event.key)["neuve@exemple.fr"]
    assert (added.first_name, added.sessions) == ("Neuve", ("matin",))
    path = where.partition("?")[0]
    said, _ = done(door, f"{path}/edit", {**NEW, "first_name": "Nova", "matin-1": "b"})
    assert "2 réponses changent" in said
    edited = people.registered(door.event.key)["neuve@exemple.fr"]
    assert (edited.first_name, edited.wishes) == ("Nova", {"matin": (("b",),)})
    said, _ = done(door, f"{path}/withdraw")
    assert "1 lien annulé chez Zoom" in said
    assert "neuve@exemple.fr" not in people.registered(door.event.key)
    assert journal(door) == [("contact@exemple.fr", what) for what in ("withdraw", "edit", "add")]
    assert "a retiré une personne" in text(door.organiser().get("/journal").text)


def test_an_address_that_is_none_registers_nobody(door: Door) -> None:
    before = state(door)
    _, page = opened(door, "/people/new", {**NEW, "address": "sans-arobase"})
    assert "il manque le @" in text(page.text)
    assert state(door) == before


# whoever may not


def acts(door: Door) -> dict[str, dict[str, Any]]:
    """Every act that asks, with what it takes to be asked."""
    zoe_is = reference(door.event.key, "zoe@exemple.fr")
    return {
        "/letters/pause": {},
        "/letters/resume": {},
        "/letters/approve": {},
        "/letters/fallback": {},
        "/letters/announce": {**WORDS, "void_at": f"{make.paris(16, 0):%Y-%m-%dT%H:%M}"},
        "/people/new": NEW,
        f"/people/{zoe_is}/edit": {**NEW, "address": "zoe@exemple.fr"},
        f"/people/{zoe_is}/withdraw": {},
        f"/people/{zoe_is}/resend": {},
        f"/people/{zoe_is}/move?to=c": {},
        "/workshops/a/merge?into=b": {},
        "/zoom/decide?field=topic&how=adopt": {},
        "/registrations/decide?line=3&code=same-person&what=keep": {},
    }


def asking_routes(door: Door) -> set[str]:
    """The routes whose module asks before it acts, as the router has them."""
    return {route.path for route in _all(door.app.routes) if ask in vars(_module(route)).values()}


def _module(route: APIRoute) -> Any:
    import sys

    return sys.modules[route.endpoint.__module__]


def _all(found: Any) -> Any:
    for route in found:
        if isinstance(route, APIRoute) and "POST" in route.methods:
            yield route
        elif (inner := getattr(route, "original_router", route)) is not route or hasattr(route, "routes"):
            yield from _all(inner.routes)


def test_every_act_that_asks_is_among_those_that_are_tried(door: Door) -> None:
    assert {path for _, path in routes(door.app.routes)} >= asking_routes(door)
    ref = reference(door.event.key, "zoe@exemple.fr")
    tried = {path.partition("?")[0].replace(ref, "{ref}").replace("/a/", "/{key}/") for path in acts(door)}
    assert tried == asking_routes(door)


def test_a_form_that_an_organiser_was_shown_does_nothing_in_other_hands(door: Door) -> None:
    """With the very words the organiser would agree with: a viewer, a stranger, and another site's page."""
    door.theatre.start_again(replace(door.event, letters=LetterWishes(approve_rooms=True)))
    door.served()
    door.theatre.form.answer("zoe@autre.fr", "a")
    door.theatre.play(make.TELL_AT)
    _change_topic(door)
    wave = "?wave=room/matin" if letters(door, "room")[0].session else "?wave=room"
    viewer, stranger, foreign = door.organiser("viewer", "regard@exemple.fr"), door.browser(), door.organiser()
    tried = 0
    for path, data in acts(door).items():
        page = opened(door, path + wave if path == "/letters/approve" else path, data or None)[1]
        assert page.status_code == 200, (path, text(page.text))
        action, fields = form(page.text)
        before = state(door)
        for hands, status in ((viewer, {403}), (stranger, {303, 403})):
            word = csrf(hands.get("/lien-perdu").text)
            assert hands.post(action, data={**fields, "csrf": word}).status_code in status, path
        word = csrf(foreign.get("/").text)
        answer = foreign.post(action, data={**fields, "csrf": word}, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403, path
        assert state(door) == before, path
        tried += 1
    assert tried == len(acts(door))
    assert door.house.web.public_url == URL


MINE = re.compile(r'method="post"|/(?:pause|announce|fallback|new|edit|withdraw|resend|merge|decide)\b')


def test_a_viewer_sees_no_button_that_is_not_theirs(door: Door) -> None:
    viewer = door.organiser("viewer", "regard@exemple.fr")
    for path in ("/", "/letters", "/people", zoe(door), "/workshops", "/zoom", "/registrations"):
        page = viewer.get(path).text.partition("<main")[2].partition("</main>")[0]
        assert not re.findall(
            r'method="post"|/(?:pause|announce|fallback|new|edit|withdraw|resend|merge|decide)\b', page
        )
