"""Whatever Zoom answers: an error with a name or a result that can be believed, never anything else."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.core.errors import ZoomError
from orchestrator.core.meetings import Found, Pass, Registrant
from orchestrator.gateways.zoom.api import ZoomApi
from orchestrator.gateways.zoom.meetings import ZoomMeetings
from orchestrator.outside.zoom import Answer, Call, Exchange, FakeZoom, Fault
from tests.contracts.test_zoom_gateway import PLAIN, TAG

HOST = PLAIN.host
MUTATIONS = 10_000 if os.environ.get("ORCHESTRATOR_WHOLE") == "1" else 400
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, 10**30, "", "\0", "é" * 3000, [], {}, [[]], {"a": {}}, "2021-99-99T99:99:99Z", "null",
)  # fmt: skip
LATIN = {"Content-Type": "application/json; charset=latin-1"}
JSON_TYPE = {"Content-Type": "application/json"}


class Mutant:
    """A gateway over a fake Zoom whose next answer is a good one, spoilt."""

    def __init__(self) -> None:
        self.at = datetime(2021, 6, 1, 8, tzinfo=UTC)
        self.good: dict[str, list[Exchange]] = {}
        self.draw = random.Random(42)
        self.armed = False
        self.zoom = FakeZoom(now=lambda: self.at, host=HOST, hear=self._hear, temper=self._temper, rates=False)

    def _hear(self, exchange: Exchange) -> None:
        if not self.armed:
            if isinstance(exchange.response, dict) and "access_token" in exchange.response:
                exchange.response["access_token"] = "x.y"
            self.good.setdefault(_operation(exchange.method, exchange.path), []).append(exchange)

    def _temper(self, call: Call) -> Fault | None:
        known = self.good.get(_operation(call.method, call.path))
        if not (self.armed and known):
            return None
        good = self.draw.choice(known)
        return self._spoilt(good.status, copy.deepcopy(good.response))

    def _spoilt(self, status: int, body: Any) -> Answer:
        draw = self.draw
        how = draw.randrange(9)
        if how == 0:
            status = draw.choice(
                [100, 199, 204, 206, 301, 302, 304, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 600]
            )
        raw = json.dumps(self._changed(body) if how < 6 else body, ensure_ascii=draw.random() < 0.5).encode(
            "utf-8", "replace"
        )
        if how == 6 and raw:
            cut = bytearray(raw)
            cut[draw.randrange(len(cut))] = draw.randrange(256)
            raw = bytes(cut)
        if how == 7:
            raw = raw[: draw.randrange(len(raw) + 1)]
        headers = draw.choice([JSON_TYPE, JSON_TYPE, JSON_TYPE, LATIN, {"Content-Type": "text/html"}])
        if status == 429:
            headers = {**headers, "Retry-After": draw.choice(["", "-1", "9" * 30, "2021-06-02", "demain", "5"])}
        return Answer(status=max(200, status) if status < 200 else status, body=raw, headers=headers)

    def _changed(self, body: Any) -> Any:
        """Change, drop or add one thing somewhere in a JSON value."""
        if isinstance(body, dict) and body and self.draw.random() < 0.9:
            key = self.draw.choice(list(body))
            if self.draw.random() < 0.3:
                del body[key]
            else:
                body[key] = self._changed(body[key])
            return body
        if isinstance(body, list) and body and self.draw.random() < 0.8:
            place = self.draw.randrange(len(body))
            body[place] = self._changed(body[place])
            return body
        return copy.deepcopy(self.draw.choice(ODD))


def _operation(method: str, path: str) -> str:
    parts = path.partition("?")[0].split("/")
    return method + "/".join("{}" if any(c.isdigit() or c == "@" for c in part[2:]) else part for part in parts)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_mutated_answer_makes_anything_but_a_named_error() -> None:
    mutant = Mutant()
    with mutant.zoom:
        counts = {"error": 0, "result": 0}
        for n, ask in enumerate(_asked(mutant)):
            if n == MUTATIONS:
                break
            mutant.armed = True
            mutant.at += timedelta(minutes=2)
            try:
                ask()
            except ZoomError as error:
                counts["error" if error.message else "nothing"] += 1
            else:
                counts["result"] += 1
            mutant.armed = False
        assert sum(counts.values()) == MUTATIONS
        assert min(counts.values()) > MUTATIONS / 50


def _asked(mutant: Mutant) -> Iterator[Callable[[], Any]]:
    """Ask for everything in turn, for ever; the first time each with a good answer, to be spoilt later."""
    zoom = mutant.zoom
    papers = {k: v for k, v in zoom.papers().items() if k != "host"}
    api = ZoomApi(**papers, now=lambda: mutant.at, api_url_is_fixed=True)  # type: ignore[arg-type]  # all are texts
    meetings = ZoomMeetings(api)
    number = meetings.create(PLAIN)
    people = [Registrant(email=f"p{n}@exemple.fr", first_name="P") for n in range(3)]
    passes = meetings.register(number, people)
    wanted: tuple[Callable[[], Any], ...] = (
        lambda: _believable(meetings.read(number, TAG)),
        lambda: [_believable(found) for found in meetings.find(HOST, TAG)],
        lambda: str(meetings.create(PLAIN)),
        lambda: meetings.revise(number, PLAIN, frozenset({"topic"})),
        lambda: [_usable(way) for way in meetings.register(number, people)],
        lambda: [_usable(way) for way in meetings.register(number, people[:1])],
        lambda: [_usable(way) for way in meetings.registered(number)],
        lambda: meetings.withdraw(number, passes[:1]),
        lambda: meetings.examine(HOST),
        lambda: meetings.capacity(HOST) + 0,
        lambda: meetings.unable_to_host([HOST]),
        lambda: meetings.upcoming(HOST),
    )
    for ask in wanted:
        ask()
    while True:
        yield from wanted


def _believable(found: Found) -> None:
    assert isinstance(found.zoom_id, str)
    assert found.spec.starts_at.tzinfo is not None
    assert isinstance(found.spec.minutes, int)


def _usable(way: Pass) -> None:
    assert way.email
    assert way.registrant_id
    assert way.join_url
