"""Coming in to the board: once, soon, by those the config names, and nobody else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.core.entry import hidden
from orchestrator.web.entering import new_link
from tests.web.door import URL, Door, csrf, text

pytestmark = pytest.mark.slow


def ask(door: Door, email: str, *, peer: str = "192.0.2.1") -> str:
    browser = door.browser(client=(peer, 40000))
    answer = browser.post("/entrer", data={"csrf": csrf(browser.get("/entrer").text), "email": email})
    door.app.state.postman.rest()
    assert answer.status_code == 200
    return answer.text


def mailed(door: Door) -> list[tuple[str, str]]:
    """Whom a link was mailed to, and its path."""
    return [
        (mail.to, re.findall(rf"{URL}(/entrer/\S+)", mail.text)[0])
        for mail in door.theatre.mails()
        if mail.kind == "login"
    ]


def come_in(door: Door, path: str) -> tuple[int, str]:
    browser = door.browser()
    answer = browser.post(path, data={"csrf": csrf(browser.get(path).text)})
    return answer.status_code, answer.cookies.get("visit", "")


def test_an_organiser_gets_a_link_by_mail_that_opens_the_board_once(door: Door) -> None:
    ask(door, " Contact@Exemple.FR ")
    [(to, path)] = mailed(door)
    assert to == "Contact@Exemple.FR"
    browser = door.browser()
    answer = browser.post(path, data={"csrf": csrf(browser.get(path).text)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/").status_code == 200
    assert come_in(door, path) == (410, "")


def test_opening_the_link_uses_nothing_up(door: Door) -> None:
    path = new_link(door.house.store, "contact@exemple.fr", "organiser", door.theatre.now())
    for _ in range(3):
        door.browser().get(path)
        door.browser().head(path)
    assert come_in(door, path)[0] == 303


def test_a_link_is_worth_nothing_after_a_quarter_of_an_hour(door: Door) -> None:
    path = new_link(door.house.store, "contact@exemple.fr", "organiser", door.theatre.now())
    door.theatre.at += timedelta(minutes=15)
    assert come_in(door, path)[0] == 410


def test_who_is_not_named_in_the_config_hears_the_same_and_gets_nothing(door: Door) -> None:
    known, unknown = ask(door, "contact@exemple.fr"), ask(door, "somebody@exemple.fr")
    assert known == unknown
    assert [to for to, _ in mailed(door)] == ["contact@exemple.fr"]


def test_too_many_asks_are_answered_alike_and_mail_no_more(door: Door) -> None:
    answers = {ask(door, "contact@exemple.fr") for _ in range(8)}
    assert len(answers) == 1
    assert len(mailed(door)) == 5


def test_nobody_can_lock_an_organiser_out_by_asking_in_their_name(door: Door) -> None:
    for _ in range(30):
        ask(door, "contact@exemple.fr", peer="203.0.113.9")
    before = len(mailed(door))
    ask(door, "contact@exemple.fr", peer="198.51.100.7")
    assert len(mailed(door)) == before + 1


def test_a_visit_ends_after_half_an_hour_of_silence_and_after_twelve_hours_anyway(door: Door) -> None:
    browser = door.organiser()
    door.theatre.at += timedelta(minutes=29)
    assert browser.get("/").status_code == 200
    for _ in range(24):
        door.theatre.at += timedelta(minutes=29)
        browser.get("/")
    assert browser.get("/").status_code == 303
    idle = door.organiser(email="")
    door.theatre.at += timedelta(minutes=31)
    assert idle.get("/").status_code == 303


def test_who_leaves_is_out_on_the_server_too(door: Door) -> None:
    browser = door.organiser()
    cookie = browser.cookies["visit"]
    browser.post("/sortir", data={"csrf": csrf(browser.get("/lien-perdu").text)})
    other = door.browser()
    other.cookies.set("visit", cookie)
    assert other.get("/").status_code == 303


def test_who_is_struck_from_the_config_is_out_at_once(door: Door) -> None:
    browser = door.organiser()
    assert browser.get("/").status_code == 200
    door.house.web = replace(door.house.web, organisers=())
    assert browser.get("/").status_code == 303


def test_over_https_the_cookie_can_be_set_by_nobody_else(door: Door) -> None:
    door.house.web = replace(door.house.web, public_url="https://pages.example")
    path = new_link(door.house.store, "", "organiser", door.theatre.now())
    browser = door.browser()
    cookie = browser.post(path, data={"csrf": csrf(browser.get(path).text)}).headers["set-cookie"]
    assert cookie.startswith("__Host-visit=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "domain" not in cookie.lower()


def test_a_trusted_proxys_word_lets_in_whom_the_config_names(door: Door) -> None:
    door.house.web = replace(door.house.web, remote_user="X-Remote-User", proxies=("10.0.0.1",))
    said = {"X-Remote-User": "contact@exemple.fr"}
    proxied = door.browser(client=("10.0.0.1", 1))
    assert proxied.get("/", headers=said).status_code == 200
    assert proxied.get("/", headers={"X-Remote-User": "somebody@exemple.fr"}).status_code == 303
    assert door.browser(client=("10.0.0.2", 1)).get("/", headers=said).status_code == 303
    door.house.web = replace(door.house.web, remote_user="")
    assert proxied.get("/", headers=said).status_code == 303


def test_what_lets_in_is_stored_only_as_a_hash(door: Door) -> None:
    path = new_link(door.house.store, "", "organiser", door.theatre.now())
    _, cookie = come_in(door, path)
    import sqlite3

    with sqlite3.connect(str(door.house.store.db.engine.url.database)) as connection:
        dump = "\n".join(connection.iterdump())
    assert cookie
    assert cookie not in dump
    assert path.rpartition("/")[2] not in dump
    assert hidden(cookie) in dump


def test_a_mail_with_a_link_says_what_it_is_in_both_languages(door: Door) -> None:
    ask(door, "contact@exemple.fr")
    [mail] = [one for one in door.theatre.mails() if one.kind == "login"]
    assert "dans le quart d’heure" in mail.text
    assert "&#" not in mail.text + str(mail.message["subject"])
    browser = door.browser()
    form = browser.get("/entrer?lang=en")
    assert "No password here" in text(form.text)
