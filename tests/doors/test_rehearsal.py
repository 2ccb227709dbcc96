"""A whole day played in seconds: what comes out, and what every fault does to the promises."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from orchestrator import settings as gate
from orchestrator import shipped
from orchestrator.cli import main
from orchestrator.core.errors import BadConfiguration
from orchestrator.core.model import Event
from orchestrator.gateways.registrations import in_file
from orchestrator.rehearsal import people
from orchestrator.rehearsal.cast import cast
from orchestrator.rehearsal.faults import Trouble, read
from orchestrator.rehearsal.promises import PROMISES
from tests.contracts.zoom_record import strangers

EVENT: Event = gate.load(shipped.example_config(), environ={})[0].event
NINE = datetime.fromisoformat("2021-06-24T07:00:00Z")  # 9h00 in Paris
MORNING, AFTERNOON = NINE + timedelta(minutes=30), NINE + timedelta(hours=5)


def few(folder: Path, event: Event = EVENT, n: int = 24) -> Path:
    """A short list of invented people who registered on the last two days."""
    file = folder / "people.csv"
    rows = people.invent(event, n, "few", event.first_start - timedelta(hours=12))
    for i, row in enumerate(rows):
        row["Horodateur"] = f"{event.date - timedelta(days=2 - i * 2 // n):%d/%m/%Y} 17:{2 * i % 6:02}:00"
    people.write_csv(rows, file)
    return file


SHORTER = (
    ("end = 12:15:00", "end = 10:15:00"),
    ("at = 11:00:00", "at = 10:00:00"),
    ("start = 14:00:00\nend = 16:15:00\ndoors = 13:45:00", "start = 10:45:00\nend = 11:00:00\ndoors = 10:30:00"),
    ("at = 14:00:00", "at = 10:45:00"),
    ("at = 15:15:00", "at = 10:50:00"),
)


def short_day(folder: Path, *edits: tuple[str, str]) -> Path:
    """The example over by eleven: as many letters, rooms and instants, and a quarter of the minutes in between."""
    text = shipped.example_config().read_text("utf-8")
    for old, new in (*SHORTER, *edits):
        assert old in text, old
        text = text.replace(old, new)
    config = folder / "event.toml"
    config.write_text(text, "utf-8")
    return config


def rehearse(
    folder: Path, *faults: str, config: Path | None = None, n: int = 24
) -> tuple[int, dict[str, Any], list[dict[str, Any]]]:
    """Play a day with few people, the short one unless told; returns exit code, report and the letters accepted."""
    config, out = config or short_day(folder), folder / "out"
    [settings] = gate.load(config, environ={})
    arguments = ["rehearse", "-c", str(config), "--registrations", str(few(folder, settings.event, n))]
    arguments += ["--out", str(out)]
    for fault in faults:
        arguments += ["--fault", fault]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    report = json.loads((out / "report.json").read_text("utf-8"))
    letters = [json.loads(line) for line in (out / "mail.jsonl").read_text("utf-8").splitlines()]
    return result.exit_code, report, letters


def at(letter: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(letter["at"])


def held(report: dict[str, Any]) -> dict[str, list[str]]:
    return {p["name"]: p["broken_for"] for p in report["promises"]}


ALL_HELD: dict[str, list[str]] = {name: [] for name in PROMISES}


@pytest.mark.slow
def test_a_calm_day_keeps_every_promise_and_leaves_every_file(tmp_path: Path) -> None:
    code, report, letters = rehearse(tmp_path, config=shipped.example_config())
    out = tmp_path / "out"
    assert (code, held(report), report["people"]) == (0, ALL_HELD, 24)
    links = Counter(letter["to"] for letter in letters if letter["kind"] == "link")
    assert set(links.values()) == {1}
    assert len(links) == 24
    morning = [letter for letter in letters if (letter["kind"], letter["session"]) == ("reminder", "matin")]
    afternoon = [letter for letter in letters if (letter["kind"], letter["session"]) == ("reminder", "apres-midi")]
    assert {letter["rule"] for letter in morning} == {"at-09:00"}
    assert all(NINE <= at(letter) < MORNING for letter in morning)
    assert all(AFTERNOON - timedelta(minutes=30) <= at(letter) < AFTERNOON for letter in afternoon)
    rooms = Counter(letter["to"] for letter in letters if letter["kind"] == "room")
    assert set(rooms.values()) == {1}
    taken = sum(room["taken"] for room in report["workshops"].values())
    assert 0 < len(rooms) <= taken
    hosts = {letter["to"] for letter in letters if letter["kind"] == "host"}
    assert hosts == {speaker.email for speaker in EVENT.speakers}
    counted = Counter(letter["kind"] for letter in letters)
    assert {kind: counts["sent"] for kind, counts in report["letters"].items()} == counted
    for letter in letters:
        message: Message = message_from_bytes((out / letter["file"]).read_bytes())
        assert (message["To"], message["Message-ID"]) == (letter["to"], letter["message_id"])
    exchanges = [json.loads(line) for line in (out / "zoom.jsonl").read_text("utf-8").splitlines()]
    assert sum(1 for e in exchanges if e["method"] == "POST" and e["path"].endswith("/meetings")) == 1
    assert strangers(exchanges) == []
    film = (out / "film.html").read_text("utf-8")
    assert "Tout est parti à temps" in film


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        "smtp-down=08:50-09:20",
        "zoom-down=07:00-09:00",
        "kill=09:00:01",
    ],
)
def test_a_fault_is_survived(tmp_path: Path, fault: str) -> None:
    """Three alone; the others come together below, and each on the whole example's day in `./run bench days`."""
    code, report, letters = rehearse(tmp_path, fault)
    assert (code, held(report)) == (0, ALL_HELD)
    assert report["people"] == 24
    distinct = Counter((letter["to"], letter["kind"], letter["session"], letter["rule"]) for letter in unique(letters))
    assert {n for (_, kind, *_), n in distinct.items() if kind != "moved"} == {1}


def unique(letters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({letter["message_id"]: letter for letter in letters}.values())


@pytest.mark.slow
def test_everybody_of_a_workshop_that_joins_another_is_told_once(tmp_path: Path) -> None:
    code, report, letters = rehearse(tmp_path, "merge=08:00/B/A")
    assert (code, report["workshops"]["tensions"]["taken"]) == (0, 0)
    told = [letter["to"] for letter in letters if letter["kind"] == "moved"]
    assert len(told) == len(set(told)) > 0
    assert report["workshops"]["acteurs"]["taken"] > len(told)


@pytest.mark.slow
def test_everything_at_once_is_survived(tmp_path: Path) -> None:
    faults = (
        "smtp-down=08:55-09:10",
        "smtp-4xx=10%",
        "zoom-429=08:00-08:30",
        "latecomer=09:20",
        "kill=09:10:05",
        "kill=10:15:01",
    )
    code, report, _ = rehearse(tmp_path, *faults)
    assert (code, held(report)) == (0, ALL_HELD)


@pytest.mark.slow
def test_on_the_morning_after_the_clocks_went_back_everything_leaves_by_the_wall_clock(tmp_path: Path) -> None:
    config = short_day(tmp_path, ("2021-06-24", "2026-10-25"), ("2021-06-22", "2026-10-23"))
    code, report, letters = rehearse(tmp_path, config=config, n=5)
    assert (code, held(report), report["people"]) == (0, ALL_HELD, 5)
    first: dict[str, datetime] = {}
    for letter in letters:
        first.setdefault(f"{letter['session']} {letter['rule']}", at(letter).replace(second=0, microsecond=0))
    wanted = {
        "matin at-17:00-1d": "2026-10-24T15:00:00Z",  # still summer: 17h00 in Paris
        "matin at-09:00": "2026-10-25T08:00:00Z",  # winter: 9h00
        "apres-midi before-30min": "2026-10-25T09:15:00Z",
    }
    assert {name: first[name] for name in wanted} == {k: datetime.fromisoformat(v) for k, v in wanted.items()}


@pytest.mark.slow
def test_what_cannot_be_kept_is_named_person_by_person(tmp_path: Path) -> None:
    code, report, letters = rehearse(tmp_path, "smtp-down=08:30-09:31")
    broken = held(report)
    morning = {letter["to"] for letter in letters if letter["session"] == "matin" and letter["kind"] == "reminder"}
    assert code == 1
    assert morning == set()
    assert len(broken.pop("reminder-on-time")) > 10
    assert broken == {name: [] for name in broken}
    assert report["letters"]["reminder"]["void"] > 10


def test_a_source_that_is_missing_is_played_by_invented_people(tmp_path: Path) -> None:
    config = tmp_path / "event.toml"
    config.write_text(
        shipped.example_config().read_text("utf-8").replace("examples/inscriptions.csv", "none.csv"), "utf-8"
    )
    [settings] = gate.load(config, environ={})
    chosen = cast(settings, None, tmp_path)
    answers = in_file(chosen.file, chosen.columns, settings.event).read()
    assert (chosen.invented, len(answers.rows), answers.refused) == (True, 200, ())


def test_faults_are_read_on_the_days_wall_clock() -> None:
    begins, ends = NINE - timedelta(minutes=10), NINE + timedelta(minutes=20)
    assert read(["smtp-down=08:50-09:20", "smtp-4xx=10%", "kill=09:00:03"], EVENT) == (
        Trouble(kind="smtp-down", begins=begins, ends=ends),
        Trouble(kind="smtp-4xx", percent=10),
        Trouble(kind="kill", begins=NINE + timedelta(seconds=3)),
    )


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "rain",
        "smtp-down=09:00",
        "smtp-down=10:00-09:00",
        "smtp-4xx=0%",
        "kill=soon",
        "latecomer=25:00",
        "merge=09:00",
        "merge=09:00/B/B",
        "merge=09:00/B/Z",
    ],
)
def test_a_fault_that_is_not_understood_is_refused_with_the_forms_there_are(spec: str) -> None:
    with pytest.raises(BadConfiguration, match="smtp-4xx=10%"):
        read([spec], EVENT)
