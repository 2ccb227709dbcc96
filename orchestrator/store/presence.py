"""What Zoom told of its meetings: when they were open and who was in them. Facts are set, never taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from orchestrator.core.hosting import Run
from orchestrator.core.presence import Heard, Stay, Told
from orchestrator.store.database import Database
from orchestrator.store.people import bring_news, bump
from orchestrator.store.schema import meeting, presence, run, way, webhook

KEPT = timedelta(days=7)
"""How long a webhook is remembered; Zoom sends it again for 85 minutes at most."""
SETTLING = timedelta(minutes=1)
"""A run just begun is not ended by a reading that may be older."""


_WAITING = sa.select(webhook).where(webhook.c.applied_at.is_(None)).order_by(webhook.c.received_at)


class Presence:
    def __init__(self, db: Database) -> None:
        self._db = db

    # the meetings' runs

    def runs(self, event: str) -> dict[str, tuple[Run, ...]]:
        """Every time each meeting was open, by meeting, oldest first."""
        with self._db.read() as c:
            return self._runs(c, event)

    def _runs(self, c: sa.Connection, event: str) -> dict[str, tuple[Run, ...]]:
        rows = c.execute(sa.select(run).where(run.c.event == event)).all()
        found: dict[str, tuple[Run, ...]] = {}
        for row in sorted(rows, key=lambda r: (r.started_at or r.ended_at, r.uuid)):
            one = Run(uuid=row.uuid, started_at=row.started_at, ended_at=row.ended_at)
            found[row.meeting] = (*found.get(row.meeting, ()), one)
        return found

    def note_open(self, event: str, key: str, uuid: str, now: datetime) -> None:
        """A reading showed the meeting open. A run that was seen to end is not the one that is on now."""
        if any(r.is_on for r in self.runs(event).get(key, ())):
            return
        with self._db.write(event) as c:
            mine = self._runs(c, event).get(key, ())
            if any(r.is_on for r in mine):
                return  # a webhook was quicker
            again = sum(r.uuid.partition("+")[0] == uuid for r in mine)
            name = f"{uuid}+{again}" if again else uuid
            c.execute(run.insert().values(event=event, meeting=key, uuid=name, started_at=now))
            bump(c, event)

    def note_closed(self, event: str, key: str, now: datetime) -> None:
        """A reading showed the meeting not open: whatever run was on has ended."""
        on = [r for r in self.runs(event).get(key, ()) if r.is_on]
        over = [r.uuid for r in on if r.started_at is None or now - r.started_at >= SETTLING]
        if not over:
            return
        with self._db.write(event) as c:
            these = (run.c.event == event, run.c.meeting == key, run.c.uuid.in_(over), run.c.ended_at.is_(None))
            c.execute(run.update().where(*these).values(ended_at=now))
            bump(c, event)

    # who was there

    def stays(self, event: str) -> list[Stay]:
        """Everything known of who was where and when."""
        with self._db.read() as c:
            rows = c.execute(sa.select(presence).where(presence.c.event == event)).all()
        return [
            Stay(meeting=r.meeting, email=r.email, room=r.room, joined_at=r.joined_at, left_at=r.left_at) for r in rows
        ]

    def seen(self, event: str, key: str, since: datetime, until: datetime) -> frozenset[str]:
        """Name the registrants who were in a meeting at some time of a span, by e-mail."""
        there = [s for s in self.stays(event) if s.meeting == key and s.email]
        return frozenset(
            s.email
            for s in there
            if (s.joined_at is None or s.joined_at < until) and (s.left_at is None or s.left_at > since)
        )

    # webhooks

    def receive(self, heard: Heard, now: datetime) -> bool:
        """Keep a webhook, once; False when it is known already. `apply` does the rest."""
        facts = {} if heard.told is None else _to_json(heard.told)
        row = {"digest": heard.digest, "name": heard.name, "at": heard.at, "received_at": now, "facts": facts}
        with self._db.write() as c:
            return bool(c.execute(self._db.insert_unless_there(webhook), row).rowcount)

    def apply(self, now: datetime) -> int:
        """Set the facts of every webhook received and not applied yet; returns how many that was."""
        events: dict[str, list[str]] = {}
        with self._db.read() as c:
            for row in c.execute(_WAITING).all():
                events.setdefault(_event_of(c, row.facts), []).append(row.digest)
        count = sum(self._apply(event, digests, now) for event, digests in events.items())
        if count:
            with self._db.write("webhooks") as c:
                c.execute(webhook.delete().where(webhook.c.received_at < now - KEPT, webhook.c.applied_at.is_not(None)))
        return count

    def _apply(self, event: str, digests: Sequence[str], now: datetime) -> int:
        """Set the facts about one event, alone with it; what another process has set meanwhile is left."""
        count = 0
        with self._db.write(event) as c:
            for i in range(0, len(digests), 500):
                these = webhook.c.digest.in_(digests[i : i + 500])
                for row in c.execute(_WAITING.where(these)).all():
                    count += 1
                    if row.facts:
                        _set(c, _from_json(row.facts))
                c.execute(webhook.update().where(these, webhook.c.applied_at.is_(None)).values(applied_at=now))
        return count


def _to_json(told: Told) -> dict[str, str]:
    return {
        "what": told.what,
        "zoom_id": told.zoom_id,
        "at": told.at.isoformat(),
        "uuid": told.uuid,
        "stay": told.stay,
        "registrant_id": told.registrant_id,
        "room": told.room,
    }


def _from_json(data: Mapping[str, str]) -> Told:
    return Told(**{**data, "at": datetime.fromisoformat(data["at"])})  # type: ignore[arg-type]  # as written above


_MEETING = (
    sa.select(meeting.c.event, meeting.c.key)
    .where(meeting.c.zoom_id == sa.bindparam("zoom_id"))
    .order_by(meeting.c.event, meeting.c.key)
)


def _event_of(c: sa.Connection, facts: Mapping[str, str]) -> str:
    """Whose meeting a webhook is about; "" where nobody's."""
    found = c.execute(_MEETING, {"zoom_id": facts["zoom_id"]}).first() if facts else None
    return "" if found is None else str(found.event)


def _set(c: sa.Connection, told: Told) -> None:
    """Set one fact, whichever came before: the earliest beginning and the latest end hold."""
    ours = c.execute(_MEETING, {"zoom_id": told.zoom_id}).first()
    if ours is None or not told.zoom_id:
        return
    where = {"event": ours.event, "meeting": ours.key}
    if told.what == "changed":
        c.execute(meeting.update().where(meeting.c.zoom_id == told.zoom_id).values(read_at=None))
        bring_news(c, ours.event)
    elif told.what in ("started", "ended"):
        column = "started_at" if told.what == "started" else "ended_at"
        if _mark(c, run, {**where, "uuid": told.uuid}, column, told.at, {}):
            bring_news(c, ours.event)
    else:
        column = "joined_at" if told.what == "joined" else "left_at"
        email = _registrant(c, where, told.registrant_id)
        _mark(c, presence, {**where, "stay": told.stay}, column, told.at, {"email": email, "room": told.room})


def _registrant(c: sa.Connection, where: Mapping[str, str], registrant_id: str) -> str:
    if not registrant_id:
        return ""
    query = sa.select(way.c.email).where(
        *(way.c[n] == v for n, v in where.items()), way.c.registrant_id == registrant_id
    )
    return c.execute(query).scalar() or ""


def _mark(
    c: sa.Connection, table: sa.Table, key: Mapping[str, str], column: str, at: datetime, others: Mapping[str, str]
) -> bool:
    """Set an instant of a row that may be there already; tells whether anything changed."""
    mine = [table.c[name] == value for name, value in key.items()]
    before = c.execute(sa.select(table).where(*mine)).one_or_none()
    if before is None:
        c.execute(table.insert().values(**key, **others, **{column: at}))
        return True
    known = getattr(before, column)
    first = column in ("started_at", "joined_at")
    better = known is None or (at < known if first else at > known)
    new = {name: value for name, value in others.items() if value and not getattr(before, name)}
    if better:
        new[column] = at  # type: ignore[assignment]  # an instant beside texts
    if new:
        c.execute(table.update().where(*mine).values(**new))
    return better
