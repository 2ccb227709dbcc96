"""Several processes that do the same piece of work on one store at the same moment.

Run as a script it is what they are forked from: one process without threads that has imported all they need.
"""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from orchestrator.core.errors import Held
from orchestrator.core.model import Quota
from orchestrator.store import Store
from orchestrator.store.schema import budget

ROOT = Path(__file__).parents[2]
HANDS = 4
NOW = datetime(2027, 6, 24, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def migrate(store: Store, _hand: int) -> str | None:
    store.db.migrate()
    return store.db.revision()


def count_up(store: Store, _hand: int, times: int) -> None:
    """Read and write back, one more each time."""
    for _ in range(times):
        with store.db.write() as c:
            used = c.execute(sa.select(budget.c.used)).scalar_one()
            c.execute(budget.update().values(used=used + 1))


def spend(store: Store, _hand: int, times: int, most: int) -> int:
    return sum(store.meetings.spend("h", "d", most) for _ in range(times))


def lease(store: Store, hand: int, names: int) -> list[bool]:
    """Take what leases one can get."""
    return [_takes(store, f"beat:{n}", f"host{hand}:1:2:3") for n in range(names)]


def _takes(store: Store, name: str, owner: str) -> bool:
    try:
        store.leases.take(name, owner, NOW, MINUTE)
    except Held:
        return False
    return True


def claim(store: Store, hand: int, per_minute: int) -> list[int]:
    """Claim until there is nothing more."""
    claimed = []
    quota = Quota(per_minute=per_minute)
    while letters := store.outbox.claim("relay", ["relation"], f"host{hand}:1:2:3", NOW, MINUTE, quota, 3):
        claimed += [one.id for one in letters]
    return claimed


class Hands:
    """The processes' parent, kept for one task after another."""

    def __init__(self) -> None:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._parent = subprocess.Popen([sys.executable, "-m", __name__], cwd=ROOT, **pipes)

    def together(self, work: str, url: str, *arguments: Any) -> list[Any]:
        """Do a piece of work of this module at once in four processes; what each returned, an error as its words."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(json.dumps([work, url, *arguments]) + "\n")
        self._parent.stdin.flush()
        said: list[Any] = json.loads(self._parent.stdout.readline())
        return said

    def rest(self) -> None:
        self._parent.communicate()


def _serve() -> None:
    fork = multiprocessing.get_context("fork")
    for line in sys.stdin:
        start, said = fork.Barrier(HANDS), fork.SimpleQueue()
        hands = [fork.Process(target=_do, args=(start, said, hand, *json.loads(line))) for hand in range(HANDS)]
        for hand in hands:
            hand.start()
        found = [said.get() for _ in hands]
        for hand in hands:
            hand.join()
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def _do(start: Any, said: Any, hand: int, work: str, url: str, *arguments: Any) -> None:
    store = Store(url)
    start.wait()
    try:
        said.put(globals()[work](store, hand, *arguments))
    except Exception as error:
        said.put(repr(error))
    finally:
        store.close()


if __name__ == "__main__":
    _serve()
