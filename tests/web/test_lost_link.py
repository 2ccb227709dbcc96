""" "I lost my link": mailed to whoever is registered; nobody learns from the page who that is."""

from __future__ import annotations

from statistics import median
from time import process_time

import pytest
import sqlalchemy as sa

from orchestrator.jobs import lost
from tests import make
from tests.web.door import URL, Door, csrf, text

pytestmark = pytest.mark.slow


def lose(door: Door, email: str, *, peer: str = "192.0.2.1") -> tuple[int, bytes, dict[str, str]]:
    browser = door.browser(client=(peer, 40000))
    answer = browser.post("/lien-perdu", data={"csrf": csrf(browser.get("/lien-perdu").text), "email": email})
    return answer.status_code, answer.content, dict(answer.headers)


def answered(door: Door) -> None:
    """What the daemon does at its next tick."""
    lost.answer([door.theatre.world], door.theatre.now())
    door.theatre.turn()


def test_the_link_is_mailed_again_and_never_shown(door: Door) -> None:
    [first] = door.theatre.mails("link")
    status, body, _ = lose(door, " ZOE@exemple.fr")
    answered(door)
    again = door.theatre.mails("resend")
    assert [(mail.to, mail.links) for mail in again] == [("zoe@exemple.fr", first.links)]
    assert status == 200
    assert b"zoom" not in body
    assert "votre lien repart par courriel" in text(body.decode())


def test_known_and_unknown_addresses_get_the_same_bytes(door: Door) -> None:
    answers = [lose(door, email) for email in ("zoe@exemple.fr", "vera@exemple.fr", "nobody@exemple.fr", "not one")]
    assert [answer == answers[0] for answer in answers] == [True] * 4


def test_known_and_unknown_addresses_cost_the_same_statements_and_the_same_time(door: Door) -> None:
    said: list[str] = []
    sa.event.listen(door.house.store.db.engine, "before_cursor_execute", lambda c, k, s, *_: said.append(s))
    heard, took = {}, {}
    for email in ("zoe@exemple.fr", "nobo@exemple.fr"):
        said.clear()
        lose(door, email)
        heard[email], took[email] = list(said), list[float]()
    for n in range(40):
        for email in took:
            started = process_time()
            lose(door, email, peer=f"192.0.2.{n}")
            took[email].append(process_time() - started)
    assert heard["zoe@exemple.fr"] == heard["nobo@exemple.fr"]
    known, unknown = map(median, took.values())
    assert 0.7 < known / unknown < 1.4


def test_of_an_unknown_address_nothing_is_kept_and_nobody_is_written_to(door: Door) -> None:
    before = len(door.theatre.mails())
    lose(door, "nobody@exemple.fr")
    answered(door)
    assert len(door.theatre.mails()) == before
    assert door.house.store.pages.asking() == []


def test_a_speaker_gets_their_instructions_again(door: Door) -> None:
    lose(door, "vera@exemple.fr")
    answered(door)
    assert len(door.theatre.mails("host", "vera@exemple.fr")) == 2


def test_three_times_an_hour_is_all_anybody_can_have_mailed_to_an_address(door: Door) -> None:
    for n in range(10):
        door.theatre.at = make.paris(10, n, days=-9)
        lose(door, "zoe@exemple.fr", peer=f"192.0.2.{n}")
        answered(door)
    assert len(door.theatre.mails("resend", "zoe@exemple.fr")) == 3


def test_twenty_an_hour_is_all_that_one_network_can_ask(door: Door) -> None:
    for n in range(30):
        lose(door, f"p{n}@exemple.fr", peer=f"2001:db8::{n}")
    assert len(door.house.store.pages.asking()) == 20


def test_after_the_event_no_link_is_sent_again(door: Door) -> None:
    before = len(door.theatre.mails())
    door.theatre.at = make.paris(16, 15)
    lose(door, "zoe@exemple.fr")
    answered(door)
    assert len(door.theatre.mails()) == before


def test_who_withdrew_is_not_written_to(door: Door) -> None:
    browser, page = door.browser(), door.page_of()
    browser.post(page + "/absence", data={"csrf": csrf(browser.get(page + "/absence").text), "how": "all"})
    door.theatre.turn()
    before = len(door.theatre.mails())
    lose(door, "zoe@exemple.fr")
    answered(door)
    assert len(door.theatre.mails()) == before


def test_every_letter_to_somebody_registered_names_the_page_on_which_they_may_leave(door: Door) -> None:
    lose(door, "vera@exemple.fr")
    lose(door, "zoe@exemple.fr")
    answered(door)
    leave = f"<{URL}{door.page_of()}/absence>"
    found = {(mail.to, mail.kind): mail.message["List-Unsubscribe"] for mail in door.theatre.mails()}
    assert found["zoe@exemple.fr", "link"] == found["zoe@exemple.fr", "resend"] == leave
    assert found["vera@exemple.fr", "host"] is None
