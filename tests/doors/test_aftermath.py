"""The weeks after a rehearsed day: the script of who came, and the judgement of what was made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.core.attendance import Stay, Threshold, attendances
from orchestrator.core.model import After, Event, Person, identity, reference
from orchestrator.gateways.papers.seal import Seal
from orchestrator.rehearsal import crowd
from orchestrator.rehearsal.aftermath import attendance_kept, certificates_right, letter_after, nothing_left
from orchestrator.rehearsal.crowd import Coming, Script
from orchestrator.rehearsal.evidence import Aftermath, Day, Evidence
from orchestrator.rehearsal.weeks import Sealed, Seen, named_in
from orchestrator.store import Present
from tests import make

EVENT = make.event()
ZOE, MAX = "zoe@exemple.fr", "max@exemple.fr"
MINUTE = timedelta(minutes=1)


def people(count: int) -> list[Person]:
    """So many people, the last ones with a name that another bears too."""
    return [
        Person(
            email=f"p{n}@exemple.fr",
            address=f"p{n}@exemple.fr",
            first_name="Zoé" if n >= count - 2 else f"P{n}",
            last_name="Martin",
            sessions=("matin", "apres-midi"),
        )
        for n in range(count)
    ]


def test_a_script_plays_every_manner_and_is_the_same_each_time() -> None:
    script = crowd.write(EVENT, people(40))
    assert set(script.manners.values()) == {*crowd.RARE, "stayed", "absent", "left-early"}
    assert script == crowd.write(EVENT, people(40))
    assert sorted(script.manners[f"p{n}@exemple.fr"] for n in (38, 39)) == ["absent", "stayed"]


NIGHTS = [datetime(2027, 3, 28, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)]


@pytest.mark.parametrize("night", [EVENT.first_start, *NIGHTS], ids=["day", "spring", "autumn"])
@pytest.mark.parametrize("count", [12, 40, 200])
def test_what_the_script_counts_minute_by_minute_is_what_attendance_finds(night: datetime, count: int) -> None:
    first = replace(make.session("matin"), starts_at=night, ends_at=night + 90 * MINUTE)
    second = replace(make.session("apres-midi"), starts_at=night + 2 * 60 * MINUTE, ends_at=night + 4 * 60 * MINUTE)
    event = replace(EVENT, sessions=(first, second), workshops=(), reminders=(), key=f"n{count}")
    script = crowd.write(event, people(count))
    stays = [
        Stay(
            key=f"{n}", meeting="day-1", joined_at=c.joined_at, left_at=c.left_at, registrant_id=c.link_of, name=c.name
        )
        for n, c in enumerate(script.comings)
    ]
    decided = {f"{n}": script.known_to_be[c.name] for n, c in enumerate(script.comings) if c.name in script.known_to_be}
    found = attendances(event, stays, {p.email: p.email for p in people(count)}, decided, Threshold())
    assert {key: one.minutes for key, one in found.items()} == crowd.truth(event, script, script.comings)


def day(seen: Seen, event: Event = EVENT, letters: Sequence[dict[str, str]] = (), out: Path = Path()) -> Day:
    """A day on which Zoé was there for 100 minutes of the morning, and Max for 10."""
    morning = event.session("matin").starts_at
    given = tuple(
        Coming(session="matin", link_of=who, name=who, joined_at=morning, left_at=morning + n * MINUTE)
        for who, n in ((ZOE, 100), (MAX, 10))
    )
    after = Aftermath(
        script=Script(manners={}, comings=given, known_to_be={}), given=given, seen=seen, settled_at=morning
    )
    evidence = Evidence(
        event=event,
        store_url="",
        eve_url="",
        begins=morning,
        ends=morning,
        arrivals=(),
        letters=letters,
        exchanges=(),
        zoom_meetings=(),
        kills=0,
        connections=1,
        out=out,
        after=after,
    )
    known = {
        who: Person(email=who, address=who, first_name=who, last_name="", sessions=("matin",)) for who in (ZOE, MAX)
    }
    return Day(evidence=evidence, people=known, seats={}, ways={}, deliveries=())


def sealed(*half_days: tuple[str, int], key: bytes = b"k" * 32) -> Seen:
    """What is seen where these have such a certificate of the morning."""
    words = [
        Sealed(email=who, word=Seal(key).sign({"h": [["2027-06-24", "09:30", "12:15", n]]})) for who, n in half_days
    ]
    return Seen(issued=tuple(words), public_key=Seal(b"k" * 32).public_key)


def test_a_certificate_is_right_to_the_minute_and_nobody_else_has_one() -> None:
    assert list(certificates_right(day(sealed((ZOE, 100))))) == []
    for wrong in (sealed((ZOE, 101)), sealed(), sealed((ZOE, 100), key=b"l" * 32)):
        assert set(certificates_right(day(wrong))) == {ZOE}
    assert list(certificates_right(day(sealed((ZOE, 100), (MAX, 10))))) == [MAX]


def test_the_letter_after_must_be_one_and_the_right_one(tmp_path: Path) -> None:
    event = replace(EVENT, after=After(at=EVENT.last_end))

    def told(**words: str) -> list[str]:
        lines = []
        for n, (who, text) in enumerate(words.items()):
            (tmp_path / f"{n}.eml").write_text(f"Content-Type: text/plain; charset=utf-8\n\n{text}\n", "utf-8")
            lines.append({"to": f"{who[:3]}@exemple.fr", "kind": "after", "file": f"{n}.eml", "at": "2027"})
        return list(letter_after(day(Seen(), event, lines, tmp_path)))

    thanks, missed = "Merci d’avoir participé à « X ».", "et nous n’avons pas eu le plaisir de vous voir."
    assert told(zoe=thanks, max=missed) == []
    assert told(zoe=missed, max=missed) == [ZOE]
    assert told(zoe=thanks, zoe_again=thanks) == [MAX, ZOE]


def test_attendance_must_be_kept_as_it_was_and_end() -> None:
    kept = tuple(
        Present(person=reference(EVENT.key, who), session="matin", name=who, minutes=n)
        for who, n in ((ZOE, 100), (MAX, 10))
    )
    assert list(attendance_kept(day(Seen(attendance=kept)))) == []
    assert list(attendance_kept(day(Seen(attendance=kept[:1])))) == [MAX]
    assert list(attendance_kept(day(Seen(attendance=kept, attendance_later=kept)))) == ["2 présences encore là"]


def test_an_address_left_anywhere_in_the_files_is_found_whatever_stands_around_it(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"\0x" * 500 + "é".encode() + b"ZOE@exemple.frMartin" + b"\0" * 300)
    (tmp_path / "a.db-wal").write_bytes(b"nobody@ here")
    assert named_in([ZOE, MAX], tmp_path.glob("a.db*")) == {ZOE}
    assert list(nothing_left(day(Seen(left_here=(ZOE,), left_at_zoom=("1",))))) == [
        f"{identity(ZOE)} (base)",
        "1 (Zoom)",
    ]
