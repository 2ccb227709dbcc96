"""The fake Zoom's token endpoint, for Server-to-Server OAuth apps."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.outside.zoom.account import TOKEN_LIFE, Account
from orchestrator.outside.zoom.values import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The app of the account: who may ask for a token."""

    account_id: str
    client_id: str
    client_secret: str = field(repr=False)


def login(
    app: App, account: Account, authorization: str, form: Mapping[str, str], now: datetime, *, api_url: str
) -> Reply:
    """Answer POST /oauth/token. Errors are `{"reason", "error"}`, all under 400."""
    if not authorization.startswith("Basic "):
        return _refused("Invalid client credentials", "invalid_client")
    if not hmac.compare_digest(_decoded(authorization), f"{app.client_id}:{app.client_secret}".encode()):
        return _refused("Invalid client_id or client_secret", "invalid_client")
    if form.get("grant_type") != "account_credentials":
        return _refused("unsupported grant type", "unsupported_grant_type")
    if form.get("account_id") != app.account_id:
        return _refused("Bad Request", "invalid_request")
    token = {
        "access_token": account.issue_token(now),
        "token_type": "bearer",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
        "scope": " ".join(sorted(account.scopes)),
        "api_url": api_url,
    }
    return Reply(200, token)


def _decoded(authorization: str) -> bytes:
    try:
        return base64.b64decode(authorization.removeprefix("Basic "), validate=True)
    except binascii.Error:
        return b""


def _refused(reason: str, error: str) -> Reply:
    return Reply(400, {"reason": reason, "error": error})
