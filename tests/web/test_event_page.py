from __future__ import annotations

import difflib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.core.errors import BadConfiguration
from orchestrator.settings.editing import read, rewrite, values_of
from orchestrator.settings.gate import Gate
from orchestrator.web.board import edits
from orchestrator.web.board.fields import Group, groups, in_form_words, said_of
from orchestrator.web.board.forms import as_form, posted
from orchestrator.web.board.wording import Said
from orchestrator.web.board.wording.refusals import in_both
from tests.web.door import text
from tests.web.office import Office, office

EXAMPLE = shipped.example_config().read_text("utf-8")


def back(said: str) -> str:
    """A text read into the form and out again, untouched."""
    values = values_of(said)
    form: dict[str, list[str]] = {}
    for name, value in as_form(values):
        form.setdefault(name, []).append(value)
    return rewrite(said, posted({name: given[-1] for name, given in form.items()}, form, values))


def test_a_form_that_is_sent_back_untouched_changes_not_a_byte_of_the_file() -> None:
    assert back(EXAMPLE) == EXAMPLE


def test_every_section_of_the_config_is_on_the_page() -> None:
    assert {group.name for group in groups(values_of(EXAMPLE))} == set(Gate.model_fields)


# as the organiser sees it


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as opened:
        yield opened


def fields(html: str) -> dict[str, list[str]]:
    """What a browser would send from a page's largest form."""
    form = max(re.findall(r"<form.*?</form>", html, re.DOTALL), key=len)
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        names = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if names.get("type") != "checkbox" or " checked" in tag:
            found.setdefault(unescape(names["name"]), []).append(unescape(names.get("value", "")))
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inner) or re.search(r'<option value="([^"]*)"', inner)
        found[unescape(name)] = [unescape(chosen[1]) if chosen else ""]
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[unescape(name)] = [unescape(inner)]
    return found


def fill(place: Office, changes: dict[str, Any], do: str = "look", path: str = "/event") -> Any:
    filled = fields(place.organiser.get(path).text)
    given = filled | {name: value if isinstance(value, list) else [value] for name, value in changes.items()}
    return place.organiser.post(path, data=given | {"do": do})


def press(place: Office, page: Any, do: str, path: str = "/event") -> Any:
    return place.organiser.post(path, data=fields(page.text) | {"do": do})


def changed_lines(before: str, after: str) -> list[str]:
    found = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in found if line.startswith(("+ ", "- "))]


@pytest.mark.slow
def test_looking_at_what_an_edit_would_do_writes_nothing(mine: Office) -> None:
    before, dump = mine.lab.config.read_text("utf-8"), mine.lab.dump()
    said = text(fill(mine, {"sessions.1.start": "14:30"}).text)
    assert "Début 14h00 14h30" in said
    assert "8 lettres partiraient tout de suite" in said.replace("\u00a0", " ")
    assert mine.lab.config.read_text("utf-8") == before
    assert [row for row in mine.lab.dump() if '"visit"' not in row] == [row for row in dump if '"visit"' not in row]


@pytest.mark.slow
def test_a_save_changes_its_line_alone_keeps_the_old_text_and_is_served_at_once(mine: Office) -> None:
    before = mine.lab.config.read_text("utf-8")
    page = fill(mine, {"sessions.1.start": "14:30", "workshops.0.seats": "55"})
    assert press(mine, page, "save").headers["location"] == "/?done=saved"
    after = mine.lab.config.read_text("utf-8")
    told = ["- start = 14:00:00", "+ start = 14:30:00", "- seats = 60", "+ seats = 55"]
    assert sorted(line.rstrip() for line in changed_lines(before, after)) == sorted(told)
    [old] = (mine.lab.folder / ".history").glob("*.toml.old")
    assert old.read_text("utf-8") == before
    event = mine.house.served[mine.key].world.event
    assert (event.session("apres-midi").starts_at.astimezone(event.zone).hour, event.workshop("acteurs").seats) == (
        14,
        55,
    )
    assert [entry.what for entry in mine.store.journal.all(mine.key)] == ["event-saved"]


@pytest.mark.slow
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_written(mine: Office) -> None:
    before = mine.lab.config.read_text("utf-8")
    page = fill(mine, {"event.title": "", "workshops.0.seats": "beaucoup"}, do="save")
    assert page.status_code == 422
    for name in ("event.title", "workshops.0.seats"):
        assert f'href="#{name}"' in page.text
        assert re.search(rf'id="{re.escape(name)}"[^>]*aria-invalid="true"', page.text)
    assert 'value="beaucoup"' in page.text
    said = text(page.text).replace("\u00a0", " ").replace("\u202f", " ")
    assert "Les ateliers, ligne 1 (" in said
    assert "Places : un nombre entier est attendu (reçu : « beaucoup ») ; par exemple « 60 »" in said
    english = text(fill(mine, {"workshops.0.seats": "beaucoup"}, path="/event?lang=en").text)
    assert "row 1 (" in english
    assert "Seats: a whole number is expected (received: “beaucoup”); for example “60”" in english
    page = fill(mine, {"sessions.1.end": "13:00"}, do="save")
    assert re.search(r'id="sessions.1.end"[^>]*aria-invalid="true"', page.text)
    assert mine.lab.config.read_text("utf-8") == before


@pytest.mark.slow
def test_a_speaker_is_added_and_another_removed(mine: Office) -> None:
    page = fill(mine, {}, do="add:speakers")
    new = fields(page.text)
    row = max(int(name.split(".")[1]) for name in new if name.startswith("speakers."))
    new |= {f"speakers.{row}.name": ["Nadia Neuve"], f"speakers.{row}.email": ["nadia@exemple.fr"],
            f"speakers.{row}.role": ["speaker"], f"speakers.{row}.sessions": ["matin"]}  # fmt: skip
    page = mine.organiser.post("/event", data=new | {"do": "drop:speakers.0"})
    page = press(mine, page, "look")
    assert "Nadia Neuve" in text(page.text)
    assert "Jacques de Maillard" in text(page.text)
    press(mine, page, "save")
    names = [speaker.name for speaker in mine.house.served[mine.key].world.event.speakers]
    assert ("Nadia Neuve" in names, "Jacques de Maillard" in names, len(names)) == (True, False, 6)


@pytest.mark.slow
def test_two_organisers_at_once_keep_both_their_changes(mine: Office) -> None:
    mine_first = fields(mine.organiser.get("/event").text)
    press(mine, fill(mine, {"event.organiser.phone": "09 99 99 99 99"}), "save")
    later = mine.organiser.post(
        "/event", data=mine_first | {"event.fallback_url": ["https://b.exemple.fr"], "do": "save"}
    )
    assert "Quelqu'un d'autre a enregistré entre-temps" in text(later.text)
    press(mine, later, "save")
    event = mine.house.served[mine.key].world.event
    assert (event.organiser.phone, event.fallback_url) == ("09 99 99 99 99", "https://b.exemple.fr")


@pytest.mark.slow
def test_two_organisers_who_change_the_same_thing_are_told_so(mine: Office) -> None:
    mine_first = fields(mine.organiser.get("/event").text)
    press(mine, fill(mine, {"event.organiser.phone": "09 99 99 99 99"}), "save")
    later = mine.organiser.post("/event", data=mine_first | {"event.organiser.phone": ["08 88 88 88 88"], "do": "save"})
    assert "c'est votre valeur qui resterait : Téléphone" in text(later.text).replace("\u00a0", " ")
    assert mine.house.served[mine.key].world.event.organiser.phone == "09 99 99 99 99"


@pytest.mark.slow
def test_a_key_is_kept_in_a_file_of_its_own_and_never_shown(mine: Office) -> None:
    answer = mine.post("/event/keys", {"mail__password": "canari-7351"}, page="/start")
    assert answer.status_code == 303
    kept = mine.lab.folder / "secrets" / "mail__password"
    assert (kept.read_text(), kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (
        "canari-7351", 0o600, 0o700
    )  # fmt: skip
    for path in ("/start", "/event", "/journal", "/"):
        assert "canari-7351" not in mine.organiser.get(path).text
    assert mine.settings.mail.password.get_secret_value() == "canari-7351"
    assert "canari-7351" not in "\n".join(mine.lab.dump())


@pytest.mark.slow
def test_another_event_is_made_beside_the_first_and_the_board_has_both(tmp_path: Path) -> None:
    with office(tmp_path) as place:
        place.house.configs = (tmp_path,)
        place.stage._roster.paths = (tmp_path,)
        page = fill(place, {"event.title": "Rencontre d'hiver"}, path="/event/new")
        assert re.search(r'id="event.organiser.email"[^>]*aria-invalid="true"', page.text)
        contact = {"event.organiser.name": "Pôle", "event.organiser.email": "p@exemple.fr"}
        page = fill(place, {"event.title": "Rencontre d'hiver", "event.key": "", **contact}, path="/event/new")
        assert page.status_code == 200, text(page.text)[:2000]
        answer = press(place, page, "save", path="/event/new")
        assert answer.headers["location"] == "/?done=saved&e=rencontre-d-hiver"
        assert (tmp_path / "rencontre-d-hiver.toml").exists()
        assert set(place.house.served) == {"relation-police-population", "rencontre-d-hiver"}
        page = place.organiser.get("/people", params={"e": "rencontre-d-hiver"})
        assert "Rencontre d'hiver" in text(page.text)
        assert "/people?e=rencontre-d-hiver" in unescape(page.text)
        assert place.organiser.get("/people", params={"e": "nulle-part"}).status_code == 404
        shutil.rmtree(tmp_path / ".history", ignore_errors=True)


def test_a_file_that_was_spoilt_by_hand_is_said_with_its_line_and_where_good_ones_are_kept(mine: Office) -> None:
    mine.lab.config.write_text(mine.lab.config.read_text("utf-8").replace("seats = 60", "seats = = 60", 1), "utf-8")
    mine.house.reload()
    page = mine.organiser.get("/event")
    assert page.status_code == 409
    assert all(words in text(page.text) for words in ("event.toml:", ".history", "sa dernière version correcte"))


def test_a_folder_named_from_where_the_service_stands_takes_new_events_too(mine: Office, tmp_path: Path) -> None:
    house = replace(mine.house, configs=(Path(os.path.relpath(tmp_path)),))
    path = edits.place_for(house, "rencontre-d-hiver")
    values = values_of(mine.lab.config.read_text("utf-8").replace("relation-police-population", "rencontre-d-hiver"))
    judged = edits.judge(house, edits.Edit(path=path, base="", found=read(path), values=values))
    assert judged.settings is not None, judged


def test_an_event_without_a_title_is_not_asked_for_a_short_name(mine: Office) -> None:
    page = fill(mine, {"event.title": ""}, path="/event/new")
    assert 'href="#event.title"' in page.text
    assert 'href="#event.key"' not in page.text


def test_what_may_be_left_out_is_not_said_to_be_necessary() -> None:
    asked = {field.name: field for group in groups(values_of(EXAMPLE)) for field in group.fields}
    assert asked["mail.host"].required
    assert asked["event.organiser.email"].required
    assert not any(asked[name].required for name in ("bounces.host", "bounces.username", "mail.second.host"))
    assert asked["registrations.columns.email"].kind == "text"


def test_every_key_of_the_config_is_asked_for_in_words() -> None:
    values = edits.fresh(date(2027, 6, 24)) | {"workshops": [{"key": "a"}], "speakers": [{}], "programme": [{}]}
    asked = list(everything(groups(values)))
    unnamed = [one.name for group in asked for one in (group, *group.fields) if one.said == bare(one.path)]
    assert unnamed == []


def everything(found: Sequence[Group]) -> Iterator[Group]:
    for group in found:
        yield group
        yield from everything(group.rows)


def bare(path: Sequence[str | int]) -> Said:
    """What a key is called that nobody has worded."""
    return said_of(("nowhere", str(path[-1])))


@pytest.mark.parametrize(
    ("key", "value"),
    [("start", "tôt"), ("end", "08:00"), ("doors", "23:00"), ("title", "a\nb"), ("key", "à à"), ("key", "")],
)
def test_what_is_refused_of_a_session_has_english_words(key: str, value: str, tmp_path: Path) -> None:
    problem = refused(tmp_path, EXAMPLE, ("sessions", 0, key), value)
    french, english = in_both(problem)
    assert french != english
    assert not re.search(r"[`éèê]|clé|guillemets", english)
    assert not re.search("`|clé|guillemets", french)


def refused(folder: Path, said: str, loc: tuple[str, int, str], value: str) -> str:
    values = values_of(said)
    values[loc[0]][loc[1]][loc[2]] = value
    file = folder / "event.toml"
    file.write_text(rewrite(said, values), "utf-8")
    with pytest.raises(BadConfiguration) as found:
        gate.load(file, environ={})
    return next(one for one in found.value.problems if f" {loc[0]}.{loc[1]}.{loc[2]} – " in one).partition(" – ")[2]


def test_words_that_somebody_typed_are_not_translated() -> None:
    typed = "n'est pas une adresse e-mail (reçu : « a ; écrivez » b) ; écrivez par exemple `a@exemple.fr`"
    assert in_both(typed)[1].startswith("is not an e-mail address (received: “a ; écrivez” b); for example")
    assert in_both("autre chose") == ("autre chose", "autre chose")


def test_groups_and_publics_come_back_from_the_form_as_they_are_in_the_file() -> None:
    text = (
        '[event]\nkey = "x"\n[seating]\nkeep_together = [["a@exemple.fr", "b@exemple.fr"]]\n'
        'mix = { forces = ["police", "gendarmerie"] }\n[attendance]\nshare = 0.25\n'
        '[registrations.extra]\n"Structure : nom" = "bilan"\n'
    )
    values = values_of(text)
    form = dict(as_form(values))
    again = posted(form, {name: [value] for name, value in form.items()}, values)
    assert again["seating"]["keep_together"] == values["seating"]["keep_together"]
    assert again["seating"]["mix"] == values["seating"]["mix"]
    assert again["registrations"]["extra"] == {"Structure : nom": "bilan"}
    assert again["attendance"]["share"] == 0.25
    form["seating.mix"] = "acteurs : mairie"
    again = posted(form, {name: [value] for name, value in form.items()}, values)
    assert again["seating"]["mix"] == {"forces": None, "acteurs": ["mairie"]}


def test_a_session_is_asked_about_by_its_title() -> None:
    labels = {field.said.fr for group in groups(values_of(EXAMPLE)) for field in group.fields}
    title = "Quelles coopérations police – acteurs locaux dans les territoires"
    assert f"Question de la venue à « {title} »" in labels


def test_a_remark_is_said_without_the_name_of_its_key() -> None:
    said = "Aucune adresse de repli (`event.fallback_url`) : personne ne saura où aller."
    assert in_form_words(said) == "Aucune adresse de repli : personne ne saura où aller."


@pytest.mark.slow
def test_the_first_steps_say_what_is_missing_and_where_to_give_it(mine: Office) -> None:
    waiting, broken = mine.lab.folder / "b.toml", mine.lab.folder / "c.toml"
    waiting.write_text(EXAMPLE, "utf-8")
    broken.write_text("[event]\n", "utf-8")
    mine.house.configs = (mine.lab.folder,)
    mine.house.unserved = {
        waiting: (f"b.toml: zoom.client_id – {wiring.NO_ACCESS} ; donnez ORCHESTRATOR_ZOOM__CLIENT_ID",),
        broken: ("c.toml:1: zoom – cette clé manque",),
    }
    said = " ".join(text(mine.organiser.get("/start").text).split())
    assert "Il ne manque que les clés de Zoom : donnez-les à l'étape 2." in said
    assert "cette clé manque" in said
    assert "ORCHESTRATOR" not in said


@pytest.mark.slow
def test_a_logo_is_kept_beside_the_file_and_saved_as_any_edit_is(mine: Office) -> None:
    png, before = b"\x89PNG\r\n\x1a\n" + b"\0" * 20, mine.lab.config.read_text("utf-8")
    told = {"name": "Préfecture de région"}
    no = mine.post("/event/logo", told, files={"file": ("a.svg", b"<svg onload='alert(1)'/>", "image/svg+xml")})
    assert (no.status_code, "choisissez une image" in no.text) == (422, True)
    page = mine.post("/event/logo", told, files={"file": ("../../a.png", png, "image/png")})
    assert mine.lab.config.read_text("utf-8") == before
    assert press(mine, page, "save").headers["location"] == "/?done=saved"
    [supporter] = mine.house.served[mine.key].world.event.supporters
    assert (supporter.name, supporter.logo) == ("Préfecture de région", "logos/prefecture-de-region.png")
    assert (mine.lab.folder / supporter.logo).read_bytes() == png


@pytest.mark.slow
def test_a_row_that_is_added_is_where_the_page_opens(mine: Office) -> None:
    page = mine.organiser.get("/event").text
    n = page.count('name="workshops.0.row"') and len(values_of(mine.lab.config.read_text("utf-8"))["workshops"])
    assert f'value="add:workshops" formaction="/event#workshops.{n}"' in page
    assert f'id="workshops.{n}" open' in fill(mine, {}, do="add:workshops").text
