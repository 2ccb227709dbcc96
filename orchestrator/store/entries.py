"""Who may come in: visits to the board, links that work once, how often somebody tries, whose page is where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from orchestrator.core.model import reference
from orchestrator.store.database import Database
from orchestrator.store.schema import attempt, generation, letter, login, person, visit

ROLES = ("organiser", "viewer")
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when somebody was last seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody who has come in. `role`: organiser | viewer."""

    email: str
    role: str
    begun_at: datetime
    seen_at: datetime


GENERATION = sa.select(generation.c.number).where(
    generation.c.event == sa.bindparam("event"), generation.c.person == sa.bindparam("person")
)
_GENERATIONS = sa.select(generation.c.event, generation.c.number).where(generation.c.person == sa.bindparam("person"))
_WRITTEN_TO = (
    sa.select(letter.c.email)
    .where(letter.c.event == sa.bindparam("event"), letter.c.person == sa.bindparam("person"))
    .limit(1)
)
_EMAILS = sa.select(person.c.email).where(person.c.event == sa.bindparam("event"))


class Entries:
    def __init__(self, db: Database) -> None:
        self._db = db

    # visits to the board

    def allow(self, secret: str, email: str, role: str, until: datetime) -> None:
        """Let whoever shows a secret come in once; `secret` is hidden already."""
        with self._db.write() as c:
            c.execute(login.insert().values(id=secret, email=email, role=role, until=until))

    def begin(self, secret: str, visit_id: str, now: datetime) -> Visit | None:
        """Use a link up and begin a visit; None where it was used, is too old or never was."""
        with self._db.write("entries") as c:
            c.execute(login.delete().where(login.c.until <= now))
            used = login.delete().where(login.c.id == secret, login.c.role.in_(ROLES)).returning(login)
            found = c.execute(used).one_or_none()
            if found is None:
                return None
            begun = Visit(email=found.email, role=found.role, begun_at=now, seen_at=now)
            values = {"email": begun.email, "role": begun.role, "begun_at": now, "seen_at": now}
            c.execute(visit.insert().values(id=visit_id, **values))
        return begun

    def visit(self, visit_id: str, now: datetime, idle: timedelta, longest: timedelta) -> Visit | None:
        """Who is in by this visit, if it has not run out."""
        with self._db.read() as c:
            row = c.execute(sa.select(visit).where(visit.c.id == visit_id)).one_or_none()
        if row is None or row.seen_at <= now - idle or row.begun_at <= now - longest:
            return None
        return Visit(email=row.email, role=row.role, begun_at=row.begun_at, seen_at=row.seen_at)

    def seen(self, visit_id: str, before: datetime, now: datetime) -> None:
        """Note that somebody is still there, once a minute at most."""
        if now - before >= SEEN_EVERY:
            with self._db.write() as c:
                c.execute(visit.update().where(visit.c.id == visit_id).values(seen_at=now))

    def leave(self, visit_id: str) -> None:
        with self._db.write() as c:
            c.execute(visit.delete().where(visit.c.id == visit_id))

    def forget(self, now: datetime, longest: timedelta) -> None:
        """Drop what has run out."""
        with self._db.write("entries") as c:
            c.execute(visit.delete().where(visit.c.begun_at <= now - longest))
            c.execute(login.delete().where(login.c.until <= now))
            c.execute(attempt.delete().where(attempt.c.at <= now - longest))

    # how often

    def may(self, what: str, limits: dict[str, int], now: datetime, window: timedelta) -> bool:
        """Count one more attempt of each of these, and tell whether none has made too many within the window."""
        with self._db.write(f"attempts:{what}") as c:
            made = [(who, most, self._made(c, what, who, now - window)) for who, most in limits.items()]
            c.execute(attempt.insert(), [{"what": what, "who": who, "at": now} for who in limits])
        return all(count < most for _, most, count in made)

    def _made(self, c: sa.Connection, what: str, who: str, since: datetime) -> int:
        where = (attempt.c.what == what, attempt.c.who == who, attempt.c.at > since)
        return c.execute(sa.select(sa.func.count()).select_from(attempt).where(*where)).scalar() or 0

    # people's pages

    def generation(self, event: str, ref: str) -> int:
        """Which of their pages' addresses is the one that counts."""
        with self._db.read() as c:
            return c.execute(GENERATION, {"event": event, "person": ref}).scalar() or 1

    def generations(self, ref: str) -> dict[str, int]:
        """The same in every event where it is not the first."""
        with self._db.read() as c:
            return {row.event: row.number for row in c.execute(_GENERATIONS, {"person": ref})}

    def shut(self, event: str, ref: str) -> int:
        """Give somebody's page another address; the one they had works no more."""
        with self._db.write(event) as c:
            number = (c.execute(GENERATION, {"event": event, "person": ref}).scalar() or 1) + 1
            c.execute(generation.delete().where(generation.c.event == event, generation.c.person == ref))
            c.execute(generation.insert().values(event=event, person=ref, number=number))
        return number

    def email_of(self, event: str, ref: str) -> str:
        """Whose reference this is, "" where nobody's. Ask only once a token has proved genuine: it may take a while."""
        with self._db.read() as c:
            found = c.execute(_WRITTEN_TO, {"event": event, "person": ref}).scalar()
            if found is not None:
                return str(found)
            emails = c.execute(_EMAILS, {"event": event}).scalars()
            return next((email for email in emails if reference(event, email) == ref), "")
