"""What is known of one person, and how it ends: export, erasure with a tombstone, retention, purge."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from orchestrator.core.model import reference
from orchestrator.store.database import Database
from orchestrator.store.outbox_reading import message_in
from orchestrator.store.people import bring_news, bump
from orchestrator.store.schema import (
    config,
    figure,
    intake,
    invitation,
    journal,
    letter,
    meeting,
    metadata,
    mould,
    notice,
    person,
    told,
    tombstone,
    way,
    written,
)
from orchestrator.store.schema import event as event_table

KEPT = frozenset({"event", "figure", "meeting", "budget", "lease", "config", "attendance", "certificate", "invitation"})
"""What a purge of people leaves: that the event was served, its counts, what has a time of its own or names nobody."""


_LEFT_AT = sa.func.coalesce(letter.c.sent_at, letter.c.dotted_at, letter.c.void_at)

PURGED = "purged:"
"""How the figures of a purge itself begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanting:
    """Somebody who asked to be invited next time, and when they said so."""

    address: str
    first_name: str
    last_name: str
    organisation: str
    asked_at: datetime


def _asking(event: str) -> sa.Select[Any]:
    asked_at = sa.func.coalesce(person.c.submitted_at, person.c.registered_at).label("asked_at")
    said = (person.c.email, person.c.address, person.c.first_name, person.c.last_name, person.c.organisation)
    return sa.select(*said, asked_at).where(person.c.event == event, person.c.next_invitation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombs:
    """Who asked to be forgotten, as marks that name nobody without the event's salt."""

    salt: str = ""
    since: Mapping[str, datetime] = field(default_factory=dict)

    def erased_at(self, email: str) -> datetime | None:
        """When a person was erased; None for everybody else."""
        return self.since.get(_mark(self.salt, email)) if self.since else None


def _mark(salt: str, email: str) -> str:
    return hashlib.blake2s(email.encode(), key=bytes.fromhex(salt), digest_size=16).hexdigest()


def _without(value: Any, email: str) -> Any:
    """The same without whatever names an address: an item of a list that does goes as a whole."""
    if isinstance(value, dict):
        return {key: _without(inner, email) for key, inner in value.items()}
    if isinstance(value, list):
        plain = [one for one in value if not _names(one, email)]
        return [_without(one, email) for one in plain]
    return value


def _names(item: Any, email: str) -> bool:
    told = list(item.values()) if isinstance(item, dict) else [item]
    return any(isinstance(text, str) and email in text.casefold() for text in told)


def personal() -> list[tuple[sa.Table, sa.ColumnElement[bool]]]:
    """Every table with rows about one person, and how those rows are found."""
    found: list[tuple[sa.Table, sa.ColumnElement[bool]]] = []
    for table in metadata.sorted_tables:
        if "event" not in table.c:
            continue
        who = [table.c[name] for name in ("email", "person") if name in table.c]
        if who:
            names: list[sa.BindParameter[Any]] = [sa.bindparam("email"), sa.bindparam("reference")]
            found.append((table, sa.and_(table.c.event == sa.bindparam("event"), sa.or_(*(c.in_(names) for c in who)))))
    return found


def _left(event: str) -> sa.ColumnElement[bool]:
    """An event's letters that nobody has in hand."""
    return sa.and_(letter.c.event == event, letter.c.state.not_in(("claimed", "dotted")))


def _named(event: str) -> sa.ColumnElement[bool]:
    """The accepted versions of an event's file whose text, with its speakers, is still there."""
    return sa.and_(config.c.event == event, config.c.text != "")


class Privacy:
    def __init__(self, db: Database) -> None:
        self._db = db

    # one person

    def export(self, event: str, email: str) -> dict[str, list[dict[str, Any]]]:
        """Every row about a person, by table; links and letters as they are."""
        values = {"event": event, "email": email, "reference": reference(event, email)}
        result: dict[str, list[dict[str, Any]]] = {}
        with self._db.read() as c:
            for table, where in personal():
                if rows := [dict(row._mapping) for row in c.execute(sa.select(table).where(where), values)]:
                    result[table.name] = rows
            for row in result.get("letter", ()):
                message = message_in(c, event, row["id"])
                row["data"] = row["data"] if message is None else message.data
            result.pop("written", None)
        return result

    def erase(self, event: str, email: str, now: datetime) -> int:
        """Erase every row about a person and leave a tombstone, so that reading the source again does not bring
        them back; says how many rows that was."""
        values = {"event": event, "email": email, "reference": reference(event, email)}
        with self._db.write(event) as c:
            mark = _mark(self._salt(c, event), email)
            c.execute(tombstone.delete().where(tombstone.c.event == event, tombstone.c.mark == mark))
            c.execute(tombstone.insert().values(event=event, mark=mark, at=now))
            self._forget_mentions(c, event, email)
            count = sum(c.execute(table.delete().where(where), values).rowcount for table, where in personal())
            bring_news(c, event)
        return count

    def _salt(self, c: sa.Connection, event: str) -> str:
        found = c.execute(sa.select(event_table.c.salt).where(event_table.c.key == event)).scalar()
        if found:
            return str(found)
        salt = secrets.token_hex(16)
        c.execute(event_table.update().where(event_table.c.key == event).values(salt=salt))
        return salt

    def _forget_mentions(self, c: sa.Connection, event: str, email: str) -> None:
        """Take a person out of what is about others or everybody: the reading, rooms as sent, notices, the journal."""
        for table, names in ((intake, ("held", "refused", "findings")), (meeting, ("applied", "found"))):
            for row in c.execute(sa.select(table).where(table.c.event == event)).all():
                kept = {name: _without(getattr(row, name), email) for name in names}
                mine = [table.c[key.name] == getattr(row, key.name) for key in table.primary_key]
                c.execute(table.update().where(*mine).values(kept))
        c.execute(notice.delete().where(notice.c.event == event, notice.c.audience == f"person:{email}"))
        named = (email, reference(event, email))
        c.execute(
            journal.update().where(journal.c.event == event, journal.c.about.in_(named)).values(about="", note="")
        )

    def tombs(self, event: str) -> Tombs:
        """Who asked to be forgotten."""
        with self._db.read() as c:
            salt = c.execute(sa.select(event_table.c.salt).where(event_table.c.key == event)).scalar()
            rows = c.execute(sa.select(tombstone).where(tombstone.c.event == event)).all()
        return Tombs(salt=salt or "", since={row.mark: row.at for row in rows})

    # what has had its time

    def end_links(self, event: str) -> int:
        """Forget every personal link; says how many that was."""
        links = sa.and_(way.c.event == event, way.c.join_url != "")
        with self._db.read() as c:
            if not c.execute(sa.select(sa.literal(1)).where(links).limit(1)).scalar():
                return 0
        with self._db.write(event) as c:
            c.execute(told.delete().where(told.c.event == event, told.c.fact.like("link:%")))
            c.execute(
                letter.update().where(letter.c.event == event, letter.c.facts.is_not(None)).values(facts=sa.null())
            )
            return c.execute(way.update().where(links).values(join_url="")).rowcount

    def end_letters(self, event: str, before: datetime) -> int:
        """Forget the bytes of letters that left before an instant; says how many that was."""
        old, kept = sa.and_(_left(event), before > _LEFT_AT), written.c.event == event
        theirs = sa.and_(kept, written.c.letter.in_(sa.select(letter.c.id).where(old)))
        whole = sa.and_(old, letter.c.data.is_not(None))
        with self._db.read() as c:
            if not any(c.execute(sa.select(sa.literal(1)).where(one).limit(1)).scalar() for one in (theirs, whole)):
                return 0
        with self._db.write(event) as c:
            done = c.execute(written.delete().where(theirs)).rowcount
            done += c.execute(letter.update().where(whole).values(data=None)).rowcount
            used = sa.select(written.c.mould).where(kept)
            c.execute(mould.delete().where(mould.c.event == event, mould.c.digest.not_in(used)))
            return done

    def next_letters_end(self, event: str, lasting: timedelta) -> datetime | None:
        """When the next written letter has had its time."""
        kept = sa.select(written.c.letter).where(written.c.event == event)
        has_bytes = sa.or_(letter.c.data.is_not(None), letter.c.id.in_(kept))
        query = sa.select(sa.func.min(letter.c.sent_at)).where(letter.c.event == event, has_bytes)
        with self._db.read() as c:
            oldest: datetime | None = c.execute(query).scalar()
        return None if oldest is None else oldest + lasting

    # everybody

    def holds_people(self, event: str) -> bool:
        """Tell whether anything about anybody is still here; what is wrong now or remembered may name nobody."""
        rows = [table.c.event == event for table in self._perishable() if table.name not in ("alarm", "memo")]
        with self._db.read() as c:
            return any(
                c.execute(sa.select(sa.literal(1)).where(where).limit(1)).scalar() for where in (*rows, _named(event))
            )

    def perishable(self, event: str) -> dict[str, int]:
        """How many rows a purge would erase, by table."""
        with self._db.read() as c:
            counts = {
                table.name: c.execute(sa.select(sa.func.count()).where(table.c.event == event)).scalar() or 0
                for table in self._perishable()
            }
        return {name: n for name, n in counts.items() if n}

    def purge(self, event: str) -> int:
        """Erase everybody and every letter of an event, keep its counts; says how many rows that was."""
        with self._db.write(event) as c:
            self._count(c, event)
            self._keep_invitations(c, event)
            gone = [c.execute(table.delete().where(table.c.event == event)).rowcount for table in self._perishable()]
            c.execute(config.update().where(_named(event)).values(text=""))
            bump(c, event)
            return sum(gone)

    def _perishable(self) -> list[sa.Table]:
        return [table for table in metadata.sorted_tables if "event" in table.c and table.name not in KEPT]

    def _keep_invitations(self, c: sa.Connection, event: str) -> None:
        """Keep whoever asked for the next invitation, and of them only what it takes to write to them."""
        if found := [row._asdict() for row in c.execute(_asking(event))]:
            c.execute(invitation.delete().where(invitation.c.event == event))
            c.execute(invitation.insert(), [{"event": event, **row} for row in found])

    def invitations(self, event: str) -> tuple[Wanting, ...]:
        """Everybody who wants the next invitation, by name."""
        kept = sa.select(invitation).where(invitation.c.event == event)
        with self._db.read() as c:
            rows = [*c.execute(_asking(event)), *c.execute(kept)]
        found = {row.email: Wanting(**{name: getattr(row, name) for name in Wanting.__slots__}) for row in rows}
        return tuple(sorted(found.values(), key=lambda one: (one.last_name.casefold(), one.first_name.casefold())))

    def forget_invitations(self, event: str) -> int:
        """Erase them, when their own time is over."""
        with self._db.write(event) as c:
            return c.execute(invitation.delete().where(invitation.c.event == event)).rowcount

    def _count(self, c: sa.Connection, event: str) -> None:
        """Keep how many registered, came off and were written to, once."""
        everybody = sa.select(sa.func.count()).select_from(person).where(person.c.event == event)
        gone = everybody.where(person.c.withdrawn_at.is_not(None))
        sent = sa.select(letter.c.kind, sa.func.count()).where(letter.c.event == event, letter.c.state == "sent")
        counts = {"people": c.execute(everybody).scalar() or 0, "withdrawn": c.execute(gone).scalar() or 0}
        counts |= {f"letters:{kind}": n for kind, n in c.execute(sent.group_by(letter.c.kind))}
        if not counts["people"]:
            return
        c.execute(figure.delete().where(figure.c.event == event))
        c.execute(figure.insert(), [{"event": event, "what": what, "n": n} for what, n in counts.items()])

    def figures(self, event: str) -> dict[str, int]:
        """The counts that a purge has kept."""
        return {what: n for what, n in self._figures(event).items() if not what.startswith(PURGED)}

    def _figures(self, event: str) -> dict[str, int]:
        with self._db.read() as c:
            return {r.what: r.n for r in c.execute(sa.select(figure).where(figure.c.event == event))}

    def note_purge(self, event: str, rows: int, now: datetime) -> None:
        """Keep when everybody was erased and how many rows that was."""
        report = {f"{PURGED}at": int(now.timestamp()), f"{PURGED}rows": rows}
        with self._db.write(event) as c:
            c.execute(figure.delete().where(figure.c.event == event, figure.c.what.in_(report)))
            c.execute(figure.insert(), [{"event": event, "what": what, "n": n} for what, n in report.items()])

    def purge_report(self, event: str) -> tuple[datetime, int] | None:
        """When everybody was erased, and how many rows that was; None before."""
        found = self._figures(event)
        at = found.get(f"{PURGED}at")
        return None if at is None else (datetime.fromtimestamp(at, UTC), found.get(f"{PURGED}rows", 0))

    def compact(self) -> None:
        """Give the erased pages back, so that a search of the files finds nothing (SQLite; PostgreSQL: VACUUM)."""
        self._db.compact()
