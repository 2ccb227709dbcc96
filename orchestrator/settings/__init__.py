"""The settings: file, secrets and environment become frozen values, or a list of what is wrong with them."""

from orchestrator import shipped
from orchestrator.settings.checks import ADAPTERS
from orchestrator.settings.load import load
from orchestrator.settings.remarks import in_words, is_over, remarks
from orchestrator.settings.values import (
    ColumnNames,
    Mail,
    Mailbox,
    Privacy,
    Settings,
    Source,
    Web,
    ZoomAccount,
)

__all__ = [
    "ADAPTERS",
    "ColumnNames",
    "Mail",
    "Mailbox",
    "Privacy",
    "Settings",
    "Source",
    "Web",
    "ZoomAccount",
    "in_words",
    "is_over",
    "load",
    "remarks",
    "template",
]


def template() -> str:
    """The text a new event's file starts from: the shipped example."""
    return shipped.example_config().read_text("utf-8")
