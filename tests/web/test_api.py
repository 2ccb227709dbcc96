from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.core.entry import hidden
from tests.doors.lab import now
from tests.web.door import TestClient
from tests.web.office import URL, Office, office

pytestmark = pytest.mark.slow
EVENT = "/api/v1/events/relation-police-population"
PATHS = ("/api/v1/events", EVENT, f"{EVENT}/standing", f"{EVENT}/workshops", f"{EVENT}/people", f"{EVENT}/letters")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("api")) as opened:
        opened.store.tokens.allow(hidden("jeton"), "tests", now() + timedelta(days=1))
        opened.store.tokens.allow(hidden("vieux"), "old", now() - timedelta(seconds=1))
        yield opened


def ask(place: Office, path: str, token: str = "jeton") -> Any:
    return TestClient(place.app, base_url=URL).get(path, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("path", PATHS)
def test_a_token_reads_and_nothing_else_does(place: Office, path: str) -> None:
    assert ask(place, path).status_code == 200
    for token in ("faux", "vieux", "", "cookie-organiser-"):
        assert ask(place, path, token).status_code == 401
    assert place.organiser.get(path).status_code == 401


def test_the_api_says_what_the_board_says_and_never_a_link(place: Office) -> None:
    assert ask(place, f"{EVENT}/standing").json()["people"] == 6
    people = ask(place, f"{EVENT}/people").json()
    assert (people["total"], people["pages"]) == (6, 1)
    first = next(one for one in people["items"] if one["email"] == "personne0@exemple.fr")
    assert (first["links"], first["letters"]["sent"]) == ({"day-1": "open"}, 1)
    letters = ask(place, f"{EVENT}/letters?state=sent&kind=link").json()
    assert {one["reply"] for one in letters["items"]} == {"2.0.0 Accepted"}
    said = "".join(ask(place, path).text for path in PATHS)
    assert "tk=" not in said
    assert "join_url" not in said


def test_an_event_that_is_not_served_is_not_found(place: Office) -> None:
    assert ask(place, "/api/v1/events/autre").status_code == 404


def test_a_token_that_is_revoked_opens_nothing(place: Office) -> None:
    place.store.tokens.allow(hidden("court"), "passing", now() + timedelta(days=1))
    assert ask(place, "/api/v1/events", "court").status_code == 200
    assert place.store.tokens.revoke("passing") == 1
    assert ask(place, "/api/v1/events", "court").status_code == 401


def test_a_token_is_no_way_into_the_board(place: Office) -> None:
    browser = TestClient(place.app, base_url=URL, follow_redirects=False)
    browser.cookies.set("visit", "jeton")
    assert browser.get("/").status_code == 303
    assert ask(place, "/api/v1/events").status_code == 200


def test_the_api_keeps_what_its_description_promises(place: Office) -> None:
    """Schemathesis makes requests of every kind from the description and holds the answers against it."""
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase, given, settings

    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", place.app)
    operations = [found.ok() for found in schema.get_all_operations()]
    rest = ("", "/standing", "/workshops", "/people", "/letters")
    paths = {"/api/v1/events", *(f"/api/v1/events/{{key}}{end}" for end in rest)}
    assert {operation.path for operation in operations} == paths
    quick = settings(max_examples=12, phases=[Phase.explicit, Phase.generate], database=None,
                     suppress_health_check=list(HealthCheck))  # fmt: skip
    before = [row for row in place.lab.dump() if '"visit"' not in row]
    for operation in operations:

        @quick
        @given(case=operation.as_strategy())
        def holds(case: Any) -> None:
            case.headers = {**dict(case.headers or {}), "Authorization": "Bearer jeton"}
            case.call_and_validate()

        holds()
    assert [row for row in place.lab.dump() if '"visit"' not in row] == before
