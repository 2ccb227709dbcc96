"""What came back of letters the relay had accepted."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from orchestrator.store.database import Database
from orchestrator.store.people import bring_news
from orchestrator.store.schema import letter


class Returns:
    def __init__(self, db: Database) -> None:
        self._db = db

    def refuse(self, message_id: str, recipient: str, code: int, words: str) -> str | None:
        """Note that a letter came back for good, in the words of who refused it; returns its event.

        A report that names another recipient is about another letter, or forged.
        """
        mine = (letter.c.message_id == message_id, letter.c.state == "sent")
        with self._db.read() as c:
            row = c.execute(sa.select(letter.c.id, letter.c.event, letter.c.address).where(*mine)).first()
        if row is None or (recipient and recipient.casefold() != row.address.casefold()):
            return None
        refused = letter.update().where(letter.c.id == row.id, *mine).values(state="refused", code=code, reply=words)
        with self._db.write(row.event) as c:
            if not c.execute(refused).rowcount:
                return None  # somebody was quicker
            bring_news(c, row.event)
        return str(row.event)

    def refused(self, events: Collection[str]) -> dict[str, int]:
        """How many addresses refuse letters, by event."""
        query = (
            sa.select(letter.c.event, sa.func.count(sa.distinct(letter.c.email)).label("n"))
            .where(letter.c.event.in_(sorted(events)), letter.c.state == "refused")
            .group_by(letter.c.event)
        )
        with self._db.read() as c:
            return {row.event: row.n for row in c.execute(query)}
