"""The request as the work behind a route sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.outside.zoom.account import Account
from orchestrator.outside.zoom.records import Meeting, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call let in: token, scopes and account rates are fine. `args` are the parts of its path."""

    account: Account
    now: datetime
    args: tuple[str, ...]
    query: Mapping[str, str]
    body: Any

    def user(self) -> User:
        return self.account.user(self.args[0])

    def meeting(self, *, missing: int = 3001) -> Meeting:
        return self.account.meeting(self.args[0], self.now, missing=missing)
