"""The nouns: names that stay, names that fit."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.model import ROOM_NAME_LENGTH, Seating, identity, reference
from tests.make import TELL_AT, event, paris, session, workshop


@pytest.mark.parametrize("typed", ["zoe@exemple.fr", " zoe@exemple.fr\n", "ZOE@Exemple.FR"])
def test_an_address_is_one_identity_however_it_is_typed(typed: str) -> None:
    assert identity(typed) == "zoe@exemple.fr"


def test_a_reference_stays_the_same_for_ever() -> None:
    assert reference("relation", "zoe@exemple.fr") == "f0bf8612d63a6dd6"


@given(st.text(), st.text())
def test_a_reference_is_sixteen_digits_and_tells_no_address(key: str, email: str) -> None:
    found = reference(key, email)
    assert len(found) == 16
    assert set(found) <= set("0123456789abcdef")


def test_the_same_person_has_another_reference_in_another_event() -> None:
    assert reference("a", "zoe@exemple.fr") != reference("b", "zoe@exemple.fr")


def test_a_room_is_named_by_its_code_first() -> None:
    assert workshop("a", short="Réduire les tensions").room == "A – Réduire les tensions"


@given(st.text(min_size=1, max_size=3), st.text(max_size=80))
def test_a_rooms_name_is_never_longer_than_zoom_allows(code: str, short: str) -> None:
    room = workshop("a", code=code, short=short).room
    assert len(room) <= ROOM_NAME_LENGTH == 32
    assert room == room.rstrip()


def test_a_room_cut_after_a_word_ends_with_the_word() -> None:
    assert workshop("a", short="x" * 27 + " suite").room == "A – " + "x" * 27


def test_an_event_lasts_from_its_first_start_to_its_last_end() -> None:
    made = event(sessions=(session("apres-midi"), session("matin")))
    assert (made.first_start, made.last_end) == (paris(9, 30), paris(16, 15))
    assert made.zone == ZoneInfo("Europe/Paris")


def test_the_lot_is_drawn_by_the_events_key_unless_a_seed_is_given() -> None:
    seeded = event(seating=Seating(wishes_until=TELL_AT, tell_at=TELL_AT, seed="42"))
    assert (event().seed, seeded.seed) == ("relation", "42")


def test_sessions_and_workshops_are_found_by_their_keys() -> None:
    other = workshop("c", session="apres-midi")
    made = event(workshops=(workshop("a"), other, workshop("b")))
    assert made.session("apres-midi") == session("apres-midi")
    assert made.workshop("c") == other
    assert made.workshops_of("matin") == (workshop("a"), workshop("b"))


@pytest.mark.parametrize(
    ("status", "of_morning", "off"),
    [
        ("open", "open", (False, False)),
        ("open", "cancelled", (True, False)),
        ("cancelled", "open", (True, True)),
    ],
)
def test_a_session_is_cancelled_alone_or_with_its_event(status: str, of_morning: str, off: tuple[bool, bool]) -> None:
    made = event(status=status, sessions=(session("matin", status=of_morning), session("apres-midi")))
    assert (made.is_cancelled("matin"), made.is_cancelled("apres-midi")) == off


def test_the_builders_make_the_day_they_say() -> None:
    made = event()
    assert [(s.starts_at, s.ends_at, s.day) for s in made.sessions] == [
        (paris(9, 30), paris(12, 15), date(2027, 6, 24)),
        (paris(14), paris(16, 15), date(2027, 6, 24)),
    ]
