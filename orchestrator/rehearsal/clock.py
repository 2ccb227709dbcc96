"""The rehearsal's time: eight bytes that several processes share, set forward by the rehearsal alone."""

from __future__ import annotations

import mmap
import struct
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WIDTH = 8


class SharedClock:
    """A clock in a mapped file; whoever opens it tells the same time. Only the rehearsal moves it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(WIDTH))
        self._file = path.open("r+b")
        self._bytes = mmap.mmap(self._file.fileno(), WIDTH)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return EPOCH + timedelta(microseconds=struct.unpack("<q", self._bytes[:WIDTH])[0])

    def wait(self, until: datetime) -> None:
        """Return at once: time passes only when the rehearsal says so."""

    def set(self, at: datetime) -> None:
        """Set the time, never back."""
        with self._lock:
            self._write(max(at, self.now()))

    def advance(self, by: timedelta) -> None:
        with self._lock:
            self._write(self.now() + by)

    def _write(self, at: datetime) -> None:
        self._bytes[:WIDTH] = struct.pack("<q", (at - EPOCH) // timedelta(microseconds=1))

    def close(self) -> None:
        self._bytes.close()
        self._file.close()
