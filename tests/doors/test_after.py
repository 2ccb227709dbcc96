"""After the day, as an organiser would: the sheet, the doubtful, the funder's page, certificates."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from orchestrator.gateways import spreadsheets
from orchestrator.gateways.papers.seal import NotGenuine, Seal, check
from orchestrator.jobs.attendance import note
from orchestrator.jobs.world import Report
from orchestrator.outside.zoom import Visit
from orchestrator.settings import load
from orchestrator.wiring import SystemClock, worlds
from tests.doors.lab import Lab

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Six people are registered; the first two were there in the morning, somebody telephoned, the rest stayed away."""
    with Lab(tmp_path) as found:
        assert found.run("apply").exit_code == 0
        [settings] = load(found.config, environ=found.environ)
        [world] = worlds([settings], SystemClock())
        [meeting] = found.zoom.meetings()
        people = {r["email"]: r for r in found.zoom.registrants(meeting["id"])}
        session = world.event.sessions[0]
        found.zoom.start_meeting(meeting["id"])
        for n in range(2):
            one = people[f"personne{n}@exemple.fr"]
            found.zoom.visit(
                meeting["id"],
                Visit(
                    name="Personne Nom",
                    registrant_id=one["id"],
                    joined_at=session.starts_at,
                    left_at=session.ends_at - timedelta(minutes=5),
                ),
            )
        found.zoom.visit(
            meeting["id"],
            Visit(name="+33 6 •• •• 12 34", joined_at=session.starts_at, left_at=session.ends_at),
        )
        found.zoom.end_meeting(meeting["id"])
        found.zoom_ahead = timedelta(days=found.ahead + 1)
        note(world, world.event.last_end + timedelta(hours=1), Report(event=world.event.key))
        world.store.close()
        yield found


def test_the_sheet_says_who_was_there_and_opens_in_excel(lab: Lab) -> None:
    rows = lab.json("attendance sheet")
    came = sorted(row["name"] for row in rows if row["came"])
    assert (len(rows), came) == (12, ["Personne0 Nom", "Personne1 Nom"])
    assert {row["minutes"] for row in rows if row["came"]} == {160}
    lab.run("attendance sheet", "--xlsx", str(lab.folder / "e.xlsx"), "--csv", str(lab.folder / "e.csv"))
    cells = [c.value for c in load_workbook(lab.folder / "e.xlsx").active[1]]  # type: ignore[union-attr]
    assert cells[:3] == ["Nom", "Structure", "Demi-journée"]
    assert (lab.folder / "e.csv").read_bytes().startswith('\ufeff"Nom";"Structure";'.encode())


def test_a_doubt_is_listed_with_its_evidence_and_decided_once(lab: Lab) -> None:
    [doubt] = lab.json("attendance doubts")
    assert (doubt["why"], doubt["name"], doubt["minutes"]) == ("telephone", "+33 6 •• •• 12 34", 165)
    assert lab.run("attendance decide", "1", "quelqu-un@ailleurs.fr").exit_code == 2
    assert lab.run("attendance decide", "1", "personne2@exemple.fr").exit_code == 0
    assert lab.json("attendance doubts") == []


def test_the_funder_sees_numbers_and_nobody(lab: Lab) -> None:
    page = lab.folder / "bilan.html"
    by = {block["by"]: block["lines"] for block in lab.json("attendance funder", "--page", str(page))}
    assert [(line["registered"], line["came"]) for line in by["Session"]] == [(6, 2), (6, 0)]
    assert "Personne0" not in page.read_text("utf-8")
    assert "<script" not in page.read_text("utf-8")


def test_certificates_are_printed_for_those_who_came_and_keep_their_number(lab: Lab) -> None:
    out = lab.folder / "attestations"
    first = lab.json("certificates issue", "--out", str(out))
    assert [one["email"] for one in first] == ["personne0@exemple.fr", "personne1@exemple.fr"]
    data = (out / f"attestation-{first[0]['number']}.pdf").read_bytes()
    assert (data[:5], b"pdfuaid" in data) == (b"%PDF-", True)
    assert lab.json("certificates issue", "--out", str(out)) == first
    again = lab.json("certificates issue", "personne0@exemple.fr", "--again", "--out", str(out))
    assert again[0]["number"] == first[0]["number"].removesuffix("1") + "2"


def judged(page: Path, word: str, profile: Path) -> str:
    """What the checking page says of a certificate, in a real browser."""
    command = [
        CHROMIUM or "",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={profile}",
        "--dump-dom",
    ]
    done = subprocess.run(
        [*command, "--dump-dom", f"{page.as_uri()}#{word}"], capture_output=True, text=True, timeout=60, check=True
    )
    return re.sub(r"<[^>]+>", " ", (re.search(r"<h2>.*?</h2>", done.stdout) or [""])[0]).strip()


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_page_tells_a_genuine_certificate_from_a_tampered_or_revoked_one(lab: Lab, tmp_path: Path) -> None:
    from orchestrator import accounts, wiring
    from orchestrator.jobs.certificates import issue

    [settings] = load(lab.config, environ=lab.environ)
    store = wiring.open_store(settings.store_url)
    ready = issue(settings.event, store, SystemClock().now())
    store.close()
    word = accounts.link(settings, ready[0], accounts.key_of(settings)).rpartition("#")[2]
    page = tmp_path / "verifier.html"
    assert lab.run("certificates page", str(page)).exit_code == 0
    payload, _, seal = word.partition(".")
    other = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]

    assert judged(page, word, tmp_path / "c") == "Cette attestation est authentique"
    assert judged(page, f"{other}.{seal}", tmp_path / "c") == "Ce document n'est pas authentique"
    assert lab.run("certificates revoke", "personne0@exemple.fr").exit_code == 0
    lab.run("certificates page", str(page))
    assert judged(page, word, tmp_path / "c") == "Cette attestation a été annulée"


def facts(**changes: object) -> dict[str, object]:
    return {"v": 1, "n": "AAAA-BBBB-1", "p": "Zoé Martin", "e": "Le forum", **changes}


def test_a_single_changed_letter_breaks_the_seal() -> None:
    seal = Seal(b"k" * 32)
    word = seal.sign(facts())
    assert check(word, seal.public_key) == facts()
    for n, letter in enumerate(word):
        changed = word[:n] + ("A" if letter != "A" else "B") + word[n + 1 :]
        with pytest.raises(NotGenuine):
            check(changed, seal.public_key)


def test_another_key_or_half_a_word_is_not_genuine() -> None:
    seal = Seal(b"k" * 32)
    other = Seal(b"l" * 32).public_key
    for word, key in ((seal.sign(facts()), other), ("", seal.public_key), ("é.é", seal.public_key)):
        with pytest.raises(NotGenuine):
            check(word, key)


def test_nothing_typed_becomes_a_formula() -> None:
    rows = [["Nom"], ["=1+1"], ["@x"], ["-2"], ["Zoé"], [3], [True]]
    sheet = load_workbook(io.BytesIO(spreadsheets.as_xlsx(rows))).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows()] == ["Nom", "'=1+1", "'@x", "'-2", "Zoé", 3, "oui"]
    assert spreadsheets.as_csv(rows).decode("utf-8-sig").split() == [
        f'"{text}"' for text in ("Nom", "'=1+1", "'@x", "'-2", "Zoé", "3", "oui")
    ]
