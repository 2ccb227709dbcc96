"""A whole event to play on: real gateways over real sockets to a fake Zoom and a relay, a form's file, a clock."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from orchestrator import wiring
from orchestrator.core.model import Event
from orchestrator.gateways.mail.smtp import SmtpPost
from orchestrator.gateways.registrations import Columns, in_file
from orchestrator.gateways.zoom.api import ZoomApi
from orchestrator.gateways.zoom.meetings import ZoomMeetings
from orchestrator.jobs.beat import Memory, beat, instants
from orchestrator.jobs.post import PostRoom
from orchestrator.jobs.relay_room import Tally
from orchestrator.jobs.world import Patience, Report, World
from orchestrator.outside.relay import Accepted, Moment, Relay, Verdict
from orchestrator.outside.zoom import Call, Exchange, FakeZoom, Fault
from orchestrator.ports import Scribe
from orchestrator.rehearsal.host import Host
from orchestrator.store import Delivery, Store
from tests import make
from tests.store.probe import hasty

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
EVENT = make.event(speakers=(make.speaker(),))
COLUMNS = Columns(
    email="Adresse",
    first_name="Prénom",
    last_name="Nom",
    sessions={"matin": "Le matin ?", "apres-midi": "L'après-midi ?"},
    wishes={"matin": ("Choix 1", "Choix 2")},
)
HEADER = ["Adresse", "Prénom", "Nom", "Le matin ?", "L'après-midi ?", "Choix 1", "Choix 2"]

scribe = cache(wiring.scribe)


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter the relay accepted."""

    accepted: Accepted

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.accepted.data, policy=policy.default)

    @property
    def at(self) -> datetime:
        return self.accepted.at

    @property
    def to(self) -> str:
        return self.accepted.to

    @property
    def name(self) -> str:
        found = re.search(rb"^Message-ID:\s*(<\S+>)\r$", self.accepted.data, re.MULTILINE)
        assert found is not None
        return found[1].decode()

    @property
    def kind(self) -> str:
        return self.name.lstrip("<").partition(".")[0]

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        return "" if body is None else " ".join(str(body.get_content()).split())

    @property
    def links(self) -> set[str]:
        """The personal Zoom links in the text."""
        return set(re.findall(r"https://\S+/w/\S+", self.text))

    @property
    def sequences(self) -> dict[str, int]:
        """The SEQUENCE of each calendar entry, by its UID."""
        calendars = [p.get_content() for p in self.message.walk() if p.get_content_type() == "text/calendar"]
        text = "\n".join(c if isinstance(c, str) else c.decode() for c in calendars).replace("\r\n ", "")
        uids, numbers = (
            re.findall(r"^UID:(\S+)", text, re.MULTILINE),
            re.findall(r"^SEQUENCE:(\d+)", text, re.MULTILINE),
        )
        return dict(zip(uids, map(int, numbers), strict=True))


@dataclass(slots=True)
class Form:
    """The answers of the form, in the file it exports."""

    path: Path
    rows: dict[str, list[str]] = field(default_factory=dict)

    def answer(
        self,
        address: str,
        *wishes: str,
        sessions: Iterable[str] = ("matin", "apres-midi"),
        first: str = "Zoé",
        last: str = "Martin",
    ) -> None:
        """Put an answer in the place of an earlier one of the same address, or at the end."""
        yes = ["Oui" if key in sessions else "Non" for key in COLUMNS.sessions]
        ranks = [*(f"Atelier {key}" for key in wishes), "", ""][:2]
        self.rows[address] = [address, first, last, *yes, *ranks]
        self.save()

    def crowd(self, count: int, *wishes: str, **how: Any) -> list[str]:
        """Put the answers of some more people, and save once."""
        addresses = [f"p{n:03}@exemple.fr" for n in range(len(self.rows), len(self.rows) + count)]
        for address in addresses[:-1]:
            self.rows[address] = [
                address,
                "P",
                address[:4],
                "Oui",
                "Oui",
                *[*(f"Atelier {key}" for key in wishes), "", ""][:2],
            ]
        self.answer(addresses[-1], *wishes, **how)
        return addresses

    def remove(self, *addresses: str) -> None:
        for address in addresses:
            del self.rows[address]
        self.save()

    def save(self, *, header: list[str] = HEADER) -> None:
        """Save as an editor does: a new file in the place of the old one."""
        new = self.path.with_suffix(".new")
        with new.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *self.rows.values()])
        os.replace(new, self.path)


class Theatre:
    """The clock stands still until it is set; `spoil`, `zoom_temper` and `relay_temper` make trouble outside."""

    def __init__(
        self, folder: Path, url: str, event: Event = EVENT, *, patience: Patience | None = None, **zoom: Any
    ) -> None:
        self.at = make.LONG_BEFORE
        self.event = event
        self.form = Form(folder / "reponses.csv")
        self.form.save()
        self.store = hasty(Store(url, wiring.alive)).open()
        self.heard: list[Exchange] = []
        self.relay_temper: Callable[[Moment], Verdict | None] = lambda _moment: None
        self.zoom_temper: Callable[[Call], Fault | None] = lambda _call: None
        self._faults: list[tuple[str, str, Fault]] = []
        self.zoom = FakeZoom(
            now=self.now,
            host=event.zoom.host,
            hear=self.heard.append,
            temper=self._zoom_fault,
            **({"rates": False} | zoom),
        )
        self.relay = Relay(now=self.now, temper=self._relay_fault)
        self.secret = ""
        self.scribe: Scribe = scribe()
        self.patience = patience or Patience()
        self.owner = wiring.owner()

    def __enter__(self) -> Self:
        self.zoom.start()
        self.relay.start()
        self.api = self._api()
        self.start_again()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.api.close()
        self.relay.stop()
        self.zoom.stop()
        self.store.close()

    def _api(self) -> ZoomApi:
        return ZoomApi(
            api_url=self.zoom.api_url,
            token_url=self.zoom.token_url,
            account_id=self.zoom.account_id,
            client_id=self.zoom.client_id,
            client_secret=self.secret or self.zoom.client_secret,
            now=self.now,
            api_url_is_fixed=True,
        )

    def start_again(self, event: Event | None = None, *, secret: str = "", scribe: Scribe | None = None) -> None:
        """Start the service afresh, as after a changed config."""
        self.event, self.scribe = event or self.event, scribe or self.scribe
        if secret:
            self.secret = secret
            self.api.close()
            self.api = self._api()
        self.world = World(
            event=self.event,
            store=self.store,
            clock=self,
            registrations=in_file(self.form.path, COLUMNS, self.event),
            meetings=ZoomMeetings(self.api),
            post=SmtpPost(host=self.relay.host, port=self.relay.port, security="none"),
            scribe=self.scribe,
            owner=self.owner,
            relay="relay",
            patience=self.patience,
        )
        self.host: Host | None = Host(self.event, self.zoom)
        self.memory = Memory()
        self.room = PostRoom({self.event.key: self.world})

    # the clock

    def now(self) -> datetime:
        return self.at

    def wait(self, until: datetime) -> None:
        self.at = max(self.at, until)

    # what the service does

    def beat(self, at: datetime | None = None, *, confirmed: bool = False) -> Report:
        self.at = at or self.at
        if self.host is not None:
            self.host.act(self.at)
        return beat(self.world, self.memory, confirmed=confirmed)

    def post(self, at: datetime | None = None) -> Tally:
        self.at = at or self.at
        return self.room.drain()

    def turn(self, at: datetime | None = None, *, confirmed: bool = False) -> Report:
        """One beat, and the post as far as it goes."""
        report = self.beat(at, confirmed=confirmed)
        self.post()
        return report

    def play(self, until: datetime) -> None:
        """Let the service run from now on, awake at every instant at which the clock alone decides something."""
        self.turn()
        for at in [*(at for at in instants(self.event) if self.at < at < until), until]:
            self.turn(at)
            self.turn()

    # what goes wrong

    def spoil(self, method: str, part: str, fault: Fault, times: int = 1) -> None:
        """Let the next calls of a method, whose path holds a part, go wrong."""
        self._faults += [(method, part, fault)] * times

    def heal(self) -> None:
        self._faults.clear()
        self.relay_temper = lambda _moment: None
        self.zoom_temper = lambda _call: None

    def _zoom_fault(self, call: Call) -> Fault | None:
        for one in self._faults:
            method, part, fault = one
            if call.method == method and part in call.path:
                self._faults.remove(one)
                return fault
        return self.zoom_temper(call)

    def _relay_fault(self, moment: Moment) -> Verdict | None:
        return self.relay_temper(moment)

    # what came of it

    def calls(self, method: str, part: str = "") -> list[Exchange]:
        return [call for call in self.heard if call.method == method and part in call.path]

    def writes(self) -> list[tuple[str, str]]:
        """What was asked of Zoom to change anything."""
        return [(c.method, c.path) for c in self.heard if c.method != "GET" and "/oauth/" not in c.path]

    def meeting(self) -> Mapping[str, Any]:
        """The only meeting there is."""
        [one] = self.zoom.meetings()
        return one

    def rooms(self) -> dict[str, list[str]]:
        found = self.meeting()["settings"]["breakout_room"].get("rooms", [])
        return {room["name"]: room["participants"] for room in found}

    def delete_meeting(self) -> None:
        """Delete the meeting as a host does in Zoom's pages."""
        self.world.meetings.cancel(str(self.meeting()["id"]))

    def added(self) -> Counter[str]:
        """How often each person was sent to Zoom to be registered, whatever came of it."""
        bodies = [call.request or {} for call in self.calls("POST", "registrants")]
        return Counter(one["email"] for body in bodies for one in body.get("registrants", [body]))

    def registered(self) -> list[str]:
        """Who is approved at Zoom, with repetitions."""
        people = self.zoom.registrants(self.meeting()["id"])
        return sorted(one["email"] for one in people if one["status"] == "approved")

    def mails(self, kind: str = "", to: str = "") -> list[Mail]:
        found = map(Mail, self.relay.accepted)
        return [mail for mail in found if kind in ("", mail.kind) and to in ("", mail.to)]

    def told(self, kind: str = "") -> list[tuple[str, str]]:
        """Who got which kind of letter."""
        return sorted((mail.to, mail.kind) for mail in self.mails(kind))

    def deliveries(self, kind: str = "") -> list[Delivery]:
        return [one for one in self.store.outbox.all(self.event.key) if kind in ("", one.kind)]

    def states(self, kind: str = "") -> dict[str, str]:
        """What became of the letters of one kind, by address."""
        return {one.address: one.state for one in self.deliveries(kind)}

    def alarms(self) -> dict[str, tuple[str, str]]:
        return {key: (what, remedy) for key, (what, remedy, _) in self.store.alarms.all(self.event.key).items()}


def moved(event: Event, by: timedelta) -> Event:
    """The same event, some time later."""
    return replace(
        event,
        date=(event.first_start + by).astimezone(event.zone).date(),
        sessions=tuple(
            replace(
                s,
                starts_at=s.starts_at + by,
                ends_at=s.ends_at + by,
                doors_at=s.doors_at + by,
                day=(s.starts_at + by).astimezone(event.zone).date(),
            )
            for s in event.sessions
        ),
        workshops=tuple(replace(w, opens_at=w.opens_at + by) for w in event.workshops),
    )


def off(event: Event, *sessions: str) -> Event:
    """The same event with some sessions cancelled."""
    return replace(
        event, sessions=tuple(replace(s, status="cancelled") if s.key in sessions else s for s in event.sessions)
    )
