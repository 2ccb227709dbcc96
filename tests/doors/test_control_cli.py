"""The organiser's hand on the letters, as verbs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.test_scribe import head
from tests.doors.lab import Lab

pytestmark = pytest.mark.slow

WORDS = ("--subject", "Reprise à 14h15", "--text", "Nous reprenons.", "--void-at", "23:59:59")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """An event two weeks ahead, with three people who have their links."""
    with Lab(tmp_path_factory.mktemp("lab"), people=3) as one:
        text = one.config.read_text("utf-8")
        approve = 'session = "matin"\nat = 09:00:00\nfor = "registrants"'
        assert approve in text
        one.config.write_text(text.replace(approve, f"{approve}\napprove = true", 1), "utf-8")
        assert one.run("apply").exit_code == 0
        yield one


def kinds(lab: Lab) -> list[str]:
    return [one.data.partition(b"Message-ID: <")[2].partition(b".")[0].decode() for one in lab.relay.accepted]


def outbox(lab: Lab, *args: str) -> Any:
    return lab.json("outbox", *args)["relation-police-population"]


def test_pause_and_resume_say_what_they_changed(lab: Lab) -> None:
    changed = [lab.json(verb)["changed"] for verb in ("pause", "pause", "resume", "resume")]
    assert changed == [True, False, True, False]


def test_a_paused_event_is_not_well_and_says_so(lab: Lab) -> None:
    lab.run("pause")
    status = lab.run("status")
    assert (status.exit_code, "envois en pause depuis" in status.output) == (1, True)
    assert outbox(lab)["paused_since"] is not None
    lab.run("resume")
    assert outbox(lab)["paused_since"] is None


def test_an_announcement_is_shown_and_counted_before_it_leaves(lab: Lab) -> None:
    shown = lab.run("announce", "--to", "speakers", *WORDS)
    assert (shown.exit_code, "6 personnes" in shown.output, "announce" in kinds(lab)) == (0, True, False)
    said = json.loads(lab.run("announce", "--json", "--yes", "--to", "speakers", *WORDS).stdout)
    assert (said["count"], said["sent"], said["known"]) == (6, True, False)
    again = json.loads(lab.run("announce", "--json", "--yes", "--to", "speakers", *WORDS).stdout)
    assert (again["sent"], again["known"]) == (False, True)
    lab.run("apply")
    assert kinds(lab).count("announce") == 6
    lab.run("apply")
    assert kinds(lab).count("announce") == 6


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--to", "session:matn", *WORDS), "destinataires inconnus"),
        (("--to", "tous", *WORDS), "possibles : all, speakers"),
        (("--to", "all", "--subject", "x", "--text", "y", "--void-at", "25:00"), "une heure est attendue"),
        (("--to", "all", "--subject", "x", "--text", "y", "--void-at", "00:00"), "cette heure est passée"),
        (("--to", "all", "--subject", "x", "--text", " ", "--void-at", "23:59"), "il manque l'objet ou le texte"),
    ],
)
def test_an_announcement_that_makes_no_sense_is_refused(lab: Lab, args: tuple[str, ...], said: str) -> None:
    result = lab.run("announce", "--yes", *args)
    assert (result.exit_code, said in result.output) == (2, True)


def test_a_link_is_sent_again_to_one_person(lab: Lab) -> None:
    said = json.loads(lab.run("resend", "--json", "PERSONNE1@exemple.fr").stdout)
    assert said == {"to": "personne1@exemple.fr", "asked": True, "planned": True}
    lab.run("apply")
    assert [one.to for one in lab.relay.accepted if b"Message-ID: <resend." in one.data] == ["personne1@exemple.fr"]
    unknown = lab.run("resend", "inconnue@exemple.fr")
    assert (unknown.exit_code, "personne ne s'est inscrit" in unknown.output) == (1, True)


def test_instructions_are_sent_again_to_one_speaker(lab: Lab) -> None:
    before = len(lab.relay.accepted)
    said = json.loads(lab.run("resend", "--json", "Intervention.matin@exemple.fr").stdout)
    assert said == {"to": "intervention.matin@exemple.fr", "asked": True, "planned": True}
    lab.run("apply")
    assert [b"Message-ID: <host." in one.data for one in lab.relay.accepted[before:]] == [True]


def test_plan_b_and_its_end_are_told_to_everybody(lab: Lab) -> None:
    shown = lab.run("fallback")
    assert ("Rien n'est fait" in shown.output, "fallback" in kinds(lab)) == (True, False)
    said = json.loads(lab.run("fallback", "--json", "--yes").stdout)
    assert said == {"fallback": True, "changed": True, "count": 9, "planned": 9}
    assert "déjà en cours" in lab.run("fallback", "--yes").output
    lab.run("apply")
    assert kinds(lab).count("fallback") == 9
    said = json.loads(lab.run("fallback", "--json", "--yes", "--undo").stdout)
    assert said == {"fallback": False, "changed": True, "count": 9, "planned": 9}
    lab.run("apply")
    assert kinds(lab).count("fallback") == 18


def test_a_wave_that_waits_is_shown_with_its_count_and_approved_by_name(lab: Lab) -> None:
    wave = "reminder/matin/at-09:00"
    assert [(one["wave"], one["letters"]) for one in outbox(lab)["waves"] if one["waits_for_approval"]] == [(wave, 3)]
    assert "attend votre accord" in lab.run("status").output
    asked = lab.run("approve")
    assert (asked.exit_code, "D'accord pour 3 personnes ?" in asked.output) == (1, True)
    assert lab.run("approve", "reminder/soir").exit_code == 2
    assert json.loads(lab.run("approve", "--json", "--yes", wave).stdout) == {
        "approved": [{"wave": wave, "letters": 3}]
    }
    assert [one for one in outbox(lab)["waves"] if one["waits_for_approval"]] == []
    assert "Aucun envoi n'attend votre accord." in lab.run("approve").output


def test_the_outbox_can_be_narrowed_and_holds_no_link(lab: Lab) -> None:
    mine = outbox(lab, "--to", "Personne0@exemple.fr", "--state", "due")["letters"]
    assert {(one["to"], one["state"]) for one in mine} == {("personne0@exemple.fr", "due")}
    assert {one["kind"] for one in mine} == {"reminder", "after"}
    shown = lab.run("outbox").output
    assert ("acceptée par le relais" in shown, "tk=" in shown, "zoom.us" in shown) == (True, False, False)


def test_verbs_about_one_event_refuse_several_and_one_never_served(lab: Lab, tmp_path: Path) -> None:
    with Lab(tmp_path, people=1) as other:
        never = other.run("pause")
        assert (never.exit_code, "n'a pas encore été servi" in never.output) == (1, True)


def test_a_preview_can_be_sent_to_oneself_marked_as_a_test(lab: Lab) -> None:
    before = len(lab.relay.accepted)
    lab.run("preview", "--to", "moi@exemple.fr")
    trials = lab.relay.accepted[before:]
    assert {one.to for one in trials} == {"moi@exemple.fr"}
    subjects = [dict(head(message_from_bytes(one.data)))["Subject"] for one in trials]
    assert all(subject.startswith("[ESSAI] ") for subject in subjects)
    assert len(subjects) > 20
    assert lab.run("preview").exit_code == 2


@pytest.mark.slow
def test_a_template_of_the_organisers_is_checked_and_a_broken_one_never_leaves(tmp_path: Path) -> None:
    with Lab(tmp_path, people=1) as lab:
        text = lab.config.read_text("utf-8")
        lab.config.write_text(text.replace('templates = ""', 'templates = "lettres"'), "utf-8")
        (tmp_path / "lettres" / "link").mkdir(parents=True)
        (tmp_path / "lettres" / "link" / "body.txt").write_text("Bonjour {{ prenom }}", "utf-8")
        checked = lab.run("check")
        assert (checked.exit_code, "link/body.txt:1" in checked.output) == (1, True)
        applied = lab.run("apply")
        assert (applied.exit_code, "celui d'origine le remplace" in applied.output) == (1, True)
        assert any(one.to == "personne0@exemple.fr" for one in lab.relay.accepted)
        (tmp_path / "lettres" / "link" / "body.txt").unlink()
        (tmp_path / "lettres" / "link" / "subject.txt").write_text("Bienvenue", "utf-8")
        assert lab.run("check").exit_code == 0
