"""The service as it says it is."""

from __future__ import annotations

import requests

from orchestrator.gateways.nobody import nobody

PATIENCE = 5
"""Seconds."""
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def is_well(host: str, port: int) -> bool | None:
    """Ask `/healthz`; None where nobody answers, or somebody else."""
    host = EVERYWHERE.get(host, host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/healthz"
    with requests.Session() as session:
        session.trust_env = False  # no proxy on the way to ourselves
        try:
            answer = session.get(url, timeout=PATIENCE, allow_redirects=False, auth=nobody)
            said = answer.json()
        except (requests.RequestException, ValueError):
            return None
    return said.get("ok") is True if isinstance(said, dict) and "ok" in said else None
