"""What the project is made of: licences, secrets, the wheel; each look must object where it should."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from supply import licences, secrets, wheel

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow
papers = pytest.mark.skipif(
    importlib.util.find_spec("detect_secrets") is None, reason="./run supply or ./run docs brings these tools"
)


@pytest.mark.parametrize(
    ("licence", "fine"),
    [
        ("MIT", True),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("Apache-2.0 AND GPL-3.0-only", False),
        ("(MIT OR GPL-2.0-only) AND ISC", True),
        ("MIT License", True),
        ("LGPL-3.0-only", True),
        ("GPL-3.0-or-later", False),
        ("AGPL-3.0-only", False),
        ("BSD License; GNU General Public License (GPL)", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_a_licence_must_be_known_and_go_with_ours(licence: str, fine: bool) -> None:
    assert licences.is_fine(licence) is fine


def test_a_package_that_gives_its_whole_text_for_a_name_names_no_licence() -> None:
    unknown = dict.fromkeys(licences.FIELDS, "UNKNOWN")
    assert licences.said(unknown | {"License-Metadata": "Permission is hereby granted " * 20}) == ""
    assert licences.said(unknown | {"License-Metadata": "Apache", "License-Expression": "MIT"}) == "MIT"


@papers
def test_a_key_in_the_tree_is_found_and_a_password_of_a_test_is_not(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "tests").mkdir()
    key = "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEow"
    password = "client_" + 'secret = "hunter2hunter2"\n'
    for name, text in (("a.py", password), ("b.pem", key), ("tests/c.py", password), ("tests/d.pem", key)):
        (tmp_path / name).write_text(text)
    assert sorted(secrets.found(tmp_path)) == [
        "a.py:1: Secret Keyword",
        "b.pem:1: Private Key",
        "tests/d.pem:1: Private Key",
    ]


def test_the_wheel_is_the_same_twice(tmp_path: Path) -> None:
    assert wheel.differences(ROOT, tmp_path) == []
    [built] = tmp_path.glob("*.whl")
    check = subprocess.run(["sha256sum", "-c", f"{built.name}.sha256"], cwd=tmp_path, capture_output=True, check=False)
    assert check.returncode == 0


@papers
def test_the_bill_of_materials_is_the_lock(tmp_path: Path) -> None:
    out = tmp_path / "sbom.json"
    command = [
        sys.executable,
        "-m",
        "cyclonedx_py",
        "requirements",
        "--no-validate",
        "--pyproject",
        "pyproject.toml",
        "-o",
    ]
    subprocess.run([*command, str(out), "requirements.lock"], cwd=ROOT, check=True, capture_output=True)
    bill = json.loads(out.read_text())
    locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert {part["name"] for part in bill["components"]} == locked
    assert bill["metadata"]["component"]["name"] == "orchestrator"
    assert all(part["externalReferences"][0]["hashes"] for part in bill["components"])


@pytest.mark.skipif(importlib.util.find_spec("sphinx") is None, reason="./run docs brings Sphinx")
def test_the_pages_are_built_without_a_warning_and_without_the_network(tmp_path: Path) -> None:
    cut = shutil.which("unshare")
    alone = (
        [cut, "-n"]
        if cut and subprocess.run([cut, "-n", "true"], capture_output=True, check=False).returncode == 0
        else []
    )
    command = [*alone, sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "docs", str(tmp_path / "html")]
    done = subprocess.run(
        [*command, "-d", str(tmp_path / "trees")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "https://" not in re.sub(
        r"<a [^>]*>",
        "",
        "".join(re.findall(r"<(?:script|link|img)[^>]*>", (tmp_path / "html" / "index.html").read_text())),
    )
