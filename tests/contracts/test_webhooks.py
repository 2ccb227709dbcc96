"""Zoom's webhooks: who is believed, what is kept, and that order and repetition do not matter."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from orchestrator.core.hosting import Run
from orchestrator.core.presence import Heard, Stay, Told
from orchestrator.gateways.zoom.webhooks import LARGEST, Forged, hear
from orchestrator.outside.zoom import Notice, sign, signed
from orchestrator.store import Kept, Store, Way

NOW = datetime(2021, 6, 24, 7, 20, tzinfo=UTC)
SECRET, BEFORE = "s3cret-of-today", "s3cret-of-yesterday"
WHOLE = os.environ.get("ORCHESTRATOR_WHOLE") == "1"
"""Everything, as once before a release; else a sample."""
FORGED, GENUINE, REPLAYED = (90_000, 10_000, 10_000) if WHOLE else (6_000, 1_000, 500)
NAMES = ("Zoé", "Élise 👩🏽‍🏫", "a\\u0041 \\ud83d\\ude00", '"', "\u2028", "<b>", "عمر", "x" * 500, "\\\\", "é")


def envelope(event: str = "meeting.participant_joined", at: datetime = NOW, **thing: Any) -> dict[str, Any]:
    who = {"user_id": "167", "participant_uuid": "P-1", "registrant_id": "r1", "join_time": "2021-06-24T07:19:58Z"}
    held = {"id": "81234567890", "uuid": "u1==", "topic": "Un", "participant": who}
    return {
        "event": event,
        "event_ts": int(at.timestamp() * 1000),
        "payload": {"account_id": "acc", "object": held | thing},
    }


def body(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()


def said(what: Notice, *, now: datetime = NOW, secrets: tuple[str, ...] = (SECRET, BEFORE)) -> Heard:
    return hear(what.body, what.headers["x-zm-signature"], what.headers["x-zm-request-timestamp"], secrets, now)


# who is believed


def test_a_signed_webhook_is_read_as_facts_without_names() -> None:
    heard = said(signed(SECRET, body(envelope()), NOW))
    assert (heard.name, heard.answer, len(heard.digest)) == ("meeting.participant_joined", None, 64)
    assert heard.told == Told(
        what="joined",
        zoom_id="81234567890",
        uuid="u1==",
        stay="u1==/P-1/167/",
        registrant_id="r1",
        at=datetime(2021, 6, 24, 7, 19, 58, tzinfo=UTC),
    )


@pytest.mark.parametrize("secret", [SECRET, BEFORE])
def test_two_secrets_are_believed_while_one_replaces_the_other(secret: str) -> None:
    assert said(signed(secret, body(envelope()), NOW)).told is not None
    with pytest.raises(Forged):
        said(signed("another", body(envelope()), NOW))
    with pytest.raises(Forged):
        said(signed("", body(envelope()), NOW), secrets=("",))


@pytest.mark.parametrize(("seconds", "believed"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_a_webhook_is_believed_for_five_minutes(seconds: int, believed: bool) -> None:
    what = signed(SECRET, body(envelope()), NOW)
    if believed:
        assert said(what, now=NOW + timedelta(seconds=seconds)).told is not None
    else:
        with pytest.raises(Forged):
            said(what, now=NOW + timedelta(seconds=seconds))


def test_validation_is_answered_only_when_it_is_signed_and_holds_a_plain_token() -> None:
    asked = body(
        {"event": "endpoint.url_validation", "event_ts": 1, "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}}
    )
    encrypted = hmac.new(SECRET.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest()
    assert said(signed(SECRET, asked, NOW)).answer == {
        "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
        "encryptedToken": encrypted,
    }
    with pytest.raises(Forged):
        hear(asked, "v0=" + "0" * 64, str(int(NOW.timestamp())), (SECRET,), NOW)
    with pytest.raises(Forged):
        hear(asked, "", "", (SECRET,), NOW)
    for plain in ("v0:1624519200:{}", "short", "x" * 129, "é" * 20, None, 12345678, "abcdefgh\n"):
        forged = body({"event": "endpoint.url_validation", "event_ts": 1, "payload": {"plainToken": plain}})
        with pytest.raises(Forged):
            said(signed(SECRET, forged, NOW))


def test_the_bytes_as_they_came_are_signed_and_no_others() -> None:
    spaced = '{ "event" : "meeting.started",\t"event_ts": 1624519200000, "payload": {"object": {"id": 8, "uuid": "u", '
    spaced += '"topic": "\\u00e9 😀"}} }\n'
    what = signed(SECRET, spaced.encode(), NOW)
    told = said(what).told
    assert told is not None
    assert (told.what, told.zoom_id) == ("started", "8")
    with pytest.raises(Forged):
        said(replace(what, body=body(json.loads(spaced))))


UNREADABLE: dict[str, bytes] = {
    "empty": b"",
    "null": b"null",
    "list": b"[]",
    "half": b"{",
    "deep": b"[" * 200_000,
    "number": b'{"event": 1}',
    "no time": b'{"event":"x"}',
    "infinite": b'{"event":"x","event_ts":1e400}',
    "true": b'{"event":"x","event_ts":true}',
    "too late": b'{"event":"x","event_ts":99999999999999999999}',
    "bytes": b"\xff\xfe",
    "large": b" " * (LARGEST + 1),
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_refused_though_signed(raw: bytes) -> None:
    with pytest.raises(Forged):
        said(signed(SECRET, raw, NOW))


def genuine(count: int, draw: random.Random) -> Iterator[Notice]:
    """Webhooks as Zoom could send them: any names, any spacing, escapes or not."""
    for n in range(count):
        who = {
            "user_id": draw.choice([str(n), n]),
            "user_name": draw.choice(NAMES),
            "participant_uuid": f"P{n}",
            "registrant_id": f"r{n}",
            draw.choice(["join_time", "date_time"]): "2021-06-24T07:20:00Z",
        }
        thing = envelope(id=draw.choice(["812", 812]), participant=who, topic=draw.choice(NAMES))
        text = json.dumps(thing, ensure_ascii=draw.random() < 0.5, indent=draw.choice([None, None, 2]))
        yield signed(draw.choice([SECRET, BEFORE]), text.encode(), NOW + timedelta(seconds=draw.randrange(-299, 299)))


def forged(count: int, draw: random.Random) -> Iterator[Notice]:
    """Genuine ones spoilt in one of many ways."""
    pool = list(genuine(200, draw))
    for first, second in pairwise(draw.choices(pool, k=count + 1)):
        yield draw.choice(SPOILS)(first, second, draw)


def _with(what: Notice, **headers: str) -> Notice:
    return replace(what, headers={**what.headers, **{k.replace("_", "-"): v for k, v in headers.items()}})


def _flipped(what: Notice, _other: Notice, draw: random.Random) -> Notice:
    spoilt = bytearray(what.body)
    spoilt[draw.randrange(len(spoilt))] ^= 1 << draw.randrange(8)
    return replace(what, body=bytes(spoilt))


def _rewritten(what: Notice, _other: Notice, _draw: random.Random) -> Notice:
    return replace(what, body=json.dumps(json.loads(what.body), separators=(",", ":")).encode())


def _cut(what: Notice, _other: Notice, draw: random.Random) -> Notice:
    return replace(what, body=what.body[: draw.randrange(len(what.body))])


def _longer(what: Notice, _other: Notice, _draw: random.Random) -> Notice:
    return replace(what, body=what.body + b" ")


def _of_another(what: Notice, other: Notice, _draw: random.Random) -> Notice:
    return replace(what, headers=other.headers) if what.body != other.body else replace(what, body=b"{}")


def _elsewhen(what: Notice, _other: Notice, draw: random.Random) -> Notice:
    stamp = int(what.headers["x-zm-request-timestamp"]) + draw.choice([-1, 1])
    return _with(what, x_zm_request_timestamp=str(stamp))


def _stale(what: Notice, _other: Notice, draw: random.Random) -> Notice:
    stamp = str(int(NOW.timestamp()) + draw.choice([-1, 1]) * draw.randrange(301, 10**8))
    return _with(what, x_zm_request_timestamp=stamp, x_zm_signature=sign(SECRET, stamp, what.body))


def _wrong_secret(what: Notice, _other: Notice, draw: random.Random) -> Notice:
    stamp = what.headers["x-zm-request-timestamp"]
    wrong = draw.choice(["", "S3CRET-OF-TODAY", SECRET + " ", draw.randbytes(8).hex()])
    return _with(what, x_zm_signature=sign(wrong, stamp, what.body))


def _other_stamp(what: Notice, _other: Notice, draw: random.Random) -> Notice:
    stamp = draw.choice(["", "1e9", "0x60d4", " 1624519200", "١٦٢٤٥١٩٢٠٠", "9" * 40, "-1", "NaN"])
    return _with(what, x_zm_request_timestamp=stamp, x_zm_signature=sign(SECRET, stamp, what.body))


def _other_signature(what: Notice, _other: Notice, draw: random.Random) -> Notice:
    good = what.headers["x-zm-signature"]
    wrong = [good.upper(), good[:-1], good + "0", good[3:], "v1" + good[2:], "", "v0=", "v0=" + "é" * 64, f" {good}"]
    return _with(what, x_zm_signature=draw.choice(wrong))


SPOILS = (
    _flipped,
    _rewritten,
    _cut,
    _longer,
    _of_another,
    _elsewhen,
    _stale,
    _wrong_secret,
    _other_stamp,
    _other_signature,
)


@pytest.mark.slow
def test_no_forged_garbled_or_stale_webhook_is_believed_and_every_genuine_one_is() -> None:
    draw = random.Random(7)
    believed = [what for what in forged(FORGED, draw) if _is_believed(what)]
    assert believed == []
    told = [said(what).told for what in genuine(GENUINE, draw)]
    assert sum(one is not None and one.zoom_id == "812" for one in told) == GENUINE


def _is_believed(what: Notice) -> bool:
    try:
        said(what)
    except Forged:
        return False
    return True


@pytest.mark.slow
def test_no_webhook_counts_twice(sqlite_url: str, open_store: Any) -> None:
    store: Store = open_store(sqlite_url)
    draw = random.Random(8)
    heard = [said(what) for what in genuine(REPLAYED // 5, draw)]
    assert all(store.presence.receive(one, NOW) for one in heard)
    assert not any(store.presence.receive(one, NOW) for one in draw.choices(heard, k=REPLAYED))


# what is kept


def known(store: Store) -> Store:
    """One meeting and two people who have their links."""
    store.meetings.record("relation", Kept(key="day-1", tag="[t]", zoom_id="812"))
    store.meetings.record_ways(
        "relation",
        [
            Way(email=f"{name}@exemple.fr", meeting="day-1", zoom_id="812", state="open", registrant_id=f"r-{name}")
            for name in ("zoe", "ali")
        ],
    )
    return store


def day() -> list[Heard]:
    """A morning and an afternoon: two runs, people who come, go, return and change rooms."""
    told: list[tuple[str, datetime, dict[str, str]]] = []
    for run, hour in (("u1", 7), ("u2", 12)):
        start = NOW.replace(hour=hour)
        told.append(("started", start, {"uuid": run}))
        for name in ("zoe", "ali", "host"):
            who = {} if name == "host" else {"registrant_id": f"r-{name}"}
            for n, room in enumerate(("", "room-a", "")):
                stay = {"uuid": run, "stay": f"{run}/{name}/{n}/{room}", "room": room, **who}
                told.append(("joined", start + timedelta(minutes=1 + 30 * n), stay))
                told.append(("left", start + timedelta(minutes=29 + 30 * n), stay))
        told.append(("ended", start + timedelta(hours=3), {"uuid": run}))
    return [
        Heard(digest=str(n), name=what, at=at, told=Told(what=what, zoom_id="812", at=at, **more))
        for n, (what, at, more) in enumerate(told)
    ]


def seen(store: Store) -> tuple[Any, ...]:
    spans = ((NOW.replace(hour=h), NOW.replace(hour=h) + timedelta(hours=3)) for h in (7, 12))
    stays = sorted(store.presence.stays("relation"), key=repr)
    return store.presence.runs("relation"), stays, [store.presence.seen("relation", "day-1", *span) for span in spans]


def test_order_and_repetition_do_not_matter(store: Store) -> None:
    draw, results = random.Random(3), []
    known(store)
    for n in range(6):
        with store.db.write() as c:
            c.exec_driver_sql("DELETE FROM webhook")
            c.exec_driver_sql("DELETE FROM presence")
            c.exec_driver_sql("DELETE FROM run")
        all_of_it = day()
        shuffled = all_of_it if n == 0 else draw.sample([*all_of_it, *all_of_it], k=2 * len(all_of_it))
        for one in shuffled:
            store.presence.receive(one, NOW)
            if draw.random() < 0.3:
                store.presence.apply(NOW)
        store.presence.apply(NOW)
        results.append(seen(store))
    runs, stays, present = results[0]
    assert all(result == results[0] for result in results[1:])
    assert [(run.uuid, run.is_on) for run in runs["day-1"]] == [("u1", False), ("u2", False)]
    assert len(stays) == 18
    assert present == [{"zoe@exemple.fr", "ali@exemple.fr"}] * 2


def test_a_later_beginning_and_an_earlier_end_change_nothing(store: Store) -> None:
    known(store)
    at = [NOW + timedelta(minutes=n) for n in range(6)]
    for n, (what, when) in enumerate([("joined", 1), ("joined", 2), ("left", 5), ("left", 4), ("joined", 3)]):
        told = Told(what=what, zoom_id="812", at=at[when], uuid="u", stay="s", registrant_id="r-zoe")
        store.presence.receive(Heard(digest=str(n), name="x", at=NOW, told=told), NOW)
        store.presence.apply(NOW)
    assert store.presence.stays("relation") == [
        Stay(meeting="day-1", email="zoe@exemple.fr", joined_at=at[1], left_at=at[5])
    ]


def test_a_webhook_of_another_meeting_or_of_no_interest_changes_nothing(store: Store) -> None:
    known(store)
    before = seen(store)
    others = [Told(what="started", zoom_id="999", at=NOW, uuid="u"), None]
    for n, told in enumerate(others):
        assert store.presence.receive(Heard(digest=str(n), name="x", at=NOW, told=told), NOW)
    assert (store.presence.apply(NOW), store.presence.apply(NOW), seen(store)) == (2, 0, before)


def test_a_deleted_meeting_is_looked_at_at_once(store: Store) -> None:
    from tests import make

    store.events.serve(make.event(), NOW)
    known(store)
    store.meetings.record("relation", replace(store.meetings.all("relation")["day-1"], read_at=NOW))
    before = store.events.versions("relation")
    told = Told(what="changed", zoom_id="812", at=NOW)
    store.presence.receive(Heard(digest="1", name="meeting.deleted", at=NOW, told=told), NOW)
    store.presence.apply(NOW)
    assert store.meetings.all("relation")["day-1"].read_at is None
    assert store.events.versions("relation")[1] == before[1] + 1


def test_polling_alone_tells_when_a_meeting_was_on(store: Store) -> None:
    known(store)
    at = [NOW + timedelta(minutes=2 * n) for n in range(6)]
    poll = store.presence
    for now, on in zip(at, (True, True, False, False, True, True), strict=True):
        if on:
            poll.note_open("relation", "day-1", "u1", now)
        else:
            poll.note_closed("relation", "day-1", now)
    assert poll.runs("relation") == {
        "day-1": (Run(uuid="u1", started_at=at[0], ended_at=at[2]), Run(uuid="u1+1", started_at=at[4])),
    }
