"""What `check` and `plan` say of the hours at which letters leave."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from orchestrator import inspection, shipped, wiring
from orchestrator import settings as gate
from orchestrator.core.model import Quota
from orchestrator.web.board import edits
from tests import make

HALF_AN_HOUR = timedelta(minutes=30)

EXAMPLE = shipped.example_config().read_text("utf-8").replace("2021-06", "2031-06")


def written(folder: Path, *, limits: str, keys: tuple[str, ...] = ("relation",)) -> list[gate.Settings]:
    """The example's event in ten years, once or more, with its list of 200 people."""
    (folder / "examples").mkdir()
    answers = shipped.example_config().parent / "examples" / "inscriptions.csv"
    (folder / "examples" / "inscriptions.csv").write_bytes(answers.read_bytes())
    text = EXAMPLE.replace("per_minute = 60\nper_hour = 0", limits)
    for key in keys:
        (folder / f"{key}.toml").write_text(text.replace("relation-police-population", key), "utf-8")
    return list(gate.load(folder, environ={}))


def lines(found: list[gate.Settings]) -> dict[str, list[tuple[str, str]]]:
    plans = inspection.foreseen(found, wiring.SystemClock())
    return {
        one.event.key: [(f.level, f.what) for f in inspection.send_plan(one.event, plans[one.event.key])]
        for one in found
    }


def test_every_wave_is_said_with_its_departure_and_its_last_letter(tmp_path: Path) -> None:
    [said] = lines(written(tmp_path, limits="per_minute = 60\nper_hour = 0")).values()
    assert said[2:8] == [
        ("ok", "156 annonces de salle pour « matin » : départ le 22/06 à 18h00, dernière lettre le 22/06 à 18h02"),
        ("ok", "5 lettres aux intervenants pour « matin » : départ le 23/06 à 17h00, dernière lettre le 23/06 à 17h00"),
        ("ok", "5 lettres aux intervenants pour « matin » : départ 9h00, dernière lettre 9h00"),
        ("ok", "156 rappels pour « matin » : départ 9h00, dernière lettre 9h02"),
        ("ok", "2 lettres aux intervenants pour « apres-midi » : départ 13h30, dernière lettre 13h30"),
        ("ok", "177 rappels pour « apres-midi » : départ 13h30, dernière lettre 13h32"),
    ]


def test_events_of_one_relay_are_planned_together(tmp_path: Path) -> None:
    said = lines(written(tmp_path, limits="per_minute = 0\nper_hour = 300", keys=("a", "b")))
    early = (
        "warning",
        "156 rappels pour « matin » : départ 8h25, dernière lettre 9h25 "
        "(plus tôt que prévu, pour tenir le débit du relais)",
    )
    assert all(early in event for event in said.values())


def test_an_impossible_plan_is_refused_with_its_numbers(tmp_path: Path) -> None:
    text = "per_minute = 0\nper_hour = 1"
    [said] = lines(written(tmp_path, limits=text)).values()
    [rooms] = [what for level, what in said if level == "error" and "salle" in what]
    assert rooms == (
        "156 annonces de salle pour « matin » : départ le 22/06 à 18h00, dernière lettre le 29/06 à 5h00"
        " → impossible : 156 lettres à 1 par heure demandent 155 h ; la dernière partirait le 29/06 à 5h00, pour 9h28"
        " au plus tard"
    )


def test_a_domain_has_a_limit_of_its_own(tmp_path: Path) -> None:
    domains = 'per_minute = 60\nper_hour = 0\ndomains = [{ domain = "@Orange.fr", per_hour = 100 }]'
    [found] = written(tmp_path, limits=domains)
    assert found.event.quota == Quota(per_minute=60, per_hour_to={"orange.fr": 100})


def test_the_preview_of_an_edit_says_what_it_does_to_other_events_of_the_relay(tmp_path: Path) -> None:
    a, b = written(tmp_path, limits="per_minute = 0\nper_hour = 100", keys=("a", "b"))
    store, now, relay = wiring.open_store(a.store_url), wiring.SystemClock().now(), wiring.relay_name(b)
    with closing(store):
        for one in (a, b):
            store.events.serve(one.event, now)
        session = b.event.session("matin")
        times = {"due_at": session.starts_at - HALF_AN_HOUR, "void_at": session.starts_at, "leave_from": now}
        mine = {"kind": "reminder", "session": "matin", "rule": "at-09:00", "wanted_by": session.starts_at}
        letters = [make.owed(person=f"p{n}", email=f"p{n}@x.fr", to=f"p{n}@x.fr", **mine, **times) for n in range(900)]
        store.outbox.plan("b", relay, [replace(one, leave_from=one.due_at) for one in letters], now)
        late = f"« {b.event.title} » : 900 rappels"
        evening = session.starts_at - 9 * 2 * HALF_AN_HOUR
        found = edits.consequences(store, None, a, evening, [a.event, b.event]).lines
        assert [line.partition(" pour « ")[0] for line in found if line.startswith("«")] == [late]
        assert edits.consequences(store, a, a, evening, [a.event, b.event]).lines == ()
