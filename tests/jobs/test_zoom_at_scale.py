"""What a thousand people cost at Zoom."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.jobs.theatre import SECOND, Theatre


def asked(theatre: Theatre) -> int:
    """How many HTTP calls were made, the token's included."""
    return len(theatre.heard)


def test_a_thousand_people_cost_at_most_fifty_calls_and_one_more_at_most_three(tmp_path: Path, sqlite_url: str) -> None:
    with Theatre(tmp_path, sqlite_url) as theatre:
        theatre.form.crowd(1000, "a")
        theatre.beat()
        theatre.beat(theatre.at + SECOND)
        first = asked(theatre)
        assert (len(theatre.registered()), first <= 50) == (1001, True), first
        theatre.form.answer("une-de-plus@exemple.fr")
        theatre.beat(theatre.at + SECOND)
        assert len(theatre.registered()) == 1002
        assert asked(theatre) - first <= 3
        assert max(Counter(theatre.added()).values()) == 1
