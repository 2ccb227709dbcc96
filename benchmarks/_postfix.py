"""Postfix's own smtp-sink and smtp-source: from the machine, or from Debian's package laid out in a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection, create_server

KEPT = Path(tempfile.gettempdir()) / "orchestrator-postfix"


@dataclass(frozen=True)
class Tools:
    """Where the programs lie, and what they need to run."""

    folder: Path
    environ: dict[str, str]

    def command(self, name: str) -> str:
        return str(self.folder / name)


def tools() -> Tools | None:
    """Find the tools, or fetch Debian's package with apt-get (nothing is installed); None where neither works."""
    for folder in (*os.environ.get("PATH", "").split(os.pathsep), "/usr/sbin", "/usr/local/sbin"):
        if folder and (Path(folder) / "smtp-sink").exists():
            return Tools(Path(folder), dict(os.environ))
    if not (KEPT / "usr/sbin/smtp-sink").exists() and not _fetched():
        return None
    libraries = {"LD_LIBRARY_PATH": str(KEPT / "usr/lib/postfix")}
    return Tools(KEPT / "usr/sbin", {**os.environ, **libraries})


def _fetched() -> bool:
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        return False
    with tempfile.TemporaryDirectory() as name:
        fetch = subprocess.run(["apt-get", "download", "-q", "postfix"], cwd=name, capture_output=True, check=False)
        packages = list(Path(name).glob("postfix_*.deb"))
        return fetch.returncode == 0 and bool(packages) and _laid_out(packages[0])


def _laid_out(package: Path) -> bool:
    return subprocess.run(["dpkg", "-x", package, KEPT], capture_output=True, check=False).returncode == 0


@contextmanager
def sink(found: Tools) -> Iterator[int]:
    """Run smtp-sink on a free port."""
    with create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    somebody = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([found.command("smtp-sink"), *somebody, f"127.0.0.1:{port}", "500"], env=found.environ)
    try:
        _wait_for(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)


def source(found: Tools, port: int, letters: int, length: int, sessions: int) -> float:
    """Let smtp-source send letters of one length; return how many a second."""
    command = [found.command("smtp-source"), "-s", str(sessions), "-m", str(letters), "-l", str(length)]
    started = time.perf_counter()
    subprocess.run([*command, f"127.0.0.1:{port}"], env=found.environ, check=True)
    return letters / (time.perf_counter() - started)
