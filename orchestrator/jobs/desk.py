"""What the organiser does for one person by hand: add, edit, withdraw. It wins over the source, and is journaled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from orchestrator.core.entries import overlaid, person_of
from orchestrator.core.errors import OrchestratorError
from orchestrator.core.meetings import meeting_of
from orchestrator.core.model import Entry, Event, Person, identity, reference
from orchestrator.store import Line, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One event's people, and who stands at the desk."""

    event: Event
    store: Store
    who: str

    def add(self, address: str, fields: Mapping[str, Any], now: datetime) -> Person:
        """Register somebody, or somebody again; nothing of what they answered themselves is lost."""
        email = identity(address)
        before = self.store.people.one(self.event.key, email)
        said = self._said(email)
        every = [s.key for s in self.event.sessions if s.ends_at > now and not self.event.is_cancelled(s.key)]
        asked = {} if before or "sessions" in fields or "sessions" in said.fields else {"sessions": every}
        values = {"address": address, **said.fields, **asked, **fields}
        entry = Entry(email=email, fields=values, added=True, entered_at=now)
        person = person_of(entry, now) if before is None else overlaid(before, entry)
        return self._keep([entry], [person], "add", email, now)

    def edit(self, address: str, fields: Mapping[str, Any], now: datetime, new_address: str = "") -> Person:
        """Correct somebody's answer. Raises OrchestratorError for somebody who is not registered.

        With another address they are somebody else to Zoom and to the post: a new link, sent there at once.
        """
        person = self.registered(address)
        values = {**self._said(person.email).fields, **fields}
        if new_address and identity(new_address) != person.email:
            return self._move(replace(person, **_of_person(fields)), new_address, now)
        entry = Entry(email=person.email, fields=values, added=self._said(person.email).added, entered_at=now)
        return self._keep([entry], [overlaid(person, entry)], "edit", person.email, now)

    def withdraw(self, address: str, now: datetime) -> Person:
        """Take somebody off, until they answer again. Raises OrchestratorError for somebody who is not registered."""
        person = self.registered(address)
        said = replace(self._said(person.email), withdrawn_at=now, entered_at=now)
        self._write([said], [], "withdraw", person.email, now)
        return person

    def links(self, person: Person, now: datetime) -> list[dict[str, Any]]:
        """Somebody's personal links into what is not over, each with the sessions it opens."""
        found: dict[str, dict[str, Any]] = {}
        ways = self.store.meetings.ways(self.event.key)
        for key in self._ahead(person, now):
            way = ways.get(meeting_of(self.event, key), {}).get(person.email)
            if way is not None and way.state == "open":
                link = found.setdefault(way.join_url, {"sessions": [], "join_url": way.join_url})
                link["sessions"].append(key)
        return list(found.values())

    def has_every_link(self, person: Person, links: list[dict[str, Any]], now: datetime) -> bool:
        return set(self._ahead(person, now)) == {key for link in links for key in link["sessions"]}

    def _ahead(self, person: Person, now: datetime) -> list[str]:
        return [
            s.key
            for s in self.event.sessions
            if s.key in person.sessions and s.ends_at > now and not self.event.is_cancelled(s.key)
        ]

    def note(self, what: str, email: str, now: datetime) -> None:
        """Journal something that changes nothing."""
        line = Line(at=now, who=self.who, what=what, person=reference(self.event.key, email))
        self.store.byhand.note(self.event.key, line)

    def _move(self, person: Person, address: str, now: datetime) -> Person:
        email = identity(address)
        if self.store.people.one(self.event.key, email) is not None:
            raise OrchestratorError(
                "quelqu'un est déjà inscrit à la nouvelle adresse", remedy="retirez d'abord l'une des deux inscriptions"
            )
        old = replace(self._said(person.email), withdrawn_at=now, entered_at=now)
        moved = replace(person, email=email, address=address, registered_at=now)
        new = Entry(email=email, fields=_as_fields(moved), added=True, entered_at=now)
        return self._keep([old, new], [moved], "edit", person.email, now)

    def _keep(self, said: list[Entry], people: list[Person], what: str, email: str, now: datetime) -> Person:
        self._write(said, people, what, email, now)
        return people[0]

    def _write(self, said: list[Entry], people: list[Person], what: str, email: str, now: datetime) -> None:
        line = Line(at=now, who=self.who, what=what, person=reference(self.event.key, email))
        self.store.byhand.record(self.event.key, said, people, line)

    def _said(self, email: str) -> Entry:
        return self.store.byhand.all(self.event.key).get(email, Entry(email=email))

    def registered(self, address: str) -> Person:
        """Find somebody. Raises OrchestratorError for somebody who is not registered."""
        person = self.store.people.one(self.event.key, identity(address))
        if person is None:
            raise OrchestratorError(
                "personne n'est inscrit à cette adresse", remedy="vérifiez-la, ou : orchestrator person add ADRESSE"
            )
        return person


def _of_person(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def _as_fields(person: Person) -> dict[str, Any]:
    return {
        "address": person.address,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "shown_as": person.shown_as,
        "language": person.language,
        "sessions": list(person.sessions),
        "wishes": {session: [list(rank) for rank in ranks] for session, ranks in person.wishes.items()},
        "organisation": person.organisation,
        "needs": person.needs,
    }
