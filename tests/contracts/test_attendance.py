"""Who was there, read over real HTTP from the shipped fake Zoom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.core.attendance import Stay
from orchestrator.core.errors import ZoomLacksScopes
from orchestrator.core.meetings import MeetingSpec, Registrant
from orchestrator.gateways.zoom.api import ZoomApi
from orchestrator.gateways.zoom.attendance import twice
from orchestrator.gateways.zoom.meetings import ZoomMeetings
from orchestrator.outside.zoom import FakeZoom, Visit
from orchestrator.outside.zoom.routes import SCOPES

REPORT = "report:read:list_meeting_participants:admin"
NINE = datetime(2027, 6, 24, 7, 0, tzinfo=UTC)
EVENING = NINE + timedelta(hours=9)
SPEC = MeetingSpec(
    tag="[orchestrator:x]", host="webinaires@exemple.fr", topic="T", agenda="", starts_at=NINE, minutes=405,
    timezone="Europe/Paris",
)  # fmt: skip


class Room:
    """A fake Zoom with one meeting, its clock, and our gateway to it."""

    def __init__(self, stack: ExitStack, **zoom: object) -> None:
        self.at = NINE - timedelta(days=1)
        self.fake = stack.enter_context(FakeZoom(now=lambda: self.at, rates=False, **zoom))  # type: ignore[arg-type]
        self.api = ZoomApi(**self.papers(), now=lambda: self.at, api_url_is_fixed=True)  # type: ignore[arg-type]
        stack.callback(self.api.close)
        self.gateway = ZoomMeetings(self.api)
        self.id = self.gateway.create(SPEC)
        someone = Registrant(email="zoe@exemple.fr", first_name="Zoé", last_name="Martin")
        [self.zoe] = self.gateway.register(self.id, [someone])

    def papers(self) -> dict[str, str]:
        return {name: value for name, value in self.fake.papers().items() if name != "host"}

    def come(self, start: int, end: int, **who: object) -> Visit:
        """Let somebody be there, from and to so many minutes after nine."""
        visit = Visit(
            joined_at=NINE + timedelta(minutes=start),
            left_at=NINE + timedelta(minutes=end),
            **{"name": "Zoé", **who},  # type: ignore[arg-type]
        )
        self.fake.visit(self.id, visit)
        return visit

    def run(self) -> None:
        """Let the meeting be opened and ended once more."""
        self.fake.start_meeting(self.id)
        self.fake.end_meeting(self.id)


@pytest.fixture
def room() -> Iterator[Room]:
    with ExitStack() as stack:
        yield Room(stack)


def spans(found: tuple[Stay, ...]) -> list[tuple[str, str, int, int]]:
    """Registrant, name, and minutes after nine of joining and leaving."""
    minutes = timedelta(minutes=1)
    return sorted(
        (s.registrant_id, s.name, (s.joined_at - NINE) // minutes, (s.left_at - NINE) // minutes) for s in found
    )


def test_a_meeting_that_was_never_held_had_nobody(room: Room) -> None:
    assert room.gateway.attended(room.id) == ()


def test_stays_of_every_run_and_room_are_listed_over_all_pages(room: Room) -> None:
    room.fake.start_meeting(room.id)
    room.come(0, 60, registrant_id=room.zoe.registrant_id)
    room.come(30, 50, registrant_id=room.zoe.registrant_id, room="1")
    for n in range(310):
        room.come(0, 5, name=f"P{n:03}")
    room.fake.end_meeting(room.id)
    room.fake.start_meeting(room.id)
    room.come(90, 120, registrant_id=room.zoe.registrant_id)
    room.fake.end_meeting(room.id)
    room.at = EVENING

    found = room.gateway.attended(room.id)

    assert len(found) == 313
    zoe = room.zoe.registrant_id
    assert spans(tuple(s for s in found if s.registrant_id)) == [
        (zoe, "Zoé", 0, 60),
        (zoe, "Zoé", 30, 50),
        (zoe, "Zoé", 90, 120),
    ]


def test_reading_twice_gives_the_same_keys_and_a_late_end_replaces_no_length(room: Room) -> None:
    room.fake.start_meeting(room.id)
    room.come(0, 60, registrant_id=room.zoe.registrant_id)
    room.fake.end_meeting(room.id)
    room.at = NINE + timedelta(minutes=62)
    early = room.gateway.attended(room.id)
    room.at = EVENING
    late = room.gateway.attended(room.id)

    assert [s.key for s in early] == [s.key for s in late]
    assert [(s.left_at - s.joined_at) // timedelta(minutes=1) for s in (*early, *late)] == [0, 60]


def test_who_only_saw_the_waiting_room_was_not_there(room: Room) -> None:
    room.fake.start_meeting(room.id)
    room.come(0, 60, waiting=True)
    room.fake.end_meeting(room.id)
    room.at = EVENING
    assert room.gateway.attended(room.id) == ()


def test_without_the_reports_scope_the_list_of_past_participants_is_read() -> None:
    with ExitStack() as stack:
        room = Room(stack, scopes=SCOPES - {REPORT})
        room.fake.start_meeting(room.id)
        room.come(0, 60, registrant_id=room.zoe.registrant_id)
        room.fake.end_meeting(room.id)
        room.at = EVENING
        assert spans(room.gateway.attended(room.id)) == [(room.zoe.registrant_id, "Zoé", 0, 60)]


def test_without_both_scopes_the_missing_one_is_named() -> None:
    with ExitStack() as stack:
        none = {REPORT, "meeting:read:list_past_participants:admin"}
        room = Room(stack, scopes=SCOPES - none)
        room.run()
        with pytest.raises(ZoomLacksScopes, match="list_past_participants"):
            room.gateway.attended(room.id)


def test_a_run_whose_uuid_zoom_would_misread_is_encoded_twice() -> None:
    assert [twice(uuid) for uuid in ("/a+b==", "a//b", "a/b==")] == [
        "%252Fa%252Bb%253D%253D",
        "a%252F%252Fb",
        "a%2Fb%3D%3D",
    ]


def test_runs_are_read_whatever_their_uuid(room: Room) -> None:
    for n in range(40):  # one in 32 begins with a slash
        room.fake.start_meeting(room.id)
        room.come(n, n + 1, registrant_id=room.zoe.registrant_id)
        room.fake.end_meeting(room.id)
    room.at = EVENING
    assert len(room.gateway.attended(room.id)) == 40


def test_a_recording_is_found_once_it_is_ready(room: Room) -> None:
    room.run()
    before = room.gateway.replay(room.id)
    room.fake.recorded(room.id, "https://us02web.zoom.us/rec/play/abc")
    assert (before, room.gateway.replay(room.id)) == ("", "https://us02web.zoom.us/rec/play/abc")
