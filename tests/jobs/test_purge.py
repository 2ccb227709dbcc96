"""People's data end with their time."""

from __future__ import annotations

from datetime import timedelta

from orchestrator.jobs.beat import purged_at
from tests.jobs.theatre import Theatre


def test_people_and_their_letters_are_erased_when_their_time_is_over_and_the_event_stays_known(
    anywhere: Theatre,
) -> None:
    anywhere.form.answer("zoe@exemple.fr", "a")
    anywhere.turn()
    key, store = anywhere.world.event.key, anywhere.store
    over = purged_at(anywhere.world.event)
    anywhere.beat(over - timedelta(seconds=1))
    assert (len(store.people.registered(key)), len(store.outbox.all(key)) > 0) == (1, True)
    erased = anywhere.beat(over)
    assert erased.changes == ["données des personnes effacées, leur durée de conservation est passée"]
    assert (store.people.ever(key), store.outbox.all(key), store.meetings.ways(key)) == (0, [], {})
    assert store.events.is_known(key)
    assert anywhere.beat(over + timedelta(hours=1)).changes == []
