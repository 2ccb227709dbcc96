"""What the organiser does by hand wins over the form, at every reading again."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.core import intake
from orchestrator.core.errors import OrchestratorError
from orchestrator.gateways.registrations import Columns, in_file
from orchestrator.jobs.desk import Desk
from orchestrator.store import Reading, Store
from orchestrator.store.schema import person
from tests import make
from tests.jobs.theatre import MINUTE, Theatre

ZOE, ALI = "zoe@exemple.fr", "ali@exemple.fr"
EVENT = make.event()
KEY = EVENT.key


def desk(theatre: Theatre) -> Desk:
    return Desk(event=theatre.event, store=theatre.store, who="léa")


def names(theatre: Theatre) -> dict[str, str]:
    return {email: p.first_name for email, p in theatre.store.people.registered(KEY).items()}


def test_somebody_added_by_hand_has_a_link_at_the_next_beat_and_stays_when_the_form_is_read_again(
    theatre: Theatre,
) -> None:
    theatre.form.answer(ZOE)
    theatre.turn()
    theatre.at += MINUTE
    desk(theatre).add(ALI, {"first_name": "Ali"}, theatre.at)
    theatre.turn()
    assert [mail.to for mail in theatre.mails("link")] == [ZOE, ALI]
    found = desk(theatre).registered(ALI)
    assert desk(theatre).has_every_link(found, desk(theatre).links(found, theatre.at), theatre.at)
    theatre.form.answer("mia@exemple.fr", first="Mia")
    theatre.turn()
    assert names(theatre) == {ZOE: "Zoé", ALI: "Ali", "mia@exemple.fr": "Mia"}
    assert [theatre.added()[who] for who in (ZOE, ALI, "mia@exemple.fr")] == [1, 1, 1]


def test_what_was_corrected_by_hand_stays_corrected(theatre: Theatre) -> None:
    theatre.form.answer(ZOE, first="Zoee")
    theatre.turn()
    desk(theatre).edit(ZOE, {"first_name": "Zoé", "sessions": ["matin"]}, theatre.at)
    theatre.form.answer(ZOE, first="Zoeee", last="Li")
    theatre.turn(theatre.at + MINUTE)
    found = theatre.store.people.registered(KEY)[ZOE]
    assert (found.first_name, found.last_name, found.sessions) == ("Zoé", "Li", ("matin",))


def test_whoever_is_withdrawn_by_hand_stays_away_though_the_form_still_names_them(theatre: Theatre) -> None:
    theatre.form.answer(ZOE)
    theatre.form.answer(ALI, first="Ali")
    theatre.turn()
    desk(theatre).withdraw(ZOE, theatre.at + MINUTE)
    theatre.form.answer("mia@exemple.fr", first="Mia")
    report = theatre.turn(theatre.at + 2 * MINUTE)
    assert (set(names(theatre)), report.held) == ({ALI, "mia@exemple.fr"}, 0)
    assert theatre.registered() == sorted([ALI, "mia@exemple.fr", *(s.email for s in theatre.event.speakers)])


def test_a_new_address_is_a_new_link_sent_there_and_the_old_one_is_off(theatre: Theatre) -> None:
    theatre.form.answer("zoe@exemple.ft", "a")
    theatre.turn()
    desk(theatre).edit("zoe@exemple.ft", {}, theatre.at + MINUTE, ZOE)
    theatre.turn(theatre.at + 2 * MINUTE)
    assert theatre.store.people.registered(KEY)[ZOE].wishes == {"matin": (("a",),)}
    assert [mail.to for mail in theatre.mails("link")] == ["zoe@exemple.ft", ZOE]
    assert "zoe@exemple.ft" not in theatre.registered()


def test_the_journal_says_who_did_what_without_an_address(theatre: Theatre) -> None:
    desk(theatre).add(ZOE, {"first_name": "Zoé"}, theatre.at)
    desk(theatre).note("link", ZOE, theatre.at + MINUTE)
    lines = theatre.store.byhand.journal(KEY)
    assert [(line.who, line.what) for line in lines] == [("léa", "add"), ("léa", "link")]
    assert "exemple.fr" not in repr(lines)
    with pytest.raises(OrchestratorError, match="personne n'est inscrit"):
        desk(theatre).withdraw(ALI, theatre.at)


def test_a_question_that_disappears_stops_the_reading_and_loses_nobody(theatre: Theatre) -> None:
    columns = Columns()
    theatre.form.path.write_text("E-mail,Prénom,Viendrez-vous le matin ?,Viendrez-vous l'après-midi ?\n"
                                 f"{ZOE},Zoé,Oui,Non\n{ALI},Ali,Non,Oui\n")  # fmt: skip
    theatre.world = replace(theatre.world, registrations=in_file(theatre.form.path, columns, theatre.event))
    theatre.beat()
    before = theatre.store.people.registered(KEY)
    assert {email: p.sessions for email, p in before.items()} == {ZOE: ("matin",), ALI: ("apres-midi",)}
    theatre.form.path.write_text(f"E-mail,Prénom,Votre venue\n{ZOE},Zoé,On verra\n{ALI},Ali,On verra\n")
    report = theatre.beat(theatre.at + MINUTE)
    assert [p.key for p in report.problems] == ["source"]
    assert "n'a plus de colonne « Viendrez-vous le matin ? »" in report.problems[0].what
    assert theatre.store.people.registered(KEY) == before


def test_another_events_list_by_mistake_neither_loses_nor_brings_anybody(theatre: Theatre) -> None:
    addresses = theatre.form.crowd(5)
    theatre.turn()
    theatre.form.rows = {}
    theatre.form.answer("autre@exemple.fr")
    report = theatre.turn(theatre.at + MINUTE)
    assert (report.held, report.new, set(names(theatre))) == (5, 0, set(addresses))


# Once, twice, shuffled, growing: the same tables

HEAD = "Horodateur,Adresse e-mail,Prénom,Nom,Choix 1,Choix 2\n"
answers = st.lists(
    st.tuples(
        st.sampled_from(["a@x.fr", "A@x.fr ", "b@x.fr", "c@x.fr", "pas une adresse"]),
        st.sampled_from(["Zoé,Li", "ZOE,LI", "Paul,Durand", ","]),
        st.sampled_from(["Atelier a,Atelier b", "b,", ",", "inconnu,a"]),
    ),
    max_size=10,
)


def rows_of(history: list[tuple[str, str, str]]) -> list[str]:
    start = datetime(2027, 6, 1, 10, tzinfo=UTC)
    return [
        f"{start + timedelta(minutes=n):%d/%m/%Y %H:%M:%S},{address},{name},{wishes}\n"
        for n, (address, name, wishes) in enumerate(history)
    ]


def taken_in(store: Store, file: Path, rows: list[str]) -> None:
    file.write_text(HEAD + "".join(rows), "utf-8")
    columns = Columns(wishes={"matin": ("Choix 1", "Choix 2")})
    source = in_file(file, columns, EVENT)
    found = intake.decide_for(
        EVENT,
        source.read(),
        store.people.registered(KEY),
        make.LONG_BEFORE,
        entries=store.byhand.all(KEY),
        confirmed=True,
    )
    reading = Reading(fingerprint="", read_at=make.LONG_BEFORE, rows=0)
    store.people.record(KEY, reading, found.new, found.edited, found.gone)


def table(store: Store) -> list[dict[str, Any]]:
    with store.db.read() as c:
        rows = c.execute(sa.select(person).where(person.c.withdrawn_at.is_(None)).order_by(person.c.email)).mappings()
        return [{key: value for key, value in row.items() if key != "line"} for row in rows]


def emptied(store: Store) -> Store:
    store.privacy.purge(KEY)
    return store


@settings(database=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers, st.randoms(use_true_random=False))
def test_a_list_taken_in_once_twice_shuffled_or_as_it_grows_gives_the_same_table(
    theatre: Theatre, history: list[tuple[str, str, str]], shuffle: random.Random
) -> None:
    store, file, rows = theatre.store, theatre.form.path, rows_of(history)
    taken_in(emptied(store), file, rows)
    once = table(store)
    taken_in(store, file, rows)
    assert table(store) == once
    taken_in(emptied(store), file, shuffle.sample(rows, len(rows)))
    assert table(store) == once
    emptied(store)
    for end in range(0, len(rows) + 1, 3):
        taken_in(store, file, rows[:end])
    taken_in(store, file, rows)
    assert table(store) == once
