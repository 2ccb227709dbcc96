"""The verbs, run as a user would run them, against the fake Zoom and a relay on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from orchestrator import settings as gate
from orchestrator.cli import main
from orchestrator.core.letters import KINDS
from tests.doors.lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path) as found:
        yield found


def kinds(lab: Lab) -> Counter[str]:
    return Counter(a.data.partition(b"Message-ID: <")[2].partition(b".")[0].decode() for a in lab.relay.accepted)


def test_help_starts_without_the_heavy_libraries() -> None:
    code = "import sys, orchestrator.cli; print(sorted({m.partition('.')[0] for m in sys.modules} & {'sqlalchemy', "
    code += "'pydantic', 'jinja2', 'requests', 'babel', 'apscheduler', 'alembic', 'icalendar'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_init_writes_a_config_that_loads_and_never_replaces_one(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    assert CliRunner().invoke(main, ["init", str(path)]).exit_code == 0
    text = path.read_text("utf-8")
    assert 'path = "inscriptions.csv"' in text
    again = CliRunner().invoke(main, ["init", str(path)])
    assert (again.exit_code, path.read_text("utf-8")) == (2, text)


def test_init_beside_a_service_file_leaves_out_what_that_file_says(tmp_path: Path) -> None:
    shared = ('[store]\nurl = "sqlite:///one.db"\n[mail]\nfrom = "A <a@exemple.fr>"\nreply_to = "a@exemple.fr"\n'
              'host = "127.0.0.1"\nsecurity = "none"\n[zoom]\nhost = "w@exemple.fr"\n')  # fmt: skip
    (tmp_path / "service.toml").write_text(shared, "utf-8")
    for name in ("forum", "atelier"):
        assert CliRunner().invoke(main, ["init", str(tmp_path / f"{name}.toml")]).exit_code == 0
        text = (tmp_path / f"{name}.toml").read_text("utf-8")
        (tmp_path / f"{name}.toml").write_text(text.replace("relation-police-population", name), "utf-8")
    atelier, forum = gate.load(tmp_path, environ={})
    assert (forum.event.zoom.host, forum.event.mail_from) == ("w@exemple.fr", "A <a@exemple.fr>")
    assert forum.event.zoom.recording == "none"
    assert {one.registrations.path.name for one in (atelier, forum)} == {
        "inscriptions-atelier.csv",
        "inscriptions-forum.csv",
    }


def test_check_finds_nothing_wrong_with_a_good_event(lab: Lab) -> None:
    found = lab.run("check")
    assert found.exit_code == 0, found.output
    levels = {f["level"] for f in lab.json("check")["relation-police-population"]}
    assert levels <= {"ok", "warning"}


def test_plan_says_what_would_be_done_and_does_nothing(lab: Lab) -> None:
    planned = lab.json("plan")["relation-police-population"]
    assert planned["people"] == {"new": 6, "edited": 0, "withdrawn": 0, "held": 0}
    assert planned["to_register"] == 6 + 5  # and the speakers and facilitators
    assert not (lab.folder / "orchestrator.db").exists()
    assert (lab.zoom.meetings(), lab.relay.accepted) == ([], [])


def test_apply_gives_everyone_their_link_and_a_second_one_changes_nothing(lab: Lab) -> None:
    first = lab.run("apply")
    assert first.exit_code == 0, first.output
    assert kinds(lab) == {"link": 6, "host": 6}
    [meeting] = lab.zoom.meetings()
    assert len(lab.zoom.registrants(meeting["id"])) == 11
    before = lab.dump()
    second = lab.run("apply")
    assert (second.exit_code, "rien à faire" in second.stdout) == (0, True)
    assert (lab.dump(), kinds(lab), len(lab.zoom.meetings())) == (before, {"link": 6, "host": 6}, 1)


def test_status_says_that_everybody_has_a_link(lab: Lab) -> None:
    assert "pas encore servi" in lab.run("status").stdout
    lab.run("apply")
    status = lab.json("status")["relation-police-population"]
    assert (status["people"], status["without_link"], status["letters"]["link"]) == (6, 0, {"sent": 6})


def test_a_new_row_gets_its_link_and_a_removed_one_loses_its_registration(lab: Lab) -> None:
    lab.run("apply")
    lab.names = [*lab.names[1:], "nouvelle"]
    lab.write_people()
    done = lab.json("apply")["events"]["relation-police-population"]
    assert (done["new"], done["withdrawn"], done["registered"], done["unregistered"]) == (1, 1, 1, 1)
    assert kinds(lab)["link"] == 7


def test_many_people_gone_at_once_are_held_until_confirmed(lab: Lab) -> None:
    lab.run("apply")
    lab.names = lab.names[:1]
    lab.write_people()
    held = lab.run("apply")
    assert held.exit_code == 1
    assert "5 personnes ont disparu d'un coup" in held.stderr
    assert lab.json("status")["relation-police-population"]["people"] == 6
    assert lab.run("apply", "--confirm-withdrawals").exit_code == 0
    assert lab.json("status")["relation-police-population"]["people"] == 1


def test_a_wrong_secret_is_one_sentence_with_its_remedy_and_loses_nothing(lab: Lab) -> None:
    failed = lab.run("apply", ORCHESTRATOR_ZOOM__CLIENT_SECRET="wrong-canary")
    assert failed.exit_code == 1
    assert "client_id ou client_secret est faux" in failed.stderr
    assert "wrong-canary" not in failed.output
    assert lab.run("apply").exit_code == 0
    assert kinds(lab) == {"link": 6, "host": 6}


def test_missing_scopes_are_named(tmp_path: Path) -> None:
    with Lab(tmp_path) as lab:
        lab.zoom.stop()
        scopes = {"user:read:user:admin", "user:read:settings:admin"}
        lab.zoom = type(lab.zoom)(now=lab.zoom._now, rates=False, scopes=scopes)
        lab.zoom.start()
        failed = lab.run("apply")
        assert failed.exit_code == 1
        assert "meeting:read:list_meetings:admin" in failed.stderr
        assert "Scopes" in failed.stderr or "marketplace" in failed.stderr


def test_a_relay_that_refuses_the_login_loses_no_letter(tmp_path: Path) -> None:
    with Lab(tmp_path, users={"moi": "bon"}) as lab:
        wrong = {"ORCHESTRATOR_MAIL__USERNAME": "moi", "ORCHESTRATOR_MAIL__PASSWORD": "mauvais-canari"}
        failed = lab.run("apply", **wrong)
        assert failed.exit_code == 1
        assert "535" in failed.stdout
        assert "mail.password" in failed.stdout
        assert "mauvais-canari" not in failed.output
        assert lab.run("apply", **{**wrong, "ORCHESTRATOR_MAIL__PASSWORD": "bon"}).exit_code == 0
        assert kinds(lab) == {"link": 6, "host": 6}


def test_an_unreadable_list_keeps_everybody(lab: Lab) -> None:
    lab.run("apply")
    (lab.folder / "inscriptions.csv").write_bytes(b"\x00\x01")
    failed = lab.run("apply")
    assert failed.exit_code == 1
    assert "n'est ni un fichier CSV" in failed.stderr
    assert lab.json("status")["relation-police-population"]["people"] == 6


def test_a_broken_config_is_said_with_its_line_and_exit_code_2(lab: Lab) -> None:
    lab.write_config(end="18:00:00", start="20:00:00")
    failed = lab.run("apply")
    assert failed.exit_code == 2
    assert "event.toml:" in failed.stderr
    assert "sessions.0.end" in failed.stderr


def test_an_event_that_is_over_and_was_never_served_is_refused(tmp_path: Path) -> None:
    with Lab(tmp_path, ahead=-3) as lab:
        for verb in ("check", "apply"):
            refused = lab.run(verb)
            assert (refused.exit_code, "est passé" in refused.output) == (2, True)
        assert lab.relay.accepted == []


def test_preview_writes_every_kind_of_letter(lab: Lab) -> None:
    out = lab.folder / "proofs"
    assert lab.run("preview", "--out", str(out)).exit_code == 0
    index = (out / "index.html").read_text("utf-8")
    written = {path.stem.split("-")[1] for path in out.glob("[0-9]*.html")}
    assert written == set(KINDS)
    assert all(path.name in index for path in out.glob("[0-9]*.html"))


def test_fake_zoom_says_where_it_is_in_one_line_and_ends_on_sigterm() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "fake-zoom"], stdout=subprocess.PIPE, text=True
    ) as zoom:
        assert zoom.stdout is not None
        papers = json.loads(zoom.stdout.readline())
        zoom.send_signal(signal.SIGTERM)
        assert zoom.wait(10) == 0
    assert set(papers) == {"api_url", "token_url", "account_id", "client_id", "client_secret", "host"}


@contextmanager
def serve(lab: Lab) -> Iterator[subprocess.Popen[str]]:
    """Serve in a process of its own; whatever the test comes to, it ends."""
    environ = {**os.environ, **lab.environ}
    command = [sys.executable, "-m", "orchestrator", "run", "-c", str(lab.config)]
    with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def until(true: object, seconds: float = 40) -> None:
    """Wait for something a process of its own does."""
    assert callable(true)
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "too slow"
        time.sleep(0.05)


@pytest.mark.slow
def test_run_serves_until_sigterm_and_two_at_once_send_nothing_twice(lab: Lab) -> None:
    port = lab.relay.port  # any free port will do for the page: the relay's neighbour is tried first
    text = lab.config.read_text("utf-8")
    lab.config.write_text(text.replace('bind = "127.0.0.1:8080"', f'bind = "127.0.0.1:{free_port(port)}"'), "utf-8")
    bind = lab.config.read_text("utf-8").partition('bind = "')[2].partition('"')[0] if "[web]" in text else ""
    with serve(lab) as one, serve(lab) as two:
        until(lambda: len(lab.relay.accepted) >= 12)
        lab.names.append("tardive")
        lab.write_people()
        until(lambda: len(lab.relay.accepted) >= 13)
        if bind:
            assert json.load(urlopen(f"http://{bind}/healthz"))["ok"] is True
        started = time.monotonic()
        for process in (one, two):
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(20) for process in (one, two)]
        assert (codes, time.monotonic() - started < 15) == ([0, 0], True)
    assert kinds(lab) == {"link": 7, "host": 6}
    assert len(lab.zoom.meetings()) == 1


def free_port(avoid: int) -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
    assert found != avoid
    return found


def test_a_folder_that_is_not_there_is_not_taken_for_a_file_to_be_written(tmp_path: Path) -> None:
    said = CliRunner().invoke(main, ["login-link", "-c", str(tmp_path / "evenements")]).output
    assert "ce dossier n'existe pas" in said
    assert "orchestrator init" not in said


@pytest.mark.slow
def test_one_odd_thing_in_the_list_is_one(lab: Lab) -> None:
    with (lab.folder / "inscriptions.csv").open("a", encoding="utf-8") as people:
        people.write("01/06/2021 10:00:09,autre@exemple.fr,Personne0,Nom,,,Oui,Oui,,,\n")
    assert "1 chose étrange dans la liste" in lab.run("check").stdout
