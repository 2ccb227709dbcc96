"""Whatever is changed, in whatever order: the newest letters agree with what is true, and are the fewest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from orchestrator.core.contents import Name, Outlook, changes_in_words, compose
from orchestrator.core.facts import Almanac, almanac, changed_facts
from orchestrator.core.letters import Owed, owed
from orchestrator.core.model import Session
from orchestrator.core.recipients import Recipient
from orchestrator.core.told import facts_told, farewell
from tests import make
from tests.make import MEETING, TELL_AT, event, found, paris, pass_, recipient, session, told_seat

KEYS = ("matin", "apres-midi")
AFTER = TELL_AT + timedelta(minutes=1)
GONE = "gone"
OPEN = {MEETING: found()}


class Correspondence(RuleBasedStateMachine):
    """One person, their day as it is, and what they believe after reading their letters in order."""

    def __init__(self) -> None:
        super().__init__()
        self.event = event(fallback_url="https://exemple.fr/secours", reminders=(), workshops=WORKSHOPS)
        self.who = recipient(registered_at=AFTER, seats={"matin": told_seat("a", told_by="link", told_at=AFTER)})
        self.is_gone = False
        self.fallback = False
        self.now = AFTER
        self.first_sent: datetime | None = None
        self.sent: set[str] = set()
        self.told: dict[str, tuple[str, datetime]] = {}
        self.believes: dict[str, Any] = {}
        self.place = "zoom"

    # what changes

    @rule(key=st.sampled_from(KEYS), minutes=st.sampled_from([-30, 0, 30]))
    def move(self, key: str, minutes: int) -> None:
        start = session(key).starts_at + timedelta(minutes=minutes)
        self._change(key, lambda s: replace(session(key, starts_at=start), status=s.status))

    @rule(key=st.sampled_from(KEYS), status=st.sampled_from(["open", "cancelled"]))
    def cancel_or_hold(self, key: str, status: Any) -> None:
        self._change(key, lambda s: replace(s, status=status))

    def _change(self, key: str, change: Any) -> None:
        self.event = replace(self.event, sessions=tuple(change(s) if s.key == key else s for s in self.event.sessions))

    @rule(keys=st.sampled_from([("matin",), ("apres-midi",), KEYS]))
    def choose(self, keys: tuple[str, ...]) -> None:
        self.who = replace(self.who, sessions=keys)

    @rule(version=st.integers(1, 3))
    def link_anew(self, version: int) -> None:
        way = replace(pass_(), join_url=f"https://zoom.example/w/{version}")
        self.who = replace(self.who, passes={MEETING: way})

    @rule(workshop=st.sampled_from(["a", "b"]))
    def seat_elsewhere(self, workshop: str) -> None:
        self.who = replace(self.who, seats={"matin": told_seat(workshop, told_by="link", told_at=AFTER)})

    @rule(on=st.booleans())
    def plan_b(self, on: bool) -> None:
        self.fallback = on

    @precondition(lambda self: self.sent)
    @rule()
    def leave(self) -> None:
        self.is_gone = True

    @rule()
    def come_back(self) -> None:
        self.is_gone = False

    # what is sent

    @rule()
    def post(self) -> None:
        """Let the service beat and the post run dry."""
        knew, before = self._agrees(), set(self.sent)
        for _ in range(9):
            letters = [one for one in self._owed() if one.key("relation") not in self.sent]
            if not letters:
                break
            self._send(letters[0])
        new = [key.split("/")[1] for key in self.sent - before]
        assert len(new) <= 4, new
        assert new.count("moved") <= 1
        assert new.count("fallback") <= 1
        assert not (knew and before and new), f"told again: {new}"
        assert self._agrees(), (self.believes, self._truth())

    def _owed(self) -> list[Owed]:
        self.now += timedelta(seconds=1)
        who = self._who()
        if self.is_gone:
            return list(farewell(self._book(), who, self.now))
        return list(owed(self._book(), who, self.now, {MEETING}))

    def _book(self) -> Almanac:
        return almanac(self.event, fallback=self.fallback)

    def _who(self) -> Recipient:
        said = self.told.get("bye:")
        first = self.first_sent
        known = first if said is None or (first is not None and first > said[1]) else None
        who = replace(self.who, told=self.told, first_sent_at=known)
        return replace(who, gone_at=self.now, sessions=()) if self.is_gone else who

    def _send(self, letter: Owed) -> None:
        book, who = self._book(), self._who()
        changed = changed_facts(book, who)
        facts = facts_told(book, who, letter.kind, letter.session, changed)
        contents = compose(
            self.event,
            who,
            Name(first="Zoé"),
            Outlook(now=self.now, meetings=OPEN, fallback=self.fallback),
            kind=letter.kind,
            session=letter.session,
            changes=changes_in_words(self.event, who, changed),
        )
        self._read(letter.kind, letter.session, contents)
        self.sent.add(letter.key("relation"))
        if letter.kind == "link":
            self.first_sent = self.now
        for fact, value in facts.items():
            if value is not None and self.told.get(fact, ("",))[0] != value:
                self.told[fact] = (value, self.now)

    def _read(self, kind: str, about: str, said: Mapping[str, Any]) -> None:
        """Believe what a letter says; one about a single session says nothing of the others."""
        if said["fallback"] or kind in ("fallback", "link"):
            self.place = "elsewhere" if said["fallback"] else "zoom"
        if kind == "bye":
            self.believes = {}
            return
        links = {key: way["link"] for way in said["ways"] for key in way["sessions"]}
        shown = {
            s["key"]: GONE if s["cancelled"] else (s["starts_at"], s["ends_at"], links[s["key"]], _room(s))
            for s in said["sessions"]
        }
        if kind == "cancelled":
            shown = {key: what for key, what in shown.items() if what == GONE and about in ("", key)}
            self.believes |= shown
        elif kind != "fallback":
            self.believes = shown

    # what must hold

    def _truth(self) -> dict[str, Any]:
        if self.is_gone:
            return {}
        zone = self.event.zone
        return {
            s.key: GONE
            if self.event.is_cancelled(s.key)
            else (
                s.starts_at.astimezone(zone),
                s.ends_at.astimezone(zone),
                self.who.passes[MEETING].join_url,
                _seat(self.who, s),
            )
            for s in self.event.sessions
            if s.key in self.who.sessions
        }

    def _agrees(self) -> bool:
        truth = {key: what for key, what in self._truth().items() if what != GONE}
        believed = {key: what for key, what in self.believes.items() if what != GONE}
        if not truth and not self.is_gone:
            return not believed
        return believed == truth and (self.is_gone or self.place == ("elsewhere" if self.fallback else "zoom"))

    @invariant()
    def nobody_is_told_a_secret(self) -> None:
        assert not any("http" in value for value, _ in self.told.values())


WORKSHOPS = (make.workshop("a"), make.workshop("b"))


def _room(shown: Mapping[str, Any]) -> str:
    return shown["room"]["code"].lower() if shown["room"] else ""


def _seat(who: Recipient, one: Session) -> str:
    return who.seats[one.key].workshop if one.key in who.seats else ""


TestCorrespondence = Correspondence.TestCase
TestCorrespondence.settings = settings(max_examples=40, stateful_step_count=25)


def test_the_first_letter_is_believed() -> None:
    machine = Correspondence()
    machine.post()
    assert machine.believes["matin"][0] == paris(9, 30).astimezone(machine.event.zone)
