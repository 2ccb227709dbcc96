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
from orchestrator.core.letters import Owed
from orchestrator.core.message import Message
from orchestrator.core.model import Quota
from orchestrator.store import Delivery, Dotted, Settled, Step, Store
from orchestrator.store.schema import budget
from tests import make

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
        with store.db.write("h") as c:
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


def deliver(store: Store, hand: int, per_minute: int) -> int:
    """Claim, dot and settle one letter after the other until there is nothing more."""
    owner, quota, sent = f"host{hand}:1:2:3", Quota(per_minute=per_minute), 0
    while letters := store.outbox.claim("relay", ["relation"], owner, NOW, MINUTE, quota, 1):
        sent += _send(store, owner, letters, NOW)
    return sent


def _send(store: Store, owner: str, letters: list[Delivery], now: datetime) -> int:
    facts = {"time:matin": "9:30", "link:matin": owner}
    dotted = [Dotted(delivery=one, message=Message(b"bytes"), message_id="<id>", facts=facts) for one in letters]
    ours = store.outbox.advance(owner, now, MINUTE, Step(dotted=dotted))
    settled = [
        Settled(delivery=one, facts=facts, code=250, reply="OK", as_of=None) for one in letters if one.id in ours
    ]
    store.outbox.advance(owner, now, MINUTE, Step(settled=settled))
    return len(settled)


def bustle(store: Store, hand: int, rounds: int) -> None:
    """Be in each other's way: plan, claim, send, take back what others are about to settle, erase."""
    owner = f"host{hand}:1:2:3"
    for n in range(rounds):
        now = NOW + timedelta(seconds=n)
        if hand == 0:
            store.outbox.plan("relation", "relay", letters_of(n), now)
            store.privacy.erase("relation", f"p{n}@exemple.fr", now)
            store.memos.set("relation", "n", str(n), now, news=True)
            continue
        letters = store.outbox.claim("relay", ["relation"], owner, now, MINUTE, Quota(), 5)
        store.outbox.recover("relay", now + MINUTE * (n % 3), lambda _owner: True)
        _send(store, owner, letters, now)


def letters_of(n: int) -> list[Owed]:
    """Two first letters and a reminder each for some people; another hour each time."""
    void_at = NOW + timedelta(hours=5)
    return [
        make.owed(
            kind=kind, rule=rule, revision=kind, person=who, email=f"{who}@exemple.fr", to=f"{who}@exemple.fr",
            due_at=NOW + timedelta(seconds=later), leave_from=NOW, wanted_by=NOW, void_at=void_at,
        )
        for who in (f"p{i}" for i in range(n % 2, 30))
        for kind, rule, later in (("link", "", 0), ("room", "", 0), ("reminder", "at-09:00", 60 + n))
    ]  # fmt: skip


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
