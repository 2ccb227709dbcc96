"""What each program exports is understood without a mapping, as a new user's config has none."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import openpyxl
import pytest

from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.core.errors import UnreadableSource
from orchestrator.gateways.registrations import Columns, Register, in_file
from orchestrator.gateways.registrations.contents import as_csv
from orchestrator.gateways.registrations.polled import EVERY, Polled
from orchestrator.gateways.registrations.web import WebFile
from orchestrator.gateways.spreadsheets import write
from orchestrator.jobs.doctor import diagnose
from orchestrator.settings import Settings
from tests.contracts.exports import ACTION, ACTORS, EXPECTED, EXPORTS, PEOPLE, REFUSED, TENSIONS, TICKS

NOW = datetime(2021, 6, 20, 12, tzinfo=UTC)


@cache
def example() -> Settings:
    (found,) = gate.load(shipped.example_config(), environ={})
    return found


def said_of(folder: Path, name: str, data: bytes, decided: str = "") -> dict[str, Any]:
    """What `registrations check --json` says of a file."""
    (folder / name).write_bytes(data)
    (folder / "corrections.toml").write_text(decided, "utf-8")
    source = in_file(folder / name, Columns(), example().event, folder / "corrections.toml")
    return diagnose(example().event, source.read(), NOW).as_data()


def said(folder: Path, text: str, decided: str = "") -> dict[str, Any]:
    return said_of(folder, "liste.csv", text.encode(), decided)


def unordered(person: dict[str, Any]) -> dict[str, Any]:
    return person | {"wishes": {key: sorted(wished) for key, wished in person["wishes"].items()}}


@pytest.mark.parametrize("name", EXPORTS)
def test_every_programs_export_gives_the_same_people(tmp_path: Path, name: str) -> None:
    found = said_of(tmp_path, name, EXPORTS[name]())
    same = unordered if name in TICKS else dict
    assert [same(person) for person in found["people"]] == [same(person) for person in EXPECTED]
    assert [refused["line"] for refused in found["refused"]] == ([REFUSED[name]] if name in REFUSED else [])
    assert found["findings"] == []


@pytest.mark.parametrize("name", EXPORTS)
def test_the_answers_order_is_that_of_their_stamps_in_every_export(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(EXPORTS[name]())
    rows = in_file(tmp_path / name, Columns(), example().event).read().rows
    at = [row.submitted_at for row in rows]
    assert at == sorted(at, key=lambda one: one or NOW)
    assert all(one is not None and (one.year, one.month) == (2021, 6) for one in at)


def test_lines_are_the_rows_of_the_sheet_and_of_the_file() -> None:
    for name, first in (("excel-utf8.csv", 5), ("excel.xlsx", 2), ("framaforms.csv", 4)):
        text = as_csv(EXPORTS[name](), name).splitlines()
        assert PEOPLE[0][0] in text[first - 1]


def test_the_newest_file_of_a_watched_folder_is_read_and_what_editors_leave_there_is_not(tmp_path: Path) -> None:
    for n, (name, text) in enumerate(
        {"b.csv": "old@x.fr", "a.csv": "new@x.fr", "~$c.csv": "no", "d.pdf": "no"}.items()
    ):
        (tmp_path / name).write_text(f"E-mail\n{text}\n")
        os.utime(tmp_path / name, (n, n))
    source = in_file(tmp_path, Columns(), example().event)
    before = source.fingerprint()
    assert [row.address for row in source.read().rows] == ["new@x.fr"]
    os.utime(tmp_path / "b.csv", (9, 9))
    assert source.fingerprint() != before
    assert [row.address for row in source.read().rows] == ["old@x.fr"]


# What is odd


HEAD = "Horodateur,Adresse e-mail,Prénom,Nom,Participerez-vous le matin ?,Participerez-vous l'après-midi ?\n"


def codes(found: dict[str, Any]) -> list[tuple[int, str]]:
    return [(finding["line"], finding["code"]) for finding in found["findings"]]


def test_probable_typos_lists_and_people_under_two_addresses_are_reported_and_registered(tmp_path: Path) -> None:
    rows = [
        "16/06/2021 10:00:00,zoe@gmial.com,Zoé,Li,Oui,Oui",
        "16/06/2021 10:01:00,ali@orange.ft,Ali,Ben,Oui,Oui",
        "16/06/2021 10:02:00,tous@mairie-exemple.fr,Mia,Sy,Oui,Oui",
        "16/06/2021 10:03:00,zoe.li@exemple.fr,ZOE,Li,Oui,Non",
    ]
    found = said(tmp_path, HEAD + "\n".join(rows))
    assert len(found["people"]) == 4
    assert codes(found) == [(2, "address-typo"), (3, "address-typo"), (4, "mailing-list"), (5, "same-person")]
    assert "zoe@gmail.com" in found["findings"][0]["message"]
    assert "ali@orange.fr" in found["findings"][1]["message"]
    assert found["refused"] == []


def test_two_people_under_one_address_are_one_registration_and_a_finding(tmp_path: Path) -> None:
    rows = [
        "16/06/2021 10:00:00,mairie@exemple.fr,Marie,Durand,Oui,Oui",
        "16/06/2021 11:00:00,Mairie@exemple.fr ,Paul,Durand,Oui,Non",
    ]
    found = said(tmp_path, HEAD + "\n".join(rows))
    assert [(p["email"], p["first_name"]) for p in found["people"]] == [("mairie@exemple.fr", "Marie")]
    assert codes(found) == [(3, "shared-address")]
    decided = '[[answers]]\naddress = "mairie@exemple.fr"\nname = "Paul Durand"\nuse = "paul@exemple.fr"\n'
    found = said(tmp_path, HEAD + "\n".join(rows), decided)
    assert [p["email"] for p in found["people"]] == ["mairie@exemple.fr", "paul@exemple.fr"]
    assert found["findings"] == []


def test_decisions_correct_an_address_ignore_an_answer_and_silence_a_finding(tmp_path: Path) -> None:
    rows = [
        "16/06/2021 10:00:00,zoe@gmial.com,Zoé,Li,Oui,Oui",
        "16/06/2021 11:00:00,essai@exemple.fr,Essai,Essai,Oui,Oui",
        "16/06/2021 12:00:00,tous@exemple.fr,Mia,Sy,Oui,Oui",
        "16/06/2021 13:00:00,pas une adresse,Ali,Ben,Oui,Oui",
    ]
    decided = (
        'keep = ["tous@exemple.fr"]\n[addresses]\n"zoe@gmial.com" = "zoe@gmail.com"\n'
        '"Pas une adresse" = "ali@exemple.fr"\n'
        '[[answers]]\naddress = "essai@exemple.fr"\nignore = true\n'
    )
    found = said(tmp_path, HEAD + "\n".join(rows), decided)
    assert [p["email"] for p in found["people"]] == ["zoe@gmail.com", "tous@exemple.fr", "ali@exemple.fr"]
    assert (found["findings"], found["refused"]) == ([], [])


def test_decisions_that_are_not_understood_stop_the_reading_and_say_why(tmp_path: Path) -> None:
    for decided in ("[adresses]\n", '[[answers]]\naddress = "a@b.fr"\n', "keep = 3\n", "x"):
        with pytest.raises(UnreadableSource, match=r"corrections\.toml"):
            said(tmp_path, HEAD, decided)


def test_somebody_who_says_they_come_no_more_is_not_registered_and_not_refused(tmp_path: Path) -> None:
    rows = [
        "16/06/2021 10:00:00,zoe@exemple.fr,Zoé,Li,Oui,Oui",
        '17/06/2021 10:00:00,zoe@exemple.fr,Zoé,Li,"Finalement, je ne viens plus",Non',
        "17/06/2021 11:00:00,ali@exemple.fr,Ali,Ben,Oui,Non",
    ]
    found = said(tmp_path, HEAD + "\n".join(rows))
    assert [p["email"] for p in found["people"]] == ["ali@exemple.fr"]
    assert (codes(found), found["refused"]) == ([(3, "withdrawn")], [])


def test_an_answer_that_does_not_say_yes_or_no_is_reported(tmp_path: Path) -> None:
    found = said(tmp_path, HEAD + "16/06/2021 10:00:00,zoe@exemple.fr,Zoé,Li,Peut-être,Oui\n")
    assert [p["sessions"] for p in found["people"]] == [["apres-midi"]]
    assert codes(found) == [(2, "session-unknown")]


def test_a_wish_that_is_no_workshop_is_reported_once_for_all_who_said_it(tmp_path: Path) -> None:
    head = "E-mail,Votre choix [1er choix],Votre choix [2e choix]\n"
    rows = [f'p{n}@exemple.fr,"{TENSIONS}",Atelier disparu\n' for n in range(3)]
    found = said(tmp_path, head + "".join(rows) + f'q@exemple.fr,"{ACTION}","{ACTORS}"\n')
    assert [p["wishes"] for p in found["people"][2:]] == [{"matin": ["tensions"]}, {"matin": ["action", "acteurs"]}]
    assert codes(found) == [(2, "wish-unknown")]


def test_a_row_with_more_cells_than_titles_is_read_and_reported(tmp_path: Path) -> None:
    found = said(tmp_path, HEAD + "16/06/2021 10:00:00,zoe@exemple.fr,Zoé,Li,Oui,Oui,reste\n")
    assert len(found["people"]) == 1
    assert codes(found) == [(2, "row-too-long")]


@pytest.mark.parametrize(
    ("answer", "sessions"),
    [
        ("Le matin", ["matin"]),
        ("Matin et après-midi", ["matin", "apres-midi"]),
        ("La journée entière (9h30-16h15)", ["matin", "apres-midi"]),
        ("Demi-journée : après-midi", ["apres-midi"]),
        ("Je ne viendrai que le matin", ["matin"]),
        ("Matin (9h30 – 12h15), Après-midi (14h – 16h15)", ["matin", "apres-midi"]),
        ("Morning only", ["matin"]),
        ("Les deux", ["matin", "apres-midi"]),
        ("9h30-12h15", ["matin"]),
        ("14:00", ["apres-midi"]),
    ],
)
def test_one_question_for_the_day_is_understood_without_a_mapping(
    tmp_path: Path, answer: str, sessions: list[str]
) -> None:
    found = said(
        tmp_path, f'E-mail,Je participerai\na@exemple.fr,"{answer}"\nb@exemple.fr,Matin\nc@exemple.fr,Après-midi\n'
    )
    assert found["people"][0]["sessions"] == sessions


def test_a_table_without_titles_is_said_rather_than_its_first_person_lost(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="n'a pas de titres"):
        said(tmp_path, "zoe@exemple.fr;Zoé;Li\nali@exemple.fr;Ali;Ben\n")


def test_columns_that_are_not_declared_are_not_kept_and_declared_ones_are(tmp_path: Path) -> None:
    (tmp_path / "liste.csv").write_text("E-mail,Syndicat,Structure\na@exemple.fr,secret,Ville\n")
    columns = Columns(extra={"Structure": "bilan pour le financeur"})
    (row,) = in_file(tmp_path / "liste.csv", columns, example().event).read().rows
    assert row.extra == {"Structure": "Ville"}
    assert "secret" not in repr(row)


@pytest.mark.parametrize(
    ("question", "cell", "wants"),
    [
        ("Souhaitez-vous recevoir l'invitation à la prochaine rencontre ?", "Oui", True),
        ("J'accepte d'être informé·e des prochaines rencontres", "Non merci", False),
        ("Prochaine invitation", "", False),
        ("Prochaine invitation", "peut-être", False),
        ("Invitation aux prochains événements", "x", True),
        ("Être prévenu des suivantes", "Je veux être prévenu·e des prochaines rencontres", True),
        ("May we invite you to the next one?", "Yes", True),
    ],
)
def test_only_an_explicit_yes_asks_for_the_next_invitation(
    tmp_path: Path, question: str, cell: str, wants: bool
) -> None:
    (tmp_path / "liste.csv").write_text(f'E-mail,"{question}"\na@exemple.fr,{cell}\n')
    (row,) = in_file(tmp_path / "liste.csv", Columns(), example().event).read().rows
    assert (row.next_invitation, row.withdrawn) == (wants, False)


# Hostile files


def xlsx_of(member: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", member)
    return out.getvalue()


def far_corner() -> bytes:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "E-mail", "x"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (xlsx_of(b"0" * 60_000_000), "plus de 50 Mo une fois décompressé"),
        (xlsx_of(b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "entités XML"),
        (b"PK\x03\x04" + b"0" * 2_100_000, "abîmé"),
        (b"PK\x03\x04rest", "abîmé"),
        (b"\xd0\xcf\x11\xe0rest", "abîmé"),
        (far_corner(), "abîmé"),
    ],
    ids=["bomb", "entities", "no-zip", "cut-off", "no-xls", "far-corner"],
)
def test_workbooks_that_would_eat_the_machine_are_refused_in_words(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(UnreadableSource, match=words):
        said_of(tmp_path, "liste.xlsx", data)


HOSTILE = ("=cmd|' /C calc'!A0", "@SUM(A1)", "{{ 7*7 }}", "<script>x</script>", "../../etc/passwd", "=?utf-8?q?x?=")


def test_what_people_type_stays_text(tmp_path: Path) -> None:
    rows = "".join(f'p{n}@exemple.fr,"{typed}"\n' for n, typed in enumerate((*HOSTILE, "a\r\nBcc: b", "x" * 150_000)))
    found = said(tmp_path, "E-mail,Prénom\n" + rows)
    assert [p["first_name"] for p in found["people"]] == [*HOSTILE, "a  Bcc: b".replace("  ", " "), "x" * 100]


@pytest.mark.parametrize("name", ["x.csv", "x.xlsx"])
def test_exports_hold_no_formula_whatever_was_typed(tmp_path: Path, name: str) -> None:
    typed = [*HOSTILE, "+33 6", "-1", "\t=1", "Zoé \x0b"]
    write(tmp_path / name, [["a"], *([cell] for cell in typed)])
    if name == "x.csv":
        data = (tmp_path / name).read_bytes()
        assert data.startswith(b"\xef\xbb\xbf")
        cells = [line.strip('"') for line in data.decode("utf-8-sig").split("\r\n")[1:-1]]
    else:
        sheet = openpyxl.load_workbook(tmp_path / name).active
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}
        cells = [row[0].value for row in sheet.iter_rows(min_row=2)]
    assert [cell[0] == "'" for cell in cells] == [True, True, False, False, False, True, True, True, True, False]


# A published file


@contextmanager
def published(content: dict[str, Any]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content["asked"].append(self.headers.get("If-None-Match"))
            if self.path == "/":
                self.send_response(307)
                self.send_header("Location", "/list.csv")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            same = self.headers.get("If-None-Match") == content["etag"]
            body = b"" if same else content["body"]
            self.send_response(304 if same else content.get("status", 200))
            self.send_header("ETag", content["etag"])
            self.send_header("Content-Type", content.get("type", "text/csv"))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Clock:
    at = NOW

    def now(self) -> datetime:
        return self.at


def test_a_published_list_that_has_not_changed_costs_one_304_a_minute() -> None:
    content: dict[str, Any] = {"body": b"E-mail\na@exemple.fr\n", "etag": '"1"', "asked": []}
    clock = Clock()
    with published(content) as url:
        source = Register(Polled(WebFile(url), clock.now), Columns(), example().event)
        first = source.fingerprint()
        assert [row.address for row in source.read().rows] == ["a@exemple.fr"]
        assert content["asked"] == [None, None]  # the address redirects
        clock.at += EVERY
        assert source.fingerprint() == first
        assert content["asked"][2:] == ['"1"', '"1"']
        content.update(body=b"E-mail\nb@exemple.fr\n", etag='"2"')
        clock.at += EVERY
        assert source.fingerprint() != first
        assert [row.address for row in source.read().rows] == ["b@exemple.fr"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "text/html; charset=utf-8"}, "une page web"),
        ({"status": 404}, "réponse 404"),
        ({"status": 503}, "n'a pas pu être lue"),
    ],
)
def test_a_published_list_that_cannot_be_read_says_so_without_its_address(change: dict[str, Any], words: str) -> None:
    content: dict[str, Any] = {"body": b"x", "etag": "1", "asked": [], **change}
    with published(content) as url:
        source = Register(Polled(WebFile(url), Clock().now), Columns(), example().event)
        with pytest.raises(UnreadableSource, match=words) as caught:
            source.read()
        assert url not in str(caught.value)


@pytest.mark.slow
def test_another_package_may_bring_a_source(tmp_path: Path) -> None:
    """By an entry point, found by the name the config gives."""
    (tmp_path / "elsewhere.py").write_text(
        "from orchestrator.gateways.registrations.tables import Row, Sheet, titled\n"
        "class Elsewhere:\n"
        "    def __init__(self, source, now): self.name = source.options['who']\n"
        "    def fingerprint(self): return '1'\n"
        "    def table(self, wanted): return titled(Sheet('x', [Row(1, ('E-mail',)), Row(2, (self.name,))]), wanted)\n"
    )
    info = tmp_path / "elsewhere-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[orchestrator.registrations]\nelsewhere = elsewhere:Elsewhere\n")
    text = shipped.example_config().read_text("utf-8")
    text = text.replace('source = "file"', 'source = "elsewhere"\noptions = { who = "a@exemple.fr" }')
    (tmp_path / "config.toml").write_text(text, "utf-8")
    run = (
        "from orchestrator import settings, wiring; from pathlib import Path;"
        f"[s] = settings.load(Path({str(tmp_path / 'config.toml')!r}), environ={{}});"
        "print([r.address for r in wiring.registrations(s, s.event).read().rows])"
    )
    env = {"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, env=env, check=True)
    assert done.stdout.strip() == "['a@exemple.fr']"


def test_the_mapping_that_columns_writes_reads_the_file_as_it_was_understood(tmp_path: Path) -> None:
    file = tmp_path / "ms-forms.xlsx"
    file.write_bytes(EXPORTS["ms-forms.xlsx"]())
    text = shipped.example_config().read_text("utf-8") + "\n" + wiring.mapped(example(), file).as_toml()
    (tmp_path / "config.toml").write_text(text, "utf-8")
    (mapped,) = gate.load(tmp_path / "config.toml", environ={})
    again = wiring.list_in(mapped, file).read()
    assert again.rows == in_file(file, Columns(), example().event).read().rows
