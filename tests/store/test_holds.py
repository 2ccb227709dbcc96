"""What the claim may not take while the organiser holds it, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.core.facts import digest
from orchestrator.core.holds import WaveKey
from orchestrator.core.message import Message
from orchestrator.core.model import Event, Quota
from orchestrator.core.notices import Notice, announcement
from orchestrator.store import Dotted, Settled, Step, Store
from tests import make

NOW = make.paris(9)
LATER = NOW + timedelta(minutes=1)
WAVE = WaveKey("reminder", "matin", "at-09:00")
LEASE = timedelta(minutes=15)
EVENTS = ("relation", "autre")


def served(store: Store, *events: Event) -> Store:
    """A store with two letters due for each event: an announcement and a reminder of a wave."""
    for one in events or (make.event(), make.event(key="autre")):
        store.events.serve(one, NOW)
        letters = [
            make.owed("announce", person=digest(one.key), due_at=NOW, leave_from=NOW),
            make.owed("reminder", session="matin", rule="at-09:00", due_at=NOW, leave_from=NOW),
        ]
        store.outbox.plan(one.key, "relay", letters, NOW)
    return store


def claimable(store: Store) -> int:
    return store.outbox.due("relay", EVENTS, LATER)


def taken(store: Store) -> set[tuple[str, str]]:
    """Claim all that may be claimed."""
    found = set()
    while True:
        claimed = store.outbox.claim("relay", EVENTS, "me", LATER, LEASE, Quota())
        if not claimed:
            return found
        found |= {(one.event, one.kind) for one in claimed}


def test_a_pause_holds_one_event_and_no_other(store: Store) -> None:
    served(store)
    assert [store.holds.pause("relation", NOW) for _ in range(2)] == [True, False]
    assert claimable(store) == 2
    assert taken(store) == {("autre", "announce"), ("autre", "reminder")}
    assert store.outbox.next_at("relay", ["relation"], Quota(), LATER) is not None  # the leases of those claimed
    assert [store.holds.resume("relation") for _ in range(2)] == [True, False]
    assert taken(store) == {("relation", "announce"), ("relation", "reminder")}


def test_a_wave_that_waits_holds_no_other_letter_until_it_is_approved(store: Store) -> None:
    served(store)
    store.holds.keep("relation", {WAVE: "held"}, (), NOW)
    assert taken(store) == {("relation", "announce"), ("autre", "announce"), ("autre", "reminder")}
    assert [store.holds.approve("relation", WAVE, NOW) for _ in range(2)] == [True, False]
    assert taken(store) == {("relation", "reminder")}


def test_a_wave_that_is_overdue_leaves_through_a_pause_and_alone(store: Store) -> None:
    served(store, make.event())
    store.holds.pause("relation", NOW)
    store.holds.keep("relation", {WAVE: "overdue"}, (), NOW)
    assert taken(store) == {("relation", "reminder")}
    assert store.holds.resume("relation")
    assert store.holds.all("relation") == {}


def test_an_approval_is_not_taken_back_by_a_beat_that_did_not_know_it(store: Store) -> None:
    served(store, make.event())
    store.holds.keep("relation", {WAVE: "held"}, (), NOW)
    store.holds.approve("relation", WAVE, NOW)
    store.holds.keep("relation", {WAVE: "held"}, (), LATER)
    assert store.holds.all("relation")[WAVE].state == "approved"
    store.holds.keep("relation", {}, [WAVE], LATER)
    assert store.holds.all("relation") == {}


def test_every_change_by_hand_is_news_to_the_next_beat(store: Store) -> None:
    served(store, make.event())

    def news() -> int:
        return store.events.versions("relation")[1]

    seen = [news()]
    store.holds.pause("relation", NOW)
    seen.append(news())
    store.holds.resume("relation")
    seen.append(news())
    store.notices.add("relation", [said()])
    seen.append(news())
    store.memos.set("relation", "fallback:", "on", NOW, news=True)
    seen.append(news())
    assert seen == sorted(set(seen))
    store.notices.add("relation", [said()])
    store.memos.set("relation", "fallback:", "on", NOW, news=True)
    assert news() == seen[-1]


def said() -> Notice:
    return announcement("all", "Objet", "Deux lignes\net une.", LATER, NOW)


def test_a_notice_and_a_memo_come_back_as_they_were(store: Store) -> None:
    assert (store.notices.all("relation"), store.notices.one("relation", said().key)) == ((), None)
    store.notices.add("relation", [said()])
    assert store.notices.all("relation") == (said(),)
    assert store.notices.one("relation", said().key) == said()
    assert [store.memos.set("", "imap:x", value, NOW) for value in ("1:5", "1:5", "", "")] == [True, False, True, False]
    assert store.memos.get("", "imap:x") == ""


def test_an_alarm_whose_words_change_was_pushed_already(store: Store) -> None:
    at = datetime(2027, 6, 24, 7, tzinfo=UTC)
    store.alarms.set("relation", {"a": ("une", ""), "b": ("deux", "")}, "", at)
    store.alarms.told("relation", {"a"}, "pushed", at)
    store.alarms.set("relation", {"a": ("une autre", ""), "b": ("deux", "")}, "", at)
    assert list(store.alarms.unsaid("pushed", at)["relation"]) == ["b"]
    store.alarms.set("relation", {}, "", at)
    store.alarms.set("relation", {"a": ("une", "")}, "", at)
    assert list(store.alarms.unsaid("pushed", at)["relation"]) == ["a"]


def test_what_was_asked_is_erased_with_everybody(store: Store) -> None:
    served(store, make.event())
    store.holds.pause("relation", NOW)
    store.notices.add("relation", [said()])
    store.memos.set("relation", "fallback:", "on", NOW)
    store.privacy.purge("relation")
    assert (store.holds.all("relation"), store.notices.all("relation"), store.memos.get("relation", "fallback:")) == (
        {},
        (),
        "",
    )


@pytest.mark.parametrize(("recipient", "event"), [("zoe@exemple.fr", "relation"), ("", "relation"), ("a@b.fr", None)])
def test_a_report_about_another_recipient_refuses_nothing(store: Store, recipient: str, event: str | None) -> None:
    served(store, make.event())
    [delivery] = store.outbox.claim("relay", EVENTS, "me", LATER, LEASE, Quota())
    dotted = Dotted(delivery=delivery, message=Message(b"x"), message_id="<a@b>", facts={})
    store.outbox.advance("me", LATER, LEASE, Step(dotted=[dotted]))
    assert store.returns.refuse("<a@b>", recipient, 550, "inconnue") is None  # it has not left yet
    settled = Settled(delivery=delivery, facts={}, code=250, reply="ok", as_of=None)
    store.outbox.advance("me", LATER, LEASE, Step(settled=[settled]))
    assert store.returns.refuse("<a@b>", recipient, 550, "inconnue") == event
    assert store.returns.refused(EVENTS) == ({"relation": 1} if event else {})
