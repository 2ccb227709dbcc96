from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from orchestrator.core.message import Message
from orchestrator.core.model import reference
from orchestrator.store import Dotted, Kept, Reading, Released, Settled, Step, Store, Way
from orchestrator.store.board import Sought
from orchestrator.store.journal import Entry
from orchestrator.store.outbox_sql import DUE, LEAVES, NEXT
from orchestrator.store.roll import Needed, Search, folded
from tests import make

LEASE = timedelta(minutes=5)
EVENT = "relation"
NOW = make.LONG_BEFORE
NEEDED: Needed = {make.MEETING: ("matin", "apres-midi")}
ZOE = make.person("zoe@exemple.fr", wishes={"matin": (("a",), ("b",))})
EMILE = make.person(
    "emile@exemple.fr", first_name="Émile", last_name="Zola", sessions=("matin",), needs="LSF",
    organisation="Ville_de_X", wishes={"matin": (("b",),)},
)  # fmt: skip
ANNE = make.person("anne@exemple.fr", first_name="Anne", last_name="Éluard", sessions=("apres-midi",))


@pytest.fixture
def full(store: Store) -> Store:
    """Three people: Zoé has a way in, a seat and a letter that left; Anne has withdrawn."""
    store.events.serve(make.event(), NOW)
    store.people.record(EVENT, Reading(fingerprint="1", read_at=NOW, rows=3), [ZOE, EMILE, ANNE], [], [])
    store.people.record(EVENT, Reading(fingerprint="2", read_at=NOW, rows=2), [], [], ["anne@exemple.fr"])
    store.meetings.record(EVENT, _meeting())
    store.meetings.record_ways(EVENT, [_way("zoe@exemple.fr"), _way("emile@exemple.fr", state="asked")])
    seat = make.seat("a")
    store.seats.record(EVENT, {(seat.session, seat.person): seat}, {})
    letters = [make.owed(), make.owed("reminder", session="matin", rule="at-09:00", due_at=make.paris(9))]
    store.outbox.plan(EVENT, "relay", letters, NOW)
    [delivery] = store.outbox.claim("relay", {EVENT}, "owner", NOW, LEASE, make.event().quota)
    dotted = Dotted(delivery=delivery, message=Message(b"bytes"), message_id="<id>", facts={})
    store.outbox.advance("owner", NOW, LEASE, Step(dotted=[dotted]))
    settled = Settled(delivery=delivery, facts={}, code=250, reply="2.0.0 Ok", as_of=None)
    store.outbox.advance("owner", NOW + timedelta(seconds=70), LEASE, Step(settled=[settled]))
    return store


def _meeting() -> Kept:
    return Kept(key=make.MEETING, tag="tag", zoom_id="81234567890")


def _way(email: str, state: str = "open") -> Way:
    return Way(
        email=email, meeting=make.MEETING, zoom_id="81234567890", state=state, join_url="https://zoom.example/w/1"
    )


def found(store: Store, **search: str) -> list[str]:
    page = store.roll.people(EVENT, Search(**search), NEEDED, ())
    assert page.total == len(page.items)
    return [line.person.email for line in page.items]


def test_people_are_found_by_any_of_their_words_in_the_order_of_their_names(full: Store) -> None:
    assert found(full) == ["zoe@exemple.fr", "emile@exemple.fr"]
    assert found(full, text="EMILE zol") == ["emile@exemple.fr"]
    assert found(full, text="ville_") == ["emile@exemple.fr"]
    assert found(full, text="villexde") == []
    assert (folded("Éléonore ŒUVRE"), folded("ABC")) == ("eleonore œuvre", "abc")


def test_people_are_filtered_by_what_they_lack(full: Store) -> None:
    assert found(full, only="no-link") == ["emile@exemple.fr"]
    assert found(full, only="no-seat") == ["zoe@exemple.fr", "emile@exemple.fr"]  # Zoé has none in the afternoon
    assert found(full, only="needs") == ["emile@exemple.fr"]
    assert found(full, only="withdrawn") == ["anne@exemple.fr"]
    assert found(full, only="refused") == []
    assert found(full, session="apres-midi") == ["zoe@exemple.fr"]
    assert found(full, workshop="a") == ["zoe@exemple.fr"]


def test_who_signs_in_to_zoom_lacks_no_link(full: Store) -> None:
    assert full.roll.without_link(EVENT, NEEDED, ()) == 1
    assert full.roll.without_link(EVENT, NEEDED, ("emile@exemple.fr",)) == 0
    assert full.roll.without_link(EVENT, {make.MEETING: ()}, ()) == 0


def test_the_counts_follow_every_change(full: Store) -> None:
    roll = full.roll
    assert (roll.registered(EVENT), roll.withdrawn(EVENT), roll.expected(EVENT)) == (
        2,
        1,
        {"matin": 2, "apres-midi": 1},
    )
    assert (roll.seats(EVENT), roll.without_seat(EVENT, ["matin"])) == ({"a": {1: 1}}, 1)
    assert roll.first_wishes(EVENT, "matin") == {("a",): 1, ("b",): 1}
    full.people.record(EVENT, Reading(fingerprint="3", read_at=NOW, rows=3), [ANNE], [], [])
    assert (roll.registered(EVENT), roll.expected(EVENT)) == (3, {"matin": 2, "apres-midi": 2})
    assert found(full) == ["anne@exemple.fr", "zoe@exemple.fr", "emile@exemple.fr"]


def test_one_persons_line_says_where_they_stand(full: Store) -> None:
    line = full.roll.one(EVENT, "zoe@exemple.fr")
    assert line is not None
    assert (line.person, line.withdrawn_at) == (ZOE, None)
    assert (dict(line.seats), dict(line.ways)) == ({"matin": make.seat("a")}, {make.MEETING: "open"})
    assert dict(line.letters) == {"sent": 1, "due": 1}
    gone = full.roll.one(EVENT, "anne@exemple.fr")
    assert gone is not None
    assert gone.withdrawn_at == NOW
    assert full.roll.one(EVENT, "personne@exemple.fr") is None


def test_the_waves_and_the_minutes_of_letters_are_counted(full: Store) -> None:
    link, reminder = full.board.waves(EVENT)
    sent_at = NOW + timedelta(seconds=70)
    assert (link.kind, dict(link.states), link.last_sent_at) == ("link", {"sent": 1}, sent_at)
    assert (reminder.rule, dict(reminder.states), reminder.first_at) == ("at-09:00", {"due": 1}, make.paris(9))
    minutes = full.board.moments(EVENT, NOW - timedelta(days=1), make.paris(23))
    assert minutes == [("link", True, NOW + timedelta(minutes=1), 1), ("reminder", False, make.paris(9), 1)]
    assert full.board.moments(EVENT, make.paris(9, 1), make.paris(23)) == []


def test_letters_are_listed_and_a_refused_one_is_tried_again(full: Store) -> None:
    [sent] = full.board.letters(EVENT, Sought(state="sent", text="ZOE"), NOW).items
    assert (sent.kind, sent.reply) == ("link", "2.0.0 Ok")
    assert full.board.letter(EVENT, sent.id) == sent
    assert full.outbox.message_of(sent) == Message(b"bytes")
    assert full.board.letter("other", sent.id) is None
    assert not full.board.try_again(EVENT, sent.id, NOW)
    late = make.paris(9, 29)
    assert (full.board.late(EVENT, make.paris(8)), full.board.late(EVENT, late)) == (0, 1)
    [due] = full.board.letters(EVENT, Sought(state="late", kind="reminder", session="matin"), late).items
    [claimed] = full.outbox.claim("relay", {EVENT}, "owner", late, LEASE, make.event().quota)
    refused = Released(delivery=claimed, state="refused", code=550, reply="no such user")
    full.outbox.advance("owner", late, LEASE, Step(released=[refused]))
    assert [d.id for d in full.board.letters(EVENT, Sought(state="refused"), late).items] == [due.id]
    assert found(full, only="refused") == ["zoe@exemple.fr"]
    assert full.board.try_again(EVENT, due.id, late)
    assert not full.board.try_again(EVENT, due.id, late)
    refs = [reference(EVENT, "zoe@exemple.fr")]
    assert [(d.kind, d.state) for d in full.board.letters_to(EVENT, refs)] == [("link", "sent"), ("reminder", "due")]


def test_the_journal_gives_the_newest_first_and_is_purged_with_the_people(full: Store) -> None:
    full.journal.note(EVENT, NOW, who="a@exemple.fr", what="link-shown", about="zoe@exemple.fr")
    full.journal.note(EVENT, NOW + timedelta(minutes=1), who="", what="upload", about="x.csv", note="200 lignes")
    first = Entry(at=NOW, who="a@exemple.fr", what="link-shown", about="zoe@exemple.fr")
    assert full.journal.all(EVENT)[1:] == [first]
    assert full.journal.about(EVENT, "zoe@exemple.fr") == [first]
    full.privacy.purge(EVENT)
    assert full.journal.all(EVENT) == []


def test_tokens_are_known_by_their_hash_until_they_end_or_are_revoked(store: Store) -> None:
    store.tokens.allow("h1", "stats", NOW + timedelta(days=1))
    assert (store.tokens.whose("h1", NOW), store.tokens.whose("h1", NOW + timedelta(days=1))) == ("stats", None)
    assert store.tokens.all(NOW) == [("stats", NOW + timedelta(days=1))]
    assert (store.tokens.revoke("stats"), store.tokens.revoke("stats"), store.tokens.whose("h1", NOW)) == (1, 0, None)


def test_no_index_of_the_board_draws_the_post_away_from_its_queue(
    sqlite_url: str, open_store: Callable[[str], Store]
) -> None:
    """SQLite chooses an index by its columns alone: one that began with the event's state or hour would be taken."""
    with open_store(sqlite_url).db.read() as c:
        for statement in (NEXT, DUE, LEAVES):
            values = {"relay": "r", "events": ["e"], "now": NOW, "most": 1}
            text = str(statement.params(**values).compile(c, compile_kwargs={"render_postcompile": True}))
            plan = c.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("x",) * text.count("?")).all()
            assert any(index in plan[0].detail for index in ("ix_letter_queue", "ix_letter_leaving"))
            assert any("ix_letter_person" in step.detail for step in plan)
