"""The verbs about Zoom, run as a user does: the host's sheet, what was changed in Zoom's pages, the trial."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.outside.zoom import Call, Exchange, FakeZoom
from tests.doors.lab import Lab, now

KEY = "relation-police-population"
HEADER = "Pre-assign Room Name,Email Address"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path) as found:
        yield found


def wish(lab: Lab, *names: str) -> None:
    """Let everybody wish for workshops, and some more people come."""
    lab.names += names
    lab.write_people()
    path = lab.folder / "inscriptions.csv"
    wished = "acteurs"
    path.write_text(path.read_text("utf-8").replace("Oui,Oui,,,", f'Oui,Oui,"{wished}",,'), "utf-8")


def test_the_sheet_puts_everyone_in_their_room_before_and_after_the_event_is_served(lab: Lab) -> None:
    wish(lab)
    before = lab.json("sheet")[KEY]
    lab.run("apply")
    [sheet] = lab.json("sheet")[KEY]
    assert before == [sheet]
    seated = {room["code"]: [guest["shown"] for guest in room["people"]] for room in sheet["rooms"]}
    assert (sheet["session"], list(seated), sum(map(len, seated.values()))) == ("matin", ["A", "B", "C"], 6)
    assert seated["A"] == [f"Personne{n} Nom" for n in range(6)]
    assert "A – " in lab.run("sheet").stdout


def test_zooms_import_file_has_a_row_a_person_and_never_a_formula(lab: Lab) -> None:
    wish(lab, "+cmd", "=1")
    file = lab.folder / "rooms.csv"
    done = lab.run("sheet", "--csv", str(file))
    text = file.read_text("utf-8")
    rows = list(csv.reader(io.StringIO(text)))
    assert (done.exit_code, rows[0]) == (1, HEADER.split(","))
    assert [row[1] for row in rows[1:] if row[0].startswith("A – ")] == [
        "atelier-a@exemple.fr",
        *(f"personne{n}@exemple.fr" for n in range(6)),
    ]
    assert "+cmd@exemple.fr" in done.stderr
    assert "=1@exemple.fr" in done.stderr
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_the_printed_sheet_holds_typed_names_as_text(lab: Lab) -> None:
    wish(lab, "<script>alert(1)</script>")
    file = lab.folder / "rooms.html"
    assert lab.run("sheet", "--session", "matin", "--html", str(file)).exit_code == 0
    assert "<script" not in file.read_text("utf-8")
    wrong = lab.run("sheet", "--session", "soir")
    assert (wrong.exit_code, "matin" in wrong.stderr) == (1, True)


def edit(lab: Lab, **changes: Any) -> None:
    """Change the meeting in Zoom's pages."""
    [meeting] = lab.zoom.meetings()
    lab.zoom.edit_meeting(meeting["id"], **changes)


def read_again(lab: Lab) -> None:
    """Let the next pass read the meeting, as the service does every 10 minutes."""
    import sqlite3

    with sqlite3.connect(lab.folder / "orchestrator.db") as connection:
        connection.execute("UPDATE meeting SET read_at = NULL")


def drifted(lab: Lab) -> list[dict[str, Any]]:
    """Somebody changes the title twice: once it is set right, then it is theirs to say."""
    lab.run("apply")
    for title in ("Un titre", "Leur titre"):
        edit(lab, topic=title)
        read_again(lab)
        lab.run("apply")
    found: list[dict[str, Any]] = lab.json("plan")[KEY]["drift"]
    return found


def test_a_change_in_zooms_pages_is_shown_and_can_be_kept(lab: Lab) -> None:
    [found] = drifted(lab)
    assert (found["field"], found["found"]) == ("topic", "Leur titre")
    shown = lab.run("drift")
    assert (shown.exit_code, "--adopt topic" in shown.stdout, "Leur titre" in lab.run("plan").stdout) == (1, True, True)
    assert lab.run("drift", "--adopt", "topic").exit_code == 0
    read_again(lab)
    assert lab.run("apply").exit_code == 0
    assert (lab.zoom.meetings()[0]["topic"], lab.json("drift")[KEY], lab.json("plan")[KEY]["zoom"]) == (
        "Leur titre",
        [],
        [],
    )
    lab.write_config(title='"Un titre nouveau"')
    lab.run("apply")
    assert lab.zoom.meetings()[0]["topic"] == "Un titre nouveau"


def test_a_change_in_zooms_pages_can_be_set_right(lab: Lab) -> None:
    drifted(lab)
    assert lab.run("drift", "--restore", "topic").exit_code == 0
    lab.run("apply")
    assert "Relation police" in lab.zoom.meetings()[0]["topic"]
    assert lab.json("drift")[KEY] == []
    wrong = lab.run("drift", "--restore", "topic")
    assert (wrong.exit_code, "pas d'écart" in wrong.stderr) == (1, True)


def test_the_trial_leaves_nothing_behind_and_says_what_held(tmp_path: Path) -> None:
    with Lab(tmp_path) as lab:
        heard: list[Exchange] = []
        lab.zoom = FakeZoom(now=now, rates=False, hear=heard.append)
        with lab.zoom:
            found = lab.run("trial", "--to", "chef@exemple.fr", "--json")
            assert found.exit_code == 0, found.output
            import json

            said = json.loads(found.stdout)
            writes = [(e.method, e.path.partition("?")[0].split("/")[-1]) for e in heard if _writes(e)]
            assert [method for method, _ in writes] == ["POST", "POST", "POST", "PATCH", "DELETE"]
            assert (said["writes"], said["deleted"], lab.zoom.meetings()) == (5, True, [])
            outcomes = Counter(f["outcome"] for f in said["facts"])
            assert (outcomes["no"], {f["fact"] for f in said["facts"]}) == (0, set(range(10)))
            [letter] = lab.relay.accepted
            assert (letter.to, b"ESSAI" in letter.data or b"=?utf-8?" in letter.data) == ("chef@exemple.fr", True)


def _writes(exchange: Exchange) -> bool:
    return exchange.method != "GET" and "/oauth/" not in exchange.path


def test_a_trial_that_fails_on_the_way_deletes_its_meeting(tmp_path: Path) -> None:
    from orchestrator.outside.zoom import Answer

    def temper(call: Call) -> Answer | None:
        return Answer(status=400, body={"code": 200, "message": "No."}) if "batch" in call.path else None

    with Lab(tmp_path) as lab:
        lab.zoom = FakeZoom(now=now, rates=False, temper=temper)
        with lab.zoom:
            found = lab.run("trial", "--to", "chef@exemple.fr")
            assert (found.exit_code, lab.zoom.meetings(), "« No. »" in found.stderr) == (1, [], True)


def test_a_trial_to_no_address_is_misuse(lab: Lab) -> None:
    assert lab.run("trial", "--to", "personne").exit_code == 2
    assert lab.zoom.meetings() == []
