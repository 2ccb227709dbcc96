"""Waves of letters that wait for the organiser's word, and the pause of an event."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from orchestrator.core.holds import PAUSE, WaveKey
from orchestrator.store.database import Database
from orchestrator.store.people import bring_news
from orchestrator.store.schema import hold, letter

RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """`state`: held | approved | overdue (its letters leave all the same) | restored (a pause but for links)."""

    wave: WaveKey
    state: str
    since: datetime


def not_held() -> sa.ColumnElement[bool]:
    """The claim's condition on a letter: its event is not paused and its wave waits for nobody, or is overdue."""
    mine = sa.and_(hold.c.kind == letter.c.kind, hold.c.session == letter.c.session, hold.c.rule == letter.c.rule)
    here = sa.select(hold.c.event).where(hold.c.event == letter.c.event)
    waits = sa.and_(hold.c.state == "held", sa.or_(hold.c.kind == PAUSE.kind, mine))
    old = sa.and_(hold.c.state == RESTORED, letter.c.kind != "link")
    held = here.where(sa.or_(waits, old)).exists()
    return sa.or_(~held, here.where(hold.c.state == "overdue", mine).exists())


def _row(event: str, wave: WaveKey) -> dict[str, Any]:
    return {"event": event, "kind": wave.kind, "session": wave.session, "rule": wave.rule}


def _where(event: str, wave: WaveKey) -> list[sa.ColumnElement[bool]]:
    return [hold.c[name] == value for name, value in _row(event, wave).items()]


class Holds:
    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, event: str) -> dict[WaveKey, Hold]:
        with self._db.read() as c:
            rows = c.execute(sa.select(hold).where(hold.c.event == event)).all()
        found = [Hold(wave=WaveKey(r.kind, r.session, r.rule), state=r.state, since=r.since) for r in rows]
        return {one.wave: one for one in found}

    def paused_since(self, event: str) -> datetime | None:
        found = self.all(event).get(PAUSE)
        return None if found is None else found.since

    def pause(self, event: str, now: datetime, state: str = "held") -> bool:
        """Hold every letter, or with RESTORED all but links; False when they were held already."""
        with self._db.write(event) as c:
            row = _row(event, PAUSE) | {"state": state, "since": now}
            done = self._db.is_new(c, hold, row)
            c.execute(hold.delete().where(hold.c.event == event, hold.c.state == "overdue"))
            bring_news(c, event)
        return done

    def resume(self, event: str) -> bool:
        """Let letters go again; waves that wait for approval go on waiting. False when nothing was paused."""
        with self._db.write(event) as c:
            done = c.execute(hold.delete().where(*_where(event, PAUSE))).rowcount == 1
            c.execute(hold.delete().where(hold.c.event == event, hold.c.state == "overdue"))
            bring_news(c, event)
        return done

    def approve(self, event: str, wave: WaveKey, now: datetime) -> bool:
        """Let a wave go; False when it did not wait."""
        with self._db.write(event) as c:
            waits = (*_where(event, wave), hold.c.state == "held")
            done = c.execute(hold.update().where(*waits).values(state="approved", since=now)).rowcount == 1
            bring_news(c, event)
        return done

    def keep(self, event: str, wanted: Mapping[WaveKey, str], gone: Collection[WaveKey], now: datetime) -> None:
        """Write in a beat how waves stand; an approval that came in between stays."""
        with self._db.write(event) as c:
            for wave in gone:
                c.execute(hold.delete().where(*_where(event, wave)))
            for wave, state in wanted.items():
                row = _row(event, wave) | {"state": state, "since": now}
                if not self._db.is_new(c, hold, row) and state == "overdue":
                    c.execute(hold.update().where(*_where(event, wave)).values(state=state))
