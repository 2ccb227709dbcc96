from __future__ import annotations

import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator import wiring
from orchestrator.core.errors import Held
from orchestrator.store import Store
from tests.store.hands import Hands

NOW = datetime(2027, 6, 24, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def dead() -> str:
    """The name of a process that has ended."""
    gone = subprocess.Popen(["true"])
    name = f"{socket.gethostname()}:{gone.pid}:{wiring._started(gone.pid)}:abcd"
    gone.wait()
    return name


def test_a_lease_is_held_by_one_and_names_them(store: Store) -> None:
    mine = wiring.owner()
    store.leases.take("beat:x", mine, NOW, MINUTE)
    with pytest.raises(Held) as held:
        store.leases.take("beat:x", "elsewhere:12:34:ab", NOW, MINUTE)
    _, pid, *_ = mine.split(":")
    assert str(held.value) == (
        f"« beat:x » est en cours dans un autre processus ({socket.gethostname()}, processus {pid})"
        " → attendez qu'il ait fini, ou arrêtez-le"
    )
    assert not held.value.permanent


def test_two_leases_do_not_hinder_each_other(store: Store) -> None:
    store.leases.take("beat:x", "a:1:2:3", NOW, MINUTE)
    store.leases.take("beat:y", "b:1:2:3", NOW, MINUTE)


def test_the_lease_of_a_dead_process_is_taken_at_once(store: Store) -> None:
    store.leases.take("beat:x", dead(), NOW, MINUTE)
    store.leases.take("beat:x", wiring.owner(), NOW, MINUTE)


def test_a_process_number_used_again_does_not_keep_a_lease(store: Store) -> None:
    host, pid, _started, draw = wiring.owner().split(":")
    store.leases.take("beat:x", f"{host}:{pid}:1:{draw}", NOW, MINUTE)
    store.leases.take("beat:x", "other:1:2:3", NOW, MINUTE)


def test_a_silent_owner_keeps_the_lease_until_it_runs_out(store: Store) -> None:
    store.leases.take("beat:x", "elsewhere:12:34:ab", NOW, MINUTE)
    with pytest.raises(Held):
        store.leases.take("beat:x", "b:1:2:3", NOW + MINUTE - timedelta(microseconds=1), MINUTE)
    store.leases.take("beat:x", "b:1:2:3", NOW + MINUTE, MINUTE)
    with pytest.raises(Held):
        store.leases.take("beat:x", "elsewhere:12:34:ab", NOW + MINUTE, MINUTE)


def test_the_holder_renews_their_own_lease(store: Store) -> None:
    store.leases.take("beat:x", "a:1:2:3", NOW, MINUTE)
    store.leases.take("beat:x", "a:1:2:3", NOW + MINUTE / 2, MINUTE)
    with pytest.raises(Held):
        store.leases.take("beat:x", "b:1:2:3", NOW + MINUTE, MINUTE)


def test_only_the_holder_gives_a_lease_back(store: Store) -> None:
    store.leases.take("beat:x", "a:1:2:3", NOW, MINUTE)
    store.leases.release("beat:x", "b:1:2:3")
    with pytest.raises(Held):
        store.leases.take("beat:x", "b:1:2:3", NOW, MINUTE)


def test_whoever_fails_gives_the_lease_back(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.leases.held("beat:x", "a:1:2:3", NOW, MINUTE):
        raise ZeroDivisionError
    store.leases.take("beat:x", "b:1:2:3", NOW, MINUTE)


def test_whoever_slept_past_their_lease_writes_nothing_more(store: Store) -> None:
    with pytest.raises(Held, match="repris"), store.leases.held("beat:x", "a:1:2:3", NOW, MINUTE):  # noqa: PT012 - the second write fails
        store.memos.set("x", "first", "is written", NOW)
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(store.leases.take, "beat:x", "b:1:2:3", NOW + MINUTE, MINUTE).result()
        store.memos.set("x", "second", "is not", NOW)
    assert (store.memos.get("x", "first"), store.memos.get("x", "second")) == ("is written", "")
    store.memos.set("x", "third", "after it", NOW)


def test_of_several_processes_exactly_one_gets_each_lease(store: Store, database_url: str, hands: Hands) -> None:
    got = hands.together("lease", database_url, 20)
    assert [sum(each) for each in zip(*got, strict=True)] == [1] * 20
