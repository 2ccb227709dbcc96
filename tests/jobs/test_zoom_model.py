"""Any edits, here and in Zoom's pages, with any answer going wrong: what Zoom holds becomes what is wanted."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from orchestrator.core.meetings import meetings_of, registrants, spec_for
from orchestrator.core.model import Event
from orchestrator.gateways.zoom.words import canonical
from orchestrator.jobs import drift
from orchestrator.jobs.plan import foresee
from orchestrator.jobs.world import Patience
from orchestrator.outside.zoom import BUSY, MAINTENANCE, Answer, Drop, Expire, Fail, Fault, Garble, Lose, Revoke
from tests import make
from tests.jobs.theatre import EVENT, HOUR, MINUTE, SECOND, Theatre, moved, off
from tests.migrated import lay

WHOLE = os.environ.get("ORCHESTRATOR_WHOLE") == "1"
EXAMPLES, STEPS = (100, 25) if WHOLE else (8, 10)
NAMES = ("zoe", "ali", "bob", "eva", "kim")
FAULTS: dict[str, Fault] = {
    "lost": Lose(),
    "500": Fail(500),
    "page": Garble("html"),
    "empty": Garble("empty"),
    "half": Garble("truncated"),
    "cut": Garble("cut"),
    "dropped": Drop(),
    "busy": BUSY,
    "maintenance": MAINTENANCE,
    "expired": Expire(),
    "revoked": Revoke(),
    "nonsense": Answer(status=200, body={"registrants": [{"registrant_id": 1}], "meetings": "?"}),
}
GENEROUS = Patience(changes_a_day=10_000, repairs_a_day=10_000, rooms_a_day=10_000, adds_a_day=10_000)
"""The limits are held elsewhere; here convergence itself is."""


class Life(RuleBasedStateMachine):
    """An event that is edited; the model is the form and the config as they stand."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="life-"))
        url = lay(self.folder / "store.db")
        self.theatre = Theatre(self.folder, url, patience=GENEROUS).__enter__()
        self.theatre.zoom.lift_limits()
        self.event: Event = EVENT
        self.shift = timedelta()

    def teardown(self) -> None:
        if hasattr(self, "theatre"):
            self.settle()
            self.theatre.__exit__(None, None, None)
            shutil.rmtree(self.folder)

    # the organiser and the people

    @rule(name=st.sampled_from(NAMES), wish=st.sampled_from(("a", "b", "")), whole=st.booleans())
    def answer(self, name: str, wish: str, whole: bool) -> None:
        sessions = ("matin", "apres-midi") if whole else ("matin",)
        self.theatre.form.answer(f"{name}@exemple.fr", *filter(None, [wish]), sessions=sessions)

    @rule(name=st.sampled_from(NAMES))
    def withdraw(self, name: str) -> None:
        if f"{name}@exemple.fr" in self.theatre.form.rows:
            self.theatre.form.remove(f"{name}@exemple.fr")

    @rule(
        title=st.sampled_from(("Un", "Deux")),
        waiting=st.booleans(),
        cancelled=st.sampled_from(((), ("matin",), ("matin", "apres-midi"))),
        later=st.integers(0, 2),
    )
    def configure(self, title: str, waiting: bool, cancelled: tuple[str, ...], later: int) -> None:
        event = replace(EVENT, title=title, zoom=replace(EVENT.zoom, waiting_room=waiting))
        self.event = moved(off(event, *cancelled), later * HOUR)
        self.theatre.start_again(self.event)

    # Zoom's pages, and Zoom

    @rule(what=st.sampled_from(("topic", "duration", "rooms", "deleted")))
    def meddle(self, what: str) -> None:
        for one in self.theatre.zoom.meetings():
            if what == "deleted":
                self.theatre.zoom.delete_meeting(one["id"])
            elif what == "rooms":
                self.theatre.zoom.edit_meeting(one["id"], settings={"breakout_room": {"enable": False}})
            else:
                self.theatre.zoom.edit_meeting(one["id"], **{what: "Autre" if what == "topic" else 7})

    @rule(
        faults=st.lists(st.sampled_from(sorted(FAULTS)), min_size=1, max_size=4),
        method=st.sampled_from(("GET", "POST", "PATCH", "PUT", "DELETE")),
    )
    def break_something(self, faults: list[str], method: str) -> None:
        for name in faults:
            self.theatre.spoil(method, "/v2/", FAULTS[name])

    @rule(minutes=st.integers(1, 120))
    def beat(self, minutes: int) -> None:
        self.theatre.beat(self.theatre.at + minutes * MINUTE)

    @rule()
    def restart(self) -> None:
        self.theatre.start_again()

    @rule()
    def settle(self) -> None:
        """Left alone, the service brings Zoom to what is wanted, and then does nothing."""
        theatre = self.theatre
        theatre.heal()
        for _ in range(3):
            self._until_quiet()
            if not (found := drift.drifts(theatre.store, self.event.key)):
                break
            drift.restore(theatre.world, {d.field for d in found})
        self.check()

    def _until_quiet(self) -> None:
        """A reading falls due, and whatever follows from it is done."""
        theatre = self.theatre
        theatre.beat(theatre.at + HOUR, confirmed=True)  # that many leave is meant here
        for _ in range(30):
            report = theatre.beat(theatre.at + 11 * MINUTE)
            if report.quiet or not (report.changes or report.unfinished or any(p.again for p in report.problems)):
                return
        raise AssertionError("never quiet")

    def check(self) -> None:
        theatre, event = self.theatre, self.event
        assert theatre.at < make.paris(9), "the life of an event before its day"
        people = list(theatre.store.people.registered(event.key).values())
        seats = list(theatre.store.seats.all(event.key).values())
        assert {p.email for p in people} <= set(theatre.form.rows)
        for key in meetings_of(event):
            spec = spec_for(event, key, theatre.at, seats)
            if spec is None:
                assert theatre.zoom.meetings() == []
                continue
            one = theatre.meeting()
            found = theatre.world.meetings.read(str(one["id"]), spec.tag)
            assert found.spec == canonical(spec)
            assert theatre.registered() == sorted(r.email for r in registrants(event, key, people, seats))
        planned = foresee(event, theatre.store, theatre.world.registrations, theatre.at)
        assert (planned.changes, planned.to_register, planned.drifts) == ((), 0, ())
        before = len(theatre.writes())
        theatre.beat(theatre.at + SECOND)
        assert len(theatre.writes()) == before

    @invariant()
    def never_two_meetings(self) -> None:
        if hasattr(self, "theatre"):
            assert len(self.theatre.zoom.meetings()) <= 1


@pytest.mark.timeout(3600 if WHOLE else 120)
def test_any_life_converges_and_then_plans_nothing() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not WHOLE,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_judge_of_lives_sees_a_meeting_that_is_not_as_wanted() -> None:
    life: Any = Life()
    life.begin()
    life.answer(name="zoe", wish="a", whole=True)
    life.settle()
    life.theatre.zoom.edit_meeting(life.theatre.meeting()["id"], topic="Autre")
    with pytest.raises(AssertionError):
        life.check()
    life.teardown()
