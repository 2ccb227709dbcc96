"""Every refusal of Zoom's has a name, what happened and what to do; an unknown one says Zoom's own words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.core.errors import (
    AlternativeHostRefused,
    MeetingGone,
    ZoomBusy,
    ZoomError,
    ZoomLacksScopes,
)
from orchestrator.gateways.zoom.refusals import refusal
from orchestrator.gateways.zoom.wire import Answer

NOW = datetime(2021, 6, 24, 7, tzinfo=UTC)
SCOPES = "Invalid access token, does not contain scopes:[meeting:read:meeting:admin]."
DAILY = (
    "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for this"
    " particular user."
)
KNOWN: dict[str, tuple[int, int, str, type[ZoomError]]] = {
    "token": (401, 124, "Invalid access token.", ZoomError),
    "scopes": (400, 4711, SCOPES, ZoomLacksScopes),
    "scopes, old": (401, 4700, SCOPES, ZoomLacksScopes),
    "field": (400, 300, "Validation Failed.", ZoomError),
    "licence": (400, 200, "Only available for paid users: x.", ZoomError),
    "user": (404, 1001, "User does not exist: x.", ZoomError),
    "meeting of a registrant": (404, 1001, "Meeting does not exist: 8.", MeetingGone),
    "other account": (400, 1010, "User not exist in this account.", ZoomError),
    "access": (400, 3000, "Cannot access meeting info.", ZoomError),
    "meeting": (404, 3001, "Meeting does not exist: 8.", MeetingGone),
    "in progress": (400, 3002, "In progress.", ZoomError),
    "not host": (400, 3003, "You are not the host.", ZoomError),
    "ended": (400, 3007, "Ended.", ZoomError),
    "host registers": (400, 3027, "Host can not register", ZoomError),
    "over": (400, 3038, "Meeting is over, you can not register now.", ZoomError),
    "full": (400, 3043, "Maximum capacity.", ZoomError),
    "batch": (400, 303, "Only type 2.", ZoomError),
    "no registration": (400, 404, "Registration has not been enabled.", ZoomError),
    "may not host": (400, 3161, "Not allowed.", ZoomError),
    "old": (400, 12702, "Older than a year.", ZoomError),
    "others": (403, 2306, "Not allowed.", ZoomError),
    "alternative host": (400, 1114, "Could not find Zoom user for alternative host: x", AlternativeHostRefused),
    "per second": (429, 429, "You have reached the maximum per-second rate limit for this API.", ZoomBusy),
    "per second, as 200": (400, 200, "You have reached the maximum per-second rate limit.", ZoomBusy),
    "per second, as 4001": (400, 4001, "You have reached the maximum per-second rate limit.", ZoomBusy),
    "daily": (429, 429, DAILY, ZoomBusy),
}


def said(status: int, data: Any, path: str = "/meetings/8") -> ZoomError:
    return refusal(Answer(status=status, headers={}, data=data), path, NOW)


@pytest.mark.parametrize(("status", "code", "words", "kind"), KNOWN.values(), ids=KNOWN)
def test_every_known_refusal_says_what_happened_and_what_to_do(
    status: int, code: int, words: str, kind: type[ZoomError]
) -> None:
    error = said(status, {"code": code, "message": words})
    assert type(error) is kind
    assert error.message
    assert "refuse la demande (code" not in error.message
    assert error.remedy or isinstance(error, ZoomBusy | MeetingGone)


@pytest.mark.parametrize(
    ("words", "whose"),
    [(DAILY, "host"), ("You have exceeded the daily rate limit of (3) for Add meeting registrant", "registrant"),
     ("You have reached the maximum daily rate limit for this API.", "account")],
    ids=["host", "registrant", "account"],
)  # fmt: skip
def test_whose_daily_limit_it_is_can_be_told_by_zooms_words(words: str, whose: str) -> None:
    error = said(429, {"code": 429, "message": words})
    assert isinstance(error, ZoomBusy)
    assert (error.daily, error.whose, error.retry_at) == (True, whose, datetime(2021, 6, 25, tzinfo=UTC))


def test_an_unknown_refusal_says_zooms_own_words() -> None:
    error = said(400, {"code": 987654, "message": "The moon is full."})
    assert ("« The moon is full. »" in error.message, error.remedy != "") == (True, True)


@pytest.mark.parametrize("data", [None, [], "no", {"code": None}, {"message": {"a": 1}}, {"code": "x", "errors": "y"}])
def test_a_refusal_that_makes_no_sense_is_still_a_refusal(data: Any) -> None:
    assert type(said(400, data)) is ZoomError
