"""An event's file without its secrets, to be kept where other hosts can read it."""

from __future__ import annotations

import re
from collections.abc import MutableMapping, MutableSequence
from typing import Any

import tomlkit

SECRET = re.compile(r"secret|password|token$|api_key")
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_MENTION = re.compile(r"secret|password|token|api_key")


def without_secrets(text: str) -> str:
    """The same file with every secret's line taken out; what no key names stays, comments too."""
    if not _MENTION.search(_COMMENT.sub("", text)):
        return text  # nothing to take out, as almost always: reading it all would take long
    document = tomlkit.parse(text)
    _strip(document)
    return tomlkit.dumps(document)


def _strip(node: Any) -> None:
    if isinstance(node, MutableMapping):
        for key in [key for key in node if SECRET.search(key)]:
            del node[key]
    for child in list(node.values() if isinstance(node, MutableMapping) else node):
        if isinstance(child, MutableMapping) or (isinstance(child, MutableSequence) and not isinstance(child, str)):
            _strip(child)
