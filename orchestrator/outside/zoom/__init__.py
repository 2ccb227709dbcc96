"""A stateful fake Zoom over HTTP: its rules, its refusals, its silent traps, and tempers on demand."""

from orchestrator.outside.zoom.fake import FakeZoom
from orchestrator.outside.zoom.records import Visit
from orchestrator.outside.zoom.values import (
    BUSY,
    MAINTENANCE,
    Answer,
    Call,
    Drop,
    Exchange,
    Expire,
    Fail,
    Fault,
    Garble,
    Lose,
    Revoke,
)
from orchestrator.outside.zoom.webhooks import Notice, Poster, sign, signed

__all__ = [
    "BUSY",
    "MAINTENANCE",
    "Answer",
    "Call",
    "Drop",
    "Exchange",
    "Expire",
    "Fail",
    "FakeZoom",
    "Fault",
    "Garble",
    "Lose",
    "Notice",
    "Poster",
    "Revoke",
    "Visit",
    "sign",
    "signed",
]
