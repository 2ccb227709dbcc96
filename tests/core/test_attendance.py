"""Who was there, from everything Zoom saw."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.attendance import Attendance, Doubt, Stay, Threshold, at_once, attendances, doubts, union, within
from tests import make
from tests.make import paris

EVENT = make.event()
HALF = Threshold()
ZOE, MAX = "zoe@exemple.fr", "max@exemple.fr"
OWNERS = {"r-zoe": ZOE, "r-max": MAX}


def stay(start: datetime, end: datetime, who: str = "r-zoe", **changes: str) -> Stay:
    values = {"key": f"{who}/{start:%H%M}", "meeting": "day-1", "registrant_id": who, "name": "Zoé Martin"} | changes
    return Stay(joined_at=start, left_at=end, **values)


def minutes(stays: list[Stay], **who: str) -> dict[tuple[str, str], int]:
    """The minutes found; `who`: whose a stay was, by its key (several with a comma)."""
    decided = {key: [*filter(None, people.split(","))] for key, people in who.items()}
    return {key: found.minutes for key, found in attendances(EVENT, stays, OWNERS, decided, HALF).items()}


def test_stays_are_joined_over_reconnections_rooms_and_restarts() -> None:
    stays = [
        stay(paris(9, 20), paris(10)),
        stay(paris(10, 5), paris(11), key="again"),
        stay(paris(10, 55), paris(11, 50), key="room"),
        stay(paris(12), paris(12, 30), key="restarted"),
        stay(paris(13, 50), paris(16), key="afternoon"),
    ]
    assert minutes(stays) == {(ZOE, "matin"): 30 + 105 + 15, (ZOE, "apres-midi"): 120}


def test_only_the_sessions_own_hours_count() -> None:
    assert minutes([stay(paris(8), paris(9, 30)), stay(paris(12, 15), paris(14), key="lunch")]) == {}


def test_homonyms_are_told_apart_by_their_registration() -> None:
    stays = [stay(paris(9, 30), paris(12, 15)), stay(paris(9, 30), paris(9, 40), "r-max", name="Zoé Martin")]
    assert minutes(stays) == {(ZOE, "matin"): 165, (MAX, "matin"): 10}


def test_a_name_alone_matches_nobody() -> None:
    stays = [stay(paris(9, 30), paris(12), "", key="k", name="Zoé Martin", email=ZOE)]
    assert minutes(stays) == {}
    assert doubts(stays, OWNERS, {}, {ZOE: "zoé  MARTIN", MAX: "Max"}) == (
        Doubt(
            key="k",
            meeting="day-1",
            why="unknown",
            name="Zoé Martin",
            spans=((paris(9, 30), paris(12)),),
            stays=("k",),
            alike=(ZOE,),
        ),
    )


def test_a_decision_gives_a_stay_to_a_person_or_to_nobody() -> None:
    stays = [
        stay(paris(9, 30), paris(12), "", key="k", name="+33 6 ** ** 12 34"),
        stay(paris(9, 30), paris(12), "", key="l"),
    ]
    assert [(d.key, d.why) for d in doubts(stays, OWNERS, {}, {})] == [("k", "telephone"), ("l", "unknown")]
    assert minutes(stays, k=MAX, l="") == {(MAX, "matin"): 150}
    assert doubts(stays, OWNERS, {"k": [MAX], "l": []}, {}) == ()


def test_a_decision_wins_over_the_registration_two_used() -> None:
    assert minutes([stay(paris(9, 30), paris(12), key="k")], k=MAX) == {(MAX, "matin"): 150}


def why(name: str, **people: str) -> list[tuple[str, tuple[str, ...]]]:
    """Why a name on Zoé's link is in doubt, and whose it looks like."""
    known = {ZOE: "Zoé Martin", MAX: "Max Durand-Roux", **people}
    found = doubts([stay(paris(9, 30), paris(12), name=name)], OWNERS, {}, known)
    return [(one.why, one.alike) for one in found]


def test_another_name_on_somebodys_link_is_a_doubt_and_a_spelling_of_theirs_is_none() -> None:
    for theirs in ("ZOE MARTIN", "Zoé", "Zoe M.", "Martin (préfecture)", "", "…"):
        assert why(theirs) == []
    assert why("Dominique Sansnom") == [("other-name", ())]
    assert why("max DURAND roux") == [("other-name", (MAX,))]


def test_two_names_on_one_link_are_a_doubt_that_can_be_both() -> None:
    assert why("Zoé Martin et Max Durand-Roux") == [("together", (MAX,))]
    assert why("Zoé Martin", twin="Zoé Martin") == []
    both = [stay(paris(9, 30), paris(12), key="k", name="Zoé Martin et Max Durand-Roux")]
    assert minutes(both) == {(ZOE, "matin"): 150}
    assert minutes(both, k=f"{ZOE},{MAX}") == {(ZOE, "matin"): 150, (MAX, "matin"): 150}


def test_host_and_speakers_who_signed_in_are_no_doubt() -> None:
    stays = [stay(paris(9), paris(17), "", key="k", name="Animation", email="Hote@exemple.fr")]
    assert doubts(stays, OWNERS, {}, {}, frozenset({"hote@exemple.fr"})) == ()


def test_two_devices_at_once_are_seen_and_counted_once() -> None:
    stays = [stay(paris(9, 30), paris(12, 15)), stay(paris(10), paris(11), key="phone")]
    found = attendances(EVENT, stays, OWNERS, {}, HALF)
    assert found == {
        (ZOE, "matin"): Attendance(person=ZOE, session="matin", lasted=timedelta(minutes=165), came=True, devices=2)
    }


def test_half_a_session_is_enough_unless_minutes_are_asked_for() -> None:
    session = EVENT.session("matin")
    assert [t.of(session) for t in (HALF, Threshold(minutes=30), Threshold(minutes=600))] == [
        timedelta(minutes=82, seconds=30),
        timedelta(minutes=30),
        timedelta(minutes=165),
    ]
    exact = [stay(paris(9, 30), paris(9, 30) + timedelta(minutes=82, seconds=30))]
    short = [stay(paris(9, 30), paris(9, 30) + timedelta(minutes=82, seconds=29))]
    came = [attendances(EVENT, stays, OWNERS, {}, HALF)[ZOE, "matin"].came for stays in (exact, short)]
    assert came == [True, False]


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


@given(SPANS, st.integers(0, 60), st.integers(0, 60))
def test_a_union_covers_exactly_the_minutes_that_some_span_covers(
    pairs: list[tuple[int, int]], first: int, last: int
) -> None:
    def at(minute: int) -> datetime:
        return paris(9) + timedelta(minutes=minute)

    covered = {m for a, b in pairs for m in range(a, b)}
    spans = [(at(a), at(b)) for a, b in pairs]
    joined = union(spans)

    assert within(spans, at(first), at(last)) == timedelta(minutes=len(covered & set(range(first, last))))
    assert all(a < b for a, b in joined)
    assert all(one[1] < two[0] for one, two in pairwise(joined))
    assert at_once(spans) == max((sum(a <= m < b for a, b in pairs) for m in range(60)), default=0)
