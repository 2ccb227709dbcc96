"""The speaker's page: the way in by role, who is expected, what to provide, and that it was read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.outside.zoom import Fail
from tests import make
from tests.web.door import Door, csrf, links, text

pytestmark = pytest.mark.slow


def test_a_speaker_has_their_own_link_and_the_running_order_to_the_minute(door: Door) -> None:
    answer = door.browser().get(door.speakers_page())
    said = text(answer.text)
    assert "Bonjour Véra Intervenante" in said
    expected = door.theatre.store.people.expected(door.event.key)
    assert re.findall(r"Personnes attendues (\S+)", said) == [
        str(expected.get(key, 0)) for key in ("matin", "apres-midi")
    ]
    assert [s for s in ("9h15 Accueil", "9h30 Début", "10h30 Ouverture des salles", "12h15 Fin") if s not in said] == []
    assert door.theatre.mails("host", "vera@exemple.fr")[0].links <= set(links(answer.text))


def test_the_letters_of_speakers_name_their_page(door: Door) -> None:
    [mail] = door.theatre.mails("host", "vera@exemple.fr")
    assert "http://pages.example" + door.speakers_page() in mail.text


def test_the_host_gets_a_fresh_start_link_at_the_click_and_it_is_kept_nowhere(door: Door) -> None:
    browser, page = door.browser(), door.speakers_page("hote@exemple.fr")
    shown = browser.get(page)
    assert "zak=" not in shown.text
    said = {"csrf": csrf(shown.text), "meeting": "day-1"}
    first, second = browser.post(page + "/demarrer", data=said), browser.post(page + "/demarrer", data=said)
    [one] = [link for link in links(first.text) if "zak=" in link]
    [other] = [link for link in links(second.text) if "zak=" in link]
    assert one != other
    assert not any("zak=" in line for line in _dump(door))


def test_nobody_but_the_host_can_ask_for_the_start_link(door: Door) -> None:
    browser, page = door.browser(), door.speakers_page()
    said = {"csrf": csrf(browser.get(page).text), "meeting": "day-1"}
    assert browser.post(page + "/demarrer", data=said).status_code == 404
    hosts = door.speakers_page("hote@exemple.fr")
    assert browser.get(hosts + "/demarrer").status_code == 405
    other = {"csrf": csrf(browser.get(hosts).text), "meeting": "day-9"}
    assert browser.post(hosts + "/demarrer", data=other).status_code == 404


def test_a_start_link_that_zoom_does_not_give_is_said_with_what_to_do(door: Door) -> None:
    browser, page = door.browser(), door.speakers_page("hote@exemple.fr")
    said = {"csrf": csrf(browser.get(page).text), "meeting": "day-1"}
    door.theatre.spoil("GET", "/meetings/", Fail(500), times=9)
    answer = browser.post(page + "/demarrer", data=said)
    assert answer.status_code == 503
    assert "connectez-vous à Zoom avec le compte hôte" in text(answer.text)


def test_an_alternative_host_signs_in_first(door: Door) -> None:
    said = text(door.browser().get(door.speakers_page("co@exemple.fr")).text)
    assert "connectez-vous d'abord à Zoom avec co@exemple.fr" in said
    assert "Démarrer la réunion" not in said


def test_hosts_see_every_room_a_facilitator_their_own_and_a_speaker_none(door: Door) -> None:
    theatre = door.theatre
    theatre.form.answer("ada@exemple.fr", "a", first="Ada", last="Un")
    theatre.form.answer("bob@exemple.fr", "b", first="Bob", last="Deux")
    theatre.play(make.TELL_AT + timedelta(minutes=1))
    pages = ("hote@exemple.fr", "co@exemple.fr", "fanny@exemple.fr", "vera@exemple.fr")
    said = [text(door.browser().get(door.speakers_page(email)).text) for email in pages]
    assert [("Ada Un" in page, "Bob Deux" in page) for page in said] == [
        (True, True),
        (True, True),
        (True, False),
        (False, False),
    ]
    assert not [page for page in said if "ada@exemple.fr" in page]


def test_names_of_rooms_are_not_shown_before_the_seats_are_told(door: Door) -> None:
    said = text(door.browser().get(door.speakers_page("hote@exemple.fr")).text)
    assert "Zoé" not in said
    assert "Les noms apparaîtront ici" in said


def test_needs_are_shown_as_measures_never_as_words_or_persons(door: Door) -> None:
    store, key = door.theatre.store, door.event.key
    people = store.people.registered(key)
    wrote = replace(people["zoe@exemple.fr"], needs="Je suis sourde, il me faut une interprète LSF – Zoé M.")
    reading = store.people.reading(key)
    assert reading is not None
    store.people.record(key, reading, (), (wrote,), ())
    said = text(door.browser().get(door.speakers_page()).text)
    assert "langue des signes (1)" in said
    assert "Zoé" not in said
    assert "il me faut" not in said


def test_read_and_understood_is_noted_once_and_ends_when_something_changes(door: Door) -> None:
    browser, page = door.browser(), door.speakers_page()
    shown = browser.get(page).text
    what = shown.partition('name="what" value="')[2].partition('"')[0]
    answer = browser.post(page + "/lu", data={"csrf": csrf(shown), "what": what})
    assert answer.headers["location"].endswith("?fait=lu")
    assert "confirmé" in text(browser.get(page).text)
    later = tuple(replace(s, starts_at=s.starts_at + timedelta(minutes=5)) for s in door.event.sessions)
    door.theatre.start_again(replace(door.event, sessions=later))
    door.served()
    assert "a changé depuis votre confirmation" in text(browser.get(page).text)
    old = browser.post(page + "/lu", data={"csrf": csrf(browser.get(page).text), "what": what})
    assert old.headers["location"].endswith("?fait=change")


def test_two_days_before_who_has_not_confirmed_is_reminded_and_nobody_else(door: Door) -> None:
    browser, page = door.browser(), door.speakers_page()
    shown = browser.get(page).text
    what = shown.partition('name="what" value="')[2].partition('"')[0]
    browser.post(page + "/lu", data={"csrf": csrf(shown), "what": what})
    before = len(door.theatre.mails("host"))
    door.theatre.turn()
    door.theatre.turn(make.paris(8, 59, days=-2))
    assert len(door.theatre.mails("host")) == before
    door.theatre.turn(make.paris(9, 1, days=-2))
    new = door.theatre.mails("host")[before:]
    assert sorted(mail.to for mail in new) == ["co@exemple.fr", "fanny@exemple.fr", "hote@exemple.fr"]
    assert [mail.to for mail in new if "merci d’y confirmer" not in mail.text.lower()] == []


def test_a_speakers_page_closes_when_they_speak_no_more(door: Door) -> None:
    page = door.speakers_page()
    door.theatre.start_again(replace(door.event, speakers=door.event.speakers[1:]))
    door.served()
    assert door.browser().get(page).status_code == 404


def test_a_speaker_who_is_struck_from_the_event_is_told_once_and_the_replacement_at_once(door: Door) -> None:
    theatre = door.theatre
    [first] = theatre.mails("host", "vera@exemple.fr")
    other = make.speaker("nina@exemple.fr", name="Nina Nouvelle")
    theatre.start_again(replace(door.event, speakers=(other, *door.event.speakers[1:])))
    door.served()
    for hours in range(3):
        theatre.turn(theatre.at + timedelta(hours=hours))
    [told] = theatre.mails("released")
    assert (told.to, set(told.sequences)) == ("vera@exemple.fr", set(first.sequences))
    assert "Vous n’intervenez plus" in told.text
    calendars = [part for part in told.message.walk() if part.get_content_type() == "text/calendar"]
    assert {part.get_param("method") for part in calendars} == {"CANCEL"}
    assert [mail.to for mail in theatre.mails("host")].count("nina@exemple.fr") == 1
    assert "vera@exemple.fr" not in theatre.registered()


def test_a_speaker_who_comes_back_hears_that_they_are_expected(door: Door) -> None:
    theatre, before = door.theatre, door.event
    theatre.start_again(replace(before, speakers=before.speakers[1:]))
    door.served()
    theatre.turn()
    theatre.start_again(before)
    door.served()
    theatre.turn(theatre.at + timedelta(hours=1))
    theatre.turn()
    kinds = [mail.kind for mail in theatre.mails(to="vera@exemple.fr")]
    assert kinds == ["host", "released", "moved"]


def test_who_shares_an_address_with_somebody_who_still_speaks_is_not_told_that_they_do_not(door: Door) -> None:
    theatre = door.theatre
    twin = make.speaker("vera@exemple.fr", name="Victor Voisin")
    theatre.start_again(replace(door.event, speakers=(*door.event.speakers, twin)))
    door.served()
    theatre.turn()
    theatre.start_again(replace(door.event, speakers=door.event.speakers[:-1]))
    door.served()
    theatre.turn()
    assert theatre.mails("released") == []


def _dump(door: Door) -> list[str]:
    import sqlite3

    with sqlite3.connect(str(door.theatre.store.db.engine.url.database)) as connection:
        return list(connection.iterdump())
