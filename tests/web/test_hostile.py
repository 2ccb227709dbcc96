"""Every route against whoever should not use it: nothing changes, every answer is fenced, nothing secret is said."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from orchestrator.core.entry import token
from orchestrator.core.model import reference
from orchestrator.outside.zoom import Answer
from orchestrator.web.entering import new_link
from orchestrator.web.security import HEADERS
from tests import make
from tests.store.probe import dump
from tests.web.door import KEY, URL, Door, TestClient, csrf, links

pytestmark = pytest.mark.slow

OPEN_TO_ALL = {"/lien-perdu", "/entrer"}
"""Where anybody may leave an address: what they write is a row to look at, or a link that is mailed to nobody."""
NOBODY = "A" * 32


def routes(found: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Every route as the router has it, with each of its methods."""
    for route in found:
        if isinstance(route, APIRoute | Route):
            for method in sorted(route.methods or ()):
                yield method, route.path
        elif (inner := getattr(route, "original_router", route)) is not route or hasattr(route, "routes"):
            yield from routes(list(inner.routes))


def filled(path: str, door: Door, page_token: str) -> str:
    """The route's path with something in the place of each parameter."""
    known = {"token": page_token, "secret": "no-such-link", "session": "matin", "name": "style.css", "kind": "people"}
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda m: known.get(m[1], "1"), path)


def all_paths(door: Door, page_token: str) -> list[tuple[str, str]]:
    return [(method, filled(path, door, page_token)) for method, path in routes(door.app.routes)]


def state(door: Door) -> Any:
    """Everything stored, but who was last seen when and who tried how often."""
    kept = dump(door.house.store)
    return {name: rows for name, rows in kept.items() if name not in ("attempt", "visit")}


def send(browser: TestClient, method: str, path: str, **how: Any) -> int:
    return browser.request(method, path, **how).status_code


def test_the_matrix_is_made_of_every_route_there_is(door: Door) -> None:
    found = {path for _, path in routes(door.app.routes)}
    assert {"/m/{token}", "/s/{token}/lu", "/entrer/{secret}", "/lien-perdu", "/healthz", "/"} <= found
    assert len(found) > 20


@pytest.mark.parametrize("who", ["nobody", "viewer", "other event"])
def test_nothing_changes_by_a_post_of_somebody_who_may_not(door: Door, who: str) -> None:
    other = token(KEY, "other-event", reference("other-event", "zoe@exemple.fr"))
    browser = door.organiser("viewer", "regard@exemple.fr") if who == "viewer" else door.browser()
    before, refused = state(door), 0
    for method, path in all_paths(door, other if who == "other event" else NOBODY):
        if method not in ("GET", "HEAD") and path not in OPEN_TO_ALL:
            word = csrf(browser.get("/lien-perdu").text)
            status = send(browser, method, path, data={"csrf": word})
            assert status in (303, 401, 403, 404, 405, 410, 422), (method, path, status)
            refused += 1
    assert state(door) == before
    assert refused > 5


@pytest.mark.parametrize(
    "wrong", ["no token", "wrong token", "foreign origin", "cross-site", "same-site", "other's token"]
)
def test_nothing_changes_by_a_form_that_is_not_ours(door: Door, wrong: str) -> None:
    """An organiser, a registered person and a speaker, each with their browser on somebody else's page."""
    mine, speaks = door.page_of().rpartition("/")[2], door.speakers_page().rpartition("/")[2]
    organiser = door.organiser()
    link = new_link(door.house.store, "", "organiser", door.theatre.now()).rpartition("/")[2]
    before = state(door)
    for browser, page_token in ((organiser, mine), (door.browser(), mine), (door.browser(), speaks)):
        right = csrf(browser.get("/lien-perdu").text)
        for method, path in all_paths(door, page_token):
            if method in ("GET", "HEAD") or path.startswith(("/api/", "/webhooks/")):
                continue
            good = csrf(browser.get(f"/m/{mine}/absence").text) if path.startswith("/m/") else right
            status = send(browser, method, path.replace("no-such-link", link), **_spoilt(wrong, good))
            assert status == 403 or (status == 404 and "/s/" in path + page_token), (method, path, status)
    assert state(door) == before


def _spoilt(wrong: str, word: str) -> dict[str, Any]:
    headers = {
        "foreign origin": {"Origin": "https://evil.example"},
        "cross-site": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        "same-site": {"Origin": "null", "Sec-Fetch-Site": "same-site"},
    }.get(wrong, {"Origin": URL, "Sec-Fetch-Site": "same-origin"})
    words = {"no token": {}, "wrong token": {"csrf": "0" * 32}, "other's token": {"csrf": "f" + word[1:]}}
    return {"headers": headers, "data": words.get(wrong, {"csrf": word})}


def test_get_and_head_of_every_route_change_nothing_for_anybody(door: Door) -> None:
    before = state(door)
    tokens = [path.rpartition("/")[2] for path in (door.page_of(), door.speakers_page("hote@exemple.fr"))]
    for browser in (door.browser(), door.organiser(), door.organiser("viewer", "regard@exemple.fr")):
        for page_token in tokens:
            for _, path in all_paths(door, page_token):
                send(browser, "GET", path)
                send(browser, "HEAD", path)
    assert state(door) == before


def test_programs_that_open_every_link_of_every_letter_change_nothing(door: Door) -> None:
    door.theatre.play(make.paris(9, 1))
    named = {link for mail in door.theatre.mails() for link in re.findall(rf"{URL}(/[^\s\"<>]*)", mail.text)}
    assert len(named) >= 5
    before, browser, seen = state(door), door.browser(), set[str]()
    waiting = sorted(named)
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        browser.head(path)
        waiting += [link for link in links(browser.get(path).text) if link.startswith("/") and link not in seen]
    assert len(seen) > 15
    assert state(door) == before


def test_every_answer_carries_the_headers(door: Door) -> None:
    mine = door.page_of().rpartition("/")[2]
    missing = []
    for browser in (door.browser(), door.organiser()):
        for method, path in [*all_paths(door, mine), ("GET", "/no/such/page"), ("PUT", "/entrer")]:
            answer = browser.request(method, path)
            own_policy = re.fullmatch(r"/letters/(\d+|preview)(/body)?|/verifier|/after/funder", path)
            for name in HEADERS:
                if name not in answer.headers or (answer.headers[name] != HEADERS[name] and not own_policy):
                    missing.append((method, path, name))
            if not answer.headers["content-security-policy"].startswith("default-src 'none';"):
                missing.append((method, path, "default-src"))
            if path.startswith(("/m/", "/s/", "/entrer")) and answer.headers["cache-control"] != "no-store":
                missing.append((method, path, "Cache-Control"))
    assert missing == []


XSS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    "</title><svg onload=alert(1)>",
    "\u202eevil\u0000\x1b[31m",
)


class Elements(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def elements(html: str) -> list[tuple[str, tuple[str, ...]]]:
    parser = Elements()
    parser.feed(html)
    return parser.found


@pytest.mark.parametrize("name", XSS)
def test_a_hostile_name_stays_words_on_every_page(door: Door, name: str) -> None:
    """The elements of each page are the same as with a harmless name."""
    store, key = door.theatre.store, door.event.key
    [zoe] = store.people.registered(key).values()
    reading = store.people.reading(key)
    assert reading is not None
    pages = [
        door.page_of(),
        door.page_of() + "/choix",
        door.page_of() + "/absence",
        door.speakers_page("hote@exemple.fr"),
    ]
    seen = []
    for typed in ("Zoé", name):
        hostile = replace(zoe, first_name=typed, last_name=typed, shown_as=typed, organisation=typed, needs=typed)
        store.people.record(key, reading, (), (hostile,), ())
        harmless = [elements(door.browser().get(path).text) for path in pages]
        seen.append(harmless)
        for page in pages:
            html = door.browser().get(page).text
            assert "<script>alert" not in html
            assert "onerror=alert(1)>" not in html.replace("&#34;&gt;&lt;img src=x onerror=alert(1)&gt;", "")
            assert "49" not in re.findall(r"<h1>.*?</h1>", html)[0]
    assert seen[0] == seen[1]


CANARIES = ("CANARY-zoom-secret", "CANARY-password", "CANARY-words")


def test_secrets_links_and_addresses_reach_no_log_and_no_error_page(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the browser's own words
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    logging.getLogger().addHandler(handler)
    mine, speaks = door.page_of(), door.speakers_page("hote@exemple.fr")
    shown = door.browser().get(mine).text
    [link, *_] = [one for one in links(shown) if "/w/" in one]
    said: list[str] = []
    try:
        browser = door.browser()
        start, word = csrf(browser.get(speaks).text), csrf(browser.get("/lien-perdu").text)
        for break_it in ("zoom", "store"):
            if break_it == "zoom":
                door.theatre.spoil(
                    "GET", "/meetings/", Answer(status=500, body={"code": 1, "message": " ".join(CANARIES)}), times=9
                )
            else:
                _break(door)
            for path in (mine, speaks, mine + "/choix", mine + "/agenda/matin.ics", "/lien-perdu", "/healthz"):
                said.append(browser.get(path).text)
            said.append(browser.post(speaks + "/demarrer", data={"csrf": start, "meeting": "day-1"}).text)
            said.append(browser.post("/lien-perdu", data={"csrf": word, "email": "zoe@exemple.fr"}).text)
            said.append(browser.post("/entrer", data={"csrf": word, "email": "contact@exemple.fr"}).text)
    finally:
        logging.getLogger().removeHandler(handler)
    logged = heard.getvalue() + caplog.text
    pages = "\n".join(said)
    hidden = [*CANARIES, link, link.partition("tk=")[2][:20], "zoe@exemple.fr", mine.rpartition("/")[2]]
    assert [word for word in hidden if word in logged] == []
    assert [word for word in CANARIES if word in pages] == []
    assert "failed: " in logged


def _break(door: Door) -> None:
    """Let every look at a person fail with words that hold what nobody should read."""

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise ValueError(" ".join(CANARIES) + " zoe@exemple.fr")

    with suppress(AttributeError):
        door.house.store.pages = Broken()  # type: ignore[assignment]
