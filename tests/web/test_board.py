from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from orchestrator.core.intake import FEW
from orchestrator.store.board import Sought
from orchestrator.store.schema import letter
from tests.doors.lab import now
from tests.web.door import csrf, links, text
from tests.web.office import Office, office

pytestmark = pytest.mark.slow
PAGES = (
    "/", "/people", "/workshops", "/workshops/acteurs", "/speakers", "/letters", "/letters/1",
    "/registrations", "/zoom", "/journal", "/event", "/event/new", "/event/logo", "/start",
    "/letters/announce", "/letters/preview", "/letters/pause", "/letters/resume",
    "/people/new", "/workshops/acteurs/merge",
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """For tests that change nothing."""
    with office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Office]:
    """For a test that changes something."""
    with office(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_board_can_be_looked_at(place: Office, path: str) -> None:
    page = place.organiser.get(path)
    assert page.status_code == 200
    assert len(page.content) < 90_000
    assert "style=" not in page.text


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_in_english_too(place: Office, path: str) -> None:
    page = place.organiser.get(path, params={"lang": "en"})
    assert '<html lang="en">' in page.text
    assert not {"Personnes", "Enregistrer", "Lettres", "Ateliers"} & set(re.findall(r"\w+", text(page.text)))


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_the_board_without_having_come_in(place: Office, path: str) -> None:
    stranger = place.organiser.__class__(place.app, base_url="http://pages.example", follow_redirects=False)
    answer = stranger.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/entrer")


def test_no_page_shows_a_way_in_unless_it_is_asked_for(place: Office) -> None:
    found = place.store.meetings.ways(place.key)["day-1"].values()
    wanted = {way.join_url for way in found}
    assert wanted
    first = place.person("personne0@exemple.fr")
    for path in (*PAGES, first, *(f"/letters/{n}" for n in range(1, 8)), *(f"/letters/{n}/body" for n in range(1, 8))):
        page = place.organiser.get(path).text
        assert not [link for link in wanted if link in page or link.replace("&", "&amp;") in page], path
        assert "tk=" not in page


def test_all_is_well_when_everybody_has_their_link(place: Office) -> None:
    said = text(place.organiser.get("/").text)
    for line in ("6 personnes inscrites", "Tout le monde a son lien", "Les réunions Zoom sont en ordre"):
        assert line in said
    assert "Il faut agir" not in said


def test_what_must_be_done_stands_first_and_a_zoom_out_of_reach_leads_to_plan_b(mine: Office) -> None:
    mine.store.alarms.set(mine.key, {"zoom:down": ("Zoom est injoignable", "attendez")}, "zoom:", now())
    [first, *_] = re.findall(r'<li class="(good|wait|bad)">', mine.organiser.get("/").text)
    assert first == "bad"
    page = mine.organiser.get("/zoom").text
    assert "Zoom a ce qui est voulu." not in text(page)
    assert "/letters/fallback" in links(page)


def test_a_person_is_found_whatever_the_capitals_and_accents(place: Office) -> None:
    page = place.organiser.get("/people", params={"q": "PÉRSONNE3"})
    assert "1 personne trouvée" in text(page.text)
    assert place.person("personne3@exemple.fr") in links(page.text)


def test_a_search_says_when_nobody_is_found(place: Office) -> None:
    assert "0 personnes trouvées" in text(place.organiser.get("/people", params={"q": "%"}).text)


def test_one_persons_story_tells_their_letters_and_the_relays_words(place: Office) -> None:
    said = text(place.organiser.get(place.person("personne1@exemple.fr")).text)
    for words in ("personne1@exemple.fr", "Lien personnel", "partie", "250 2.0.0"):
        assert words in said


def test_a_letter_is_shown_as_it_was_sent_in_a_frame_where_nothing_runs(place: Office) -> None:
    page = place.organiser.get("/letters/1")
    assert 'sandbox=""' in page.text
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    body = place.organiser.get("/letters/1/body")
    assert "sandbox" in body.headers["content-security-policy"]
    assert "script-src" not in body.headers["content-security-policy"]
    assert "Bonjour" in body.text


def test_a_link_that_is_read_out_is_noted_with_who_did(mine: Office) -> None:
    path = mine.person("personne2@exemple.fr")
    [link] = [way.join_url for way in mine.store.meetings.ways(mine.key)["day-1"].values() if "personne2" in way.email]
    shown = mine.post(f"{path}/link", page=path)
    assert link.partition("?")[0] in shown.text
    found = mine.store.meetings.all(mine.key)["day-1"].found
    assert found is not None
    assert f"code {found.passcode} #" in text(shown.text)  # what can be dictated
    [entry] = mine.store.journal.all(mine.key)
    assert (entry.what, entry.about, entry.note) == ("link-shown", "personne2@exemple.fr", "")
    assert "personne2@exemple.fr" in text(mine.organiser.get("/journal").text)


def test_a_viewer_looks_and_changes_nothing(mine: Office) -> None:
    mine.house.web = mine.house.web.__class__(
        **{name: getattr(mine.house.web, name) for name in mine.house.web.__slots__} | {"viewers": ("v@exemple.fr",)}
    )
    viewer, before = mine.come_in("viewer", "v@exemple.fr"), mine.lab.dump()
    path = mine.person("personne2@exemple.fr")
    page = viewer.get(path)
    assert page.status_code == 200
    assert "Montrer le lien" not in page.text
    for target in (f"{path}/link", "/registrations/withdraw", "/event", "/letters/1/again", "/export/people.csv"):
        assert viewer.post(target, data={"csrf": csrf(page.text)}).status_code == 403, target
    unseen = [line for line in mine.lab.dump() if 'INTO "visit"' not in line and 'INTO "login"' not in line]
    assert unseen == [line for line in before if 'INTO "visit"' not in line and 'INTO "login"' not in line]


def test_a_refused_letter_is_tried_again_and_one_that_left_never(mine: Office) -> None:
    one, other = (found.id for found in mine.store.board.letters(mine.key, Sought(state="sent"), now()).items[:2])
    with mine.store.db.write() as c:
        c.execute(letter.update().where(letter.c.id == one).values(state="refused", code=550, reply="no such user"))
    assert "1 lettre refusée" in text(mine.organiser.get("/").text)
    assert mine.post(f"/letters/{one}/again").headers["location"] == f"/letters/{one}?done=again"
    assert mine.post(f"/letters/{other}/again").headers["location"] == f"/letters/{other}?done=not-again"
    states = {d.id: d.state for d in mine.store.outbox.all(mine.key)}
    assert (states[one], states[other]) == ("due", "sent")


def test_an_upload_is_shown_first_and_taken_when_one_says_so(mine: Office) -> None:
    source = mine.settings.registrations.path
    before = source.read_text("utf-8")
    more = before + "01/06/2021 11:00:00,neuve@exemple.fr,Neuve,Nom,,,Oui,Oui,,,\n"
    shown = mine.post("/registrations/upload", files={"file": ("export.csv", more.encode(), "text/csv")})
    assert "« export.csv » : voici ce qui changerait 7 personnes dans le fichier 1 nouvelle" in text(
        shown.text
    ).replace("\u00a0", " ")
    assert "Adresse e-mail l'adresse électronique" in text(shown.text)
    assert "Structure / fonction pas gardée" in text(shown.text)
    assert source.read_text("utf-8") == before
    mine.store.alarms.set(mine.key, {"source": ("Le fichier n'existe pas", "")}, "source", now())
    token = re.search(r'name="deposit" value="([^"]+)"', shown.text)
    assert token is not None
    assert mine.post("/registrations/keep", {"deposit": token[1]}).status_code == 303
    assert "n'existe pas" not in text(mine.organiser.get("/").text)
    assert source.read_text("utf-8") == more
    [kept] = (source.parent / ".history").glob("inscriptions-*.csv")
    assert kept.read_text("utf-8") == before
    mine.turn()
    assert "neuve@exemple.fr" in mine.store.people.registered(mine.key)


def test_an_upload_that_is_no_list_changes_nothing(mine: Office) -> None:
    before = mine.settings.registrations.path.read_bytes()
    shown = mine.post("/registrations/upload", files={"file": ("photo.csv", b"\x89PNG\r\n\x1a\n\0\0", "text/csv")})
    assert 'role="alert"' in shown.text
    assert mine.settings.registrations.path.read_bytes() == before
    assert not list((mine.settings.registrations.path.parent / ".uploads").iterdir())


@pytest.mark.parametrize("token", ["../event.toml", "..", "", "/etc/passwd"])
def test_only_an_upload_can_become_the_list(mine: Office, token: str) -> None:
    before = mine.settings.registrations.path.read_bytes()
    assert mine.post("/registrations/keep", {"deposit": token}).status_code == 409
    assert mine.settings.registrations.path.read_bytes() == before


def test_those_who_vanished_at_once_are_cancelled_only_when_the_organiser_says_so(mine: Office) -> None:
    gone = mine.lab.names[: FEW + 2]
    mine.lab.names = mine.lab.names[FEW + 2 :]
    mine.lab.write_people()
    mine.turn()
    assert len(mine.store.people.registered(mine.key)) == 6
    page = mine.organiser.get("/registrations")
    assert all(f"{name}@exemple.fr" in page.text for name in gone)
    assert mine.post("/registrations/withdraw", page="/registrations").status_code == 303
    assert sorted(mine.store.people.registered(mine.key)) == [f"{name}@exemple.fr" for name in mine.lab.names]


def test_an_export_opens_in_excel_without_a_formula_and_is_noted(mine: Office) -> None:
    mine.lab.write_people()
    source = mine.settings.registrations.path
    source.write_text(source.read_text("utf-8").replace("Personne1", '"=HYPERLINK(""http://x"")"'), "utf-8")
    mine.turn()
    answer = mine.post("/export/people.xlsx", page="/people")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert '\'=HYPERLINK("http://x")' in [cell.value for cell in cells]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    lines = mine.post("/export/people.csv", page="/people").content
    assert lines.startswith('\ufeff"Prénom";"Nom"'.encode())
    assert b';"=' not in lines
    assert b"zoom" not in lines
    assert [entry.what for entry in mine.store.journal.all(mine.key)] == ["export", "export"]


def test_names_made_to_break_a_page_are_only_names(mine: Office) -> None:
    name = '"<script>alert(1)</script><img src=x onerror=alert(2)>"'
    source = mine.settings.registrations.path
    source.write_text(source.read_text("utf-8").replace("Personne1", name), "utf-8")
    mine.turn()
    for path in ("/people", mine.person("personne1@exemple.fr"), "/workshops/acteurs", "/speakers", "/letters", "/"):
        page = mine.organiser.get(path).text
        assert "<script>alert" not in page
        assert "<img" not in page


def test_checking_the_outside_says_what_check_says(mine: Office) -> None:
    assert mine.post("/check").headers["location"] == "/?done=checked"
    said = text(mine.organiser.get("/").text)
    assert "Zoom répond" in said
    assert "le relais de courrier 127.0.0.1" in said
