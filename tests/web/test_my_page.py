"""A person's page: where to go and when, changes of mind, and nothing to anybody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.core.entry import token
from orchestrator.core.model import Supporter, reference
from orchestrator.jobs.control import plan_b
from orchestrator.outside.zoom import Fail
from tests import make
from tests.jobs.theatre import off
from tests.web.door import KEY, Door, csrf, links, text

pytestmark = pytest.mark.slow


def test_before_the_day_it_counts_down_and_has_the_link_already(door: Door) -> None:
    answer = door.browser().get(door.page_of())
    said = text(answer.text)
    assert answer.status_code == 200
    assert "Bonjour Zoé Martin" in said
    assert "Dans 9 jours" in said
    assert "Jeudi 24 juin 2027, de 9h30 à 12h15" in said
    assert door.theatre.mails("link")[0].links <= set(links(answer.text))


def test_every_letter_names_the_page(door: Door) -> None:
    door.theatre.play(make.paris(9, 1))
    mails = door.theatre.mails(to="zoe@exemple.fr")
    assert {mail.kind for mail in mails} == {"link", "room", "reminder"}
    assert all("http://pages.example" + door.page_of() in mail.text for mail in mails)


def test_at_the_hour_the_button_leads_to_the_session_that_is_on_then_to_the_next(door: Door) -> None:
    page, browser = door.page_of(), door.browser()
    hours = [make.paris(9, 20), make.paris(9, 40), make.paris(12, 30), make.paris(13, 50), make.paris(14, 5)]
    seen = []
    for at in hours:
        door.theatre.at = at
        said = text(browser.get(page).text)
        title = "matin" if "Session matin" in said.partition("Votre programme")[0] else "apres-midi"
        state = next(s for s in ("C'est en cours", "C'est ouvert", "Votre prochain rendez-vous") if s in said)
        seen.append((title, state))
    assert seen == [
        ("matin", "C'est ouvert"),
        ("matin", "C'est en cours"),
        ("apres-midi", "Votre prochain rendez-vous"),
        ("apres-midi", "C'est ouvert"),
        ("apres-midi", "C'est en cours"),
    ]


def test_after_the_last_session_there_is_nothing_to_join_or_to_cancel(door: Door) -> None:
    door.theatre.at = make.paris(16, 16)
    answer = door.browser().get(door.page_of())
    assert "C'est terminé" in text(answer.text)
    assert not [link for link in links(answer.text) if "/w/" in link or "absence" in link]


def test_a_meeting_made_anew_is_followed_at_once(door: Door) -> None:
    before = door.browser().get(door.page_of())
    door.theatre.delete_meeting()
    door.theatre.turn(door.theatre.at + timedelta(hours=2))
    door.theatre.turn()
    after = door.browser().get(door.page_of())
    new = [link for link in links(after.text) if "/w/" in link]
    assert new
    assert not set(new) & set(links(before.text))
    assert {link for mail in door.theatre.mails("moved", "zoe@exemple.fr") for link in mail.links} == set(new)


def test_plan_b_takes_the_place_of_the_button_at_once_and_gives_it_back_at_once(door: Door) -> None:
    event, store, now = door.event, door.house.store, door.theatre.now()
    pages = [(door.browser(), door.page_of()), (door.browser(), door.speakers_page())]

    def seen() -> list[tuple[bool, bool]]:
        """On each page: whether Zoom fails, and whether there is a Zoom button."""
        found = [browser.get(page).text for browser, page in pages]
        return [("Zoom ne fonctionne pas" in text(one), any("/w/" in link for link in links(one))) for one in found]

    usual = seen()
    assert usual == [(False, True), (False, True)]
    assert plan_b(event, store, now, on=True)
    assert seen() == [(True, False), (True, True)]
    assert "https://secours.exemple.fr/" in links(door.browser().get(door.page_of()).text)
    assert plan_b(event, store, now, on=False)
    assert seen() == usual


def test_what_is_said_once_for_many_is_never_said_to_somebody_else(door: Door) -> None:
    """Two people whose pages differ in their names and links alone, one whose name is hostile, each asked for twice."""
    door.theatre.form.answer("ali@exemple.fr", "a", "b", first="<b>Ali</b>", last="&amp;")
    door.theatre.form.answer("max@exemple.fr", "a", "b", first="Max")
    door.theatre.turn()
    door.theatre.turn()
    ways, browser = door.house.store.meetings.ways(door.event.key), door.browser()
    names = {"zoe": "Bonjour Zoé Martin", "ali": "Bonjour <b>Ali</b> &amp;", "max": "Bonjour Max Martin"}
    for who in [*names, *reversed(names)]:
        html = browser.get(door.page_of(f"{who}@exemple.fr")).text
        theirs = {of[f"{who}@exemple.fr"].join_url for of in ways.values()}
        assert {link for link in links(html) if "/w/" in link} == theirs
        assert [other for other in names if names[other] in text(html)] == [who]
        assert "<b>Ali" not in html
        assert {link.partition("?")[0] for link in links(html) if "/m/" in link and "/" not in link[3:]} == {
            door.page_of(f"{who}@exemple.fr")
        }
    assert browser.get(door.page_of(), headers={"accept-language": "en"}).text.count("Join the meeting") == 0
    assert "Join the meeting" in browser.get(door.page_of() + "?lang=en").text
    assert "Rejoindre la visioconférence" in browser.get(door.page_of()).text


def test_a_new_link_is_there_at_the_next_look(door: Door) -> None:
    browser, store, key = door.browser(), door.house.store, door.event.key
    [(meeting, of)] = [(m, of) for m, of in store.meetings.ways(key).items() if "zoe@exemple.fr" in of][:1]
    browser.get(door.page_of())
    for link in ("https://us02web.zoom.us/w/1?tk=new", "https://us02web.zoom.us/w/1?tk=newer"):
        store.meetings.record_ways(key, [replace(of["zoe@exemple.fr"], join_url=link)])
        assert link in links(browser.get(door.page_of()).text), meeting


def test_somebody_without_a_link_yet_is_told_so_and_how_to_reach_the_team(door: Door) -> None:
    door.theatre.form.answer("max@exemple.fr", first="Max")
    door.theatre.spoil("POST", "registrants", Fail(503), times=9)
    door.theatre.beat()
    said = text(door.browser().get(door.page_of("max@exemple.fr")).text)
    assert "Votre lien personnel arrive" in said
    assert "contact@exemple.fr" in said


def test_a_cancelled_session_is_not_the_next_appointment(door: Door) -> None:
    door.theatre.start_again(off(door.event, "matin"))
    door.served()
    said = text(door.browser().get(door.page_of()).text)
    assert "Session apres-midi" in said.partition("Votre programme")[0]
    assert "annulée" in said


def test_its_calendar_file_is_the_entry_of_the_letters(door: Door) -> None:
    file = door.browser().get(door.page_of() + "/agenda/matin.ics")
    mailed = door.theatre.mails("link")[0].sequences
    assert file.headers["content-type"].startswith("text/calendar")
    lines = file.text.replace("\r\n ", "").split("\r\n")
    uid = next(line for line in lines if line.startswith("UID:")).removeprefix("UID:")
    number = next(line for line in lines if line.startswith("SEQUENCE:")).removeprefix("SEQUENCE:")
    assert mailed[uid] == int(number)
    assert f"LOCATION:http://pages.example{door.page_of()}" in lines
    assert not [line for line in lines if "/w/" in line]


def test_choices_can_change_until_their_hour_and_then_no_more(door: Door) -> None:
    browser, page = door.browser(), door.page_of()
    form = browser.get(page + "/choix")
    assert form.status_code == 200
    said = {"csrf": csrf(form.text), "matin-1": "c", "matin-2": "c", "matin-3": "nowhere"}
    answer = browser.post(page + "/choix", data=said)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}?fait=choix")
    door.theatre.turn()
    store, key = door.theatre.store, door.event.key
    assert store.people.registered(key)["zoe@exemple.fr"].wishes == {"matin": (("c",),)}
    assert store.seats.of(key, "zoe@exemple.fr")["matin"].workshop == "c"
    door.theatre.at = door.event.seating.wishes_until
    assert browser.post(page + "/choix", data={**said, "matin-1": "a"}).status_code == 409
    assert store.people.registered(key)["zoe@exemple.fr"].wishes == {"matin": (("c",),)}


def test_choices_outlive_the_next_reading_of_the_form_until_it_is_answered_again(door: Door) -> None:
    browser, page = door.browser(), door.page_of()
    browser.post(page + "/choix", data={"csrf": csrf(browser.get(page + "/choix").text), "matin-1": "c"})
    door.theatre.form.answer("max@exemple.fr")
    door.theatre.turn()
    assert door.theatre.store.people.registered(door.event.key)["zoe@exemple.fr"].wishes == {"matin": (("c",),)}


def test_nothing_is_cancelled_before_it_is_confirmed(door: Door) -> None:
    browser, page = door.browser(), door.page_of()
    browser.get(page + "/absence")
    browser.head(page + "/absence")
    door.theatre.turn()
    assert "zoe@exemple.fr" in door.theatre.store.people.registered(door.event.key)


def test_who_does_not_come_loses_their_link_and_every_later_letter_and_stays_away(door: Door) -> None:
    browser, page = door.browser(), door.page_of()
    answer = browser.post(page + "/absence", data={"csrf": csrf(browser.get(page + "/absence").text), "how": "all"})
    assert answer.status_code == 303
    door.theatre.turn()
    door.theatre.form.answer("max@exemple.fr")  # the file is read again, their old row still in it
    door.theatre.turn()
    assert "zoe@exemple.fr" not in door.theatre.store.people.registered(door.event.key)
    assert "zoe@exemple.fr" not in door.theatre.registered()
    theirs = [d for d in door.theatre.deliveries() if d.email == "zoe@exemple.fr"]
    assert {d.kind for d in theirs if d.state not in ("sent", "withdrawn")} == {"bye"}
    assert "Vous ne participez pas" in text(browser.get(page).text)


def test_who_does_not_come_in_the_afternoon_keeps_the_morning(door: Door) -> None:
    browser, page = door.browser(), door.page_of()
    word = csrf(browser.get(page + "/absence").text)
    browser.post(page + "/absence", data={"csrf": word, "how": "some", "session": ["apres-midi"]})
    door.theatre.turn()
    assert door.theatre.store.people.registered(door.event.key)["zoe@exemple.fr"].sessions == ("matin",)
    assert "zoe@exemple.fr" in door.theatre.registered()


def test_some_sessions_without_naming_any_cancels_nothing(door: Door) -> None:
    browser, page = door.browser(), door.page_of()
    word = csrf(browser.get(page + "/absence").text)
    answer = browser.post(page + "/absence", data={"csrf": word, "how": "some"})
    assert answer.headers["location"] == f"{page}/absence"
    assert door.theatre.store.people.registered(door.event.key)["zoe@exemple.fr"].sessions == ("matin", "apres-midi")


def test_a_change_of_mind_brings_the_link_back(door: Door) -> None:
    browser, page = door.browser(), door.page_of()
    browser.post(page + "/absence", data={"csrf": csrf(browser.get(page + "/absence").text), "how": "all"})
    door.theatre.turn()
    browser.post(page + "/retour", data={"csrf": csrf(browser.get(page).text)})
    door.theatre.turn()
    door.theatre.turn()
    assert "zoe@exemple.fr" in door.theatre.registered()
    assert [link for link in links(browser.get(page).text) if "/w/" in link]


def test_where_places_are_counted_nobody_comes_back_by_themselves(door: Door) -> None:
    door.theatre.start_again(replace(door.event, limit=100))
    door.served()
    browser, page = door.browser(), door.page_of()
    word = csrf(browser.get(page + "/absence").text)
    browser.post(page + "/absence", data={"csrf": word, "how": "all"})
    assert "Finalement" not in browser.get(page).text
    assert browser.post(page + "/retour", data={"csrf": word}).status_code == 409


def test_another_person_another_event_another_key_or_another_generation_opens_nothing(door: Door) -> None:
    browser, ref = door.browser(), reference(door.event.key, "zoe@exemple.fr")
    mine = door.page_of().rpartition("/")[2]
    stranger = reference(door.event.key, "nobody@exemple.fr")
    wrong = [
        token(b"another key of sixteen", door.event.key, ref),
        token(KEY, "other-event", ref),
        token(KEY, door.event.key, ref, 2),
        token(KEY, door.event.key, stranger),
        mine[:-1] + ("A" if mine[-1] != "A" else "B"),
        mine[:12] + mine[:20],
        mine + "A",
        mine[:-1] + "é",
        "x",
    ]
    assert {browser.get(f"/m/{one}").status_code for one in wrong} == {404}
    assert browser.get(f"/s/{mine}").status_code == 404


def test_a_page_that_was_shut_has_another_address_and_letters_name_it(door: Door) -> None:
    old = door.page_of()
    door.theatre.store.entries.shut(door.event.key, reference(door.event.key, "zoe@exemple.fr"))
    new = door.page_of()
    assert new != old
    assert (door.browser().get(old).status_code, door.browser().get(new).status_code) == (404, 200)


def test_english_is_spoken_to_whoever_asks_for_it(door: Door) -> None:
    answer = door.browser().get(door.page_of() + "?lang=en")
    assert '<html lang="en">' in answer.text
    assert "In 9 days" in text(answer.text)


def test_supporters_are_named_and_their_logos_shown_from_the_events_folder_alone(door: Door) -> None:
    folder = next(iter(door.house.served.values())).settings.path.parent
    (folder / "prefecture.png").write_bytes(b"\x89PNG")
    (folder.parent / "secret.png").write_bytes(b"secret")
    logos = ("prefecture.png", "", "../secret.png", "event.toml", "/etc/passwd")
    supporters = tuple(Supporter(name=f"Soutien {n}", logo=logo) for n, logo in enumerate(logos))
    door.theatre.start_again(replace(door.event, supporters=supporters))
    door.served()
    html = door.browser().get(door.page_of()).text
    assert '<img src="/logo/relation/0" alt="Soutien 0">' in html
    assert "Soutien 1" in text(html)
    answers = [door.browser().get(f"/logo/relation/{n}") for n in range(6)]
    assert [answer.status_code for answer in answers] == [200, 404, 404, 404, 404, 404]
    assert answers[0].content == b"\x89PNG"
