"""A Google Form and a Google Sheet as sources, against Google's own descriptions of its services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import UnreadableSource
from orchestrator.gateways.registrations import Columns, Register
from orchestrator.gateways.registrations.google import FormAnswers, Google, SheetAnswers, document_id
from orchestrator.gateways.registrations.polled import EVERY, Polled
from tests.contracts.google_double import ACCOUNT, Double, key_file, served
from tests.contracts.test_registrations import EVENT

FORM = "1FAIpQLSd_form_id_of_forty_characters_or_so"
START = datetime(2021, 6, 20, 10, tzinfo=UTC)


def question(key: str, title: str) -> dict[str, Any]:
    return {"itemId": f"i{key}", "title": title, "questionItem": {"question": {"questionId": key, "required": True}}}


def grid(title: str, rows: dict[str, str]) -> dict[str, Any]:
    questions = [{"questionId": key, "rowQuestion": {"title": row}} for key, row in rows.items()]
    return {"itemId": "g", "title": title, "questionGroupItem": {"questions": questions}}


def response(n: int, at: str, email: str, **answers: list[str]) -> dict[str, Any]:
    return {
        "responseId": f"r{n}",
        "createTime": f"2021-06-20T0{n}:00:00.000000Z",
        "lastSubmittedTime": at,
        "respondentEmail": email,
        "answers": {
            key: {"questionId": key, "textAnswers": {"answers": [{"value": value} for value in values]}}
            for key, values in answers.items()
        },
    }


@pytest.fixture
def double() -> Iterator[Double]:
    form = {
        "formId": FORM,
        "revisionId": "1",
        "responderUri": "https://docs.google.com/forms/d/e/x/viewform",
        "info": {"title": "Inscription", "documentTitle": "Inscription"},
        "settings": {"emailCollectionType": "VERIFIED"},
        "items": [
            question("q1", "Prénom"),
            question("q2", "Nom"),
            {"itemId": "t", "title": "Les ateliers", "textItem": {}},
            question("q3", "Je viendrai"),
            grid("Votre choix", {"q4": "1er choix", "q5": "2e choix"}),
        ],
    }
    responses = [
        response(
            1,
            "2021-06-20T01:00:00.123Z",
            "Zoe@exemple.fr",
            q1=["Zoé"],
            q2=["Li"],
            q3=["Le matin", "L'après-midi"],
            q4=["Réduire les tensions, avec les jeunes"],
            q5=["Lire, écrire, compter"],
        ),
        response(2, "2021-06-20T02:00:00Z", "ali@exemple.fr", q1=["Ali"], q2=["Ben"], q3=["Le matin"]),
        response(3, "2021-06-20T03:00:00Z", "mia@exemple.fr", q1=["Mia"], q2=["Sy"], q3=["L'après-midi"]),
    ]
    with served(Double(form=form, responses=responses)) as running:
        yield running


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at


def form_of(double: Double, folder: Path, clock: Clock) -> Register:
    google = Google(key_file(folder, double.url), "forms", double.url)
    return Register(Polled(FormAnswers(google, FORM), clock.now), Columns(), EVENT)


def test_a_google_form_is_read_with_its_titles_grids_ticks_and_pages(double: Double, tmp_path: Path) -> None:
    answers = form_of(double, tmp_path, Clock()).read()
    assert [(a.line, a.address, a.first_name, a.last_name, a.sessions) for a in answers.rows] == [
        (2, "Zoe@exemple.fr", "Zoé", "Li", ("matin", "apres-midi")),
        (3, "ali@exemple.fr", "Ali", "Ben", ("matin",)),
        (4, "mia@exemple.fr", "Mia", "Sy", ("apres-midi",)),
    ]
    assert answers.rows[0].wishes == {"matin": (("tensions",), ("lire",))}
    assert answers.rows[0].submitted_at == datetime(2021, 6, 20, 1, tzinfo=UTC)


def test_only_newer_answers_of_a_form_are_asked_for_and_an_edited_one_takes_its_own_place(
    double: Double, tmp_path: Path
) -> None:
    clock = Clock()
    source = form_of(double, tmp_path, clock)
    first = source.fingerprint()
    source.read()
    asked = len(double.asked)
    assert source.fingerprint() == first
    assert len(double.asked) == asked  # within the minute nobody is asked
    double.responses[1] = response(
        2, "2021-06-20T09:00:00Z", "ali@exemple.fr", q1=["Ali"], q2=["Benali"], q3=["Le matin"]
    )
    clock.at += EVERY
    assert source.fingerprint() != first
    assert [query.get("filter") for _, query in double.asked[asked:]] == ["timestamp >= 2021-06-20T02:55:00Z"]
    assert [a.last_name for a in source.read().rows] == ["Li", "Benali", "Sy"]


def test_an_answer_deleted_from_a_form_is_missed_within_half_an_hour(double: Double, tmp_path: Path) -> None:
    clock = Clock()
    source = form_of(double, tmp_path, clock)
    source.read()
    del double.responses[1]
    clock.at += timedelta(minutes=31)
    assert [a.first_name for a in source.read().rows] == ["Zoé", "Mia"]


def sheet_of(double: Double, folder: Path) -> Register:
    google = Google(key_file(folder, double.url), "sheets", double.url)
    return Register(Polled(SheetAnswers(google, FORM), Clock().now), Columns(), EVENT)


def test_a_google_sheet_is_read_from_the_sheet_its_form_writes_to_in_the_sheets_own_zone(
    double: Double, tmp_path: Path
) -> None:
    double.book = {
        "spreadsheetId": FORM,
        "properties": {"title": "Inscriptions", "timeZone": "America/Cayenne"},
        "sheets": [
            {"properties": {"title": "Notes"}},
            {"properties": {"title": "Réponses d'essai", "hidden": True}},
            {"properties": {"title": "Réponses à l'accueil"}},
        ],
    }
    double.values = [
        ["Horodateur", "Adresse e-mail", "Prénom", "Nom", "Je viendrai le matin", "Je viendrai l'après-midi"],
        [44367.5, "zoe@exemple.fr", "Zoé", "Li", True, False],
        [],
        [44368, "ali@exemple.fr", "Ali", 75],
    ]
    answers = sheet_of(double, tmp_path).read()
    assert [(a.line, a.first_name, a.last_name, a.sessions) for a in answers.rows] == [
        (2, "Zoé", "Li", ("matin",)),
        (4, "Ali", "75", ()),
    ]
    assert answers.rows[0].submitted_at == datetime(2021, 6, 20, 15, tzinfo=UTC)
    assert double.asked[-1][0].endswith("/values/'Réponses à l''accueil'")


@pytest.mark.parametrize(
    ("status", "words", "permanent"),
    [(403, f"le partager, en lecture, avec {ACCOUNT}", True), (404, ACCOUNT, True), (500, "rien à faire", False)],
)
def test_what_google_refuses_is_said_with_the_address_to_share_with(
    double: Double, tmp_path: Path, status: int, words: str, permanent: bool
) -> None:
    double.status = status
    source = form_of(double, tmp_path, Clock())
    for _ in range(2):  # the failure is held, not asked for again
        with pytest.raises(UnreadableSource, match=re.escape(words)) as caught:
            source.fingerprint()
        assert caught.value.permanent is permanent


def test_a_key_that_is_none_is_said_when_it_is_needed(tmp_path: Path) -> None:
    key = tmp_path / "cle.json"
    key.write_text("{}")
    source = Register(
        Polled(FormAnswers(Google(key, "forms", "http://127.0.0.1:9"), FORM), Clock().now), Columns(), EVENT
    )
    with pytest.raises(UnreadableSource, match="la clé du compte de service"):
        source.read()


def test_a_documents_address_is_as_good_as_its_id_but_not_the_public_one() -> None:
    assert document_id(f"https://docs.google.com/forms/d/{FORM}/edit#responses") == FORM
    assert document_id(f"https://docs.google.com/spreadsheets/d/{FORM}/edit?gid=0#gid=0") == FORM
    assert document_id(FORM) == FORM
    with pytest.raises(UnreadableSource, match="adresse publique"):
        document_id("https://docs.google.com/forms/d/e/1FAIpQLSdAAAAAAAAAAAAAAAAAAAAAA/viewform")
