"""What somebody else's clock says, from the `Date` of an answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests

from orchestrator.core.errors import OrchestratorError
from orchestrator.gateways.nobody import nobody

PATIENCE = 10
"""Seconds to be connected, and to be answered."""
HALF = timedelta(seconds=0.5)
"""`Date` is cut to the second: on average it is half a second behind."""


class NoDate(OrchestratorError):
    """The address gave no answer, or one without a usable `Date`."""

    permanent = False


def ahead(url: str, now: Callable[[], datetime]) -> timedelta:
    """Tell how far our clock is ahead of that of an address, exact to a second or so. Raises NoDate."""
    before = now()
    try:
        with requests.get(url, timeout=PATIENCE, allow_redirects=False, auth=nobody, stream=True) as answer:
            after = now()
        theirs = parsedate_to_datetime(answer.headers["Date"])
    except requests.RequestException as error:
        raise NoDate(type(error).__name__) from error
    except (KeyError, ValueError, TypeError) as error:
        raise NoDate("réponse sans date") from error
    return before + (after - before) / 2 - (theirs.astimezone(UTC) + HALF)
