"""What the command line says by itself: in French, by subject, nothing cut short."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from click.testing import CliRunner

from orchestrator.cli import VERBS, main
from orchestrator.cli.french import WORDS

SHIPPED = WORDS / "fr" / "LC_MESSAGES"


def said(*words: str, **environ: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in ("LANGUAGE", "LC_ALL", "LANG")}
    command = [sys.executable, "-m", "orchestrator", *words]
    found = subprocess.run(command, capture_output=True, text=True, env={**clean, **environ}, check=False)
    return " ".join((found.stdout + found.stderr).split())


def test_what_is_misspelt_is_said_in_french_with_the_nearest_verb_whatever_the_machine_speaks() -> None:
    assert "Commande inconnue : 'aply'. Vouliez-vous dire 'apply' ?" in said("aply", LANG="C")


def test_another_language_may_be_asked_for() -> None:
    assert "No such command 'aply'." in said("aply", LANGUAGE="en")


def test_the_help_names_every_verb_once_with_its_whole_first_sentence() -> None:
    told = CliRunner().invoke(main, ["--help"]).output
    lines = [line.split()[0] for line in told.splitlines() if line.startswith("  ") and line[2] != " "]
    assert [name for name in lines if name in main.commands] == [verb.name for verb in VERBS]
    assert (sorted(main.commands), "…" in told or "..." in told.replace("[ARGS]...", "")) == (
        sorted(verb.name or "" for verb in VERBS),
        False,
    )


def words(catalog: Catalog) -> dict[str, list[str]]:
    singulars = {m.id if isinstance(m.id, str) else m.id[0]: m.string for m in catalog if m.id}
    return {said: [meant] if isinstance(meant, str) else list(meant) for said, meant in singulars.items()}


def test_the_words_shipped_are_those_of_their_source() -> None:
    with (SHIPPED / "messages.po").open("rb") as source, (SHIPPED / "messages.mo").open("rb") as compiled:
        assert words(read_mo(compiled)) == words(read_po(source, "fr"))


@pytest.mark.parametrize("where", ["", "ici.toml"])
def test_init_writes_into_a_folder_or_the_file_named(tmp_path: Path, where: str) -> None:
    told = CliRunner().invoke(main, ["init", str(tmp_path / where)])
    assert (told.exit_code, [f.name for f in tmp_path.iterdir()]) == (0, [where or "config.toml"])
