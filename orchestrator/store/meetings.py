"""The meetings as last sent and last read, everyone's way in, and what Zoom's daily limits have left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from orchestrator.core.meetings import Found, MeetingSpec, Pass, Phone, Room
from orchestrator.store.database import Database
from orchestrator.store.people import bring_news, bump
from orchestrator.store.schema import budget, meeting, way


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """Fields kept as somebody edited them at Zoom, for as long as the config wants there what it wanted then."""

    fields: frozenset[str]
    over: MeetingSpec
    value: MeetingSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is remembered of one meeting. `intent` names a write whose outcome has not been seen yet."""

    key: str
    tag: str
    zoom_id: str = ""
    intent: str = ""
    intent_at: datetime | None = None
    applied: MeetingSpec | None = None
    found: Found | None = None
    restored: frozenset[str] = frozenset()
    read_at: datetime | None = None
    rooms_at: datetime | None = None
    rooms_day: str = ""
    rooms_sent: int = 0
    rest_until: datetime | None = None
    """Until then Zoom is not asked again for what it refused, `rest_for` (see jobs.rests)."""
    rest_for: str = ""
    rest_what: str = ""
    rest_remedy: str = ""
    left_out: tuple[str, ...] = ()
    """Alternative hosts Zoom does not accept."""
    people_at: datetime | None = None
    """When everybody registered was last listed."""
    adopted: Adopted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One registration at Zoom. `state`: asked (no answer seen yet) | open | refused | removed (in Zoom's pages) |
    out (removed there, and meant to be)."""

    email: str
    meeting: str
    zoom_id: str
    state: str
    registrant_id: str = ""
    join_url: str = ""
    problem: str = ""
    adds_day: str = ""
    adds: int = 0

    @property
    def as_pass(self) -> Pass:
        return Pass(email=self.email, registrant_id=self.registrant_id, join_url=self.join_url)


READINGS = ("read_at", "people_at")
"""Columns that decide nothing by themselves."""
_MEETINGS = sa.select(meeting).where(meeting.c.event == sa.bindparam("event"))
_READ = (
    meeting.update()
    .where(meeting.c.event == sa.bindparam("k_event"), meeting.c.key == sa.bindparam("k_key"))
    .values(read_at=sa.bindparam("v_at"))
)
_PASSES_OF = sa.select(way).where(
    way.c.event == sa.bindparam("event"),
    way.c.email == sa.bindparam("email"),
    way.c.state == "open",
)


class MeetingsKept:
    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, event: str) -> dict[str, Kept]:
        with self._db.read() as c:
            rows = c.execute(_MEETINGS, {"event": event}).all()
        return {row.key: kept_from(row) for row in rows}

    def record(self, event: str, kept: Kept) -> None:
        """Write down what is known of a meeting."""
        values = {
            "tag": kept.tag,
            "zoom_id": kept.zoom_id,
            "intent": kept.intent,
            "intent_at": kept.intent_at,
            "applied": _to_json(kept.applied),
            "found": _to_json(kept.found),
            "restored": sorted(kept.restored),
            "read_at": kept.read_at,
            "rooms_at": kept.rooms_at,
            "rooms_day": kept.rooms_day,
            "rooms_sent": kept.rooms_sent,
            "rest_until": kept.rest_until,
            "rest_for": kept.rest_for,
            "rest_what": kept.rest_what,
            "rest_remedy": kept.rest_remedy,
            "left_out": list(kept.left_out),
            "people_at": kept.people_at,
            "adopted": _adopted_to_json(kept.adopted),
        }
        where = (meeting.c.event == event, meeting.c.key == kept.key)
        with self._db.write(event) as c:
            before = c.execute(sa.select(meeting).where(*where)).one_or_none()
            if before is None:
                c.execute(meeting.insert().values(event=event, key=kept.key, **values))
            else:
                c.execute(meeting.update().where(*where).values(**values))
            if before is None or any(getattr(before, n) != v for n, v in values.items() if n not in READINGS):
                bump(c, event)

    def record_reading(self, event: str, key: str, at: datetime) -> None:
        """Note that a meeting was read and is as it was."""
        with self._db.write() as c:
            c.execute(_READ, {"k_event": event, "k_key": key, "v_at": at})

    def forget(self, event: str, key: str) -> None:
        with self._db.write(event) as c:
            c.execute(meeting.delete().where(meeting.c.event == event, meeting.c.key == key))
            c.execute(way.delete().where(way.c.event == event, way.c.meeting == key))
            bump(c, event)

    def removed(self, event: str) -> dict[str, list[Way]]:
        """Whom somebody took off in Zoom's pages, by meeting."""
        found: dict[str, list[Way]] = {}
        with self._db.read() as c:
            for row in c.execute(sa.select(way).where(way.c.event == event, way.c.state == "removed")):
                found.setdefault(row.meeting, []).append(_way(row))
        return found

    def ways(self, event: str) -> dict[str, dict[str, Way]]:
        """Every registration at Zoom, by meeting and e-mail."""
        result: dict[str, dict[str, Way]] = {}
        with self._db.read() as c:
            for row in c.execute(sa.select(way).where(way.c.event == event)):
                result.setdefault(row.meeting, {})[row.email] = _way(row)
        return result

    def passes_of(self, event: str, email: str) -> dict[str, Pass]:
        """One person's ways in by meeting."""
        with self._db.read() as c:
            return {row.meeting: pass_from(row) for row in c.execute(_PASSES_OF, {"event": event, "email": email})}

    def record_ways(self, event: str, ways: Iterable[Way]) -> None:
        rows = [{"event": event, **asdict(w)} for w in ways]
        if not rows:
            return
        with self._db.write(event) as c:
            c.execute(_where_way(way.delete(), event), [_way_key(row) for row in rows])
            c.execute(way.insert(), rows)
            bump(c, event)

    def remove_ways(self, event: str, ways: Sequence[Way]) -> None:
        if not ways:
            return
        with self._db.write(event) as c:
            c.execute(_where_way(way.delete(), event), [_way_key(asdict(w)) for w in ways])
            bump(c, event)

    def spent(self, host: str, day: str) -> int:
        """How many creates and updates of a host's day are used up."""
        with self._db.read() as c:
            return c.execute(sa.select(budget.c.used).where(budget.c.host == host, budget.c.day == day)).scalar() or 0

    def say_something_changed(self, event: str) -> None:
        """Let the next beat look at everything."""
        with self._db.write() as c:
            bring_news(c, event)

    def end_rests(self, event: str) -> None:
        """Ask Zoom again at once for what it refused: somebody says it is put right."""
        resting = (meeting.c.event == event, meeting.c.rest_until.is_not(None))
        with self._db.write(event) as c:
            if c.execute(meeting.update().where(*resting).values(rest_until=None)).rowcount:
                bring_news(c, event)

    def spend(self, host: str, day: str, most: int) -> bool:
        """Take one create-or-update from a host's daily budget; False when it is used up."""
        where = (budget.c.host == host, budget.c.day == day)
        with self._db.write(f"budget:{host}") as c:
            used = c.execute(sa.select(budget.c.used).where(*where)).scalar()
            if (used or 0) >= most:
                return False
            if used is None:
                c.execute(budget.insert().values(host=host, day=day, used=1))
            else:
                c.execute(budget.update().where(*where).values(used=used + 1))
            return True


def pass_from(row: Any) -> Pass:
    """One open way's link."""
    return Pass(email=row.email, registrant_id=row.registrant_id, join_url=row.join_url)


def _way(row: Any) -> Way:
    return Way(**{name: getattr(row, name) for name in Way.__slots__})


def _where_way(statement: Any, event: str) -> Any:
    return statement.where(
        way.c.event == event,
        way.c.meeting == sa.bindparam("k_meeting"),
        way.c.email == sa.bindparam("k_email"),
    )


def _way_key(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"k_meeting": row["meeting"], "k_email": row["email"]}


def _to_json(value: MeetingSpec | Found | None) -> Any:
    if value is None:
        return None
    data = asdict(value)
    spec = data["spec"] if isinstance(value, Found) else data
    spec["starts_at"] = spec["starts_at"].isoformat()
    return _lists(data)


def _lists(value: Any) -> Any:
    """Tuples become lists, as they come back from JSON."""
    if isinstance(value, dict):
        return {k: _lists(v) for k, v in value.items()}
    return [_lists(v) for v in value] if isinstance(value, list | tuple) else value


def _adopted_to_json(value: Adopted | None) -> Any:
    if value is None:
        return None
    return {"fields": sorted(value.fields), "over": _to_json(value.over), "value": _to_json(value.value)}


def _adopted(data: Mapping[str, Any]) -> Adopted:
    return Adopted(fields=frozenset(data["fields"]), over=_spec(data["over"]), value=_spec(data["value"]))


def _spec(data: Mapping[str, Any]) -> MeetingSpec:
    return MeetingSpec(
        **{
            **data,
            "starts_at": datetime.fromisoformat(data["starts_at"]),
            "rooms": tuple(Room(name=r["name"], emails=tuple(r["emails"])) for r in data["rooms"]),
            "alternative_hosts": tuple(data["alternative_hosts"]),
        }
    )


def _found(data: Mapping[str, Any]) -> Found:
    return Found(
        **{
            **data,
            "spec": _spec(data["spec"]),
            "phones": tuple(Phone(**p) for p in data["phones"]),
            "oddities": tuple(data["oddities"]),
        }
    )


def kept_from(row: Any) -> Kept:
    return Kept(
        key=row.key,
        tag=row.tag,
        zoom_id=row.zoom_id,
        intent=row.intent,
        intent_at=row.intent_at,
        applied=None if row.applied is None else _spec(row.applied),
        found=None if row.found is None else _found(row.found),
        restored=frozenset(row.restored),
        read_at=row.read_at,
        rooms_at=row.rooms_at,
        rooms_day=row.rooms_day,
        rooms_sent=row.rooms_sent,
        rest_until=row.rest_until,
        rest_for=row.rest_for,
        rest_what=row.rest_what,
        rest_remedy=row.rest_remedy,
        left_out=tuple(row.left_out),
        people_at=row.people_at,
        adopted=None if row.adopted is None else _adopted(row.adopted),
    )
