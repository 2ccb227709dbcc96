"""Requests without credentials: told nothing, requests takes some from ~/.netrc."""

from __future__ import annotations

import requests


def nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sign a request as nobody."""
    return request
