"""Reads what came back: a letter that did not arrive is refused after all, a person without a link gets it again."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from orchestrator.core.errors import Held, UnreadableSource
from orchestrator.core.model import identity
from orchestrator.core.notices import again
from orchestrator.jobs.lost import may_ask
from orchestrator.jobs.world import World, counted
from orchestrator.ports import Plea, Returned, Returns, Undelivered

log = logging.getLogger(__name__)

BETWEEN = timedelta(hours=1)
A_DAY = 3
"""How often somebody's link is sent again for their asking, an hour apart, a day."""


def read_returns(worlds: Sequence[World]) -> int:
    """Read each mailbox once, one process at a time; says how many messages concerned a letter."""
    boxes = {world.returns.name: world.returns for world in worlds if world.returns is not None}
    served = {world.event.key: world for world in worlds}
    return sum(_read(box, served) for box in boxes.values())


def _read(box: Returns, worlds: Mapping[str, World]) -> int:
    first = next(iter(worlds.values()))
    store, now = first.store, first.clock.now()
    try:
        with store.leases.held(f"returns:{box.name}", first.owner, now, first.patience.beat_lease):
            found, mark = box.read(store.memos.get("", box.name))
            done = sum(_take(one, worlds, now) for one in found)
            store.memos.set("", box.name, mark, now)
    except Held:
        return 0
    except UnreadableSource as error:
        log.warning("returns: %s", error.message)
        _alarm(worlds, {"returns:box": (error.message, error.remedy)}, now, "returns:box")
        return 0
    _alarm(worlds, {}, now, "returns:box")
    _say_who_refuses(worlds, now)
    return done


def _alarm(worlds: Mapping[str, World], found: dict[str, tuple[str, str]], now: datetime, prefix: str) -> None:
    store = next(iter(worlds.values())).store
    store.alarms.set_everywhere(dict.fromkeys(worlds, found), worlds, prefix, now)


def _take(one: Returned, worlds: Mapping[str, World], now: datetime) -> bool:
    if isinstance(one, Undelivered):
        return _refuse(one, worlds)
    return sum(_send_again(one, world, now) for world in worlds.values()) > 0


def _refuse(one: Undelivered, worlds: Mapping[str, World]) -> bool:
    store = next(iter(worlds.values())).store
    if not one.message_id:
        return False
    words = " ".join(part for part in (one.status, one.words) if part) or "retournée sans explication"
    event = store.returns.refuse(one.message_id, one.recipient, _code(one.words), words)
    if event is not None:
        log.warning("a letter of event %s came back: %s", event, one.status)
    return event is not None


def _code(words: str) -> int:
    found = re.match(r"\s*([45]\d\d)\b", words)
    return int(found[1]) if found else 550


def _send_again(one: Plea, world: World, now: datetime) -> bool:
    event, store, email = world.event, world.store, identity(one.sender)
    if not may_ask(world, email, now):
        return False
    audience = f"person:{email}"
    lately = [n for n in store.notices.all(event.key) if n.audience == audience and n.made_at > now - timedelta(days=1)]
    asked = [n for n in lately if n.kind == "resend"]
    if len(asked) >= A_DAY or any(n.made_at > now - BETWEEN for n in asked):
        return False
    return store.notices.add(event.key, [again(event, email, now, BETWEEN, by_its_reader=True)]) == 1


def _say_who_refuses(worlds: Mapping[str, World], now: datetime) -> None:
    store = next(iter(worlds.values())).store
    found = {}
    for key, n in store.returns.refused(worlds).items():
        what = counted(n, "adresse refuse ses lettres", "adresses refusent leurs lettres")
        found[key] = {
            "bounce:refused": (what, "orchestrator outbox --state refused ; corrigez l'adresse, ou téléphonez")
        }
    store.alarms.set_everywhere(found, worlds, "bounce:", now)
