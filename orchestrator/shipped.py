"""Where the files that ship with the program lie: inside the package in a wheel, at the root in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def templates() -> Path:
    """Return the folder of templates: `letters/`, `web/`."""
    return _root() / "templates"


def examples() -> Path:
    """Return the folder of example events."""
    return _root() / "examples"


def example_config() -> Path:
    """Return the commented config file."""
    return _root() / "config.example.toml"


def _root() -> Path:
    in_wheel = _PACKAGE / "_shipped"
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent
