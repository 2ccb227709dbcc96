"""What is served, where, with which key; and what happens where that cannot be."""

from __future__ import annotations

import json
import socket
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from orchestrator.cli import main
from orchestrator.core.entry import is_genuine, person_of, token
from orchestrator.core.errors import OrchestratorError
from orchestrator.core.needs import measures
from orchestrator.settings import Web
from orchestrator.settings.key import service_key
from orchestrator.web.server import served
from tests.doors.lab import Lab
from tests.web.door import Door

WEB = Web(host="127.0.0.1", port=0, public_url="", organisers=())


def test_a_token_names_its_person_and_fits_no_other_event_person_generation_or_key() -> None:
    ref, key = "0123456789abcdef", b"k" * 32
    made = token(key, "event", ref)
    assert len(made) == 32
    assert (person_of(made, "m"), person_of(made, "s")) == (ref, f"s-{ref}")
    assert is_genuine(made, key, "event", ref, 1)
    others = [
        (b"l" * 32, "event", ref, 1),
        (key, "other", ref, 1),
        (key, "event", "0123456789abcdee", 1),
        (key, "event", f"s-{ref}", 1),
        (key, "event", ref, 2),
    ]
    assert [is_genuine(made, *other) for other in others] == [False] * 5


@pytest.mark.parametrize("text", ["", "x", "é" * 32, "A" * 31, "A" * 33, "+" * 32, "A" * 31 + "=", "\0" * 32])
def test_what_is_no_token_names_nobody(text: str) -> None:
    assert person_of(text, "m") == ""


def test_needs_are_counted_as_measures_and_none_is_none() -> None:
    said = [
        "LSF svp",
        "Interprète en langue des signes",
        "sous-titres et documents agrandis",
        "non",
        "Aucun.",
        "chien guide",
    ]
    assert measures(said) == {"sign-language": 2, "captions": 1, "documents": 1, "other": 1}


def test_the_key_is_made_once_for_this_account_alone_beside_the_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'orchestrator.db'}"
    keys = [service_key(WEB, url, tmp_path / "event.toml") for _ in range(2)]
    [file] = tmp_path.iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == ("orchestrator.key", 0o600)
    assert keys[0] == keys[1] == file.read_bytes().strip()
    assert len(keys[0]) == 64


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    url, found = f"sqlite:///{tmp_path / 'orchestrator.db'}", list[bytes]()
    ready = threading.Barrier(8)

    def start() -> None:
        ready.wait()
        found.append(service_key(WEB, url, tmp_path / "event.toml"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_with_another_database_the_key_lies_beside_the_event_or_is_given_as_a_secret(tmp_path: Path) -> None:
    service_key(WEB, "postgresql://db/x", tmp_path / "event.toml")
    assert [file.name for file in tmp_path.iterdir()] == ["orchestrator.key"]
    given = replace(WEB, service_key=SecretStr("a secret shared by hosts"))
    assert service_key(given, "postgresql://db/x", tmp_path / "event.toml") == b"a secret shared by hosts"


def test_a_key_that_others_can_read_or_that_is_broken_or_short_is_refused_with_its_remedy(tmp_path: Path) -> None:
    url, path = f"sqlite:///{tmp_path / 'orchestrator.db'}", tmp_path / "orchestrator.key"
    service_key(WEB, url, tmp_path)
    path.chmod(0o644)
    with pytest.raises(OrchestratorError, match="chmod 600"):
        service_key(WEB, url, tmp_path)
    path.chmod(0o600)
    path.write_text("")
    with pytest.raises(OrchestratorError, match="abîmée"):
        service_key(WEB, url, tmp_path)
    with pytest.raises(OrchestratorError, match="trop courte"):
        service_key(replace(WEB, service_key=SecretStr("short")), url, tmp_path)


@pytest.mark.slow
def test_a_taken_port_is_said_and_served_as_soon_as_it_is_free(door: Door) -> None:
    said: list[str] = []
    told = threading.Event()

    def tell(trouble: str) -> None:
        said.append(trouble)
        if not trouble:
            told.set()

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with served(door.app, "127.0.0.1", port, tell, again=0.05):
            assert not told.wait(0.2)
            other.close()
            assert told.wait(5)
            with urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                assert json.load(answer)["ok"] is True
    assert said[0].startswith(f"l'adresse 127.0.0.1:{port} des pages n'est pas disponible")
    assert said[-1] == ""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path) as found:
        yield found


@pytest.mark.slow
def test_login_link_prints_an_address_that_works_once(lab: Lab) -> None:
    lab.write_config(public_url='"https://pages.example"')
    said = lab.json("login-link")
    assert said["url"].startswith("https://pages.example/entrer/")
    secret = said["url"].rpartition("/")[2]
    assert len(secret) >= 24
    assert not [line for line in lab.dump() if secret in line]
    assert len([line for line in lab.dump() if line.startswith('INSERT INTO "login"')]) == 1


@pytest.mark.slow
def test_login_link_works_before_there_is_any_event(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["login-link", "-c", str(tmp_path)])
    assert done.exit_code == 0
    assert done.stdout.startswith("http://127.0.0.1:8080/entrer/")
    assert (tmp_path / "orchestrator.db").exists()


@pytest.mark.slow
def test_login_link_without_pages_says_what_to_add(lab: Lab) -> None:
    text = lab.config.read_text("utf-8")
    before, _, after = text.partition("[web]")
    lab.config.write_text(before + after[after.index("\n[") + 1 :], "utf-8")
    done = lab.run("login-link")
    assert done.exit_code == 1
    assert "[web]" in done.stderr
