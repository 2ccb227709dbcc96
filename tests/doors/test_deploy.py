"""The files of deploy/: the unit as systemd judges it, the image's contents, and what the pages say of them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator import wiring
from orchestrator.daemon import BEAT_SECONDS, STOP_SECONDS
from orchestrator.jobs.world import Patience
from orchestrator.settings.gate import Gate

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = ("orchestrator.service", "orchestrator-backup.service")
INSTALLED = "/opt/orchestrator/.venv/bin/orchestrator"
MOST_EXPOSED = 2.0

analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")


def unit(name: str) -> dict[str, list[str]]:
    """The settings of a unit, each with its values in order."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / name).read_text("utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def without_comments(name: str) -> str:
    lines = (DEPLOY / name).read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


@analyze
@pytest.mark.parametrize("name", UNITS)
def test_systemd_calls_the_exposure_of_a_unit_small(name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(DEPLOY / name)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert level is not None, said
    assert float(level[1]) <= MOST_EXPOSED


@analyze
def test_systemd_understands_every_line_of_the_units(tmp_path: Path) -> None:
    program = tmp_path / "orchestrator"
    program.symlink_to(sys.executable)
    for path in DEPLOY.glob("orchestrator*.*"):
        text = path.read_text("utf-8").replace(INSTALLED, str(program))
        (tmp_path / path.name).write_text(text.replace("file:/opt", "file:/usr"), "utf-8")
    verify = ["systemd-analyze", "verify", "--man=no"]
    names = [str(tmp_path / name) for name in (*UNITS, "orchestrator-backup.timer")]
    done = subprocess.run([*verify, *names], capture_output=True, text=True, check=False)
    about_ours = [line for line in done.stderr.splitlines() if "orchestrator" in line]
    assert (done.returncode, about_ours) == (0, [])


def test_the_unit_is_notified_fed_and_given_time_to_end() -> None:
    service = unit("orchestrator.service")
    assert service["Type"] == ["notify"]
    [watchdog] = service["WatchdogSec"]
    assert watchdog == f"{Patience().beat_lease.total_seconds() / 60:.0f}min"
    assert Patience().beat_lease.total_seconds() > 3 * BEAT_SECONDS
    assert int(service["TimeoutStopSec"][0]) > STOP_SECONDS
    assert (service["Restart"], service["StartLimitIntervalSec"]) == (["always"], ["0"])


def test_every_credential_of_the_unit_is_a_key_of_the_settings() -> None:
    text = (DEPLOY / "orchestrator.service").read_text("utf-8")
    names = re.findall(r"^#?LoadCredential=(\w+):/etc/orchestrator/secrets/(\w+)$", text, re.MULTILINE)
    assert len(names) >= 6
    assert all(name == file for name, file in names)
    for name, _ in names:
        section, _, key = name.partition("__")
        table = Gate.model_fields[section].annotation
        assert key in table.model_fields, name  # type: ignore[union-attr]  # each of these is a section


def test_the_commands_of_the_units_are_verbs_with_options_there_are() -> None:
    for name in UNITS:
        [line] = unit(name)["ExecStart"]
        program, verb, *_ = shlex.split(line)
        assert program == INSTALLED
        done = subprocess.run(
            [sys.executable, "-m", "orchestrator", verb, "--help"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0


def test_a_process_is_alive_only_while_it_may_be_the_one_meant() -> None:
    host, parent = socket.gethostname(), os.getppid()
    began = wiring._started(parent)
    assert wiring.alive(wiring.owner())
    assert wiring.alive(f"{host}:{parent}:{began}:ab12")
    assert not wiring.alive(f"{host}:{parent}:{int(began) + 1}:ab12")
    assert wiring._since_boot(wiring._started(os.getpid()))
    assert not wiring._since_boot("999999999999")
    assert not wiring._since_boot("")


# the image


def test_the_image_fetches_nothing_but_what_the_lock_names() -> None:
    steps = without_comments("Dockerfile").replace("\\\n", " ")
    installs = re.findall(r"pip install ([^\n&]+)", steps)
    assert [("--require-hashes" in one, "--no-index" in one) for one in installs] == [(True, False), (False, True)]
    assert re.findall(r"\b(?:curl|wget|apt-get|git|ADD)\b", steps) == []
    assert re.search(r"^USER 10001:10001$", steps, re.MULTILINE)
    assert [line for line in steps.splitlines() if line.startswith("FROM ")] == [
        "FROM ${PYTHON} AS build",
        "FROM ${PYTHON}",
    ]


@pytest.mark.slow
def test_what_the_image_is_given_is_enough_to_build_the_same_wheel(tmp_path: Path) -> None:
    given = [line[1:] for line in without_comments("Dockerfile.dockerignore").splitlines() if line.startswith("!")]
    small = tmp_path / "context"
    small.mkdir()
    for name in given:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, small / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, small)
    wheels = []
    for place in (ROOT, small):
        out = tmp_path / f"wheel-{len(wheels)}"
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
        subprocess.run(command, cwd=place, check=True, capture_output=True)
        wheels.append(next(out.glob("*.whl")).read_bytes())
    assert wheels[0] == wheels[1]


def test_the_containers_have_no_rights_and_their_page_is_on_loopback() -> None:
    text = without_comments("compose.yml")
    service = text.partition("\n  database:")[0]
    for line in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "- 127.0.0.1:8080:8080"):
        assert line in service
    used = set(
        re.findall(r"^      - ((?:\w+__)?\w+_?\w+)\b", re.sub(r"(?s)volumes:.*?\n    \w", "", service), re.MULTILINE)
    )
    declared = set(re.findall(r"^  (\w+): \{ file:", text, re.MULTILINE))
    assert {name for name in used if "__" in name} <= declared


@pytest.mark.parametrize("name", ["Caddyfile", "nginx.conf"])
def test_the_proxies_keep_figures_inside_and_believe_no_name_from_outside(name: str) -> None:
    text = without_comments(name)
    assert "/healthz" in text
    assert "/metrics" in text
    assert re.search(r"Remote-User", text)
    assert text.count("{") == text.count("}")
    assert "127.0.0.1:8080" in text
