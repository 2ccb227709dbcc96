"""An SQLite database as the migrations leave it, made once a process and copied by whoever needs one."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestrator.store import Store


@cache
def _model() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.db"
        Store(f"sqlite:///{path}").open().close()
        return path.read_bytes()


def lay(path: Path) -> str:
    """Put a migrated database without a row at a path; returns its URL."""
    path.write_bytes(_model())
    return f"sqlite:///{path}"
