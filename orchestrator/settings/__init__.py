"""The settings: file, secrets and environment become frozen values, or a list of what is wrong with them."""

from pathlib import Path

from orchestrator import shipped
from orchestrator.settings.alongside import alongside
from orchestrator.settings.bare import bare, is_empty
from orchestrator.settings.checks import ADAPTERS
from orchestrator.settings.load import SERVICE, Found, Shelf, files_of, from_text, load, look, shelved
from orchestrator.settings.remarks import in_words, is_over, remarks
from orchestrator.settings.sources import read_file
from orchestrator.settings.store_alone import store_url
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
    "SERVICE",
    "ColumnNames",
    "Found",
    "Mail",
    "Mailbox",
    "Privacy",
    "Settings",
    "Shelf",
    "Source",
    "Web",
    "ZoomAccount",
    "bare",
    "files_of",
    "from_text",
    "in_words",
    "is_empty",
    "is_over",
    "load",
    "look",
    "remarks",
    "shelved",
    "store_url",
    "template",
]


def template(path: Path) -> str:
    """The text a new event's file starts from: the shipped example; beside a service.toml, what is left to say.

    Raises BadConfiguration where service.toml cannot be read.
    """
    text, service = shipped.example_config().read_text("utf-8"), path.parent / SERVICE
    if not service.exists():
        return text.replace('path = "examples/inscriptions.csv"', 'path = "inscriptions.csv"')
    text = text.replace('path = "examples/inscriptions.csv"', f'path = "inscriptions-{path.stem}.csv"')
    return alongside(text, read_file(service, str(service)).values)
