"""Waves as the store counts them, and the hour it lets them leave."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.core.letters import Owed
from orchestrator.core.model import Quota
from orchestrator.core.sending import Departure
from orchestrator.jobs.departing import late, late_elsewhere, set_out
from orchestrator.store import Queued, Store
from tests import make

NOW, NINE, HALF_PAST = make.paris(7), make.paris(9), make.paris(9, 30)
RELAY = "relay"
SLOW = Quota(per_hour=10)
FIVE = timedelta(minutes=5)


def reminder(n: int, domain: str = "exemple.fr", **changes: object) -> Owed:
    usual = {"kind": "reminder", "session": "matin", "rule": "at-09:00", "due_at": NINE, "leave_from": NINE}
    times = {"void_at": HALF_PAST, "wanted_by": HALF_PAST - timedelta(minutes=3)}
    person = {"person": f"p{n}", "email": f"p{n}@{domain}", "to": f"p{n}@{domain}"}
    return make.owed(**usual | times | person | changes)


def room(n: int, **changes: object) -> Owed:
    return reminder(n, kind="room", rule="", wanted_by=HALF_PAST - timedelta(minutes=2), **changes)


@pytest.fixture
def served(store: Store) -> Store:
    for key in ("relation", "other"):
        store.events.serve(make.event(key=key), make.LONG_BEFORE)
    return store


def leaves(store: Store, event: str = "relation") -> set[tuple[str, object]]:
    return {(one.kind, one.leave_from) for one in store.outbox.all(event) if one.state == "due"}


def test_waves_of_all_events_of_a_relay_are_planned_together(served: Store) -> None:
    served.outbox.plan("other", RELAY, [reminder(n) for n in range(10)], NOW)
    set_out(served, RELAY, SLOW, NOW)
    assert leaves(served, "other") == {("reminder", NINE)}
    served.outbox.plan("relation", RELAY, [reminder(n) for n in range(10)], NOW)
    [(_, departure), _] = set_out(served, RELAY, SLOW, NOW)
    assert departure.last_at == HALF_PAST - FIVE
    assert leaves(served) == leaves(served, "other") == {("reminder", make.paris(8, 25))}


def test_an_early_departure_stays_when_the_letters_are_listed_again(served: Store) -> None:
    letters = [reminder(n) for n in range(20)]
    served.outbox.plan("relation", RELAY, letters, NOW)
    set_out(served, RELAY, SLOW, NOW)
    assert not served.outbox.plan("relation", RELAY, letters, NOW)
    assert leaves(served) == {("reminder", make.paris(8, 25))}


def test_a_wave_leaves_at_its_hour_again_when_the_relay_has_become_faster(served: Store) -> None:
    served.outbox.plan("relation", RELAY, [reminder(n) for n in range(20)], NOW)
    for quota in (SLOW, Quota()):
        set_out(served, RELAY, quota, NOW)
    assert leaves(served) == {("reminder", NINE)}


def test_a_wave_that_has_begun_to_leave_goes_on(served: Store) -> None:
    served.outbox.plan("relation", RELAY, [reminder(n) for n in range(20)], NOW)
    set_out(served, RELAY, SLOW, NOW)
    set_out(served, RELAY, Quota(), make.paris(8, 30))
    assert leaves(served) == {("reminder", make.paris(8, 25))}


def test_rooms_the_relay_could_not_take_leave_after_the_reminders_of_their_session(served: Store) -> None:
    told = make.paris(18, days=-1)
    rooms = [room(n, due_at=told, leave_from=told) for n in range(15)]
    served.outbox.plan("relation", RELAY, [*rooms, *(reminder(n) for n in range(8))], told)
    now = make.paris(8, 30)
    set_out(served, RELAY, SLOW, now)
    claimed = served.outbox.claim(RELAY, ["relation"], "me", now, FIVE, SLOW, 100)
    assert [one.kind for one in claimed] == ["reminder"] * 8 + ["room"] * 2


def test_letters_to_a_slow_domain_leave_before_the_others_of_their_wave(served: Store) -> None:
    letters = [*(reminder(n, "orange.fr") for n in range(4)), *(reminder(n) for n in range(4, 8))]
    served.outbox.plan("relation", RELAY, letters, NOW)
    set_out(served, RELAY, Quota(per_hour_to={"orange.fr": 2}), NOW)
    assert {(one.email[-9:], one.leave_from) for one in served.outbox.all("relation")} == {
        ("orange.fr", make.paris(8, 25)),
        ("xemple.fr", NINE),
    }


def test_who_cannot_be_reached_in_time_is_counted_with_the_numbers() -> None:
    event = make.event(quota=Quota(per_hour=200))
    wave = Queued(
        event=event.key,
        kind="reminder",
        session="matin",
        rule="at-09:00",
        leave_from=NINE,
        due_at=NINE,
        wanted_by=HALF_PAST,
        void_at=HALF_PAST,
        domain="",
        letters=900,
    )
    [problem] = late(event, [(wave, Departure(leave_from=NOW, last_at=make.paris(11)))], NOW)
    assert problem.what == (
        "900 rappels pour « Session matin » : impossible : 900 lettres à 200 par heure demandent 4 h ; "
        "la dernière partirait 11h00, pour 9h25 au plus tard"
    )


def test_an_edit_that_makes_another_events_letters_late_is_known_to(served: Store) -> None:
    served.outbox.plan("other", RELAY, [reminder(n) for n in range(20)], NOW)
    mine, other = (make.event(key=key, quota=SLOW) for key in ("relation", "other"))
    few, many = [reminder(0)], [reminder(n, wanted_by=NINE) for n in range(20)]
    assert list(late_elsewhere(served, RELAY, mine, few, [other], NOW)) == []
    [(event, problem)] = late_elsewhere(served, RELAY, mine, many, [other], NOW)
    assert (event.key, problem.what.partition(" : ")[0]) == ("other", "20 rappels pour « Session matin »")


def test_what_waits_of_ones_own_is_counted_as_it_would_be_and_not_twice(served: Store) -> None:
    served.outbox.plan("other", RELAY, [reminder(n) for n in range(20)], NOW)
    served.outbox.plan("relation", RELAY, [reminder(n) for n in range(90)], NOW)
    mine, other = (make.event(key=key, quota=SLOW) for key in ("relation", "other"))
    assert list(late_elsewhere(served, RELAY, mine, [reminder(0)], [other], make.paris(6))) == []
