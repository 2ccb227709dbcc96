"""People's data end with their time, here and at Zoom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.core.model import Answers
from orchestrator.core.retention import links_end_at, purged_at, zoom_ends
from orchestrator.jobs.privacy import erase, living
from orchestrator.jobs.remembering import keep
from orchestrator.outside.zoom import Drop
from orchestrator.store.privacy import KEPT, personal
from orchestrator.store.schema import metadata
from tests import make
from tests.jobs.theatre import HOUR, Theatre

DAY = timedelta(days=1)


def bytes_kept(theatre: Theatre, what: str) -> list[str]:
    """The database files (main, WAL) in which a text can still be found."""
    folder = Path(theatre.store.db.engine.url.database or "").parent
    return sorted(file.name for file in folder.glob("*.db*") if what.encode() in file.read_bytes())


def texts(theatre: Theatre) -> list[bool]:
    """Whether the bytes of each of Zoé's letters are still there."""
    rows = theatre.store.privacy.export(theatre.event.key, "zoe@exemple.fr")["letter"]
    return [row["data"] is not None for row in rows if row["state"] == "sent"]


def test_people_and_their_letters_are_erased_when_their_time_is_over_and_the_event_stays_known(
    anywhere: Theatre,
) -> None:
    anywhere.form.answer("zoe@exemple.fr", "a")
    anywhere.form.answer("max@exemple.fr", "b")
    anywhere.turn()
    key, store = anywhere.world.event.key, anywhere.store
    over = purged_at(anywhere.world.event)
    anywhere.beat(over - timedelta(seconds=1))
    assert (len(store.people.registered(key)), len(store.outbox.all(key)) > 0) == (2, True)
    assert (anywhere.zoom.meetings(), len(store.meetings.ways(key)["day-1"])) == ([], 3)

    erased = anywhere.beat(over)

    assert erased.changes == ["données des personnes effacées, leur durée de conservation est passée"]
    assert (store.people.ever(key), store.outbox.all(key), store.meetings.ways(key)) == (0, [], {})
    assert store.events.is_known(key)
    assert store.privacy.figures(key) == {"people": 2, "withdrawn": 0, "letters:host": 1, "letters:link": 2}
    assert anywhere.beat(over + HOUR).changes == []


def test_what_a_service_remembers_of_an_event_is_no_reason_to_purge_it_again(theatre: Theatre) -> None:
    theatre.world = replace(theatre.world, make="this one")
    theatre.form.answer("zoe@exemple.fr", "a")
    theatre.turn()
    over = purged_at(theatre.world.event)
    assert theatre.beat(over).changes != []

    keep(theatre.world, theatre.memory)

    assert not theatre.store.privacy.holds_people(theatre.event.key)
    assert theatre.beat(over + HOUR).changes == []


def test_after_the_purge_no_address_is_left_in_the_database_files_nor_at_zoom(theatre: Theatre) -> None:
    theatre.form.answer("zoe@exemple.fr", "a")
    theatre.turn()
    assert (bytes_kept(theatre, "zoe@exemple.fr") != [], len(theatre.zoom.meetings())) == (True, 1)

    theatre.play(zoom_ends(theatre.event)["day-1"])  # Zoom knows its number for a day more
    assert (bytes_kept(theatre, "zoe@exemple.fr") != [], theatre.zoom.meetings()) == (True, [])
    assert theatre.zoom.held_of(["zoe@exemple.fr"]) == {"zoe@exemple.fr"}  # in Zoom's bin
    theatre.beat(purged_at(theatre.event))
    assert bytes_kept(theatre, "zoe@exemple.fr") == []
    theatre.at += 7 * DAY
    assert theatre.zoom.held_of(["zoe@exemple.fr"]) == set()


def test_after_the_purge_no_address_of_a_speaker_is_left_in_the_database_files(theatre: Theatre) -> None:
    vera, key = "vera@exemple.fr", theatre.event.key
    for text in (f'email = "{vera}"\n', f'email = "{vera}"  # corrigé\n'):
        theatre.store.configs.accept(key, name="relation.toml", text=text, now=theatre.at, by="ici")
    theatre.form.answer("zoe@exemple.fr", "a")
    theatre.turn()
    theatre.beat(purged_at(theatre.event) - timedelta(seconds=1))
    before = theatre.store.configs.history(key)
    assert (bytes_kept(theatre, vera) != [], vera in before[0].text) == (True, True)

    theatre.beat(purged_at(theatre.event))

    assert bytes_kept(theatre, vera) == []
    assert theatre.store.configs.history(key) == tuple(replace(one, text="") for one in before)


def test_people_are_erased_here_even_while_zoom_is_away_and_there_as_soon_as_it_is_back(theatre: Theatre) -> None:
    theatre.start_again(replace(theatre.event, people_days=10))  # Zoom itself forgets a meeting after 30
    theatre.form.answer("zoe@exemple.fr", "a")
    theatre.turn()
    theatre.zoom_temper = lambda _call: Drop()
    over = purged_at(theatre.event)

    theatre.beat(over)

    assert (theatre.store.people.ever(theatre.event.key), list(theatre.alarms())) == (0, ["zoom:day-1:purge"])
    theatre.heal()
    theatre.beat(over + HOUR)
    assert (theatre.zoom.meetings(), theatre.alarms()) == ([], {})


def test_links_are_forgotten_a_day_after_the_last_session_and_nobody_is_written_to_for_it(anywhere: Theatre) -> None:
    anywhere.form.answer("zoe@exemple.fr", "a")
    anywhere.play(anywhere.event.last_end)
    before = anywhere.told()

    anywhere.play(links_end_at(anywhere.event) + HOUR)

    ways = anywhere.store.meetings.ways(anywhere.event.key)
    assert [way.join_url for by_email in ways.values() for way in by_email.values()] == ["", ""]
    assert [one.facts for one in anywhere.deliveries("link")] == [None]
    assert anywhere.told() == before


def test_what_a_letter_said_is_forgotten_after_a_week_and_that_it_left_is_kept(anywhere: Theatre) -> None:
    anywhere.form.answer("zoe@exemple.fr", "a")
    anywhere.turn()
    sent: datetime = anywhere.deliveries("link")[0].sent_at or make.LONG_BEFORE
    assert texts(anywhere) == [True]

    quiet_until = anywhere.beat(sent + 7 * DAY - HOUR).next_at
    assert quiet_until is not None
    anywhere.beat(sent + 7 * DAY + timedelta(seconds=1))

    [link] = anywhere.deliveries("link")
    assert (texts(anywhere), link.state, link.sent_at) == ([False], "sent", sent)


def test_who_asks_to_be_forgotten_is_gone_here_and_at_zoom_and_the_next_reading_does_not_bring_them_back(
    anywhere: Theatre,
) -> None:
    anywhere.form.answer("zoe@exemple.fr", "a")
    anywhere.form.answer("max@exemple.fr", "b")
    anywhere.turn()

    erased = erase(anywhere.world, "zoe@exemple.fr", anywhere.at)

    assert (erased.registrations, erased.rows > 3, erased.problem) == (1, True, "")
    assert anywhere.registered() == ["max@exemple.fr", "vera@exemple.fr"]
    assert anywhere.store.privacy.export(anywhere.event.key, "zoe@exemple.fr") == {}
    anywhere.form.answer("lea@exemple.fr", "a")
    anywhere.turn(anywhere.at + HOUR)
    assert sorted(anywhere.store.people.registered(anywhere.event.key)) == ["lea@exemple.fr", "max@exemple.fr"]


def test_no_byte_of_who_was_erased_is_left_in_the_database_files(theatre: Theatre) -> None:
    theatre.form.answer("zoe@exemple.fr", "a")
    theatre.form.answer("max@exemple.fr", "a")
    theatre.play(theatre.event.seating.tell_at + HOUR)
    theatre.store.journal.note(theatre.event.key, theatre.at, who="", what="link", about="zoe@exemple.fr", note="")
    assert "zoe@exemple.fr" in repr(theatre.store.meetings.all(theatre.event.key))

    erase(theatre.world, "zoe@exemple.fr", theatre.at)

    assert "max@exemple.fr" in repr(theatre.store.meetings.all(theatre.event.key))
    assert bytes_kept(theatre, "zoe@exemple.fr") == []


def test_while_zoom_is_away_nothing_is_erased_and_it_is_said(theatre: Theatre) -> None:
    theatre.form.answer("zoe@exemple.fr", "a")
    theatre.turn()
    theatre.zoom_temper = lambda _call: Drop()

    erased = erase(theatre.world, "zoe@exemple.fr", theatre.at)

    assert (erased.rows, erased.problem != "") == (0, True)
    assert list(theatre.store.people.registered(theatre.event.key)) == ["zoe@exemple.fr"]


def test_an_export_holds_everything_about_one_person_and_nothing_about_another(anywhere: Theatre) -> None:
    anywhere.form.answer("zoe@exemple.fr", "a")
    anywhere.form.answer("max@exemple.fr", "b")
    anywhere.turn()

    found = anywhere.store.privacy.export(anywhere.event.key, "zoe@exemple.fr")

    assert {table: len(rows) > 0 for table, rows in found.items()} == dict.fromkeys(
        ("letter", "person", "seat", "told", "way"), True
    )
    assert "max@exemple.fr" not in repr(found)


@pytest.mark.parametrize("later", [True, False])
def test_an_answer_given_after_the_erasure_counts_again(theatre: Theatre, later: bool) -> None:
    theatre.form.answer("zoe@exemple.fr", "a")
    theatre.turn()
    assert erase(theatre.world, "zoe@exemple.fr", theatre.at).registrations == 1
    tombs = theatre.store.privacy.tombs(theatre.event.key)
    row = make.answer("zoe@exemple.fr", submitted_at=theatre.at + (HOUR if later else -HOUR))

    assert living(Answers(rows=(row, replace(row, address="a@exemple.fr"))), tombs).rows[:-1] == (
        (row,) if later else ()
    )


def test_every_table_is_known_to_hold_people_or_to_hold_none() -> None:
    """A new table must be put in its place: erased with its person, purged with its event, or kept on purpose."""
    by_person = {table.name for table, _ in personal()}
    of_organisers = {"attempt", "login", "lost", "visit", "webhook"}  # ended by their own times, or without names
    mentions = {"intake", "meeting", "notice", "journal"}
    of_nobody = {"alarm", "hold", "memo", "merged", "mould", "run", "tombstone"}
    assert {t.name for t in metadata.sorted_tables} == by_person | of_organisers | mentions | of_nobody | KEPT
