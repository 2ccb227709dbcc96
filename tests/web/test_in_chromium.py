"""The pages in a real browser: journeys clicked, states held against axe, keyboard, zoom, dark, phone, no script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orchestrator import accounts
from orchestrator.core.model import After
from orchestrator.web.entering import new_link
from tests import make
from tests.web.chromium import (
    DESKTOP,
    LOOKS,
    PHONE,
    PICTURES,
    chromium,
    is_wider_than_its_window,
    listening,
    picture,
    violations,
)
from tests.web.door import Door, csrf
from tests.web.test_proof import held

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


Go = Callable[[str], None]
States = Iterator[tuple[str, str]]


def states(door: Door) -> States:
    """Every page in every state: what it is called, its path. The clock goes on in between."""
    mine, theatre = door.page_of(), door.theatre
    link = new_link(door.house.store, "", "organiser", theatre.now())
    yield "before", mine
    yield "english", mine + "?lang=en"
    yield "choices", mine + "/choix"
    yield "noted", mine + "?fait=choix"
    yield "absence", mine + "/absence"
    yield "lost", "/lien-perdu"
    yield "enter", "/entrer"
    yield "knock", link
    yield "unknown", "/m/" + "A" * 32
    for email in ("hote", "co", "fanny", "vera"):
        yield f"speaker-{email}", door.speakers_page(f"{email}@exemple.fr")
    yield "speaker-noted", door.speakers_page() + "?fait=lu"
    yield "speaker-changed", door.speakers_page() + "?fait=change"
    theatre.play(make.TELL_AT + timedelta(minutes=1))
    yield "told", mine
    yield "speaker-told", door.speakers_page("hote@exemple.fr")
    for name, at in (("doors", (9, 20)), ("on", (9, 40)), ("between", (12, 30)), ("over", (16, 16))):
        theatre.at = make.paris(*at)
        yield name, mine
    theatre.at = make.paris(12, 30)
    page = door.browser()
    page.post(mine + "/absence", data={"csrf": csrf(page.get(mine + "/absence").text), "how": "all"})
    yield "gone", mine
    yield "sorry", "/no/such/page"
    yield from afterwards(door)


def afterwards(door: Door) -> States:
    """The day is over and Zoé was there: her page, her certificate's check, what the funder is shown."""
    theatre, folder = door.theatre, door.theatre.form.path.parent
    after = After(at=make.paris(18), replay="https://exemple.fr/video", survey="https://exemple.fr/avis", slides="")
    page = door.browser()
    page.post(door.page_of() + "/retour", data={"csrf": csrf(page.get(door.page_of()).text)})
    theatre.start_again(replace(door.event, after=after))
    door.served()
    theatre.turn()
    held(door)
    yield "after", door.page_of()
    yield "verifier", "/verifier"
    event, store = door.event, door.house.store
    paper = folder / "bilan.html"
    paper.write_text(accounts.page(event, store, accounts.blocks(event, store)), "utf-8")
    yield "funder", paper.as_uri()


def test_axe_finds_nothing_on_any_page_in_any_state_and_nothing_is_too_wide(door: Door, browser: Any) -> None:
    """Light on a desktop and dark on a telephone in turn; both for every state where pictures are asked for."""
    found: dict[str, list[str]] = {}
    context = browser.new_context(locale="fr-FR")
    page = context.new_page()
    with listening(door) as url:
        for n, (name, path) in enumerate(states(door)):
            for look, view, scheme in LOOKS if PICTURES else LOOKS[n % 2 :][:1]:
                page.set_viewport_size(view)
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # colours change at once
                page.goto(path if "://" in path else url + path)
                picture(page, f"{name}-{look}")
                wrong = violations(page) + (["too wide"] if is_wider_than_its_window(page) else [])
                found |= {f"{name} {look}": wrong} if wrong else {}
    context.close()
    assert found == {}


def _stand_in(route: Any) -> None:
    """Stand where Zoom is."""
    route.fulfill(status=200, content_type="text/html", body="<title>Zoom</title>")


def test_a_person_goes_from_the_letters_link_to_the_meeting(door: Door, browser: Any) -> None:
    for how in ({"viewport": DESKTOP}, {"viewport": PHONE, "java_script_enabled": False}):
        context = browser.new_context(**how)
        page = context.new_page()
        context.route("https://us02web.zoom.us/**", _stand_in)
        door.theatre.at = make.paris(9, 25)
        with listening(door) as url:
            page.goto(url + door.page_of())
            with page.expect_request("https://us02web.zoom.us/**") as asked:
                page.get_by_role("link", name="Rejoindre la visioconférence").click(no_wait_after=True)
        assert {asked.value.url} == door.theatre.mails("link")[0].links
        context.close()


def test_a_person_withdraws_with_and_without_javascript(door: Door, browser: Any) -> None:
    for script in (True, False):
        context = browser.new_context(viewport=PHONE, java_script_enabled=script)
        page = context.new_page()
        with listening(door) as url:
            page.goto(url + door.page_of())
            page.get_by_role("link", name="Je ne pourrai pas venir").click()
            page.get_by_role("button", name="Confirmer").click()
            assert page.get_by_role("heading", level=1).inner_text() == "Vous ne participez pas"
            page.get_by_role("button", name="Finalement, je viens").click()
            assert "Bon retour" in page.inner_text("main")
        context.close()


def test_a_speaker_confirms_and_changes_of_mind_are_saved(door: Door, browser: Any) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    with listening(door) as url:
        page.goto(url + door.speakers_page())
        page.get_by_role("button", name="J’ai tout lu").click()
        assert "L’équipe voit" in page.inner_text("main")
        page.goto(url + door.page_of())
        page.get_by_role("link", name="Changer mes choix").click()
        page.get_by_label("Premier choix").select_option("c")
        page.get_by_role("button", name="Enregistrer").click()
        assert "C'est noté" in page.inner_text("main").replace("’", "'")
    assert door.theatre.store.people.registered(door.event.key)["zoe@exemple.fr"].wishes["matin"][0] == ("c",)
    context.close()


def test_the_keyboard_alone_reaches_and_shows_everything(door: Door, browser: Any) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    with listening(door) as url:
        for path in (door.page_of(), door.page_of() + "/absence", door.speakers_page("hote@exemple.fr"), "/entrer"):
            page.goto(url + path)
            wanted = page.evaluate(
                "document.querySelectorAll('a[href], button, summary, select, input:not([type=hidden])').length"
            )
            reached = set()
            for _ in range(3 * wanted):
                page.keyboard.press("Tab")
                seen = page.evaluate(
                    "(() => { const e = document.activeElement; if (e === document.body) return null;"
                    " const s = getComputedStyle(e); return [e.outerHTML, s.outlineStyle + s.outlineWidth,"
                    " Array.prototype.indexOf.call(document.querySelectorAll('*'), e)]; })()"
                )
                if seen:
                    reached.add(seen[2])
                    assert seen[1] != "none0px", seen
            hidden = page.evaluate("document.querySelectorAll('details:not([open]) a').length")
            radios = page.evaluate("Math.max(0, document.querySelectorAll('input[type=radio]').length - 1)")
            assert len(reached) >= wanted - hidden - radios, path
    context.close()


def test_at_twice_the_size_nothing_is_cut_off(door: Door, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 640, "height": 450}, device_scale_factor=2)
    page = context.new_page()
    with listening(door) as url:
        for path in (door.page_of(), door.page_of() + "/choix", door.speakers_page("hote@exemple.fr"), "/lien-perdu"):
            page.goto(url + path)
            assert not is_wider_than_its_window(page), path
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            assert not is_wider_than_its_window(page), path
    context.close()


def test_no_page_breaks_its_own_policy_and_a_hostile_name_opens_no_dialog(door: Door, browser: Any) -> None:
    store, key = door.theatre.store, door.event.key
    [zoe] = store.people.registered(key).values()
    reading = store.people.reading(key)
    assert reading is not None
    name = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
    store.people.record(key, reading, (), (replace(zoe, first_name=name, last_name=name, needs=name),), ())
    said: list[str] = []
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    with listening(door) as url:
        for path in (door.page_of(), door.page_of() + "/choix", door.speakers_page("hote@exemple.fr"), "/lien-perdu"):
            page.goto(url + path)
            page.wait_for_load_state("networkidle")
    assert said == []
    context.close()


def test_an_open_page_follows_by_itself(door: Door, browser: Any) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    with listening(door) as url:
        page.goto(url + door.page_of())
        assert "Votre prochain rendez-vous" in page.inner_text("main")
        door.theatre.at = make.paris(9, 40)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.get_by_text("C’est en cours").wait_for(timeout=5000)
    context.close()


def test_every_page_weighs_less_than_a_hundred_kilobytes(door: Door, browser: Any) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    weights: list[int] = []
    page.on("response", lambda answer: weights.append(len(answer.body())))
    heaviest = {}
    with listening(door) as url:
        for path in (door.page_of(), door.speakers_page("hote@exemple.fr"), "/entrer"):
            weights.clear()
            page.goto(url + path)
            page.wait_for_load_state("networkidle")
            heaviest[path] = sum(weights)
    assert max(heaviest.values()) < 100_000
    context.close()
