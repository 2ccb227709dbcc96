"""The shipped example is the event of the announcement, and its invented registrants fit its form."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator import shipped
from orchestrator.core.model import Event, Workshop, identity
from orchestrator.gateways.registrations import Columns, in_file
from orchestrator.rehearsal.people import columns_for, csv_text, example, invent, write_csv
from orchestrator.settings import Settings, is_over, load, remarks, template

MORNING, AFTERNOON = "Participerez-vous le matin (9h30-12h15) ?", "Participerez-vous l'après-midi (14h00-16h15) ?"
CHOICES = ["Votre choix [1er choix]", "Votre choix [2e choix]", "Votre choix [3e choix]"]
STAMP = "%d/%m/%Y %H:%M:%S"


@pytest.fixture(scope="module")
def settings() -> Settings:
    (settings,) = load(shipped.example_config(), environ={})
    return settings


@pytest.fixture(scope="module")
def event(settings: Settings) -> Event:
    return settings.event


@pytest.fixture(scope="module")
def rows(settings: Settings) -> list[dict[str, str]]:
    text = settings.registrations.path.read_bytes().decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def june(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2021, 6, day, hour, minute, tzinfo=UTC)


def test_the_example_is_the_day_of_the_announcement(event: Event) -> None:
    assert event.title == (
        "Relation police – population : quels enjeux et pistes d'amélioration pour une confiance partagée ?"
    )
    assert (event.date, event.date.weekday(), event.timezone) == (date(2021, 6, 24), 3, "Europe/Paris")
    assert [(s.key, s.doors_at, s.starts_at, s.ends_at) for s in event.sessions] == [
        ("matin", june(24, 7, 15), june(24, 7, 30), june(24, 10, 15)),
        ("apres-midi", june(24, 11, 45), june(24, 12), june(24, 14, 15)),
    ]
    assert [(i.session, i.at, i.title[:8], i.people) for i in event.programme] == [
        ("matin", june(24, 7, 30), "Temps #1", ("Jacques de Maillard",)),
        ("matin", june(24, 9), "Temps #2", ()),
        ("apres-midi", june(24, 12), "Temps #3", ("Virginie Malochet",)),
        ("apres-midi", june(24, 13, 15), "Temps #4", ()),
    ]
    assert event.form_url == "https://forms.gle/TuqwEn3iFNsfDrgg9"
    assert (event.seating.wishes_until, event.seating.tell_at) == (june(22, 10), june(22, 16))


def test_the_example_has_the_three_workshops_of_the_morning(event: Event) -> None:
    def summary(workshop: Workshop) -> tuple[str, str, int, datetime]:
        return workshop.session, workshop.room, workshop.seats, workshop.opens_at

    assert [summary(workshop) for workshop in event.workshops] == [
        ("matin", "A – Liens avec les acteurs", 60, june(24, 9)),
        ("matin", "B – Diminuer les tensions", 60, june(24, 9)),
        ("matin", "C – Valoriser l'action", 60, june(24, 9)),
    ]


def test_the_example_names_who_makes_the_day(event: Event) -> None:
    assert [(s.name, s.role, s.sessions, s.workshops) for s in event.speakers] == [
        ("Jacques de Maillard", "speaker", ("matin",), ()),
        ("Virginie Malochet", "speaker", ("apres-midi",), ()),
        ("Équipe du Pôle ressources", "host", ("matin", "apres-midi"), ()),
        ("Animation de l'atelier A", "facilitator", ("matin",), ("acteurs",)),
        ("Animation de l'atelier B", "facilitator", ("matin",), ("tensions",)),
        ("Animation de l'atelier C", "facilitator", ("matin",), ("action",)),
    ]


def test_the_example_reminds_at_nine_and_half_an_hour_before(event: Event) -> None:
    assert [(r.session, r.rule.name, r.audience) for r in event.reminders] == [
        ("matin", "at-09:00", "registrants"),
        ("apres-midi", "before-30min", "registrants"),
        ("matin", "at-17:00-1d", "speakers"),
        ("matin", "at-09:00", "speakers"),
        ("apres-midi", "before-30min", "speakers"),
    ]


def test_the_example_holds_no_secret_and_nothing_to_worry_about_but_its_date(settings: Settings) -> None:
    assert settings.zoom.missing == ("account_id", "client_id", "client_secret")
    assert settings.mail.password.get_secret_value() == ""
    assert (settings.zoom.api_url_is_fixed, settings.warnings) == (False, ())
    assert is_over(settings.event, datetime(2024, 1, 1, tzinfo=UTC))
    assert remarks(settings, datetime(2024, 1, 1, tzinfo=UTC)) == (
        "L'événement est passé : il s'est terminé le jeudi 24 juin 2021 à 16h15.",
    )


def test_a_new_file_starts_from_the_example(tmp_path: Path, event: Event) -> None:
    file = tmp_path / "config.toml"
    file.write_text(template(file), "utf-8")
    (settings,) = load(file, environ={})
    assert settings.event == event


def test_the_registrants_answer_the_questions_and_their_columns_are_recognised(
    settings: Settings, event: Event, rows: list[dict[str, str]]
) -> None:
    titles = in_file(shipped.example_config().parent / "examples/inscriptions.csv", Columns(), event).read().columns
    assert _mapping(titles) == {k: v for k, v in columns_for(event).items() if k != "organisation"}
    assert list(rows[0]) == [
        "Horodateur",
        "Adresse e-mail",
        "Prénom",
        "Nom",
        "Structure / fonction",
        "Besoins particuliers (accessibilité)",
        MORNING,
        AFTERNOON,
        *CHOICES,
    ]


def _mapping(titles: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {key: title for key, title in titles.items() if "." not in key}
    sessions = {key.partition(".")[2]: title for key, title in titles.items() if key.startswith("sessions.")}
    wishes: dict[str, list[str]] = {}
    for key, title in titles.items():
        if key.startswith("wishes."):
            wishes.setdefault(key.split(".")[1], []).append(title)
    return said | {"sessions": sessions, "wishes": wishes}


def test_the_example_file_is_what_the_program_invents(settings: Settings, event: Event, tmp_path: Path) -> None:
    write_csv(example(event), tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == settings.registrations.path.read_bytes()


def test_two_hundred_people_and_three_troubles_at_known_lines(rows: list[dict[str, str]]) -> None:
    by_line = dict(enumerate(rows, start=2))
    assert not any(by_line.pop(61).values())
    assert by_line.pop(121)["Adresse e-mail"] == "camille.sans-adresse(at)exemple.fr"
    again, before = by_line.pop(181), by_line[21]
    assert identity(again["Adresse e-mail"]) == identity(before["Adresse e-mail"])
    assert again["Adresse e-mail"] != before["Adresse e-mail"]
    addresses = {identity(row["Adresse e-mail"]) for row in by_line.values()}
    assert len(addresses) == len(by_line) == 200
    assert {address.split("@")[1] for address in addresses} == {"exemple.fr", "exemple.org", "example.com"}


def test_most_come_all_day_and_wish_unevenly(event: Event, rows: list[dict[str, str]]) -> None:
    people = [row for row in rows if row[MORNING]]
    assert 150 <= sum(row[MORNING] == "Oui" for row in people) <= 180
    coming = Counter((row[MORNING], row[AFTERNOON]) for row in people)
    assert set(coming) == {("Oui", "Oui"), ("Oui", "Non"), ("Non", "Oui")}
    assert coming["Oui", "Oui"] > len(people) / 2
    titles = {workshop.title for workshop in event.workshops}
    for row in people:
        wished = [row[choice] for choice in CHOICES if row[choice]]
        assert set(wished) <= titles
        assert len(wished) == len(set(wished))
        assert not wished or row[MORNING] == "Oui"
    first = Counter(row[CHOICES[0]] for row in people if row[MORNING] == "Oui")
    assert first[""] > 0
    assert len(set(first.values())) == len(first) == 4


def test_answers_arrive_in_order_over_a_good_week_and_some_on_the_eve(rows: list[dict[str, str]]) -> None:
    stamps = [datetime.strptime(row["Horodateur"], STAMP) for row in rows if row["Horodateur"]]  # noqa: DTZ007 - as in the form
    assert stamps == sorted(stamps)
    assert stamps[-1] - stamps[0] > timedelta(days=7)
    assert 3 <= sum(stamp >= datetime(2021, 6, 23, 18) for stamp in stamps) <= 20  # noqa: DTZ001 - as in the form


def test_the_same_seed_invents_the_same_people(event: Event) -> None:
    until = june(23, 19)
    assert invent(event, 30, "a", until) == invent(event, 30, "a", until)
    assert invent(event, 30, "a", until) != invent(event, 30, "b", until)
    assert invent(event, 0, "a", until) == []
    many = invent(event, 3000, "a", until)
    assert len({row["Adresse e-mail"] for row in many}) == 3000


def test_people_are_invented_for_any_event(event: Event) -> None:
    late = [dataclasses.replace(s, key=f"{s.key}-2", day=date(2021, 6, 25)) for s in event.sessions]
    later = tuple(
        dataclasses.replace(s, starts_at=s.starts_at + timedelta(days=1), ends_at=s.ends_at + timedelta(days=1))
        for s in late
    )
    again = tuple(dataclasses.replace(w, key=f"{w.key}-2", session="matin-2") for w in event.workshops)
    twice = dataclasses.replace(event, sessions=event.sessions + later, workshops=event.workshops + again)
    columns = columns_for(twice)
    asked = [*columns["sessions"].values(), *columns["wishes"]["matin"], *columns["wishes"]["matin-2"]]
    assert len(set(asked)) == len(asked) == 4 + 3 + 3
    row = invent(twice, 1, "a", june(23, 19))[0]
    assert list(row)[6:] == asked
    assert csv_text([row]).splitlines()[0].startswith("Horodateur,Adresse e-mail,Prénom,Nom,")
