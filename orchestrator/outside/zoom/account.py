"""What the fake Zoom remembers: users, access tokens, meetings, registrants, pages half read."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from orchestrator.outside.zoom.limits import Limits
from orchestrator.outside.zoom.records import BIN, Meeting, User
from orchestrator.outside.zoom.values import Plan, Refused, invalid

TOKEN_LIFE = timedelta(seconds=3600)
PAGE_TOKEN_LIFE = timedelta(minutes=15)
MEETING_KEPT = timedelta(days=30)
"""A meeting's number is forgotten this long after its end."""
PAGE_SIZE, LARGEST_PAGE = 30, 300

T = TypeVar("T")


def is_number(text: str) -> bool:
    """Tell a short run of ASCII digits."""
    return text.isascii() and text.isdigit() and len(text) < 20


class Account:
    """One Zoom account and everything in it."""

    def __init__(
        self, *, host: str, others: Collection[str], plan: Plan, breakout_scheduling: bool, helps: bool, capacity: int,
        scopes: frozenset[str], limits: Limits
    ) -> None:  # fmt: skip
        self.plan: Plan = plan
        self.breakout_scheduling = breakout_scheduling
        self.helps = helps
        """The host's settings that help guests: join from the browser, France's telephone numbers, captions."""
        self.capacity = capacity
        self.scopes = scopes
        self.limits = limits
        self.users: dict[str, User] = {}
        self.add_users((host, *others))
        self.meetings: dict[int, Meeting] = {}
        self._tokens: dict[str, datetime] = {}
        self._pages: dict[str, tuple[str, int, datetime]] = {}

    def add_users(self, emails: Iterable[str]) -> None:
        self.users |= {e.lower(): User(email=e, licensed=self.plan != "free") for e in emails}

    def empty_bin(self, now: datetime) -> None:
        """Forget for good the meetings that were deleted long enough ago."""
        for number, one in list(self.meetings.items()):
            if one.deleted and one.deleted_at is not None and now - one.deleted_at >= BIN:
                del self.meetings[number]

    def issue_token(self, now: datetime) -> str:
        token = secrets.token_urlsafe(48)
        self._tokens[token] = now + TOKEN_LIFE
        return token

    def check_token(self, token: str, now: datetime) -> None:
        if token not in self._tokens:
            raise Refused(401, 124, "Invalid access token.")
        if now >= self._tokens[token]:
            raise Refused(401, 124, "Access token is expired.")

    def expire_tokens(self, now: datetime) -> None:
        self._tokens = dict.fromkeys(self._tokens, now)

    def revoke_tokens(self) -> None:
        """Forget every token: `Invalid access token.`"""
        self._tokens.clear()

    def user(self, ref: str) -> User:
        """Find a user by e-mail or id. Apps of the Server-to-Server kind must not say `me`."""
        by_id = (user for user in self.users.values() if user.id == ref)
        found = self.users.get(ref.lower()) or next(by_id, None)
        if found is None:
            raise Refused(404, 1001, f"User does not exist: {ref}.")
        return found

    def meeting(self, ref: str, now: datetime, *, missing: int = 3001) -> Meeting:
        """Find a meeting by its number; `missing` is the code when there is none."""
        if not is_number(ref):
            raise Refused(400, 300, "Invalid meeting ID.")
        found = self.meetings.get(int(ref))
        if found is None or found.deleted or (not found.recurring and now > found.ends_at + MEETING_KEPT):
            raise Refused(404, missing, f"Meeting does not exist: {ref}.")
        return found

    def page(
        self, what: str, items: Sequence[T], query: Mapping[str, str], now: datetime
    ) -> tuple[Sequence[T], dict[str, Any]]:
        """Cut the page the query asks for: its items, and the fields that go with it."""
        size = query.get("page_size", str(PAGE_SIZE))
        if not (is_number(size) and 1 <= int(size) <= LARGEST_PAGE):
            raise invalid(("page_size", f"Must be between 1 and {LARGEST_PAGE}."))
        begin = self._position(what, query.get("next_page_token", ""), now)
        end = begin + int(size)
        return items[begin:end], {
            "page_count": -(-len(items) // int(size)),
            "page_size": int(size),
            "total_records": len(items),
            "next_page_token": self._bookmark(what, end, now) if end < len(items) else "",
        }

    def _bookmark(self, what: str, position: int, now: datetime) -> str:
        token = secrets.token_urlsafe(24)
        self._pages[token] = (what, position, now + PAGE_TOKEN_LIFE)
        return token

    def _position(self, what: str, token: str, now: datetime) -> int:
        if not token:
            return 0
        of, position, until = self._pages.get(token, ("", 0, now))
        if of != what or now >= until:
            raise Refused(400, 300, "The next page token is invalid or expired.")
        return position
