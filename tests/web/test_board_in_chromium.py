"""The board in a real browser: from an empty folder to the green light, axe in every state, no script, by itself."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator.outside.relay import Relay
from orchestrator.outside.zoom import FakeZoom
from orchestrator.store.board import Sought
from orchestrator.store.schema import letter
from orchestrator.web.server import served
from tests.doors.lab import now
from tests.web.chromium import (
    DESKTOP,
    PHONE,
    TWICE,
    chromium,
    is_wider_than_its_window,
    picture,
    wrong_in_both_looks,
)  # fmt: skip
from tests.web.door import text
from tests.web.office import Office, office

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, people=8) as opened:
        yield opened


@contextmanager
def open_board(mine: Office) -> Iterator[str]:
    with served(mine.app, "127.0.0.1", 0, lambda _trouble: None) as server:
        yield f"http://127.0.0.1:{server.port}"


def come_in(context: Any, url: str) -> Any:
    """A tab of somebody who organises."""
    context.add_cookies([{"name": "visit", "value": "cookie-organiser-", "url": url}])
    return context.new_page()


def spoil(mine: Office) -> None:
    """Make something of everything that can be wrong on a page."""
    first = mine.store.board.letters(mine.key, Sought(state="sent"), now()).items[0]
    with mine.store.db.write() as c:
        c.execute(
            letter.update().where(letter.c.id == first.id).values(state="refused", code=550, reply="no such user")
        )
    mine.lab.names = mine.lab.names[6:]
    mine.lab.write_people()
    source = mine.settings.registrations.path
    source.write_text(source.read_text("utf-8") + "01/06/2021 10:00:00,pas-une-adresse,X,Y,,,Oui,Oui,,,\n", "utf-8")
    mine.turn()
    mine.store.alarms.set(mine.key, {"zoom:day-1": ("Zoom ne répond pas", "réessayez")}, "zoom:", now())
    mine.store.journal.note(mine.key, now(), who="contact@exemple.fr", what="upload", about="inscriptions.csv")


PAGES = (
    "/", "/people", "/people?q=personne", "/people?q=nobody", "/workshops",
    "/workshops/acteurs", "/speakers", "/letters",
    "/letters/1", "/letters?state=refused", "/registrations", "/zoom",
    "/after", "/after/sheet", "/journal", "/event", "/event/new", "/start",
)  # fmt: skip


def looks(mine: Office, page: Any, url: str) -> Iterator[str]:
    """Bring the tab to every page and state of the board."""
    for path in PAGES:
        page.goto(url + path)
        yield path.strip("/").replace("/", "-").replace("?", "-").replace("=", "-") or "day"
    page.goto(url + mine.person("personne7@exemple.fr"))
    yield "person"
    for path in ("/letters/pause", "/letters/announce", "/people/new", mine.person("personne7@exemple.fr") + "/edit",
                 "/workshops/acteurs/merge", "/letters/fallback"):  # fmt: skip
        page.goto(url + path)
        yield "ask-" + path.rpartition("/")[2]
    page.goto(url + "/letters/announce")
    page.get_by_role("button", name="Voir la lettre").click()
    yield "announce-wrong"
    page.locator("#subject").fill("Reprise à 14h15")
    page.locator("#text").fill("À tout de suite !")
    page.get_by_role("button", name="Voir la lettre").click()
    yield "announce-asked"
    mine.store.holds.pause(mine.key, now())
    page.goto(url + "/letters")
    yield "paused"
    page.goto(url + mine.person("personne7@exemple.fr"))
    page.get_by_role("button", name="Montrer le lien").click()
    yield "person-link"
    page.goto(url + "/registrations")
    page.locator("#file").set_input_files(str(mine.settings.registrations.path))
    page.get_by_role("button", name="Lire ce fichier").click()
    yield "upload"
    page.goto(url + "/event")
    page.locator("[id='event.title']").fill("")
    page.get_by_role("button", name="Voir ce que cela change").click()
    yield "event-wrong"
    page.locator("[id='event.title']").fill("Un autre titre")
    page.get_by_role("button", name="Voir ce que cela change").click()
    yield "confirm"


def test_axe_finds_nothing_on_any_page_of_the_board_and_nothing_is_too_wide(mine: Office, browser: Any) -> None:
    """In both looks, and at twice the size."""
    found: dict[str, list[str]] = {}
    context = browser.new_context(viewport=DESKTOP, locale="fr-FR")
    with open_board(mine) as url:
        page = come_in(context, url)
        page.goto(url)
        found |= wrong_in_both_looks(page, "board-well")
        spoil(mine)
        for name in looks(mine, page, url):
            found |= wrong_in_both_looks(page, f"board-{name}")
            page.set_viewport_size(TWICE)
            found |= {f"{name} twice": ["too wide"]} if is_wider_than_its_window(page) else {}
    context.close()
    assert found == {}


def test_the_event_is_changed_without_javascript(mine: Office, browser: Any) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False, locale="fr-FR")
    with open_board(mine) as url:
        page = come_in(context, url)
        page.goto(url + "/event")
        page.locator("[id='event.organiser.phone']").fill("07 07 07 07 07")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Enregistrer").click()
        assert "enregistré, et le service" in page.locator("[role=status]").inner_text()
    context.close()
    assert mine.settings.event.organiser.phone == "07 07 07 07 07"


def test_the_board_looks_again_by_itself(mine: Office, browser: Any) -> None:
    context = browser.new_context(viewport=DESKTOP, locale="fr-FR")
    with open_board(mine) as url:
        page = come_in(context, url)
        page.clock.install()
        page.goto(url)
        assert "Tout va bien" in page.locator("#green").inner_text()
        mine.store.alarms.set(mine.key, {"zoom:day-1": ("Zoom ne répond pas", "réessayez")}, "zoom:", now())
        page.clock.fast_forward(25_000)
        page.get_by_text("Zoom ne répond pas").wait_for()
        assert "Il faut agir" in page.locator("#green").inner_text()
    context.close()


def test_the_board_is_worked_with_the_keyboard_alone(mine: Office, browser: Any) -> None:
    context = browser.new_context(viewport=DESKTOP, locale="fr-FR")
    with open_board(mine) as url:
        page = come_in(context, url)
        page.goto(url + "/people")
        page.keyboard.press("Tab")
        assert "Aller au contenu" in page.evaluate("document.activeElement.innerText")
        page.keyboard.press("Enter")
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "q":
                break
        page.keyboard.type("personne7")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=personne7**")
        page.get_by_role("link", name="personne7@exemple.fr").or_(page.locator("tbody a")).first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{mine.person('personne7@exemple.fr')}")
    context.close()


# from nothing


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, zoom: FakeZoom, port: int) -> Iterator[dict[str, str]]:
    """`orchestrator run` on a folder, as an installer would start it."""
    papers = zoom.papers()
    environ = os.environ | {
        "ORCHESTRATOR_WEB__BIND": f"127.0.0.1:{port}",
        "ORCHESTRATOR_ZOOM__API_URL": papers["api_url"],
        "ORCHESTRATOR_ZOOM__TOKEN_URL": papers["token_url"],
    }
    command = [sys.executable, "-m", "orchestrator", "run", "-c", str(folder)]
    with (folder.parent / "run.log").open("w") as log:
        service = subprocess.Popen(command, env=environ, stderr=log)
        try:
            yield environ
        finally:
            service.send_signal(signal.SIGTERM)
            assert service.wait(20) == 0


def entrance(folder: Path, environ: dict[str, str]) -> str:
    command = [sys.executable, "-m", "orchestrator", "login-link", "-c", str(folder)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.strip()


LIST = (
    "Horodateur,Adresse e-mail,Prénom,Nom\n"
    "01/06/2021 10:00:00,zoe@exemple.fr,Zoé,Martin\n"
    "01/06/2021 10:01:00,emile@exemple.fr,Émile,Zola\n"
)


def test_a_new_organiser_goes_from_an_empty_folder_to_the_green_light(tmp_path: Path, browser: Any) -> None:
    folder, port = tmp_path / "events", free_port()
    folder.mkdir()
    context = browser.new_context(viewport=DESKTOP, locale="fr-FR")
    page = context.new_page()
    with FakeZoom(now=now, rates=False) as zoom, Relay(now=now) as relay, running(folder, zoom, port) as environ:
        papers = zoom.papers()
        wait_for(port)
        page.goto(entrance(folder, environ))
        page.get_by_role("button").first.click()
        assert page.locator("h1").inner_text() == "Bienvenue"
        picture(page, "board-welcome-desktop-light")
        page.get_by_label("Account ID de Zoom").fill(papers["account_id"])
        page.get_by_label("Client ID de Zoom").fill(papers["client_id"])
        page.get_by_label("Client Secret de Zoom").fill(papers["client_secret"])
        page.get_by_role("button", name="Garder ces clés").click()
        page.get_by_role("link", name="Créer un événement").click()
        values = {
            "event.title": "Rencontre d'hiver", "event.organiser.name": "Pôle ressources",
            "event.organiser.email": "contact@exemple.fr", "event.organiser.phone": "01 02 03 04 05",
            "event.fallback_url": "https://exemple.fr/direct", "zoom.host": papers["host"],
            "mail.from": "Pôle ressources <contact@exemple.fr>", "mail.host": "127.0.0.1", "mail.port": str(relay.port),
        }  # fmt: skip
        for name, value in values.items():
            page.locator(f"[id='{name}']").fill(value)
        page.locator("[id='mail.security']").select_option("none")
        page.get_by_role("button", name="Voir ce que cela change").click()
        page.get_by_role("button", name="Enregistrer").click()
        assert "enregistré, et le service" in page.locator("[role=status]").inner_text()
        page.get_by_role("navigation").get_by_role("link", name="Inscriptions").click()
        page.locator("#file").set_input_files({"name": "x.csv", "mimeType": "text/csv", "buffer": LIST.encode()})
        page.get_by_role("button", name="Lire ce fichier").click()
        page.get_by_role("button", name="Prendre cette liste").click()
        for _ in range(40):
            page.goto(f"http://127.0.0.1:{port}/")
            said = text(page.content())
            if "Tout va bien" in said and len(relay.accepted) == 2:
                break
            page.wait_for_timeout(500)
        assert "Tout va bien" in said
        assert "2 personnes inscrites" in said
        picture(page, "board-green-desktop-light")
    context.close()
    assert sorted(one.to for one in relay.accepted) == ["emile@exemple.fr", "zoe@exemple.fr"]
    assert re.search(
        r'^key = "rencontre-d-hiver"$', (folder / "rencontre-d-hiver.toml").read_text("utf-8"), re.MULTILINE
    )


def wait_for(port: int) -> None:
    """Wait until the service answers."""
    import time

    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the service did not start")
